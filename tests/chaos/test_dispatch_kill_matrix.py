"""Dispatch never doubles and never loses: a sample of the kill and the error matrix; all of it is `make chaos`."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.killing import Killer, table
from tests.chaos.stage import CHANNELS, Stage


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").make_ready())
    with Stage(3, tmp_path, database=url) as made:
        yield made


def test_wherever_a_worker_is_struck_nothing_doubles_and_nothing_is_lost(stage: Stage, tmp_path: Path) -> None:
    with Killer(stage, tmp_path, random.Random(3)) as killer:
        tally = killer.matrix(kills=3, errors=1)

    print(table({"sqlite" if stage.sqlite else "postgresql": tally}))
    assert tally.wrong == []
    assert {channel for channel, _, came in tally.counted if came == "struck"} == set(CHANNELS)
