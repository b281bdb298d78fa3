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


def once(
    source: Source, hand: Hand, wanted: Plan, call: Callable[[], Receipt], *, speaks: Sequence[Speaks] = ()
) -> tuple[ActionState, str]:
    """Do it under its claim; where the act stands then, and why when it is not done.

    What somebody else did or does is not done again. What provably did not arrive may be tried again; what the platform
    refuses waits for a person, with its own words.
    """
    if (standing := _claimed(source, hand, wanted, speaks)) is not None:
        return standing
    try:
        receipt = call()
    except TryLater as error:
        state = ActionState.AMBIGUOUS if error.may_have_acted else ActionState.FAILED
        return _record(source, hand, wanted.key, state, reason=str(error))
    except IntegrationError as error:
        reason = str(error) if isinstance(error, Refused) else f"{error}; a person should look at this"
        return _record(source, hand, wanted.key, ActionState.PARKED, reason=reason)
    return _record(source, hand, wanted.key, ActionState.SENT, receipt=receipt.id)


def _claimed(source: Source, hand: Hand, wanted: Plan, speaks: Sequence[Speaks]) -> tuple[ActionState, str] | None:
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
        return ActionState.FAILED, "Part of it was done already under another key."
    return known.state, known.reason


def _record(
    source: Source, hand: Hand, key: str, state: ActionState, *, receipt: str = "", reason: str = ""
) -> tuple[ActionState, str]:
    with source.database.write() as tx:
        tried = actions.action(tx, source.business, key)
        if state is ActionState.FAILED and tried is not None and tried.attempts >= ATTEMPTS_MAX:
            state = ActionState.PARKED
        now = source.clock.now()
        actions.mark(tx, source.business, key, state, now=now, by=hand.worker, receipt=receipt, reason=reason)
        act = tried.act if tried else ""
    log.info("an act in the books", act=act, state=state.value, connection=source.connection)
    return state, reason
