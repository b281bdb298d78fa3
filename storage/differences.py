"""Where our figures and the platform's differ: named, accepted by a person with a note, or gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from receivables.money import Money
from storage import tables
from storage.database import AnyRow, Tx
from storage.ids import new_id


class DifferenceState(StrEnum):
    """Is it still a question?"""

    OPEN = "open"
    ACCEPTED = "accepted"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Difference:
    """One subject on which the figures differ: a customer's ids, or an invoice's, by the platform's own ids."""

    connection: str
    ours: Money
    theirs: Money
    customer_id: str = ""
    invoice_id: str = ""
    note: str = ""
    id: str = ""
    found_at: datetime | None = None
    state: DifferenceState = DifferenceState.OPEN
    accepted_by: str = ""
    accepted_note: str = ""
    accepted_at: datetime | None = None

    @property
    def remainder(self) -> Money:
        """What is missing here: theirs less ours."""
        return self.theirs - self.ours


def save_differences(
    tx: Tx, business: str, connection: str, found: Sequence[Difference], *, now: datetime
) -> list[Difference]:
    """Make `found` the whole truth about a connection; those that are new come back.

    A known subject whose remainder is the same stays as it is, accepted or open, while both figures move on;
    with another remainder it is a new, open difference. What is no longer found is gone.
    """
    known = {_subject(one): one for one in differences(tx, business, connection=connection)}
    same = [(known[_subject(one)], one) for one in found if _subject(one) in known]
    kept = [(old, new) for old, new in same if old.remainder == new.remainder]
    kept_ids = {old.id for old, _ in kept}
    _end(tx, business, [old.id for old in known.values() if old.id not in kept_ids])
    _move_on(tx, business, [(old, new) for old, new in kept if (old.ours, old.note) != (new.ours, new.note)])
    still = {_subject(old) for old, _ in kept}
    fresh = [one for one in found if _subject(one) not in still]
    if fresh:
        tx.execute(insert(tables.difference), [_row(business, connection, one, now) for one in fresh])
    return fresh


def differences(tx: Tx, business: str, *, connection: str = "", gone: bool = False) -> list[Difference]:
    """Open and accepted differences, longest standing first; with `gone` those that went away too."""
    table = tables.difference
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.connection_id == connection) if connection else wanted
    wanted = wanted if gone else wanted.where(table.c.state != DifferenceState.GONE.value)
    return [_difference(row) for row in tx.execute(wanted.order_by(table.c.found_at, table.c.id))]


def accept(tx: Tx, business: str, difference: str, *, by: str, note: str, now: datetime) -> bool:
    """A person accepts an open difference, by its id, and says why; False when it is not open."""
    table = tables.difference
    still = (table.c.business_id == business, table.c.id == difference, table.c.state == DifferenceState.OPEN.value)
    values = {"state": "accepted", "accepted_by": by, "accepted_note": note, "accepted_at": now}
    return tx.execute(update(table).where(*still).values(values)).rowcount > 0


def _subject(one: Difference) -> tuple[str, str, str]:
    return one.customer_id, one.invoice_id, one.ours.currency


def _end(tx: Tx, business: str, ids: Sequence[str]) -> None:
    table = tables.difference
    if ids:
        tx.execute(update(table).where(table.c.business_id == business, table.c.id.in_(ids)).values(state="gone"))


def _move_on(tx: Tx, business: str, pairs: Sequence[tuple[Difference, Difference]]) -> None:
    table = tables.difference
    rows = [{"old_id": o.id, "ours": n.ours.minor, "theirs": n.theirs.minor, "said": n.note} for o, n in pairs]
    if rows:
        mine = (table.c.business_id == business, table.c.id == bindparam("old_id"))
        figures: dict[str, Any] = {
            "ours_minor": bindparam("ours"),
            "theirs_minor": bindparam("theirs"),
            "note": bindparam("said"),
        }
        tx.execute(update(table).where(*mine).values(figures), rows)


def _row(business: str, connection: str, one: Difference, now: datetime) -> dict[str, Any]:
    return {
        "business_id": business,
        "id": new_id(),
        "connection_id": connection,
        "found_at": now,
        "customer_id": one.customer_id,
        "invoice_id": one.invoice_id,
        "currency": one.ours.currency,
        "ours_minor": one.ours.minor,
        "theirs_minor": one.theirs.minor,
        "note": one.note,
        "state": DifferenceState.OPEN.value,
    }


def _difference(row: AnyRow) -> Difference:
    return Difference(
        connection=row.connection_id,
        ours=Money(row.ours_minor, row.currency),
        theirs=Money(row.theirs_minor, row.currency),
        customer_id=row.customer_id,
        invoice_id=row.invoice_id,
        note=row.note,
        id=row.id,
        found_at=row.found_at,
        state=DifferenceState(row.state),
        accepted_by=row.accepted_by,
        accepted_note=row.accepted_note,
        accepted_at=row.accepted_at,
    )
