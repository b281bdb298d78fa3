"""Nothing that leaves ever doubles or is lost: a sample of the kill and the error matrix; all of it is `make chaos`.

The order of calls is audited on the same stage: the claim is on the disk before the first byte leaves, and the audit
that says so finds whoever does otherwise.
"""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from storage.actions import ActionState
from storage.database import Database
from tests.chaos.acts import ACTS
from tests.chaos.errands import do_not_wait
from tests.chaos.killing import KILL, REHEARSED, Killer, Point, in_short, judged
from tests.chaos.ordering import complaint, durable

ALWAYS = {"mail", "letter", *REHEARSED}
"""What is needed beside the acts that are struck."""
SEED = 3
STRUCK = 27
"""So many acts, drawn by the seed, each on one of the two databases."""
LETTER_SYNCS = 5
"""The tray's own name, two files, and the tray after each."""


def test_wherever_a_worker_is_struck_nothing_doubles_and_nothing_is_lost(
    killers: Callable[..., Killer], record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    drawn = random.Random(SEED).sample(list(ACTS), STRUCK)
    acts = drawn["sqlite" in request.node.callspec.id :: 2]
    killer = killers(seed=SEED, customers=75, invoices=220, only={*acts, *ALWAYS}, most=2)
    assert durable(killer.stage.play.house.database)

    tally = killer.sample(acts)

    record_property("figures", f"{request.node.callspec.id}: {in_short(tally)}")
    assert tally.wrong == []
    assert {act for act, _, came in tally.counted if came == "tried"} == set(acts)
    assert tally.of("struck") > len(acts) * 2 // 3, "most points are there on another errand of the same act"
    _expect_a_letter_whose_last_sync_fails_to_be_ambiguous(killer)
    _expect_the_audit_to_find_who_is_careless(killer)
    _expect_the_matrix_to_find_who_claims_too_late(killer)


def _expect_a_letter_whose_last_sync_fails_to_be_ambiguous(killer: Killer) -> None:
    """The last of its calls that can fail: it lies in the tray already."""
    (letter,) = killer.strike(killer.take("letter"), Point("EIO", "fsync", LETTER_SYNCS))
    assert letter.struck
    assert (letter.stood, letter.arrived) == (ActionState.AMBIGUOUS, 1)


def _expect_the_audit_to_find_who_is_careless(killer: Killer) -> None:
    if killer.stage.sqlite:
        unsynced = killer.watch(replace(killer.take("mail"), broken="unsynced"))
        said = "the claim was written but not synced before the first byte"
        assert complaint(unsynced.calls, "mail", sqlite=True) == said


def _expect_the_matrix_to_find_who_claims_too_late(killer: Killer) -> None:
    watched = killer.watch(replace(killer.take("mail"), broken="late")).calls
    assert complaint(watched, "mail", sqlite=killer.stage.sqlite) == "nothing was claimed before the first byte"
    gone = max(at for at, one in enumerate(watched) if one.on.startswith("TCP"))
    written = next(one for one in watched[gone:] if one.on.endswith("-wal") or "INSERT INTO action" in one.line)
    late = replace(killer.take("mail"), broken="late")

    tried = killer.strike(late, Point(KILL, written.name, written.nth))
    killer.afterwards([late])

    assert tried[0].struck
    assert judged(killer.stage, tried).of("doubled", "mail", KILL) == 1


def test_a_server_that_confirms_before_it_is_sure_is_found(request: pytest.FixtureRequest) -> None:
    careless = Database.open(str(request.getfixturevalue("postgres").address()))
    do_not_wait(careless)

    assert not durable(careless)
    careless.close()
