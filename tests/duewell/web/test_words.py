"""Values in words, and the geometry of the bars."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duewell.views.pages import AgreementView
from duewell.web.bars import WIDTH, parts
from duewell.web.office import Business
from duewell.web.words import Speech, agreement, counted, customer_word, who
from receivables.money import Money
from tests.duewell.web.fixed_office import aging, quickbooks

AMERICAN = Speech.of(Business("1", "A"))


@pytest.mark.parametrize(
    ("country", "money"),
    [("", "$1,234.50"), ("US", "$1,234.50"), ("GB", "US$1,234.50"), ("XX", "$1,234.50"), ("us'\"", "$1,234.50")],
)
def test_money_as_the_country_writes_it(country: str, money: str) -> None:
    assert Speech.of(Business("1", "A", country)).money(Money(123_450, "USD")) == money


def test_dates_and_times() -> None:
    at = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)

    assert AMERICAN.day(date(2026, 3, 10)) == "10 March 2026"
    assert AMERICAN.instant(at) == "10 March 2026, 23:30"
    assert Speech.of(Business("1", "A", "NZ", "Pacific/Auckland")).instant(at) == "11 March 2026, 12:30"
    assert Speech.of(Business("1", "A", "NZ", "../nowhere")).instant(at) == "10 March 2026, 23:30"
    assert AMERICAN.instant(None) == "never"


@pytest.mark.parametrize(
    ("octets", "text"), [(0, "0 B"), (850, "850 B"), (12_400, "12.4 kB"), (3_100_000, "3.1 MB"), (2 * 10**9, "2 GB")]
)
def test_sizes(octets: int, text: str) -> None:
    assert AMERICAN.size(octets) == text


def test_words_for_who_owes() -> None:
    assert customer_word("xero") == "contact"
    assert who(["xero", "xero"]) == "contact"
    assert who(["xero", "stripe"]) == "customer"
    assert who([]) == "customer"
    assert counted(1, "match", "matches") == "1 match"
    assert counted(2, "balance") == "2 balances"


def test_agreement_in_words() -> None:
    def said(**figures: object) -> str:
        plain = {"agrees": True, "checked_at": None, "basis": "per customer", "re_read": False, "compared": 3}
        return agreement(quickbooks(agreement=AgreementView(**{**plain, **figures})))[1]  # type: ignore[arg-type]

    assert said() == "Agrees with QuickBooks to the cent. Compared: 3 figures, per customer."
    assert said(agrees=None) == "Not compared yet."
    assert "not a second opinion" in said(re_read=True)
    assert said(agrees=False).startswith("Differs from QuickBooks")


@given(st.lists(st.integers(min_value=0, max_value=10**15), min_size=5, max_size=5))
def test_a_bar_is_filled_exactly_and_without_gaps(minors: list[int]) -> None:
    drawn = parts(aging("USD", *minors))

    assert sum(part.width for part in drawn) == (WIDTH if any(minors) else 0)
    assert all(after.x == before.x + before.width for before, after in pairwise(drawn))
