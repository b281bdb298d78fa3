"""A sum laid out over days adds up to the cent, in every currency and rhythm."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.paying.schedule import Rhythm, equal_parts, months_after
from receivables.money import Money, sum_money

RHYTHMS = st.sampled_from([Rhythm.WEEKLY, Rhythm.FORTNIGHTLY, Rhythm.MONTHLY])


@given(st.integers(1, 10**9), st.integers(1, 36), RHYTHMS, st.dates(date(2020, 1, 1), date(2090, 1, 1)))
def test_equal_parts_add_up_differ_by_a_cent_at_most_and_come_one_after_the_other(
    minor: int, count: int, rhythm: Rhythm, first_on: date
) -> None:
    total = Money(minor, "JPY")

    parts = equal_parts(total, count, first_on=first_on, rhythm=rhythm)

    assert sum_money((part.amount for part in parts), "JPY") == total
    assert max(parts, key=_minor).amount.minor - min(parts, key=_minor).amount.minor <= 1
    days = [part.due_on for part in parts]
    assert days == sorted(set(days))
    assert [part.number for part in parts] == list(range(1, count + 1))
    assert days[0] == first_on


def _minor(part: object) -> int:
    return part.amount.minor  # type: ignore[attr-defined, no-any-return]


@given(st.integers(3, 10**6), st.integers(2, 12), st.data())
def test_a_first_payment_of_its_own_is_kept_and_the_rest_is_spread(minor: int, count: int, data: st.DataObject) -> None:
    total, first = Money(minor, "EUR"), Money(data.draw(st.integers(1, minor - 1)), "EUR")

    parts = equal_parts(total, count, first_on=date(2026, 1, 31), rhythm=Rhythm.MONTHLY, first=first)

    assert parts[0].amount == first
    assert sum_money((part.amount for part in parts), "EUR") == total


def test_the_end_of_the_month_stays_the_end_of_the_month() -> None:
    parts = equal_parts(Money(400, "USD"), 4, first_on=date(2027, 12, 31), rhythm=Rhythm.MONTHLY)

    assert [part.due_on for part in parts] == [
        date(2027, 12, 31),
        date(2028, 1, 31),
        date(2028, 2, 29),
        date(2028, 3, 31),
    ]
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)


@pytest.mark.parametrize(
    ("count", "first"), [(0, None), (1, Money(5, "USD")), (3, Money(0, "USD")), (3, Money(100, "USD"))]
)
def test_what_cannot_be_spread_is_told(count: int, first: Money | None) -> None:
    with pytest.raises(ValueError, match=r"at least one part|leaves nothing to spread"):
        equal_parts(Money(100, "USD"), count, first_on=date(2026, 1, 1), rhythm=Rhythm.WEEKLY, first=first)
