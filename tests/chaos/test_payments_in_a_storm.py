"""A short storm over the till and all books: what was paid is booked once, and every clearing account comes to zero."""

from pathlib import Path

from sandbox.server import Sandbox, Setup
from tests.chaos.paying_storm import Storm
from tests.scenarios.playing import settle_in


def test_whatever_is_lost_on_the_way_no_payment_doubles_and_none_is_lost(tmp_path: Path) -> None:
    with Sandbox(Setup(seed=9, customers=8, invoices=40)) as sandbox:
        play = settle_in(sandbox, tmp_path)
        try:
            play.sync()
            storm = Storm(play, 9, tmp_path / "workers.log")
            ended = storm.rage(2)
            assert ended.wrong == []
            assert ended.payments >= 3
            for befell in (storm.kills, storm.astray, storm.went_back):
                assert befell.total(), "it was no storm"
        finally:
            play.house.close()
