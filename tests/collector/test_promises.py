"""What became of a promise."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from collector.promises import Outcome, Standing, outcome
from receivables.money import Money
from receivables.records import Application, Invoice, InvoiceStatus, Kind, Payment, PaymentStatus
from receivables.said import Said, Saying
from tests.storage.amber import NOW, gbp, invoice, payment, ref

MADE, UNTIL = date(2026, 3, 2), date(2026, 3, 6)
AFTER = UNTIL + timedelta(days=1)
ONE = ref(Kind.INVOICE, 1)


def promise(**more: Any) -> Said:
    return replace(Said("c1/1", Saying.PROMISE, MADE, UNTIL, ONE, id="s1"), **more)


def paid(minor: int, on: date, *, of: int = 1, **more: Any) -> Payment:
    parts = (Application(ref(Kind.INVOICE, of), gbp(minor)),)
    return with_(payment(1, minor, applications=parts, received_on=on), **more)


def standing(said: Said, today: date, *, owed: int = 10_000, payments: tuple[Payment, ...] = ()) -> Standing:
    return outcome(said, [invoice(1, owed)], payments, today).standing


def test_it_is_open_until_its_day_has_passed_and_broken_then() -> None:
    assert standing(promise(), UNTIL) is Standing.OPEN
    assert standing(promise(), AFTER) is Standing.BROKEN
    assert standing(promise(ended_at=NOW), AFTER) is Standing.TAKEN_BACK


def test_it_is_kept_in_time_or_late() -> None:
    assert standing(promise(), AFTER, owed=0, payments=(paid(10_000, UNTIL),)) is Standing.KEPT
    assert standing(promise(), AFTER, owed=0, payments=(paid(10_000, AFTER),)) is Standing.LATE


def test_a_part_of_the_money_keeps_nothing() -> None:
    half = (paid(5_000, MADE),)

    assert outcome(promise(), [invoice(1, 5_000)], half, AFTER) == Outcome(Standing.BROKEN, gbp(5_000))
    assert standing(promise(amount=gbp(5_000)), AFTER, owed=5_000, payments=half) is Standing.KEPT
    assert standing(promise(amount=gbp(5_001)), AFTER, owed=5_000, payments=half) is Standing.BROKEN


def test_what_came_before_or_for_something_else_does_not_count() -> None:
    early, other = paid(10_000, MADE - timedelta(days=1)), paid(10_000, MADE, of=2)
    failed = paid(10_000, MADE, status=PaymentStatus.FAILED)

    for one in (early, other, failed):
        assert standing(promise(amount=gbp(10_000)), AFTER, payments=(one,)) is Standing.BROKEN


def test_money_on_its_way_counts_until_it_fails() -> None:
    pending = paid(10_000, MADE, status=PaymentStatus.PENDING)

    assert standing(promise(amount=gbp(10_000)), AFTER, payments=(pending,)) is Standing.KEPT


def test_what_was_settled_without_money_is_neither_kept_nor_broken() -> None:
    written_off = [with_(invoice(1, 10_000), status=InvoiceStatus.VOID)]

    assert outcome(promise(), written_off, (), AFTER).standing is Standing.DROPPED


def test_an_invoice_that_says_it_was_paid_is_believed_without_its_payment() -> None:
    def settled(on: date, **more: Any) -> Standing:
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
        return outcome(promise(**more), [invoice(1, 0, changed_at=at)], (), AFTER).standing

    assert settled(UNTIL) is Standing.KEPT
    assert settled(AFTER) is Standing.LATE
    assert settled(UNTIL, amount=gbp(10_000)) is Standing.KEPT


def test_a_promise_about_everything_takes_any_money_and_all_that_was_owed_then() -> None:
    everything = promise(invoice=None)
    later = invoice(2, 10_000, issued_on=AFTER)

    assert outcome(everything, [invoice(1, 0), later], [paid(10_000, MADE)], AFTER).standing is Standing.KEPT
    assert outcome(everything, [invoice(1, 1), later], [paid(9_999, MADE)], AFTER).standing is Standing.BROKEN
    some = promise(invoice=None, amount=gbp(300))
    assert outcome(some, [invoice(1)], [paid(300, UNTIL, of=9)], AFTER) == Outcome(Standing.KEPT, gbp(300))


def test_another_currency_keeps_no_sum() -> None:
    dollars = with_(payment(1, 10_000), amount=Money(10_000, "USD"), received_on=MADE)

    assert outcome(promise(invoice=None, amount=gbp(100)), [invoice(1)], [dollars], AFTER).standing is Standing.BROKEN


@given(
    st.lists(st.tuples(st.integers(-5, 20), st.integers(1, 6_000)), max_size=6),
    st.integers(1, 12_000),
    st.integers(0, 30),
)
def test_more_money_never_makes_it_worse(parts: list[tuple[int, int]], amount: int, passed: int) -> None:
    today = MADE + timedelta(days=passed)
    said = promise(amount=gbp(amount))
    payments = [paid(minor, MADE + timedelta(days=days)) for days, minor in parts]
    good = (Standing.KEPT, Standing.LATE)
    before = outcome(said, [invoice(1)], payments, today).standing
    after = outcome(said, [invoice(1)], [*payments, paid(12_000, MADE)], today).standing

    assert before not in good or after in good
    assert after in good


def test_an_invoice_that_was_never_there_leaves_nothing_owed() -> None:
    nobody: list[Invoice] = []

    assert outcome(promise(), nobody, (), AFTER) == Outcome(Standing.DROPPED)
