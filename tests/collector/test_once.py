"""The one machine of acts: claimed, called, and what came of it recorded; tried again only as far as that is safe."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from collector.once import ATTEMPTS_MAX, Done, Hand, once
from duewell.config import Settings
from integrations.contract import Receipt
from integrations.errors import Reconnect, Refused, TryLater
from storage import actions
from storage.actions import ActionState, Plan
from storage.businesses import add_business
from storage.database import Database
from tests.conftest import NOON, HandClock
from tests.ready import ready

WANTED = Plan("note", "a1")


@dataclass
class Place:
    """A business with its database; `calls` are the acts that were called."""

    database: Database
    business: str
    clock: HandClock = field(default_factory=HandClock)
    calls: int = 0

    def commit(self, work: Callable[..., actions.Claim]) -> actions.Claim:
        with self.database.write() as tx:
            return work(tx)

    def done(self, error: Exception | None = None, *, commanded: bool = False) -> Done:
        def call() -> Receipt:
            self.calls += 1
            if error:
                raise error
            return Receipt("r1")

        return once(self, Hand(self.commit, "me"), WANTED, call, commanded=commanded)

    def cancel(self) -> None:
        with self.database.write() as tx:
            actions.mark(tx, self.business, WANTED.key, ActionState.CANCELLED, now=NOON)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    database = Database.open(ready(Settings(data=tmp_path)).database_url)
    with database.write() as tx:
        business = add_business(tx, "Amber Joinery", now=NOON)
    yield Place(database, business)
    database.close()


def test_what_is_done_is_not_done_again(place: Place) -> None:
    assert place.done() == Done(ActionState.SENT)
    assert place.done() == Done(ActionState.SENT, ours=False)
    assert place.calls == 1


def test_what_may_have_been_done_is_not_repeated_blindly(place: Place) -> None:
    assert place.done(TryLater("lost", may_have_acted=True)).state is ActionState.AMBIGUOUS
    assert place.done().state is ActionState.AMBIGUOUS
    assert place.calls == 1


def test_what_provably_did_nothing_is_tried_a_few_times(place: Place) -> None:
    states = [place.done(TryLater("busy")).state for _ in range(ATTEMPTS_MAX)]
    assert states == [ActionState.FAILED] * (ATTEMPTS_MAX - 1) + [ActionState.PARKED]
    assert place.done().state is ActionState.PARKED
    assert place.calls == ATTEMPTS_MAX


def test_what_a_person_commands_is_tried_as_often_as_they_like(place: Place) -> None:
    for error in [TryLater("busy"), Refused("the period is closed")] * ATTEMPTS_MAX:
        assert place.done(error, commanded=True) == Done(ActionState.FAILED, str(error))
    assert place.done(commanded=True).state is ActionState.SENT


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("the period is closed"), "the period is closed"),
        (Reconnect("gone"), "gone; a person should look at this"),
    ],
)
def test_what_is_refused_waits_for_a_person_with_the_words_of_whoever_refused(
    place: Place, error: Exception, said: str
) -> None:
    assert place.done(error) == Done(ActionState.PARKED, said)
    assert place.done().state is ActionState.PARKED


def test_what_was_cancelled_before_its_turn_is_not_done(place: Place) -> None:
    place.done(TryLater("busy"))
    place.cancel()
    assert place.done().state is ActionState.CANCELLED
    assert place.calls == 1
