"""Posts what an invoice bears to its platform, as an invoice of its own: claimed first, done once, found again."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from collector.charges.bearing import Borne, Posted
from collector.dispatch import key_of
from collector.once import Hand, once
from integrations.contract import LateCharge
from receivables.money import Money
from receivables.records import Kind, Ref
from storage.actions import Action, ActionState, Plan
from storage.charges import CHARGE
from sync.source import Source

log = structlog.get_logger(__name__)

STANDS = {
    ActionState.SENT: "These late charges were posted already.",
    ActionState.CLAIMED: "These late charges are being posted this very moment.",
    ActionState.AMBIGUOUS: "Whether these late charges were posted is not known yet; the platform is asked again soon.",
    ActionState.PARKED: "Whether these late charges were posted is for a person to say; see the to-dos.",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """What is posted: of which invoice and since which day, as what, and who commanded it."""

    borne: Borne
    charge: LateCharge
    debtor: str
    by: str


def posted_of(found: Iterable[Action]) -> Iterator[Posted]:
    """Posted charges as the reckoning wants them."""
    for one in found:
        told = json.loads(one.payload)
        if one.about is not None:
            yield Posted(
                one.about,
                date.fromisoformat(told["since"]),
                date.fromisoformat(told["until"]),
                Money(told["minor"], told["currency"]),
                Ref(one.connection, Kind.INVOICE, one.receipt) if one.receipt else None,
                told["by"],
            )


def key_of_charge(business: str, borne: Borne) -> str:
    """The charges of one invoice from one day on: posted again under it, however much they have grown, is the same."""
    ref, since = borne.invoice.ref, borne.since_on
    return key_of("charge", business, ref.connection, ref.id, since.isoformat() if since else "")


def post(source: Source, posting: Posting, hand: Hand) -> tuple[ActionState, str]:
    """Make the invoice, once; where it stands, and why when it is not done.

    What was refused, or provably did not arrive, may be tried again.
    """
    key, about = key_of_charge(source.business, posting.borne), posting.borne.invoice.ref
    wanted = Plan(CHARGE, key, posting.debtor, source.connection, about, json.dumps(_payload(posting)))
    done = once(source, hand, wanted, lambda: source.books.post_charge(about, posting.charge, key=key), commanded=True)
    if done.ours:
        return done.state, done.reason
    return done.state, STANDS.get(done.state, "These late charges cannot be posted now.")


def _payload(posting: Posting) -> dict[str, Any]:
    borne, amount = posting.borne, posting.charge.amount
    assert borne.since_on is not None, "a charge has a first day"
    return {
        "since": borne.since_on.isoformat(),
        "until": borne.until_on.isoformat(),
        "minor": amount.minor,
        "currency": amount.currency,
        "by": posting.by,
    }
