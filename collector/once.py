"""One act, done once: claimed on disk, then called, then what came of it recorded. All that leaves comes by here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from integrations.contract import Clock, Receipt
from integrations.errors import IntegrationError, Refused, TryLater
from storage import actions
from storage.actions import Action, ActionState, Claim, Plan, Speaks
from storage.database import Database, Tx

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 5

Then = Callable[[Tx, Action, datetime], None]
"""What is written with the record of an act that was done."""


class Place(Protocol):
    """Whose act it is, and where it is written down; a connection's source is one."""

    @property
    def business(self) -> str:
        """The business."""
        ...

    @property
    def database(self) -> Database:
        """Where its acts are."""
        ...

    @property
    def clock(self) -> Clock:
        """The time."""
        ...


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts. `commit` runs a piece of work in a transaction and returns once it is durable."""

    commit: Callable[[Callable[[Tx], Claim]], Claim]
    worker: str


@dataclass(frozen=True, slots=True)
class Done:
    """Where an act stands, and why when it is not done; `ours` when it was this call that tried."""

    state: ActionState
    reason: str = ""
    ours: bool = True


def once(
    place: Place,
    hand: Hand,
    wanted: Plan,
    call: Callable[[], Receipt],
    *,
    speaks: Sequence[Speaks] = (),
    commanded: bool = False,
) -> Done:
    """Do it under its claim. What somebody else did or does is not done again, and what was cancelled not at all."""
    if (standing := _claimed(place, hand, wanted, speaks)) is not None:
        return standing
    return under_claim(place, hand.worker, wanted.key, call, commanded=commanded)


def _claimed(place: Place, hand: Hand, wanted: Plan, speaks: Sequence[Speaks]) -> Done | None:
    """None when it is ours to do."""
    now = place.clock.now()

    def work(tx: Tx) -> Claim:
        actions.plan(tx, place.business, wanted, now=now, revive=False)
        return actions.claim(tx, place.business, wanted.key, by=hand.worker, now=now, speaks=speaks)

    taken = hand.commit(work)
    if taken is Claim.MINE:
        return None
    with place.database.read() as tx:
        known = actions.action(tx, place.business, wanted.key)
    if known is None or taken is Claim.KEY_TAKEN:
        return Done(ActionState.FAILED, "Part of it was done already under another key.", ours=False)
    return Done(known.state, known.reason, ours=False)


def under_claim(
    place: Place,
    worker: str,
    key: str,
    call: Callable[[], Receipt],
    *,
    commanded: bool = False,
    then: Then | None = None,
) -> Done:
    """Make the call of an act that `worker` has claimed, and record what came of it.

    What provably did not arrive may be tried again, a few times. What is refused waits for a person, with the words of
    whoever refused; where somebody commands it each time, it may be tried again as often as they like.
    """
    done, receipt = _tried(call, commanded=commanded)
    now = place.clock.now()
    with place.database.write() as tx:
        known = actions.action(tx, place.business, key)
        if done.state is ActionState.FAILED and not commanded and known and known.attempts >= ATTEMPTS_MAX:
            done = replace(done, state=ActionState.PARKED)
        actions.mark(tx, place.business, key, done.state, now=now, by=worker, receipt=receipt, reason=done.reason)
        if done.state is ActionState.SENT and then and (sent := actions.action(tx, place.business, key)):
            then(tx, sent, now)
    told = {"act": known.act, "connection": known.connection} if known else {}
    say = log.info if done.state is ActionState.SENT else log.warning
    say("an act", state=done.state.value, **told)
    return done


def _tried(call: Callable[[], Receipt], *, commanded: bool) -> tuple[Done, str]:
    """What came of the call, with the receipt if there is one."""
    try:
        return Done(ActionState.SENT), call().id
    except TryLater as error:
        return Done(ActionState.AMBIGUOUS if error.may_have_acted else ActionState.FAILED, str(error)), ""
    except IntegrationError as error:
        reason = str(error) if commanded or isinstance(error, Refused) else f"{error}; a person should look at this"
        return Done(ActionState.FAILED if commanded else ActionState.PARKED, reason), ""
