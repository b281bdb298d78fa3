"""Dispatch never doubles and never loses: a sample of the kill and the error matrix; more of it is `make chaos`."""

from collections.abc import Callable

import pytest

from storage.actions import ActionState
from tests.chaos.killing import Killer, Point, in_short
from tests.chaos.stage import CHANNELS

LETTER_SYNCS = 4
"""Two files, and the folder after each."""


def test_wherever_a_worker_is_struck_nothing_doubles_and_nothing_is_lost(
    killers: Callable[..., Killer], record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> None:
    killer = killers(seed=3, customers=210, invoices=590)

    tally = killer.matrix(kills=1, errors=1)

    record_property("figures", f"{request.node.callspec.id}: {in_short(tally)}")
    assert tally.wrong == []
    assert {channel for channel, _, came in tally.counted if came == "struck"} == set(CHANNELS)
    # The last of a letter's calls that can fail: it lies in the tray already.
    letter = killer.strike(killer.take("letter"), Point("EIO", "fsync", LETTER_SYNCS))
    assert letter.struck
    assert (letter.stood, letter.arrived) == (ActionState.AMBIGUOUS, 1)
