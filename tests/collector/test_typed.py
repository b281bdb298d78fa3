"""Days and sums as people type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.typed import WEEKDAYS, day, money
from integrations.errors import Refused
from receivables.money import Money

TUESDAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        (" Today ", TUESDAY),
        ("tomorrow", date(2026, 3, 11)),
        ("yesterday", date(2026, 3, 9)),
        ("friday", date(2026, 3, 13)),
        ("Fri", date(2026, 3, 13)),
        ("next friday", date(2026, 3, 13)),
        ("on wednesday", date(2026, 3, 11)),
        ("tuesday", date(2026, 3, 17)),
        ("in 10 days", date(2026, 3, 20)),
        ("in 1 day", date(2026, 3, 11)),
        ("2 weeks", date(2026, 3, 24)),
        ("+3d", date(2026, 3, 13)),
        ("1 December 2026", date(2026, 12, 1)),
        ("1. dec 2026", date(2026, 12, 1)),
    ],
)
def test_a_day_is_understood(typed: str, meant: date) -> None:
    assert day(typed, TUESDAY) == meant


@pytest.mark.parametrize(
    "typed", ["", "soon", "2026-02-30", "31/12/2026", "32 March 2026", "in days", "12", "friday week"]
)
def test_what_is_no_day_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(Refused, match="is no day; write it like 2026-12-01, friday, or in 10 days"):
        day(typed, TUESDAY)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(WEEKDAYS))
def test_a_weekday_is_the_next_one_to_come(today: date, name: str) -> None:
    found = day(name, today)

    assert timedelta(0) < found - today <= timedelta(days=7)
    assert WEEKDAYS[found.weekday()] == name


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_day_written_is_that_day(found: date) -> None:
    assert day(found.isoformat(), TUESDAY) == day(f"{found:%-d %B %Y}", TUESDAY) == found


@pytest.mark.parametrize(
    ("typed", "currency", "meant"),
    [
        ("500", "USD", Money(50_000, "USD")),
        ("1,250.50", "USD", Money(125_050, "USD")),
        ("1 250", "EUR", Money(125_000, "EUR")),
        ("1250.00 gbp", "USD", Money(125_000, "GBP")),
        ("GBP 1250", "", Money(125_000, "GBP")),
        ("1,234,567", "JPY", Money(1_234_567, "JPY")),
    ],
)
def test_a_sum_is_understood(typed: str, currency: str, meant: Money) -> None:
    assert money(typed, currency) == meant


@pytest.mark.parametrize(
    ("typed", "currency", "sentence"),
    [
        ("1.234,56", "EUR", "is no sum"),
        ("12,50", "EUR", "is no sum"),
        ("-5", "EUR", "is no sum"),
        ("EUR 5 GBP", "EUR", "is no sum"),
        ("1.005", "EUR", "more decimals than EUR has"),
        ("5.5", "JPY", "more decimals than JPY has"),
        ("5 XYZ", "EUR", "XYZ is no currency"),
        ("500", "", "In which currency is 500"),
    ],
)
def test_what_is_no_sum_is_said_to_be_none(typed: str, currency: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        money(typed, currency)
