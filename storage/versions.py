"""Every version of some customers' records, with from when until when it was what Duewell knew: a past read once.

`storage/cases.py` answers for one instant; whoever walks through many instants reads the versions and walks in memory.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic

from sqlalchemy import Column, ColumnElement, Select, and_, func, literal, select, true, union, union_all

from receivables.records import Kind
from storage import tables
from storage.books import OPEN
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
    tx: Tx,
    business: str,
    connection: str,
    kind: type[R],
    *,
    customers: Sequence[str] | None = None,
    nobodys: bool = False,
) -> list[Version[R]]:
    """Every version in which a record belonged to one of these customers (None: to anybody), in the order of the ids.

    With `nobodys` only those in which it named no customer.
    What is gone is not there from the instant that was seen. One statement, so that a version moving into history
    meanwhile is neither missed nor counted twice.
    """
    read = decoder(kind)
    both = union_all(*_both((business, connection), KINDS[kind], _whose(tx, customers, nobodys=nobodys))).subquery()
    found = tx.execute(select(both).order_by(both.c.id, both.c.seen_from))
    return [Version(read(row.body), row.seen_from, row.seen_until) for row in found]


Whose = Callable[[Column[Any]], ColumnElement[bool]]
"""What the column must be that says to whom a record belongs."""


def _whose(tx: Tx, customers: Sequence[str] | None, *, nobodys: bool) -> Whose:
    if nobodys:
        return lambda column: column.is_(None)
    return lambda column: true() if customers is None else among(tx, column, customers)


def _both(mine: tuple[str, str], kind: Kind, whose: Whose) -> tuple[Select[tuple[object, ...]], ...]:
    (business, connection), table, history = mine, TABLES[kind], tables.history
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
    return now.where(whose(table.c[BELONGS_TO[kind]])), past.where(whose(history.c.belongs_to))


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


def became(tx: Tx, business: str, connection: str) -> list[tuple[str, str]]:
    """Every customer whom the platform merged into another, and that one."""
    table = tables.customer
    mine = (table.c.business_id == business, table.c.connection_id == connection)
    merged = (table.c.became.is_not(None), table.c.gone_at.is_not(None))
    return [(row.id, row.became) for row in tx.execute(select(table.c.id, table.c.became).where(*mine, *merged))]


def owners_of(tx: Tx, business: str, connection: str, invoices: Sequence[str]) -> list[tuple[str, str]]:
    """These invoices, each with every customer it names or named."""
    table, history = tables.invoice, tables.history
    now = select(table.c.id, table.c.customer_id.label("owner")).where(
        table.c.business_id == business, table.c.connection_id == connection, table.c.customer_id.is_not(None)
    )
    past = select(history.c.id, history.c.belongs_to).where(
        history.c.business_id == business,
        history.c.connection_id == connection,
        history.c.kind == Kind.INVOICE.value,
        history.c.belongs_to.is_not(None),
    )
    both = union(now.where(among(tx, table.c.id, invoices)), past.where(among(tx, history.c.id, invoices)))
    return [(row.id, row.owner) for row in tx.execute(both)]


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


def waiting_since(tx: Tx, business: str, connection: str) -> dict[str, date]:
    """Of every customer who owes, since when the oldest of it has been due."""
    table = tables.invoice
    mine = (table.c.business_id == business, table.c.connection_id == connection, table.c.gone_at.is_(None))
    owed = (table.c.status.in_(OPEN), table.c.open_minor > 0, table.c.due_on.is_not(None))
    oldest = func.min(table.c.due_on, type_=table.c.due_on.type)
    wanted = select(table.c.customer_id, oldest).where(*mine, *owed, table.c.customer_id.is_not(None))
    return {row.customer_id: row[1] for row in tx.execute(wanted.group_by(table.c.customer_id))}
