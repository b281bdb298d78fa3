"""One act in the books, done once: claimed on disk, then called, then what came of it recorded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from integrations.contract import Receipt
from integrations.errors import IntegrationError, Refused, TryLater
from storage import actions
from storage.actions import ActionState, Claim, Plan, Speaks
from storage.database import Tx
from sync.source import Source

log = structlog.get_logger(__name__)

ATTEMPTS_MAX = 5


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
    source: Source,
    hand: Hand,
    wanted: Plan,
    call: Callable[[], Receipt],
    *,
    speaks: Sequence[Speaks] = (),
    commanded: bool = False,
) -> Done:
    """Do it under its claim. What somebody else did or does is not done again.

    What provably did not arrive may be tried again, a few times. What the platform refuses waits for a person, with its
    own words; where a person commands it each time, it may be tried again as often as they like.
    """
    if (standing := _claimed(source, hand, wanted, speaks)) is not None:
        return standing
    try:
        receipt = call()
    except TryLater as error:
        state = ActionState.AMBIGUOUS if error.may_have_acted else ActionState.FAILED
        if state is ActionState.FAILED and not commanded and _tried(source, wanted.key) >= ATTEMPTS_MAX:
            state = ActionState.PARKED
        return _record(source, hand, wanted, Done(state, str(error)))
    except IntegrationError as error:
        reason = str(error) if commanded or isinstance(error, Refused) else f"{error}; a person should look at this"
        return _record(source, hand, wanted, Done(ActionState.FAILED if commanded else ActionState.PARKED, reason))
    return _record(source, hand, wanted, Done(ActionState.SENT), receipt=receipt.id)


def _claimed(source: Source, hand: Hand, wanted: Plan, speaks: Sequence[Speaks]) -> Done | None:
    """None when it is ours to do."""
    now = source.clock.now()

    def work(tx: Tx) -> Claim:
        actions.plan(tx, source.business, wanted, now=now)
        return actions.claim(tx, source.business, wanted.key, by=hand.worker, now=now, speaks=speaks)

    taken = hand.commit(work)
    if taken is Claim.MINE:
        return None
    with source.database.read() as tx:
        known = actions.action(tx, source.business, wanted.key)
    if known is None or taken is Claim.KEY_TAKEN:
        return Done(ActionState.FAILED, "Part of it was done already under another key.", ours=False)
    return Done(known.state, known.reason, ours=False)


def _tried(source: Source, key: str) -> int:
    with source.database.read() as tx:
        known = actions.action(tx, source.business, key)
    return known.attempts if known else 0


def _record(source: Source, hand: Hand, wanted: Plan, done: Done, *, receipt: str = "") -> Done:
    now = source.clock.now()
    with source.database.write() as tx:
        actions.mark(
            tx, source.business, wanted.key, done.state, now=now, by=hand.worker, receipt=receipt, reason=done.reason
        )
    log.info("an act in the books", act=wanted.act, state=done.state.value, connection=source.connection)
    return done
