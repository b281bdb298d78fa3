"""Posts what an invoice bears to its platform, as an invoice of its own: claimed first, done once, found again."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from collector.charges.bearing import Borne, Posted
from collector.dispatch import key_of
from integrations.contract import LateCharge, Receipt
from integrations.errors import IntegrationError, TryLater
from receivables.money import Money
from receivables.records import Kind, Ref
from storage import actions
from storage.actions import Action, ActionState, Claim, Plan
from storage.charges import CHARGE
from storage.database import Tx
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


def post(
    source: Source, posting: Posting, *, commit: Callable[[Callable[[Tx], Claim]], Claim], worker: str
) -> tuple[ActionState, str]:
    """Claim, then make the invoice; where it stands, and why when it is not done.

    What was refused, or provably did not arrive, may be tried again.
    """
    key, about = key_of_charge(source.business, posting.borne), posting.borne.invoice.ref
    if (standing := _claim(source, posting, key, commit=commit, worker=worker)) is not None:
        return standing, STANDS.get(standing, "These late charges cannot be posted now.")
    try:
        receipt = source.books.post_charge(about, posting.charge, key=key)
    except TryLater as error:
        state = ActionState.AMBIGUOUS if error.may_have_acted else ActionState.FAILED
        return _record(source, key, state, worker, reason=str(error))
    except IntegrationError as error:
        return _record(source, key, ActionState.FAILED, worker, reason=str(error))
    return _record(source, key, ActionState.SENT, worker, receipt=receipt)


def _claim(
    source: Source, posting: Posting, key: str, *, commit: Callable[[Callable[[Tx], Claim]], Claim], worker: str
) -> ActionState | None:
    """None when it is ours to do, else where the act stands."""
    now, about = source.clock.now(), posting.borne.invoice.ref
    payload = json.dumps(_payload(posting))
    wanted = Plan(CHARGE, key, posting.debtor, source.connection, about, payload)

    def work(tx: Tx) -> Claim:
        actions.plan(tx, source.business, wanted, now=now)
        return actions.claim(tx, source.business, key, by=worker, now=now)

    if commit(work) is Claim.MINE:
        return None
    with source.database.read() as tx:
        known = actions.action(tx, source.business, key)
    return known.state if known else ActionState.FAILED


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


def _record(
    source: Source, key: str, state: ActionState, worker: str, *, receipt: Receipt | None = None, reason: str = ""
) -> tuple[ActionState, str]:
    now, made = source.clock.now(), receipt.id if receipt else ""
    with source.database.write() as tx:
        actions.mark(tx, source.business, key, state, now=now, by=worker, receipt=made, reason=reason)
    log.info("late charges", state=state.value, connection=source.connection)
    return state, reason
