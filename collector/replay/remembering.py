"""Remembers, with every plan, what the judgement takes from a connection and no history keeps; and gives it back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from collector.debtors.case_book import MESSAGES, differing, operator_of, reminder_days
from collector.policy import Channel
from receivables.case import Contact, Receipts
from receivables.money import Money
from receivables.records import Answer, Company, Kind, Ref
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
        channels=tuple(sorted(ready)),
    )


def _unanswered(tx: Tx, connected: Connected) -> tuple[Unanswered, ...]:
    found = contacts_in(tx, connected.business, connected.id, acts=MESSAGES, states=OPEN_STATES)
    return tuple(
        Unanswered(one.debtor, one.at, one.day_on, one.channel, tuple((ref.id, step) for ref, step in one.steps))
        for one in found
    )


def company_then(company: Company, known: Known) -> Company:
    """The company as the judgement saw it."""
    own = Answer(known.own_reminders) if known.own_reminders else company.own_reminders
    return replace(company, own_reminders=own, country=known.country, time_zone=known.time_zone)


def ready_then(known: Known) -> frozenset[Channel]:
    """The channels that were set up."""
    return frozenset(map(Channel, known.channels))


def receipts_then(known: Known) -> Receipts:
    """How receipts were entered."""
    return Receipts(known.last_receipt_on, known.usual_gap_days)


def usual_then(known: Known) -> dict[str, Money]:
    """What an invoice was usually about."""
    return {currency: Money(minor, currency) for currency, minor in known.usual.items()}


def unanswered_then(known: Known, connection: str) -> tuple[Contact, ...]:
    """What counted as a contact although nobody knew whether it went."""
    return tuple(
        Contact(
            debtor=one.debtor,
            at=one.at,
            day_on=one.day_on,
            channel=one.channel,
            state=ActionState.AMBIGUOUS.value,
            steps=tuple((Ref(connection, Kind.INVOICE, id), step) for id, step in one.steps),
        )
        for one in known.unanswered
    )
