"""Interest and late charges: golden values, the borders of every row and band, and days that may be cut anywhere."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.charges.interest import Charge, Owed, Part, Per, Quiet, Terms, agreed, statutory
from collector.charges.rates import NoRate, load_statutes, read_statutes, statute_for
from receivables.money import Money
from receivables.records import CustomerKind

BUSINESS, CONSUMER = CustomerKind.BUSINESS, CustomerKind.CONSUMER


def on(text: str) -> date:
    return date.fromisoformat(text)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money.of(Decimal(amount), currency)


def owed(amount: str, first_late: str, currency: str = "EUR", *paid: tuple[str, str]) -> Owed:
    """Due on the day before it bears interest."""
    parts = tuple(Part(on(day), money(part, currency)) for day, part in paid)
    return Owed(money(amount, currency), on(first_late) - timedelta(days=1), parts)


def by_law(country: str, debt: Owed, until: str, kind: CustomerKind = BUSINESS, **more: str) -> Charge:
    days = {name: on(day) for name, day in more.items()}
    return statutory(debt, statute_for(country, kind), until_on=on(until), **days)


# --- golden values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "currency", "amount", "first", "until", "percents", "interest", "fixed"),
    [
        ("GB", "GBP", "1000.00", "2025-06-20", "2026-02-01", ["12.75"], "78.95", "70.00"),
        ("GB", "GBP", "999.99", "2026-07-10", "2026-08-09", ["11.75"], "9.66", "40.00"),
        ("DE", "EUR", "1000.00", "2026-06-15", "2026-07-15", ["10.27", "10.52"], "8.54", "40.00"),
        ("FR", "EUR", "12000.00", "2026-09-01", "2026-10-01", ["12.4"], "122.30", "40.00"),
        ("IE", "EUR", "1000.00", "2026-06-20", "2026-07-20", ["10.15"], "8.34", "40.00"),
        ("NL", "EUR", "1000.00", "2026-06-20", "2026-07-20", ["10.15", "10.4"], "8.47", "40.00"),
    ],
)
def test_between_businesses(
    country: str, currency: str, amount: str, first: str, until: str, percents: list[str], interest: str, fixed: str
) -> None:
    charge = by_law(country, owed(amount, first, currency), until)

    assert [period.percent for period in charge.periods] == [Decimal(percent) for percent in percents]
    assert sum(period.days for period in charge.periods) == (on(until) - on(first)).days
    assert charge.interest == money(interest, currency)
    assert charge.fixed == money(fixed, currency)
    assert charge.total == money(interest, currency) + money(fixed, currency)
    assert sum(period.interest.minor for period in charge.periods) == charge.interest.minor


def test_a_german_consumer() -> None:
    charge = by_law("DE", owed("250.00", "2026-02-01"), "2026-04-01", CONSUMER, begins_on="2026-03-01")

    assert [(period.days, period.percent) for period in charge.periods] == [(31, Decimal("6.27"))]
    assert (charge.interest, charge.fixed) == (money("1.33"), money("0.00"))
    assert (charge.source, charge.fixed_source) == ("BGB 247, 286, 288(1)", "")


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "days"), [("2026-03-01", 0), ("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-04", 2)]
)
def test_the_first_late_day_counts_and_the_last_one_does_not(until: str, days: int) -> None:
    charge = by_law("IE", owed("100000.00", "2026-03-02"), until)

    assert sum(period.days for period in charge.periods) == days
    assert bool(charge.fixed) is (days > 0)
    assert bool(charge.interest) is (days > 0)


def test_a_leap_day_is_one_day_more() -> None:
    leap = by_law("IE", owed("36500.00", "2024-02-28"), "2024-03-01")
    plain = by_law("IE", owed("36500.00", "2023-02-28"), "2023-03-01")

    assert [period.days for period in (*leap.periods, *plain.periods)] == [2, 1]
    assert leap.interest == money("25.00")
    year = agreed(owed("100.00", "2024-01-01"), Terms(Decimal(10)), BUSINESS, until_on=on("2025-01-01"))
    assert year.interest == money("10.03"), "366 days of a year of 365"


def test_the_rate_of_the_first_day_stays_or_the_rates_are_followed() -> None:
    assert [one.percent for one in by_law("GB", owed("1", "2025-06-30", "GBP"), "2026-03-01").periods] == [
        Decimal("12.75")
    ]
    assert [one.percent for one in by_law("GB", owed("1", "2025-07-01", "GBP"), "2026-03-01").periods] == [
        Decimal("12.25")
    ]
    followed = by_law("DE", owed("1000", "2025-06-30"), "2025-07-02").periods
    assert [(one.percent, one.days, one.from_on) for one in followed] == [
        (Decimal("11.27"), 1, on("2025-06-30")),
        (Decimal("10.27"), 1, on("2025-07-01")),
    ]


def test_a_part_that_was_paid_bears_nothing_from_its_day() -> None:
    debt = owed("36500.00", "2026-03-02", "EUR", ("2026-03-04", "18250.00"))
    periods = by_law("IE", debt, "2026-03-06").periods

    assert [(one.base, one.days, one.interest) for one in periods] == [
        (money("36500.00"), 2, money("20.30")),
        (money("18250.00"), 2, money("10.15")),
    ]


def test_nothing_runs_once_it_is_paid() -> None:
    debt = owed("36500.00", "2026-03-02", "EUR", ("2026-03-04", "36500.00"), ("2026-03-05", "1.00"))

    assert [one.days for one in by_law("IE", debt, "2026-05-01").periods] == [2]
    early = owed("36500.00", "2026-03-02", "EUR", ("2026-03-01", "36500.00"))
    charge = by_law("IE", early, "2026-05-01")
    assert (charge.periods, charge.total) == ((), money("0"))
    on_the_day = owed("36500.00", "2026-03-02", "EUR", ("2026-03-02", "36500.00"))
    assert not by_law("IE", on_the_day, "2026-05-01").total


def test_dutch_interest_is_added_to_the_debt_once_a_year() -> None:
    debt = owed("10000.00", "2024-03-01")
    periods = by_law("NL", debt, "2025-03-02").periods

    first_year = sum(one.interest.minor for one in periods[:-1])
    assert periods[-1].from_on == on("2025-03-01")
    assert periods[-1].base == money("10000.00") + Money(first_year, "EUR")
    born_on_a_leap_day = by_law("NL", owed("10000.00", "2024-02-29"), "2025-03-02").periods
    assert born_on_a_leap_day[-1].from_on == on("2025-03-01")
    third = by_law("NL", debt, "2026-03-03").periods[-1]
    assert third.from_on == on("2026-03-01")
    shown = by_law("NL", debt, "2026-03-03").periods[:-1]
    assert third.base == money("10000.00") + Money(sum(one.interest.minor for one in shown), "EUR")
    assert all(one.base == money("10000.00") for one in by_law("FR", debt, "2026-03-03").periods)


# --- sums by size ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "currency", "amount", "fixed"),
    [
        ("GB", "GBP", "999.99", "40.00"),
        ("GB", "GBP", "1000.00", "70.00"),
        ("GB", "GBP", "9999.99", "70.00"),
        ("GB", "GBP", "10000.00", "100.00"),
        ("IE", "EUR", "1000.00", "40.00"),
        ("IE", "EUR", "1000.01", "70.00"),
        ("IE", "EUR", "10000.00", "70.00"),
        ("IE", "EUR", "10000.01", "100.00"),
    ],
)
def test_fixed_sums_by_the_size_of_the_debt(country: str, currency: str, amount: str, fixed: str) -> None:
    charge = by_law(country, owed(amount, "2026-03-02", currency), "2026-03-03")

    assert charge.fixed == money(fixed, currency)
    assert charge.fixed_source.startswith(("Late Payment", "S.I."))


def test_the_size_is_what_was_open_when_it_became_late() -> None:
    debt = owed("1000.00", "2026-03-02", "GBP", ("2026-03-02", "0.01"))

    assert by_law("GB", debt, "2026-03-10").fixed == money("40.00", "GBP")


# --- what is refused ------------------------------------------------------------------------------------------------


def refusal(country: str, debt: Owed, until: str, kind: CustomerKind = BUSINESS, **more: str) -> str:
    with pytest.raises(NoRate) as found:
        by_law(country, debt, until, kind, **more)
    return str(found.value)


def test_a_day_without_a_rate_is_refused_never_guessed() -> None:
    assert refusal("DE", owed("100", "2026-12-01"), "2027-01-02") == (
        "The German base rate of 1 January 2027 is not known here, so no interest can be worked out for that day; "
        "a newer version of Duewell may know it."
    )
    assert by_law("DE", owed("100", "2026-12-01"), "2027-01-01").interest
    assert by_law("GB", owed("100", "2026-12-31", "GBP"), "2028-01-01").interest, "its rate was fixed in time"
    assert "of 1 January 2027" in refusal("GB", owed("100", "2027-01-01", "GBP"), "2027-02-01")
    assert "31 December 2012" in refusal("GB", owed("100", "2012-12-31", "GBP"), "2027-02-01")


def test_who_and_what_is_not_covered_is_said() -> None:
    debt = owed("100", "2026-03-02")

    assert refusal("PT", debt, "2026-04-01") == "Statutory interest for a business in PT is not covered here."
    assert "a consumer in GB" in refusal("GB", debt, "2026-04-01", CONSUMER)
    assert "a sole trader in NL" in refusal("NL", debt, "2026-04-01", CustomerKind.SOLE_TRADER)
    assert "an unknown country" in refusal("", debt, "2026-04-01")
    for kind in (CustomerKind.UNKNOWN, CustomerKind.OTHER):
        assert refusal("DE", debt, "2026-04-01", kind).startswith("Whether this customer is a business or a person")
    assert "say which day that was" in refusal("DE", debt, "2026-04-01", CONSUMER)
    assert "sums are in GBP, and this invoice is in EUR" in refusal("GB", debt, "2026-04-01")
    assert "before 29 July 2014" in refusal("DE", owed("100", "2014-07-28"), "2014-08-01")
    assert by_law("DE", owed("100", "2014-07-29"), "2014-08-01").interest
    assert "cannot begin on 1 March 2026: the invoice was due on 1 March 2026" in refusal(
        "DE", debt, "2026-04-01", begins_on="2026-03-01"
    )
    assert by_law("DE", debt, "2026-04-01", begins_on="2026-03-02").interest


def test_rates_nobody_has_seen_officially_are_marked() -> None:
    assert not by_law("DE", owed("100", "2026-06-20"), "2026-07-10").sure
    assert [one.sure for one in by_law("DE", owed("1000", "2026-06-20"), "2026-07-10").periods] == [True, False]
    assert by_law("FR", owed("100", "2026-06-20"), "2026-07-10").sure


def test_rows_that_do_not_follow_each_other_are_refused() -> None:
    text = """
    [[series]]
    id = "s"
    title = "rate"
    source = "somebody"
    rows = [
      { from = 2026-01-01, to = 2026-06-30, bp = 1, confidence = "verified" },
      { from = 2026-07-02, to = 2026-12-31, bp = 1, confidence = "verified" },
    ]
    [[statute]]
    """
    with pytest.raises(ValueError, match="s: the row from 2026-07-02 does not follow the one up to 2026-06-30"):
        read_statutes(text)


def test_the_european_and_the_german_rates_move_together() -> None:
    series = {law.series.id: law.series for law in load_statutes()}
    day = on("2013-01-01")
    while day <= on("2026-12-31"):
        assert series["de_basiszins"].on(day).bp == series["ecb_mro_half_year"].on(day).bp - 88
        day += timedelta(days=91)


def test_sums_may_be_missing() -> None:
    law = replace(statute_for("DE", BUSINESS), sums=())

    assert law.fixed_sum(money("100.00")) == money("0")


# --- the credit policy ----------------------------------------------------------------------------------------------


def test_a_percentage_a_month_is_twelve_times_as_much_a_year() -> None:
    monthly, yearly = Terms(Decimal("1.5"), Per.MONTH), Terms(Decimal(18))
    debt = owed("1000.00", "2026-03-02")

    both = [agreed(debt, terms, BUSINESS, until_on=on("2026-04-01")) for terms in (monthly, yearly)]
    assert both[0].interest == both[1].interest == money("14.79")
    assert both[0].periods[0].percent == Decimal(18)


@pytest.mark.parametrize(("until", "days"), [("2026-03-12", 0), ("2026-03-13", 1), ("2026-03-14", 2)])
def test_grace_days_bear_neither_interest_nor_fee(until: str, days: int) -> None:
    terms = Terms(Decimal("36.5"), flat=money("25.00"), grace_days=10, version="3")
    charge = agreed(owed("1000.00", "2026-03-02"), terms, BUSINESS, until_on=on(until))

    assert charge.interest == Money(100 * days, "EUR")
    assert charge.fixed == (money("25.00") if days else money("0"))
    assert (charge.source, charge.fixed_source) == ("credit policy 3", "credit policy 3" if days else "")


def test_a_flat_fee_alone_and_what_was_paid_in_grace() -> None:
    terms = Terms(flat=money("25.00"), grace_days=10)
    debt = owed("1000.00", "2026-03-02", "EUR", ("2026-03-12", "1000.00"))

    assert agreed(owed("1000.00", "2026-03-02"), terms, BUSINESS, until_on=on("2026-04-01")).total == money("25.00")
    assert agreed(owed("1000.00", "2026-03-02"), terms, BUSINESS, until_on=on("2026-04-01")).periods == ()
    assert not agreed(debt, terms, BUSINESS, until_on=on("2026-04-01")).total
    late = owed("1000.00", "2026-03-02", "EUR", ("2026-03-13", "1000.00"))
    assert agreed(late, terms, BUSINESS, until_on=on("2026-04-01")).total == money("25.00")
    assert agreed(late, Terms(), BUSINESS, until_on=on("2026-04-01")).source == "credit policy"


def test_it_binds_only_whom_it_names() -> None:
    debt = owed("1000.00", "2026-03-02")

    with pytest.raises(NoRate, match="no late charges for a customer of this kind \\(consumer\\)"):
        agreed(debt, Terms(Decimal(10)), CONSUMER, until_on=on("2026-04-01"))
    both = Terms(Decimal(10), kinds=frozenset({BUSINESS, CONSUMER}))
    assert agreed(debt, both, CONSUMER, until_on=on("2026-04-01")).interest
    with pytest.raises(NoRate, match="The late fee is in USD and the invoice in EUR"):
        agreed(debt, Terms(flat=money("1.00", "USD")), BUSINESS, until_on=on("2026-04-01"))


@pytest.mark.parametrize("wrong", [{"percent": Decimal("-0.1")}, {"flat": Money(-1, "EUR")}, {"grace_days": -1}])
def test_terms_below_zero_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cannot be below zero"):
        Terms(**wrong)  # type: ignore[arg-type]


def test_the_smallest_terms_are_fine() -> None:
    free = Terms(Decimal(0), flat=Money(0, "EUR"))

    assert not agreed(owed("1000.00", "2026-03-02"), free, BUSINESS, until_on=on("2026-04-01")).total


def test_agreed_interest_is_sure_and_never_bears_interest_itself() -> None:
    charge = agreed(owed("1000.00", "2022-03-02"), Terms(Decimal(10)), BUSINESS, until_on=on("2024-03-01"))

    assert charge.sure
    assert [(one.days, one.interest) for one in charge.periods] == [(730, money("200.00"))]


def test_half_a_cent_goes_up_once() -> None:
    terms = Terms(Decimal("3.65"))

    assert agreed(owed("50.00", "2026-03-02"), terms, BUSINESS, until_on=on("2026-03-03")).interest == Money(1, "EUR")
    assert agreed(owed("49.99", "2026-03-02"), terms, BUSINESS, until_on=on("2026-03-03")).interest == Money(0, "EUR")
    three = agreed(owed("50.00", "2026-03-02"), terms, BUSINESS, until_on=on("2026-03-05")).interest
    assert three == Money(2, "EUR"), "1.5 cents, rounded once and not three times"


@given(
    country=st.sampled_from(["GB", "DE", "FR", "IE", "NL"]),
    minor=st.integers(1, 10**9),
    first=st.dates(on("2016-01-01"), on("2026-06-30")),
    spans=st.tuples(st.integers(0, 900), st.integers(0, 900)),
    paid=st.lists(st.tuples(st.integers(-5, 900), st.integers(1, 10**8)), max_size=4),
    disputed=st.lists(
        st.tuples(st.integers(-5, 900), st.integers(0, 400), st.none() | st.integers(1, 10**8)), max_size=3
    ),
)
def test_days_may_be_cut_anywhere(
    country: str,
    minor: int,
    first: date,
    spans: tuple[int, int],
    paid: list[tuple[int, int]],
    disputed: list[tuple[int, int, int | None]],
) -> None:
    law = statute_for(country, BUSINESS)
    parts = tuple(Part(first + timedelta(days=late), Money(part, law.currency)) for late, part in paid)
    quiet = tuple(
        Quiet(
            first + timedelta(days=at),
            first + timedelta(days=at + more),
            Money(amount, law.currency) if amount else None,
        )
        for at, more, amount in disputed
    )
    debt = Owed(Money(minor, law.currency), first - timedelta(days=1), parts, quiet)
    end = min(first + timedelta(days=sum(spans)), on("2027-01-01"))
    middle = min(first + timedelta(days=spans[0]), end)

    whole = statutory(debt, law, until_on=end)
    early = statutory(debt, law, until_on=middle)
    late = statutory(debt, law, since_on=middle, until_on=end)

    assert early.interest + late.interest == whole.interest
    if middle > first:
        assert early.fixed + late.fixed == whole.fixed
    assert all(period.days > 0 and period.base.minor >= 0 for period in whole.periods)
    assert sum(period.interest.minor for period in late.periods) == late.interest.minor
    assert all(earlier.to_on <= after.from_on for earlier, after in zip(whole.periods, whole.periods[1:], strict=False))
    assert whole.interest <= statutory(replace(debt, disputed=()), law, until_on=end).interest


def test_cut_days_begin_where_they_are_cut() -> None:
    debt = owed("36500.00", "2026-03-02")

    late = by_law("IE", debt, "2026-03-10", since_on="2026-03-05")
    assert [(one.from_on, one.days) for one in late.periods] == [(on("2026-03-05"), 5)]
    assert late.interest == money("50.75")
    assert not late.fixed
    from_the_start = by_law("IE", debt, "2026-03-10", since_on="2026-03-02")
    assert from_the_start.fixed
    assert [one.days for one in from_the_start.periods] == [8]
    assert by_law("IE", debt, "2026-03-10", since_on="2026-03-10").periods == ()
    assert by_law("IE", debt, "2026-03-10", since_on="2026-03-01").interest == money("81.20")


# --- disputed parts -------------------------------------------------------------------------------------------------


def disputed(*days: tuple[str, str, str | None]) -> Owed:
    quiet = tuple(Quiet(on(first), on(until), money(part, "GBP") if part else None) for first, until, part in days)
    return replace(owed("1000.00", "2026-03-02", "GBP"), disputed=quiet)


def test_a_disputed_part_bears_nothing_on_its_days() -> None:
    charge = by_law("GB", disputed(("2026-03-05", "2026-03-08", "400.00")), "2026-03-12")
    assert [(one.from_on, one.days, one.base) for one in charge.periods] == [
        (on("2026-03-02"), 3, money("1000.00", "GBP")),
        (on("2026-03-05"), 3, money("600.00", "GBP")),
        (on("2026-03-08"), 4, money("1000.00", "GBP")),
    ]


def test_what_is_disputed_altogether_leaves_a_gap_and_the_fixed_sum_waits_for_its_end() -> None:
    charge = by_law("GB", disputed(("2026-03-01", "2026-03-06", None)), "2026-03-08")
    assert [(one.from_on, one.days) for one in charge.periods] == [(on("2026-03-06"), 2)]
    assert charge.fixed == money("70.00", "GBP")
    until = by_law("GB", disputed(("2026-03-01", "2026-03-06", None)), "2026-03-06")
    assert (until.periods, until.total) == ((), money("0", "GBP"))
    later = by_law("GB", disputed(("2026-03-01", "2026-03-06", None)), "2026-03-08", since_on="2026-03-06")
    assert later.fixed == money("70.00", "GBP")
    after = by_law("GB", disputed(("2026-03-01", "2026-03-06", None)), "2026-03-08", since_on="2026-03-07")
    assert after.fixed == money("0", "GBP")


def test_two_disputes_add_up_and_never_below_nothing() -> None:
    debt = disputed(("2026-03-02", "2026-03-04", "400.00"), ("2026-03-03", "2026-03-05", "700.00"))
    charge = by_law("GB", debt, "2026-03-06")
    assert [(one.from_on, one.base) for one in charge.periods] == [
        (on("2026-03-02"), money("600.00", "GBP")),
        (on("2026-03-04"), money("300.00", "GBP")),
        (on("2026-03-05"), money("1000.00", "GBP")),
    ]
    assert charge.fixed == money("40.00", "GBP"), "by what was undisputed on its first day"


def test_a_fee_of_the_credit_policy_waits_for_the_end_of_a_dispute_too() -> None:
    fee = Terms(flat=money("5.00", "GBP"))
    debt = disputed(("2026-03-01", "2026-03-06", None))
    assert agreed(debt, fee, BUSINESS, until_on=on("2026-03-06")).total == money("0", "GBP")
    assert agreed(debt, fee, BUSINESS, until_on=on("2026-03-07")).total == money("5.00", "GBP")
    assert agreed(debt, fee, BUSINESS, until_on=on("2026-03-09"), since_on=on("2026-03-07")).total == money("0", "GBP")


def test_a_year_of_compound_interest_is_counted_through_a_dispute() -> None:
    debt = replace(owed("1000.00", "2024-03-02"), disputed=(Quiet(on("2024-06-01"), on("2024-07-01")),))
    charge = by_law("NL", debt, "2025-04-01")
    first_year = sum(one.interest.minor for one in charge.periods if one.to_on <= on("2025-03-02"))
    assert charge.periods[-1].base.minor == 100_000 + first_year
