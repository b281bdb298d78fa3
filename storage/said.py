"""What people said about a debtor or an invoice: promises, disputes, holds, opt-outs, with from and until."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select, update

from receivables.money import Money
from receivables.records import Kind, Ref
from receivables.said import Said, Saying, Way
from storage import tables
from storage.database import AnyRow, Tx
from storage.ids import new_id


def say(tx: Tx, business: str, words: Said, *, now: datetime) -> str:
    """Keep it; its id."""
    row = {
        "business_id": business,
        "id": words.id or new_id(),
        "debtor": words.debtor,
        "kind": words.kind.value,
        "connection_id": words.invoice.connection if words.invoice else "",
        "invoice_id": words.invoice.id if words.invoice else "",
        "from_on": words.from_on,
        "until_on": words.until_on,
        "amount_minor": words.amount.minor if words.amount else None,
        "currency": words.amount.currency if words.amount else "",
        "channel": words.channel,
        "address": words.address,
        "way": words.way.value,
        "note": words.note,
        "by": words.by,
        "at": now,
        "review_on": words.review_on,
        "assigned_to": words.assigned_to,
        "reason": words.reason,
    }
    tx.execute(insert(tables.said), [row])
    return str(row["id"])


def end(tx: Tx, business: str, said: str, *, by: str, now: datetime) -> bool:
    """It no longer holds, and before that it did; False when there is no such thing said, or it has ended."""
    table = tables.said
    mine = (table.c.business_id == business, table.c.id == said, table.c.ended_at.is_(None))
    return tx.execute(update(table).where(*mine).values(ended_at=now, ended_by=by)).rowcount > 0


def said(
    tx: Tx,
    business: str,
    *,
    debtor: str | None = None,
    kinds: Collection[Saying] = (),
    on: date | None = None,
    as_of: datetime | None = None,
) -> list[Said]:
    """What was said, oldest first; every condition that is given must hold: on a day, known at an instant."""
    table = tables.said
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.debtor == debtor) if debtor is not None else wanted
    wanted = wanted.where(table.c.kind.in_([kind.value for kind in kinds])) if kinds else wanted
    wanted = wanted.where(table.c["at"] <= as_of) if as_of else wanted
    wanted = wanted.where(*_holds(on, as_of)) if on else wanted
    return [_said(row) for row in tx.execute(wanted.order_by(table.c["at"], table.c.id))]


def _holds(on: date, as_of: datetime | None) -> tuple[Any, ...]:
    table = tables.said
    ended = table.c.ended_at.is_(None) if as_of is None else or_(table.c.ended_at.is_(None), table.c.ended_at > as_of)
    return table.c.from_on <= on, or_(table.c.until_on.is_(None), table.c.until_on >= on), ended


def _said(row: AnyRow) -> Said:
    return Said(
        debtor=row.debtor,
        kind=Saying.of(row.kind),
        from_on=row.from_on,
        until_on=row.until_on,
        invoice=Ref(row.connection_id, Kind.INVOICE, row.invoice_id) if row.invoice_id else None,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        channel=row.channel,
        address=row.address,
        way=Way(row.way),
        note=row.note,
        by=row.by,
        review_on=row.review_on,
        assigned_to=row.assigned_to,
        reason=row.reason,
        id=row.id,
        at=row.at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
