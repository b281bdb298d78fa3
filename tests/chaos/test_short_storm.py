"""A short storm in every test run; the long ones are `make chaos MINUTES=n`."""

from pathlib import Path

import pytest

from tests.chaos.storming import Round
from tests.conftest import Postgres


@pytest.mark.planted  # the storm garbles answers on purpose
def test_a_first_pull_and_a_night_in_a_storm_end_with_books_that_agree(postgres: Postgres, tmp_path: Path) -> None:
    """On PostgreSQL; payments have a storm on SQLite."""
    story = Round(5, tmp_path, database=postgres.make_ready(), nights=1, tries=2)

    tally = story.play()

    assert tally.faults.total() >= 5, "it was no storm"
    assert tally.kills.total() >= 1
    assert tally.deliveries.total() >= 1
    assert tally.records > 100
    assert tally.mails
