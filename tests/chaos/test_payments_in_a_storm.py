"""A short storm over the till and all books: what was paid is booked once, and every clearing account comes to zero."""

from pathlib import Path

import pytest

from sandbox.server import Sandbox, Setup
from tests.chaos.payments import storm
from tests.scenarios.playing import settle_in


@pytest.mark.parametrize(("database", "seed"), [("sqlite", 7), ("postgresql", 8)])
def test_whatever_is_lost_on_the_way_no_payment_doubles_and_none_is_lost(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, seed: int
) -> None:
    url = "" if database == "sqlite" else str(request.getfixturevalue("postgres").make_ready())
    sandbox = Sandbox(Setup(seed=seed, customers=8, invoices=40))
    sandbox.start()
    play = settle_in(sandbox, tmp_path, database=url)
    try:
        play.sync()
        ended = storm(play, seed, 2)
        assert ended.wrong == []
        assert ended.payments >= 3
    finally:
        play.house.close()
        sandbox.stop()
