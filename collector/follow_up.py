"""Follow-up: finds in the tables what was begun and not ended, and brings it to its end. Safe to run at any time.

It holds no memory of its own: lose every queued job, and the next run finds the same work.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from collector.channels.port import Carriers
from collector.expecting import EXPECTED, expected_on
from collector.notes import NOTE, plan_notes
from collector.once import under_claim
from collector.paying.entries import MONEY_ACTS, RECORD, received_of, reversed_by
from collector.policy import Channel
from integrations.contract import Act, Lookup, Receipt
from integrations.errors import IntegrationError, NotThere, Refused
from receivables.records import Invoice, Ref
from storage import actions, books
from storage.actions import Action, ActionState, Claim
from storage.charges import CHARGE
from sync.source import Source

log = structlog.get_logger(__name__)

CLAIM_LIFE = timedelta(minutes=10)
ADOPTED_SINCE = timedelta(days=30)
"""How long before it was planned a payment may have been entered by somebody else."""
IN_THE_BOOKS = (NOTE, EXPECTED)
"""What is written into the books, not to the customer."""
OURS = ""
"""The connection of a mail to our own people: of none, so whichever comes first brings it to its end."""


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """How many acts came to which end."""

    resolved: int = 0
    parked: int = 0
    notes: int = 0
    cancelled: int = 0


def nobody(_: str) -> bool:
    """Nobody is known to be gone."""
    return False


def follow_up(
    source: Source, *, worker: str, carriers: Carriers | None = None, gone: Callable[[str], bool] = nobody
) -> FollowedUp:
    """End what one connection has left open: lost claims, unanswered acts, notes not yet left, plans overtaken.

    `gone` knows of a worker that it is no more; of others a claim is lost after a while.
    """
    _notice_lost_claims(source, gone)
    ends = [resolve(source, one, carriers or Carriers()) for one in _open(source, ActionState.AMBIGUOUS)]
    waiting = [one for one in _open(source, ActionState.PLANNED) if one.act not in (NOTE, *MONEY_ACTS)]
    cancelled = sum(_overtaken(source, one) for one in waiting)
    unwritten = _open(source, ActionState.PLANNED, ActionState.FAILED)
    notes = sum(leave(source, one, worker) for one in unwritten if one.act in IN_THE_BOOKS)
    return FollowedUp(ends.count(True), ends.count(False), notes, cancelled)


def _open(source: Source, *states: ActionState) -> list[Action]:
    with source.database.read() as tx:
        found = actions.actions(tx, source.business, states=states)
    return [one for one in found if one.connection in (source.connection, OURS)]


def _notice_lost_claims(source: Source, gone: Callable[[str], bool]) -> None:
    """A claim whose worker died: nobody knows whether it acted."""
    now = source.clock.now()
    with source.database.write() as tx:
        dead = [one for one in actions.at_work(tx, source.business) if gone(one)]
        lost = actions.abandoned(tx, source.business, before=now - CLAIM_LIFE, now=now, workers=dead)
    for one in lost:
        log.warning("an act was left unfinished", act=one.act, connection=one.connection)


def resolve(source: Source, one: Action, carriers: Carriers) -> bool | None:
    """Ask whether an act was done, and write it down. True when known, False when parked, None when to ask later."""
    try:
        answer = _ask(source, one, carriers)
    except IntegrationError as error:
        log.info("an unanswered act waits", act=one.act, why=str(error))
        return None
    if isinstance(answer, Receipt):
        _end(source, one, ActionState.SENT, receipt=answer.id)
        return True
    if answer is Lookup.NOT_THERE:
        _end(source, one, ActionState.FAILED, reason="It was looked up and had not been done.")
        return True
    how = f"duewell send --was-sent {one.key}, or --was-not-sent"
    reason = f"Nobody can tell whether this was done; please look, then say so ({how})."
    _end(source, one, ActionState.PARKED, reason=reason)
    return False


CARRIED = tuple(channel.value for channel in Channel)
ASKS = {
    "platform": Act.SEND_INVOICE,
    NOTE: Act.LEAVE_NOTE,
    EXPECTED: Act.SET_EXPECTED_DATE,
    CHARGE: Act.POST_CHARGE,
    Act.SET_PAY_LINK.value: Act.SET_PAY_LINK,
}


def _ask(source: Source, one: Action, carriers: Carriers) -> Receipt | Lookup:
    """The books tell of what is done there; of what goes another way, its carrier tells what it knows."""
    since = one.claimed_at or one.planned_at
    if one.act in MONEY_ACTS:
        return _money(source, one)
    act = ASKS.get(one.act)
    if act is not None and one.about is not None:
        return source.books.found(act, one.about, one.key, since=since)
    carrier = carriers.of(Channel(one.act)) if one.act in CARRIED else None
    if carrier is None:
        return Lookup.CANNOT_TELL
    return carrier.found(one.key, since, to=_sent_to(one))


def _money(source: Source, one: Action) -> Receipt | Lookup:
    if one.act == RECORD:
        return source.books.found_payment(received_of(one), one.key, since=one.planned_at - ADOPTED_SINCE)
    booked, _, _ = reversed_by(one)
    return source.books.found_reversal(booked, one.key, since=one.claimed_at or one.planned_at)


def _sent_to(one: Action) -> list[str]:
    told = json.loads(one.payload or "{}")
    return [str(address) for address in told.get("to", ())]


def _end(source: Source, one: Action, state: ActionState, *, receipt: str = "", reason: str = "") -> None:
    now = source.clock.now()
    with source.database.write() as tx:
        actions.mark(tx, source.business, one.key, state, now=now, receipt=receipt, reason=reason)
        if state is ActionState.SENT:
            plan_notes(source, tx, one, now)
    log.info("an act came to its end", act=one.act, state=state.value, connection=source.connection)


def _overtaken(source: Source, one: Action) -> bool:
    """A message that was planned and never claimed, whose invoice is settled by now."""
    if one.about is None:
        return False
    with source.database.read() as tx:
        invoice = books.record(tx, source.business, one.about)
    if isinstance(invoice, Invoice) and invoice.owing:
        return False
    _end(source, one, ActionState.CANCELLED, reason="The invoice was settled before this was sent.")
    return True


def leave(source: Source, one: Action, worker: str) -> bool:
    """Write one planned note or expected date under a claim of its own; whether it was written."""
    now = source.clock.now()
    with source.database.write() as tx:
        mine = actions.claim(tx, source.business, one.key, by=worker, now=now) is Claim.MINE
    if not mine or one.about is None:
        return False
    done = under_claim(source, worker, one.key, partial(_left, source, one, one.about))
    return done.state is ActionState.SENT


def _left(source: Source, one: Action, about: Ref) -> Receipt:
    try:
        if one.act == EXPECTED:
            return source.books.set_expected_date(about, expected_on(one), key=one.key)
        return source.books.leave_note(about, json.loads(one.payload)["text"], key=one.key)
    except NotThere:
        raise Refused("The record is no longer there, so it carries no note.") from None
