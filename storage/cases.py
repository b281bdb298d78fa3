"""A debtor's whole case, as it is now or as it was at any instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, union_all

from receivables.records import Chargeback, Credit, Customer, Invoice, Kind, OtherEntry, Payment, Ref
from storage import tables
from storage.connections import connection as connection_of
from storage.database import Tx
from storage.records import BELONGS_TO, KINDS, TABLES, R, decoder


@dataclass(frozen=True, slots=True)
class CaseMaterial:
    """All records of some customers. `reconstructed`: asked for an instant before a connection's first full pull.

    Then the records are those of that first pull (before its end: of now), to be walked back by their own dates.
    """

    customers: tuple[Customer, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    credits: tuple[Credit, ...]
    chargebacks: tuple[Chargeback, ...]
    other_entries: tuple[OtherEntry, ...]
    reconstructed: bool

    def __add__(self, other: "CaseMaterial") -> "CaseMaterial":
        return CaseMaterial(
            self.customers + other.customers,
            self.invoices + other.invoices,
            self.payments + other.payments,
            self.credits + other.credits,
            self.chargebacks + other.chargebacks,
            self.other_entries + other.other_entries,
            self.reconstructed or other.reconstructed,
        )


@dataclass(frozen=True, slots=True)
class _Moment:
    """Where to look, and the instant to look at; None is now."""

    tx: Tx
    business: str
    connection: str
    at: datetime | None

    def read(self, kind: type[R], belongs_to: Sequence[str]) -> tuple[R, ...]:
        versions = _versions(self, KINDS[kind], belongs_to)
        found = map(decoder(kind), self.tx.execute(versions).scalars())
        return tuple(sorted(found, key=lambda one: one.ref.id))


def case_material(tx: Tx, business: str, customers: Sequence[Ref], *, as_of: datetime | None = None) -> CaseMaterial:
    """Everything these customers' records say, as Duewell knew it at `as_of` (now when None).

    Ordered by connection and id. Sub-customers are not added: name them.
    """
    ids: dict[str, list[str]] = {}
    for ref in customers:
        ids.setdefault(ref.connection, []).append(ref.id)
    material = CaseMaterial((), (), (), (), (), (), reconstructed=False)
    for connection, theirs in sorted(ids.items()):
        at, reconstructed = _moment(tx, business, connection, as_of)
        material += _material(_Moment(tx, business, connection, at), theirs, reconstructed=reconstructed)
    return material


def _moment(tx: Tx, business: str, connection: str, as_of: datetime | None) -> tuple[datetime | None, bool]:
    """The instant whose records answer, and whether they must be walked back from there."""
    if as_of is None:
        return None, False
    known = connection_of(tx, business, connection)
    first = known.first_pull_done_at if known else None
    if first is None:
        return None, True
    return max(as_of, first), as_of < first


def _material(moment: _Moment, customers: Sequence[str], *, reconstructed: bool) -> CaseMaterial:
    payments = moment.read(Payment, customers)
    return CaseMaterial(
        customers=moment.read(Customer, customers),
        invoices=moment.read(Invoice, customers),
        payments=payments,
        credits=moment.read(Credit, customers),
        chargebacks=moment.read(Chargeback, [payment.ref.id for payment in payments]),
        other_entries=moment.read(OtherEntry, customers),
        reconstructed=reconstructed,
    )


def _versions(moment: _Moment, kind: Kind, belongs_to: Sequence[str]) -> Any:
    """One statement, so that a version moving into history meanwhile is neither missed nor counted twice."""
    table, history = TABLES[kind], tables.history
    now = _of(table, moment).where(table.c.gone_at.is_(None), table.c[BELONGS_TO[kind]].in_(belongs_to))
    if moment.at is None:
        return now
    past = _of(history, moment).where(
        history.c.kind == kind.value,
        history.c.belongs_to.in_(belongs_to),
        history.c.gone.is_(False),
        history.c.seen_from <= moment.at,
        history.c.seen_until > moment.at,
    )
    return union_all(now.where(table.c.seen_at <= moment.at), past)


def _of(table: Any, moment: _Moment) -> Select[Any]:
    mine = (table.c.business_id == moment.business, table.c.connection_id == moment.connection)
    return select(table.c.body).where(*mine)
