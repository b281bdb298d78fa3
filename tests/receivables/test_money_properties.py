"""Money is exact: nothing is rounded, lost or mixed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.money import MixedCurrencies, Money, TooPrecise, UnknownCurrency, by_currency, exponent, sum_money

CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "GBP", "CLF", "XCG", "ZWG", "ISK"])
MINORS = st.integers(min_value=-(10**15), max_value=10**15)


@given(MINORS, st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any), CURRENCIES)
def test_the_parts_of_an_allocation_add_up_exactly(minor: int, weights: list[int], currency: str) -> None:
    whole = Money(minor, currency)

    parts = whole.allocate(weights)

    assert whole == sum_money(parts, currency)
    assert len(weights) == len(parts)


@given(MINORS, st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any))
def test_no_part_is_more_than_one_cent_from_its_fair_share(minor: int, weights: list[int]) -> None:
    for part, weight in zip(Money(minor, "USD").allocate(weights), weights, strict=True):
        assert abs(part.minor * sum(weights) - minor * weight) < sum(weights)


@given(MINORS, CURRENCIES)
def test_major_units_and_back_is_the_same_money(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert money == Money.of(money.amount, currency)


@given(st.lists(st.tuples(MINORS, CURRENCIES), max_size=30))
def test_sums_by_currency_never_mix(amounts: list[tuple[int, str]]) -> None:
    sums = by_currency(Money(minor, currency) for minor, currency in amounts)

    for currency, total in sums.items():
        assert total.minor == sum(minor for minor, code in amounts if code == currency)


@pytest.mark.parametrize(
    ("amount", "currency"), [("10.005", "USD"), ("1.5", "JPY"), ("0.0001", "KWD"), ("NaN", "USD"), ("Infinity", "USD")]
)
def test_an_amount_finer_than_its_currency_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(TooPrecise, match=currency):
        Money.of(Decimal(amount), currency)


def test_zeros_after_the_last_minor_unit_are_no_precision() -> None:
    assert Money(100, "JPY") == Money.of(Decimal("100.00"), "jpy")


@pytest.mark.parametrize("currency", ["", "???", "ZZZ", "XAU"])
def test_a_currency_without_minor_units_is_refused_by_name(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, "USD") + Money(1, "EUR")


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_impossible_weights_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money(100, "USD").allocate(weights)


def test_money_reads_as_people_write_it() -> None:
    assert [
        str(Money(123450, "USD")),
        str(Money(9800, "JPY")),
        str(Money(1250, "KWD")),
    ] == ["1,234.50 USD", "9,800 JPY", "1.250 KWD"]
