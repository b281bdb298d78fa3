"""When plans were made: the very first one is remembered, on both databases."""

from datetime import timedelta

from storage.database import Database
from storage.plannings import first_planned_at, planned
from tests.storage.amber import BUSINESS, NOW


def test_the_first_plan_is_the_oldest(database: Database) -> None:
    with database.write() as tx:
        assert first_planned_at(tx, BUSINESS) is None
        for hours in (5, 1, 3):
            planned(tx, BUSINESS, {}, at=NOW + timedelta(hours=hours))

        assert first_planned_at(tx, BUSINESS) == NOW + timedelta(hours=1)
        assert first_planned_at(tx, "another") is None
