"""Who let today's messages go, or said not to: one answer for each customer and day, and exactly what it was about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import put


class Answered(StrEnum):
    """What a person said about a message."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's answer for one customer's message of one day.

    `digest` is of what the message says and to whom: another message is not approved by it. `edit` is JSON with the
    words that a person put instead of ours, or empty.
    """

    debtor: str
    day: date
    state: Answered
    digest: str
    by: str
    at: datetime
    edit: str = ""


def answer(tx: Tx, business: str, approvals: Sequence[Approval]) -> None:
    """Keep the answers; the last one for a customer and day counts."""
    put(tx, tables.approval, [_row(business, one) for one in approvals])


def approval(tx: Tx, business: str, debtor: str, day: date) -> Approval | None:
    """The answer for one customer's message of one day."""
    table = tables.approval
    mine = (table.c.business_id == business, table.c.debtor == debtor, table.c.day == day)
    row = tx.execute(select(table).where(*mine)).one_or_none()
    return None if row is None else _approval(row)


def approvals(tx: Tx, business: str, *, since: date) -> list[Approval]:
    """All answers for that day and later ones."""
    table = tables.approval
    wanted = select(table).where(table.c.business_id == business, table.c.day >= since)
    return [_approval(row) for row in tx.execute(wanted.order_by(table.c.day, table.c.debtor))]


def _row(business: str, one: Approval) -> dict[str, object]:
    return {
        "business_id": business,
        "debtor": one.debtor,
        "day": one.day,
        "state": one.state.value,
        "digest": one.digest,
        "edit": one.edit,
        "by": one.by,
        "at": one.at,
    }


def _approval(row: AnyRow) -> Approval:
    return Approval(row.debtor, row.day, Answered(row.state), row.digest, row.by, row.at, row.edit)
