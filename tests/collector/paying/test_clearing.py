"""Every clearing account comes to zero once all of it was paid out; what does not is named."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from collector.paying.clearing import Booked, cleared, payouts_of
from receivables.money import Money
from storage.movements import KeptMovement

AT = datetime(2026, 3, 10, tzinfo=UTC)


def line(id: str, kind: str, gross: int, fee: int = 0, payment: str = "p", payout: str = "") -> KeptMovement:
    return KeptMovement("till", id, kind, Money(gross, "USD"), Money(fee, "USD"), AT, payment, payout)


@given(st.lists(st.tuples(st.integers(50, 10**6), st.integers(0, 40), st.booleans()), min_size=1, max_size=8))
def test_what_was_all_paid_out_leaves_nothing(payments: list[tuple[int, int, bool]]) -> None:
    booked, lines = [], []
    for nth, (gross, fee, back) in enumerate(payments):
        booked.append(Booked("books", f"p{nth}", Money(gross, "USD"), back))
        lines.append(line(f"a{nth}", "payment", gross, fee, f"p{nth}", "po_1"))
        if back:
            lines.append(line(f"b{nth}", "dispute", -gross, 1500, f"p{nth}", "po_2"))

    (one,) = cleared(booked, lines)

    assert (one.balance.minor, one.waiting.minor, one.difference.minor) == (0, 0, 0)
    out = sum(each.amount.minor for each in payouts_of(one, lines))
    assert out == sum(each.net.minor for each in lines)


def test_what_waits_at_the_till_is_told_from_what_is_not_explained() -> None:
    booked = [Booked("books", "p", Money(5000, "USD")), Booked("books", "q", Money(700, "USD"))]

    (one,) = cleared(booked, [line("a", "payment", 5000, 175)])

    assert (one.balance.minor, one.waiting.minor) == (5525, 4825)
    assert one.difference == Money(700, "USD"), "the till knows nothing of the second"


def test_a_payment_in_another_currency_is_exchanged_and_back_again() -> None:
    booked = [Booked("books", "p", Money(2500, "GBP"), back=True)]
    later = line("c", "dispute", -3200, 1500, "p", "po_2")
    lines = [line("a", "payment", 3175, 122, "p", "po_1"), later]

    pounds, dollars = cleared(booked, lines)

    assert (pounds.account, pounds.balance.minor) == (("books", "GBP"), 0)
    assert dollars.balance.minor == 0
    assert dollars.of("exchanged") == Money(3175 - 3200, "USD"), "the difference of two days' rates"
    assert payouts_of(dollars, lines)[0].at - AT < timedelta(days=1)
