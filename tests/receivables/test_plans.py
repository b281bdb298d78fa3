"""Plans: what comes in is counted towards the oldest part first, exactly, whatever the plan and the payments."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivables.money import Money, sum_money
from receivables.plans import (
    Covered,
    InstallmentPlan,
    Part,
    PartState,
    PlanState,
    Progress,
    next_part,
    paid_towards,
    standings,
)
from receivables.records import Kind, Ref

ONE, OTHER = Ref("books", Kind.INVOICE, "1"), Ref("books", Kind.INVOICE, "2")
FIRST = date(2026, 3, 1)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def plan(*amounts: int, covered: tuple[Covered, ...] = ()) -> InstallmentPlan:
    parts = tuple(Part(at + 1, FIRST + timedelta(days=30 * at), usd(amount)) for at, amount in enumerate(amounts))
    return InstallmentPlan("p", "books/7", covered or (Covered(ONE, usd(sum(amounts)), usd(0)),), parts)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=8), st.data())
def test_what_came_in_is_spread_over_the_parts_and_nothing_is_lost(amounts: list[int], data: st.DataObject) -> None:
    made, paid = plan(*amounts), usd(data.draw(st.integers(0, sum(amounts))))

    found = standings(made, paid, FIRST)

    assert sum_money((one.paid for one in found), "USD") == paid
    assert sum_money((one.open for one in found), "USD") == made.total - paid
    unpaid = [at for at, one in enumerate(found) if one.open]
    assert all(not found[at].paid for at in unpaid[1:]), "a later part gets something only when the older is full"


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (-1, PartState.COMING),
        (0, PartState.DUE),
        (1, PartState.LATE),
        (7, PartState.LATE),
        (8, PartState.MISSED),
    ],
)
def test_a_part_is_late_after_its_day_and_missed_after_the_days_in_which_it_can_be_mended(
    day: int, state: PartState
) -> None:
    first = standings(plan(100, 100), usd(99), FIRST + timedelta(days=day))[0]

    assert first.state is state
    assert first.open == usd(1)


def test_the_next_part_is_the_oldest_that_is_not_paid_in_full() -> None:
    made = plan(100, 100, 100)

    assert (found := next_part(made, usd(150), FIRST)) is not None
    assert (found.part.number, found.open) == (2, usd(50))
    assert next_part(made, usd(300), FIRST) is None
    assert made.last_on == FIRST + timedelta(days=60)


def test_money_counts_from_where_each_invoice_stood_and_never_more_than_is_covered() -> None:
    made = plan(100, 100, covered=(Covered(ONE, usd(150), usd(20)), Covered(OTHER, usd(50), usd(0))))

    assert paid_towards(made, {ONE: usd(20), OTHER: usd(0)}) == usd(0)
    assert paid_towards(made, {ONE: usd(60), OTHER: usd(10)}) == usd(50)
    assert paid_towards(made, {ONE: usd(500), OTHER: usd(500)}) == made.total
    assert paid_towards(made, {ONE: usd(5)}) == usd(0), "taken back below where it stood is not less than nothing"
    assert made.covers(OTHER)
    assert not made.covers(Ref("books", Kind.INVOICE, "3"))


def test_what_is_on_its_way_breaks_nothing_and_ends_nothing() -> None:
    made, missed = plan(100, 100), FIRST + timedelta(days=8)

    assert Progress(made, usd(0), usd(0)).state(FIRST) is PlanState.ACTIVE
    assert Progress(made, usd(0), usd(0)).state(missed) is PlanState.BROKEN
    assert Progress(made, usd(0), usd(100)).state(missed) is PlanState.ACTIVE
    assert Progress(made, usd(100), usd(100)).state(missed) is PlanState.ACTIVE, "it may still fail"
    assert Progress(made, usd(200), usd(0)).state(missed) is PlanState.KEPT
    assert Progress(made, usd(150), usd(100)).so_far == made.total
