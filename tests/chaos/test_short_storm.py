"""A short storm in every test run; the long ones are `make chaos MINUTES=n`."""

from pathlib import Path

import pytest

from tests.chaos.storming import Round


@pytest.mark.planted  # the storm garbles answers on purpose
@pytest.mark.parametrize(("database", "seed"), [("sqlite", 4), ("postgresql", 5)])
def test_a_first_pull_and_a_night_in_a_storm_end_with_books_that_agree(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, seed: int
) -> None:
    url = "" if database == "sqlite" else str(request.getfixturevalue("postgres").make_ready())
    story = Round(seed, tmp_path, database=url, nights=1, tries=2)

    tally = story.play()

    assert tally.faults.total() >= 5, "it was no storm"
    assert tally.kills.total() >= 1
    assert tally.deliveries.total() >= 1
    assert tally.records > 100
    assert tally.mails
