"""A plan that does not add up is told why; one beyond the limits waits for a person."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from collector.paying.limits import Band, Limits, beyond, mistakes
from collector.paying.schedule import Rhythm, equal_parts
from receivables.money import Money
from receivables.plans import Covered, InstallmentPlan, Part
from receivables.records import Kind, Ref

TODAY = date(2026, 3, 1)
INVOICE = Ref("books", Kind.INVOICE, "1")
OWED = {INVOICE: Money(40_000, "USD")}
LEAST = Money(50, "USD")
PARTS = equal_parts(Money(40_000, "USD"), 4, first_on=TODAY, rhythm=Rhythm.MONTHLY)
PLAN = InstallmentPlan("p", "books/7", (Covered(INVOICE, Money(40_000, "USD"), Money(0, "USD")),), PARTS)


def test_a_plan_within_everything_has_no_mistake_and_needs_nobody() -> None:
    assert mistakes(PLAN, OWED, TODAY, LEAST) == []
    assert beyond(PLAN, Limits(), TODAY) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (replace(PLAN, parts=PARTS[:3]), "The parts add up to 300.00 USD, and the plan covers 400.00 USD"),
        (replace(PLAN, parts=(replace(PARTS[0], due_on=TODAY - timedelta(days=1)), *PARTS[1:])), "which is past"),
        (replace(PLAN, parts=(PARTS[0], replace(PARTS[1], due_on=TODAY), *PARTS[2:])), "not after part 1"),
        (replace(PLAN, parts=(Part(1, TODAY, Money(40_000, "EUR")),)), "all parts are in the invoices' USD"),
        (replace(PLAN, parts=(*PARTS, Part(5, TODAY + timedelta(days=200), Money(10, "USD")))), "the least that can"),
        (replace(PLAN, covered=()), "about no invoice"),
        (replace(PLAN, covered=(Covered(INVOICE, Money(50_000, "USD"), Money(0, "USD")),)), "of which 400.00 USD"),
        (replace(PLAN, covered=(Covered(INVOICE, Money(50_000, "EUR"), Money(0, "EUR")),)), "one currency"),
        (replace(PLAN, covered=(Covered(Ref("books", Kind.INVOICE, "9"), Money(1, "USD"), Money(0, "USD")),)), "open"),
    ],
)
def test_every_mistake_is_one_sentence_that_says_what_is_wrong(wrong: InstallmentPlan, told: str) -> None:
    assert any(told in sentence for sentence in mistakes(wrong, OWED, TODAY, LEAST))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(parts_most=3), "It has 4 parts; 3 are the most"),
        (Limits(months_most=2), "more than 2 months from now"),
        (Limits(first_percent=26), "less than 26 % of it"),
    ],
)
def test_beyond_the_limits_a_person_decides(limits: Limits, told: str) -> None:
    (sentence,) = beyond(PLAN, limits, TODAY)

    assert told in sentence


def test_a_settlement_for_less_keeps_within_its_band() -> None:
    less = replace(
        PLAN,
        parts=equal_parts(Money(30_000, "USD"), 3, first_on=TODAY, rhythm=Rhythm.WEEKLY),
        forgiven=Money(10_000, "USD"),
    )

    assert mistakes(less, OWED, TODAY, LEAST) == []
    limits = Limits(settle=(Band(30, 10), Band(90, 25)))
    for days, most in ((29, "nothing"), (30, "40.00 USD"), (89, "40.00 USD"), (90, ""), (900, "")):
        told = beyond(less, limits, TODAY, {INVOICE: TODAY - timedelta(days=days)})
        assert told == ([f"It gives up 100.00 USD; {most} is the most without somebody's yes."] if most else [])
    assert beyond(less, limits, TODAY, {INVOICE: None}) == beyond(less, Limits(), TODAY) != []
