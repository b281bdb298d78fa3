"""The records' invariants, ageing, and comparing books on the platform's own basis."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from receivables.aging import Bucket, age, bucket
from receivables.agreement import compare
from receivables.case import head_of
from receivables.money import Money
from receivables.page import Basis, Figure, OpenTotals, Scope
from receivables.records import Invoice, InvoiceStatus, Kind, Ref

AT = datetime(2026, 3, 10, tzinfo=UTC)
TODAY = date(2026, 3, 10)
ANN = Ref("c1", Kind.CUSTOMER, "ann")
BOB = Ref("c1", Kind.CUSTOMER, "bob")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(id: str, opened: int, *, customer: Ref = ANN, currency: str = "USD", due_on: date = TODAY) -> Invoice:
    money = Money(opened, currency)
    none = Money.zero(currency)
    status = InvoiceStatus.OPEN if opened else InvoiceStatus.PAID
    return Invoice(Ref("c1", Kind.INVOICE, id), id, customer, TODAY, due_on, money, money, none, none, none, status, AT)


def totals(*figures: Figure, net: bool = True, scope: Scope = Scope.CUSTOMER) -> OpenTotals:
    return OpenTotals(Basis(scope, net=net), TODAY, figures)


def test_an_unknown_status_becomes_other_and_never_an_exception() -> None:
    assert InvoiceStatus.OTHER is InvoiceStatus.of("SOMETHING_NEW")
    assert InvoiceStatus.OPEN is InvoiceStatus.of("open")
    assert Kind.OTHER is Kind.of(None)


def test_an_invoice_that_does_not_add_up_is_noticed() -> None:
    good = invoice("i1", 100)

    assert good.balances()
    assert not replace(good, paid=usd(1)).balances()
    assert replace(good, status=InvoiceStatus.VOID, open=usd(0)).balances()


@given(st.integers(-400, 400), st.integers(1, 10**9))
def test_every_open_cent_stands_in_exactly_one_ageing_column(days: int, minor: int) -> None:
    one = invoice("i1", minor, due_on=TODAY - timedelta(days=days))

    (aging,) = age([one], TODAY)

    assert [minor] == [part.minor for part in aging.columns.values() if part]
    assert aging.columns[bucket(days)].minor == minor
    assert aging.overdue.minor == (minor if days > 0 else 0)


def test_the_ageing_columns_begin_where_bookkeepers_expect() -> None:
    edges = {0: "Current", 1: "1-30", 30: "1-30", 31: "31-60", 60: "31-60", 61: "61-90", 90: "61-90", 91: "Over 90"}

    assert edges == {day: bucket(day).value for day in edges}
    assert Bucket.CURRENT is bucket(-5)


def test_equal_books_have_no_difference() -> None:
    ours = {ANN: {"USD": usd(150)}}

    comparison = compare(totals(Figure(ANN, usd(150)), net=False), ours)

    assert comparison.differences == ()
    assert comparison.compared == 1


def test_a_difference_is_named_with_both_figures_to_the_cent() -> None:
    ours = {ANN: {"USD": usd(100)}}

    (difference,) = compare(totals(Figure(ANN, usd(101))), ours).differences

    assert (ANN, usd(100), usd(101), usd(1)) == (
        difference.about,
        difference.ours,
        difference.theirs,
        difference.remainder,
    )


def test_what_one_side_does_not_know_differs_too() -> None:
    ours = {ANN: {"USD": usd(100)}}

    comparison = compare(totals(Figure(BOB, usd(7))), ours)

    assert {ANN: usd(-100), BOB: usd(7)} == {one.about: one.remainder for one in comparison.differences}


def test_a_customer_in_two_currencies_is_shown_as_not_comparable() -> None:
    ours = {ANN: {"USD": usd(100), "JPY": Money(100, "JPY"), "EUR": Money.zero("EUR")}}

    comparison = compare(totals(Figure(ANN, usd(200))), ours)

    assert comparison.differences == ()
    assert "JPY, USD" in comparison.not_comparable[ANN]


def test_a_figure_in_another_currency_is_a_difference_in_both() -> None:
    ours = {ANN: {"JPY": Money(100, "JPY")}}

    differences = compare(totals(Figure(ANN, usd(100))), ours).differences

    assert {one.remainder.currency: one.remainder.minor for one in differences} == {"USD": 100, "JPY": -100}


def test_the_head_of_a_family_is_found_and_a_circle_ends() -> None:
    child, grandchild = Ref("c1", Kind.CUSTOMER, "child"), Ref("c1", Kind.CUSTOMER, "grandchild")

    assert head_of(grandchild, {grandchild: child, child: ANN}) == ANN
    assert head_of(child, {child: ANN, ANN: child}) in (ANN, child)
