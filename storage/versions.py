"""Every version of some customers' records, with from when until when it was what Duewell knew: a past read once.

`storage/cases.py` answers for one instant; whoever walks through many instants reads the versions and walks in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from sqlalchemy import Select, and_, literal, select, union, union_all

from receivables.records import Kind
from storage import tables
from storage.database import Tx
from storage.dialects import among
from storage.records import BELONGS_TO, KINDS, TABLES, R, decoder


@dataclass(frozen=True, slots=True)
class Version(Generic[R]):
    """A record as it was known from `seen_from` up to, not with, `seen_until`; None: it still is what is known."""

    record: R
    seen_from: datetime
    seen_until: datetime | None = None

    def known(self, at: datetime) -> bool:
        """Was this what was known at that instant?"""
        return self.seen_from <= at and (self.seen_until is None or at < self.seen_until)


def versions(
    tx: Tx, business: str, connection: str, kind: type[R], *, customers: Sequence[str] | None = None
) -> list[Version[R]]:
    """Every version in which a record belonged to one of these customers (None: to anybody), in the order of the ids.

    What is gone is not there from the instant that was seen. One statement, so that a version moving into history
    meanwhile is neither missed nor counted twice.
    """
    read = decoder(kind)
    both = union_all(*_both(tx, (business, connection), KINDS[kind], customers)).subquery()
    found = tx.execute(select(both).order_by(both.c.id, both.c.seen_from))
    return [Version(read(row.body), row.seen_from, row.seen_until) for row in found]


def _both(
    tx: Tx, whose: tuple[str, str], kind: Kind, customers: Sequence[str] | None
) -> tuple[Select[tuple[object, ...]], ...]:
    (business, connection), table, history = whose, TABLES[kind], tables.history
    never = literal(None, history.c.seen_until.type).label("seen_until")
    now = select(table.c.id, table.c.seen_at.label("seen_from"), never, table.c.body)
    now = now.where(table.c.business_id == business, table.c.connection_id == connection, table.c.gone_at.is_(None))
    past = select(history.c.id, history.c.seen_from, history.c.seen_until, history.c.body)
    past = past.where(
        history.c.business_id == business,
        history.c.connection_id == connection,
        history.c.kind == kind.value,
        history.c.gone.is_(False),
    )
    if customers is not None:
        now = now.where(among(tx, table.c[BELONGS_TO[kind]], customers))
        past = past.where(among(tx, history.c.belongs_to, customers))
    return now, past


def moved(tx: Tx, business: str, connection: str) -> list[tuple[str, str]]:
    """Every two customers between whom an invoice ever moved."""
    table, history = tables.invoice, tables.history
    same = (history.c.id == table.c.id, history.c.connection_id == table.c.connection_id)
    found = tx.execute(
        select(history.c.belongs_to, table.c.customer_id)
        .join(table, and_(*same, history.c.business_id == table.c.business_id))
        .where(
            history.c.business_id == business,
            history.c.connection_id == connection,
            history.c.kind == Kind.INVOICE.value,
            history.c.belongs_to != table.c.customer_id,
        )
        .distinct()
    )
    return [(row.belongs_to, row.customer_id) for row in found]


def owners(tx: Tx, business: str, connection: str) -> list[str]:
    """Every customer whom an invoice names or named, known or not."""
    table, history = tables.invoice, tables.history
    now = select(table.c.customer_id.label("owner")).where(
        table.c.business_id == business, table.c.connection_id == connection, table.c.customer_id.is_not(None)
    )
    past = select(history.c.belongs_to).where(
        history.c.business_id == business,
        history.c.connection_id == connection,
        history.c.kind == Kind.INVOICE.value,
        history.c.belongs_to.is_not(None),
    )
    return sorted(tx.execute(union(now, past)).scalars())
