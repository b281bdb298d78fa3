"""What people said about a debtor or an invoice: promises, disputes, holds, opt-outs, with from and until."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from receivables.money import Money
from receivables.records import Kind, Ref
from storage import tables
from storage.database import AnyRow, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Said:
    """`kind` is promise, dispute, hold, opt_out or approval; without an invoice it is about the whole debtor.

    It holds from `from_on` up to and with `until_on`, or until further notice.
    """

    debtor: str
    kind: str
    from_on: date
    until_on: date | None = None
    invoice: Ref | None = None
    amount: Money | None = None
    note: str = ""
    by: str = ""
    id: str = ""
    at: datetime | None = None


def say(tx: Tx, business: str, words: Said, *, now: datetime) -> str:
    """Keep it; its id."""
    row = {
        "business_id": business,
        "id": words.id or new_id(),
        "debtor": words.debtor,
        "kind": words.kind,
        "connection_id": words.invoice.connection if words.invoice else "",
        "invoice_id": words.invoice.id if words.invoice else "",
        "from_on": words.from_on,
        "until_on": words.until_on,
        "amount_minor": words.amount.minor if words.amount else None,
        "currency": words.amount.currency if words.amount else "",
        "note": words.note,
        "by": words.by,
        "at": now,
    }
    tx.execute(insert(tables.said), [row])
    return str(row["id"])


def end(tx: Tx, business: str, said: str, *, until_on: date) -> bool:
    """It holds up to and with this day; False for an unknown id. A day before its first means it never held."""
    table = tables.said
    mine = (table.c.business_id == business, table.c.id == said)
    return tx.execute(update(table).where(*mine).values(until_on=until_on)).rowcount > 0


def said(
    tx: Tx,
    business: str,
    *,
    debtor: str | None = None,
    kind: str = "",
    on: date | None = None,
    as_of: datetime | None = None,
) -> list[Said]:
    """What was said, oldest first; every condition that is given must hold: on a day, known at an instant."""
    table = tables.said
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.debtor == debtor) if debtor is not None else wanted
    wanted = wanted.where(table.c.kind == kind) if kind else wanted
    wanted = wanted.where(table.c["at"] <= as_of) if as_of else wanted
    wanted = wanted.where(*_holds(on)) if on else wanted
    return [_said(row) for row in tx.execute(wanted.order_by(table.c["at"], table.c.id))]


def _holds(on: date) -> tuple[Any, ...]:
    table = tables.said
    return table.c.from_on <= on, or_(table.c.until_on.is_(None), table.c.until_on >= on)


def _said(row: AnyRow) -> Said:
    return Said(
        debtor=row.debtor,
        kind=row.kind,
        from_on=row.from_on,
        until_on=row.until_on,
        invoice=Ref(row.connection_id, Kind.INVOICE, row.invoice_id) if row.invoice_id else None,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        note=row.note,
        by=row.by,
        id=row.id,
        at=row.at,
    )
