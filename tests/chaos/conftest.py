"""Stages on either database, with a killer; where strace is missing they are skipped, but not in CI."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.killing import Killer
from tests.chaos.stage import Stage
from tests.chaos.tracing import CannotTrace, strace

PATIENCE = 2.0


@pytest.fixture(params=["sqlite", "postgresql"])
def killers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Killer]]:
    """Makes one: `killers(seed=3, customers=200, invoices=560)`; what it takes is what a stage takes."""
    try:
        strace()
    except CannotTrace as why:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(why))
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").make_ready())
    with ExitStack() as open_ones:

        def make(seed: int, **size: Any) -> Killer:
            stage = open_ones.enter_context(Stage(seed, tmp_path, database=url, **size))
            return open_ones.enter_context(Killer(stage, tmp_path, random.Random(seed), PATIENCE))

        yield make
