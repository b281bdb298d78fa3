"""Reading the books as they are now: records, what is open, and the sums that are compared and shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, func, literal, or_, select, text, union_all

from receivables.money import Money
from receivables.records import Chargeback, Credit, Customer, Invoice, Kind, OtherEntry, Payment, Record, Ref
from storage import tables
from storage.connections import Role, State
from storage.database import Tx
from storage.dialects import among
from storage.records import BELONGS_TO, KINDS, TABLES, R, decode, decoder

OPEN = ("open", "uncollectible")
NO_MONEY = ("failed", "returned", "void", "pending")
NO_CREDIT = ("draft", "void", "deleted")
AT_ONCE = 500
# As the partial indexes of the tables say it, so that they are used.
UNUSED: ColumnElement[bool] = text("(payment.unapplied_minor <> 0 OR payment.status = 'pending')")  # type: ignore[assignment]
REMAINING: ColumnElement[bool] = text("credit.remaining_minor <> 0")  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class OpenSum:
    """What is open in one currency as at a day. Aging counts days past due; without a due date nothing is late."""

    currency: str
    invoices: int
    open: Money
    overdue: Money
    overdue_invoices: int
    current: Money
    days_1_30: Money
    days_31_60: Money
    days_61_90: Money
    days_over_90: Money


@dataclass(frozen=True, slots=True)
class NetOpen:
    """One customer's position in one currency. `later` is the part of `net` dated after the asked day.

    `customer` is None for payments and credits that name nobody.
    """

    customer: Ref | None
    currency: str
    invoices: Money
    unapplied: Money
    credits: Money
    other: Money
    later: Money

    @property
    def net(self) -> Money:
        """Invoices less unapplied payments, less what is left of credits, plus other entries."""
        return self.invoices - self.unapplied - self.credits + self.other


def customers(tx: Tx, business: str, connection: str = "", *, children: bool = False) -> Iterator[Customer]:
    """Those that are not gone, streamed, or only those with a parent; read them before the transaction ends."""
    more = [tables.customer.c.parent_id.is_not(None)] if children else []
    return _stream(tx, business, Customer, connection, more=more)


def invoices(
    tx: Tx, business: str, connection: str = "", *, open_only: bool = False, customers: Sequence[Ref] | None = None
) -> Iterator[Invoice]:
    """Invoices that are not gone, streamed; `open_only` leaves those with something open, however collected."""
    table = tables.invoice
    still_open = [table.c.status.in_(OPEN), table.c.open_minor != 0] if open_only else []
    return _stream(tx, business, Invoice, connection, customers=customers, more=still_open)


def payments(
    tx: Tx,
    business: str,
    connection: str = "",
    *,
    customers: Sequence[Ref] | None = None,
    left: bool = False,
    nobodys: bool = False,
) -> Iterator[Payment]:
    """Payments that are not gone, streamed; `left`: with money that no invoice shows yet; `nobodys`: of no customer."""
    more = [UNUSED] if left else []
    more += [tables.payment.c.customer_id.is_(None)] if nobodys else []
    return _stream(tx, business, Payment, connection, customers=customers, more=more)


def received(tx: Tx, business: str, connections: Sequence[str], *, since: date) -> Iterator[tuple[Payment, Ref]]:
    """The payments received on some connections since that day, each with its customer.

    One that names nobody is of whoever owes the invoice it is for; of which nobody is known are left out.
    """
    table = tables.payment
    mine = (table.c.connection_id.in_(list(connections)), table.c.received_on >= since)
    found = list(map(decoder(Payment), tx.execute(_alive(business, Kind.PAYMENT, "").where(*mine)).scalars()))
    nobodys = [one.applications[0].to for one in found if one.customer is None and one.applications]
    owners = {ref: one.customer for ref, one in records(tx, business, nobodys).items() if isinstance(one, Invoice)}
    for payment in found:
        first = payment.applications[0].to if payment.applications else None
        customer = payment.customer or (owners.get(first) if first else None)
        if customer is not None:
            yield payment, customer


def credits_of(
    tx: Tx, business: str, connection: str = "", *, customers: Sequence[Ref] | None = None, left: bool = False
) -> Iterator[Credit]:
    """Credit notes, prepayments and overpayments that are not gone, streamed; `left`: of which something is left."""
    return _stream(tx, business, Credit, connection, customers=customers, more=[REMAINING] if left else [])


def chargebacks(tx: Tx, business: str, connection: str = "") -> Iterator[Chargeback]:
    """Chargebacks that are not gone, streamed."""
    return _stream(tx, business, Chargeback, connection)


def other_entries(
    tx: Tx, business: str, connection: str = "", *, customers: Sequence[Ref] | None = None
) -> Iterator[OtherEntry]:
    """Any other receivables lines that are not gone, streamed."""
    return _stream(tx, business, OtherEntry, connection, customers=customers)


def record(tx: Tx, business: str, ref: Ref) -> Record | None:
    """One record that is not gone, or None."""
    return records(tx, business, [ref]).get(ref)


def records(tx: Tx, business: str, refs: Sequence[Ref]) -> dict[Ref, Record]:
    """These records, those that are there and not gone; few statements however many refs."""
    groups: dict[tuple[str, Kind], list[str]] = {}
    for ref in refs:
        groups.setdefault((ref.connection, ref.kind), []).append(ref.id)
    found: dict[Ref, Record] = {}
    for (connection, kind), ids in groups.items():
        for start in range(0, len(ids), AT_ONCE):
            some = among(tx, TABLES[kind].c.id, ids[start : start + AT_ONCE])
            bodies = tx.execute(_alive(business, kind, connection).where(some)).scalars()
            found |= {one.ref: one for one in (decode(kind, body) for body in bodies)}
    return found


def survivor(tx: Tx, business: str, ref: Ref) -> Ref | None:
    """What a merged record became, followed to its end; None when it was not merged."""
    table, end = TABLES[ref.kind], None
    seen = {ref.id}
    while True:
        mine = (table.c.business_id == business, table.c.connection_id == ref.connection, table.c.id == ref.id)
        became = tx.execute(select(table.c.became).where(*mine, table.c.gone_at.is_not(None))).scalar()
        if became is None or became in seen:
            return end
        seen.add(became)
        ref = end = Ref(ref.connection, ref.kind, became)


def open_refs(tx: Tx, business: str, connection: str) -> list[Ref]:
    """The invoices that are open here, by id: what a sweep must find there."""
    table = tables.invoice
    wanted = select(table.c.id).where(*_open(business, connection), table.c.open_minor != 0).order_by(table.c.id)
    return [Ref(connection, Kind.INVOICE, one) for one in tx.execute(wanted).scalars()]


def open_by_invoice(tx: Tx, business: str, connection: str) -> dict[Ref, Money]:
    """What is open on each open invoice."""
    table = tables.invoice
    columns = select(table.c.id, table.c.open_minor, table.c.currency)
    wanted = columns.where(*_open(business, connection), table.c.open_minor != 0)
    return {Ref(connection, Kind.INVOICE, row[0]): Money(row[1], row[2]) for row in tx.execute(wanted)}


def counts(tx: Tx, business: str, connection: str) -> dict[Kind, int]:
    """How many records of each kind are there and not gone."""
    return {kind: int(tx.execute(_alive(business, kind, connection, func.count())).scalar_one()) for kind in TABLES}


def open_sums(tx: Tx, business: str, *, on: date, connection: str = "", without: Sequence[Ref] = ()) -> list[OpenSum]:
    """Open, overdue and aging per currency as at `on`, over the books that are connected, or one connection's.

    `without` are invoices that do not count, such as copies of a sale that stands in other books as well.
    """
    table = tables.invoice
    owed = [
        table.c.business_id == business,
        table.c.status.in_(OPEN),
        table.c.gone_at.is_(None),
        table.c.open_minor > 0,
    ]
    owed.append(table.c.connection_id == connection if connection else table.c.connection_id.in_(ledgers(business)))
    owed += [~_of_refs(tx, without)] if without else []
    late = table.c.due_on < on
    wanted = select(
        table.c.currency,
        func.count(),
        func.sum(case((late, 1), else_=0)),
        *(_sum(condition) for condition in _ages(on)),
    )
    found = tx.execute(wanted.where(*owed).group_by(table.c.currency).order_by(table.c.currency))
    return [_open_sum(*row) for row in found]


def _of_refs(tx: Tx, refs: Sequence[Ref]) -> ColumnElement[bool]:
    table, ids = tables.invoice, dict[str, list[str]]()
    for ref in refs:
        ids.setdefault(ref.connection, []).append(ref.id)
    theirs = ((table.c.connection_id == connection) & among(tx, table.c.id, some) for connection, some in ids.items())
    return or_(false(), *theirs)


def _ages(on: date) -> list[ColumnElement[bool]]:
    """Not late, up to 30, 60, 90 and more days late. Dates are compared, since both databases can."""
    due = tables.invoice.c.due_on
    edges = [on - timedelta(days=days) for days in (0, 30, 60, 90)]
    current = due.is_(None) | (due >= edges[0])
    between = [(due < newer) & (due >= older) for newer, older in pairwise(edges)]
    return [current, *between, due < edges[-1]]


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, tables.invoice.c.open_minor), else_=0))


def _open_sum(currency: str, invoices: int, late: int, *ages: int) -> OpenSum:
    current, *overdue = (Money(int(age), currency) for age in ages)
    behind = Money(sum(age.minor for age in overdue), currency)
    return OpenSum(currency, invoices, current + behind, behind, int(late), current, *overdue)


def net_open_by_customer(tx: Tx, business: str, connection: str, *, after: date) -> list[NetOpen]:
    """Every customer's position per currency, set-based; `after` divides today's documents from later ones."""
    parts = union_all(*_positions(business, connection)).subquery()
    later = case((parts.c.dated_on > after, parts.c.minor * parts.c.sign), else_=0)
    wanted = select(
        parts.c.customer_id,
        parts.c.currency,
        *(func.sum(case((parts.c.part == part, parts.c.minor), else_=0)) for part in range(4)),
        func.sum(later),
    ).group_by(parts.c.customer_id, parts.c.currency)
    found = sorted(tx.execute(wanted), key=lambda row: (row[0] or "", row[1]))
    return [_net_open(connection, *row) for row in found]


def _positions(business: str, connection: str) -> list[Select[Any]]:
    invoice, payment, credit, other = tables.invoice, tables.payment, tables.credit, tables.other_entry
    open_invoices = invoice.c.status.in_(OPEN)
    unapplied = payment.c.status.not_in(NO_MONEY)
    remaining = credit.c.status.not_in(NO_CREDIT)
    parts: list[tuple[Any, Any, Any, int, Any]] = [
        (invoice, invoice.c.open_minor, invoice.c.issued_on, 1, open_invoices),
        (payment, payment.c.unapplied_minor, payment.c.received_on, -1, unapplied),
        (credit, credit.c.remaining_minor, credit.c.issued_on, -1, remaining),
        (other, other.c.amount_minor, other.c.dated_on, 1, other.c.amount_minor != 0),
    ]
    return [
        select(
            table.c.customer_id,
            table.c.currency,
            minor.label("minor"),
            dated.label("dated_on"),
            literal(sign).label("sign"),
            literal(number).label("part"),
        ).where(
            table.c.business_id == business,
            table.c.connection_id == connection,
            table.c.gone_at.is_(None),
            minor != 0,
            condition,
        )
        for number, (table, minor, dated, sign, condition) in enumerate(parts)
    ]


def _net_open(connection: str, customer: str | None, currency: str, *minors: int) -> NetOpen:
    ref = Ref(connection, Kind.CUSTOMER, customer) if customer else None
    return NetOpen(ref, currency, *(Money(int(minor), currency) for minor in minors))


def ledgers(business: str) -> Select[tuple[str]]:
    """Connections that are ledgers and still connected: what they say is counted."""
    table = tables.connection
    ledgers = table.c.role.in_([Role.BOOKS.value, Role.BOTH.value])
    return select(table.c.id).where(table.c.business_id == business, ledgers, table.c.state != State.DISCONNECTED.value)


def _open(business: str, connection: str) -> tuple[ColumnElement[bool], ...]:
    table = tables.invoice
    mine = (table.c.business_id == business, table.c.connection_id == connection)
    return *mine, table.c.status.in_(OPEN), table.c.gone_at.is_(None)


def _alive(business: str, kind: Kind, connection: str, what: Any = None) -> Select[Any]:
    table = TABLES[kind]
    wanted = select(table.c.body if what is None else what).select_from(table)
    wanted = wanted.where(table.c.business_id == business, table.c.gone_at.is_(None))
    return wanted.where(table.c.connection_id == connection) if connection else wanted


def _stream(
    tx: Tx,
    business: str,
    kind: type[R],
    connection: str,
    *,
    customers: Sequence[Ref] | None = None,
    more: Sequence[ColumnElement[bool]] = (),
) -> Iterator[R]:
    """In the order of the primary key, a few hundred at a time."""
    table, read = TABLES[KINDS[kind]], decoder(kind)
    wanted = _alive(business, KINDS[kind], connection).where(*more).order_by(table.c.connection_id, table.c.id)
    if customers is not None:
        wanted = wanted.where(_of_customers(KINDS[kind], customers))
    bodies = tx.execute(wanted, execution_options={"yield_per": AT_ONCE}).scalars()
    return map(read, bodies)


def _of_customers(kind: Kind, customers: Sequence[Ref]) -> ColumnElement[bool]:
    """Of nobody when the list is empty: an empty list must never mean everybody."""
    table = TABLES[kind]
    by_connection: dict[str, list[str]] = {}
    for ref in customers:
        by_connection.setdefault(ref.connection, []).append(ref.id)
    theirs = (
        (table.c.connection_id == connection) & table.c[BELONGS_TO[kind]].in_(ids)
        for connection, ids in by_connection.items()
    )
    return or_(false(), *theirs)
