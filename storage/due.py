"""Which open invoices may have a step today: a policy's steps, compiled into one query. It may name too many, never
too few: what is left is decided one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from receivables.records import Invoice
from storage import tables
from storage.database import Tx
from storage.dialects import among
from storage.records import decoder

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """Invoices due after `after` (None: however long ago) and up to `until`, that lack what would make it needless.

    What is due on receipt is due `receipt_days` after it was issued.

    An invoice with any of the steps `done` is past it, unless `quiet_since` is given: then it comes again when it has
    one of those steps and nothing was said of it after that day.
    """

    until: date
    receipt_days: int
    after: date | None = None
    done: tuple[str, ...] = ()
    quiet_since: date | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """Invoices of customers to whom no such act went on that day or later, in one of the states in which it counts."""

    act: str
    states: tuple[str, ...]
    since: date


@dataclass(frozen=True, slots=True)
class InPlan:
    """Invoices that are in an installment plan, whose parts have days of their own."""


Narrow = Window | Untold | InPlan


def open_by_customer(
    tx: Tx,
    business: str,
    connection: str,
    *,
    windows: Sequence[Narrow] | None = None,
    customers: Sequence[str] | None = None,
) -> Iterator[Invoice]:
    """Open invoices in the order of their customers: all, those that may have a step, or those of some customers.

    They are streamed, so read them in the transaction.
    """
    table = tables.invoice
    statement = query(business, connection, windows).order_by(table.c.customer_id, table.c.id)
    if customers is not None:
        statement = statement.where(among(tx, table.c.customer_id, customers))
    found = tx.execution_options(yield_per=ROWS_AT_ONCE).execute(statement)
    yield from map(decoder(Invoice), found.scalars())


def query(business: str, connection: str, windows: Sequence[Narrow] | None) -> Select[Any]:
    """The bodies of these invoices, in no order."""
    table = tables.invoice
    mine = (table.c.business_id == business, table.c.connection_id == connection)
    open_ones = (tables.OWED, table.c.open_minor != 0)
    narrow = () if windows is None else (or_(false(), *(_inside(one, business) for one in windows)),)
    return select(table.c.body).where(*mine, *open_ones, *narrow)


def _inside(window: Narrow, business: str) -> ColumnElement[bool]:
    if isinstance(window, InPlan):
        return _held(business)
    return _dated(window) if isinstance(window, Window) else ~_told(window, business)


def _held(business: str) -> ColumnElement[bool]:
    """They are few, so they are found once."""
    table, covered = tables.invoice, tables.plan_covered
    held = select(covered.c.holds).where(covered.c.business_id == business, covered.c.holds.is_not(None))
    return (table.c.connection_id + "/" + table.c.id).in_(held)


def _told(wanted: Untold, business: str) -> ColumnElement[bool]:
    """Not asked for each invoice: those who were told are found once."""
    acts, table = tables.action, tables.invoice
    told = select(acts.c.debtor).where(
        acts.c.business_id == business,
        acts.c.act == wanted.act,
        acts.c.state.in_(wanted.states),
        acts.c.local_day >= wanted.since,
    )
    return (table.c.connection_id + "/" + func.coalesce(table.c.customer_id, "")).in_(told)


def _dated(window: Window) -> ColumnElement[bool]:
    table = tables.invoice
    on_receipt = table.c.due_on.is_(None) | (table.c.due_on <= table.c.issued_on)
    shift = timedelta(days=window.receipt_days)
    dated = or_(
        _between(table.c.due_on, window.after, window.until),
        and_(on_receipt, _between(table.c.issued_on, window.after and window.after - shift, window.until - shift)),
        and_(table.c.due_on.is_(None), table.c.issued_on.is_(None)),
    )
    if window.quiet_since is None:
        return and_(dated, ~_spoken_of(_steps(window.done)))
    return and_(dated, _spoken_of(_steps(window.done)), ~_spoken_of(_after(window.quiet_since)))


def _between(column: Any, after: date | None, until: date) -> ColumnElement[bool]:
    upto: ColumnElement[bool] = column <= until
    return upto if after is None else and_(column > after, upto)


def _steps(done: Sequence[str]) -> ColumnElement[bool]:
    return tables.action_on.c.step.in_(done)


def _after(day: date) -> ColumnElement[bool]:
    keys, acts = tables.action_on, tables.action
    return exists().where(
        acts.c.business_id == keys.c.business_id, acts.c.id == keys.c.action_id, acts.c.local_day > day
    )


def _spoken_of(what: ColumnElement[bool]) -> ColumnElement[bool]:
    keys, table = tables.action_on, tables.invoice
    return exists().where(
        keys.c.business_id == table.c.business_id,
        keys.c.connection_id == table.c.connection_id,
        keys.c.invoice_id == table.c.id,
        what,
    )
