"""When statements of a month may be due anywhere, so that on other days nothing is read for them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.calendar import known_countries
from collector.occasions.statement_days import CATCH_UP_DAYS, begun, statement_day

PLACES = (("US", "America/Los_Angeles"), ("CN", "Asia/Shanghai"), ("RU", "Europe/Moscow"), ("NZ", "Pacific/Kiritimati"),
          ("JP", "Asia/Tokyo"), ("", "Etc/GMT+12"))  # fmt: skip
NEW_YEAR = datetime(2025, 1, 15, 9, tzinfo=UTC)
"""In Russia the first business day of this year is the ninth."""


@example(1, NEW_YEAR, ("RU", "Europe/Moscow"))
@given(
    st.integers(1, 31),
    st.integers(0, 3 * 365 * 24).map(lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    st.sampled_from(PLACES),
)
@settings(deadline=None)
def test_it_has_begun_wherever_a_statement_may_go_and_not_after_its_day(
    day_of_month: int, now: datetime, place: tuple[str, str]
) -> None:
    country, zone = place
    today = now.astimezone(ZoneInfo(zone)).date()
    came_on = statement_day(day_of_month, today, country)

    first = begun(day_of_month, now)

    if (today - came_on).days < CATCH_UP_DAYS:
        assert first is not None
        assert came_on - timedelta(days=14) < first <= came_on


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 2, 28, 9, tzinfo=UTC), None),
        (datetime(2026, 2, 28, 10, tzinfo=UTC), date(2026, 3, 1)),  # it is March just west of the date line
        (datetime(2026, 3, 8, 11, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 10, 14, 12, tzinfo=UTC), date(2026, 10, 1)),
        (datetime(2026, 10, 16, 12, tzinfo=UTC), None),
        (datetime(2025, 1, 15, 9, tzinfo=UTC), date(2025, 1, 1)),
        (datetime(2025, 1, 22, 9, tzinfo=UTC), None),
    ],
)
def test_for_a_week_and_longer_only_where_holidays_put_it_off(now: datetime, first: date | None) -> None:
    assert begun(1, now) == first


def test_a_month_that_is_too_short_ends_with_it() -> None:
    assert begun(31, datetime(2026, 2, 28, 12, tzinfo=UTC)) == date(2026, 2, 28)


def test_the_countries_are_those_whose_holidays_are_known() -> None:
    assert {"GB", "US", "DE", "FR", "NL", "IE"} <= set(known_countries())
