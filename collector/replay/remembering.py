"""Remembers, with every plan, what the judgement takes from a connection and no history keeps."""

from collections.abc import Collection
from datetime import datetime

from collector.debtors.case_book import MESSAGES, differing, operator_of, reminder_days
from collector.debtors.paying import coming
from collector.policy import Channel
from storage import habits
from storage.actions import ActionState
from storage.connections import Connected
from storage.database import Tx
from storage.plannings import Known, Unanswered
from storage.settings import setting
from storage.told import contacts_in

OPEN_STATES = (ActionState.CLAIMED.value, ActionState.AMBIGUOUS.value, ActionState.PARKED.value)


def habits_noted(connection: str) -> str:
    """The setting that says when the habits of this connection's customers were noted last."""
    return f"habits:{connection}"


def remembered(tx: Tx, connected: Connected, *, automatic: bool, only: str, ready: Collection[Channel]) -> Known:
    """What is known of the connection, as it stands now."""
    business, company = connected.business, connected.company
    if not connected.books:
        return Known(till=True, only=only)
    assert company is not None, "nothing is judged before the company is known"
    receipts, noted = habits.receipts(tx, business), setting(tx, business, habits_noted(connected.id))
    return Known(
        synced_at=connected.last_pull_at or connected.usable_at,
        own_reminders=company.own_reminders.value,
        reminder_days=reminder_days(connected.details),
        differing=tuple(sorted(ref.id for ref in differing(tx, connected))),
        only=only,
        country=company.country,
        time_zone=company.time_zone,
        operator=operator_of(tx, business),
        automatic=automatic,
        last_receipt_on=receipts.last_on,
        usual_gap_days=receipts.usual_gap_days,
        usual={money.currency: money.minor for money in habits.usual_invoice(tx, business).values()},
        habits_at=datetime.fromisoformat(noted) if noted else None,
        unanswered=_unanswered(tx, connected),
        coming=tuple(coming(tx, business).get(connected.id, ())),
        channels=tuple(sorted(ready)),
    )


def _unanswered(tx: Tx, connected: Connected) -> tuple[Unanswered, ...]:
    found = contacts_in(tx, connected.business, connected.id, acts=MESSAGES, states=OPEN_STATES)
    return tuple(
        Unanswered(one.debtor, one.at, one.day_on, one.channel, tuple((ref.id, step) for ref, step in one.steps))
        for one in found
    )
