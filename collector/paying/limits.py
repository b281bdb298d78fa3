"""What a plan may be: mistakes that nobody can wave through, and limits beyond which a person decides. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType

from collector.paying.schedule import months_after
from receivables.money import Money, sum_money
from receivables.plans import InstallmentPlan, Part
from receivables.records import Ref


@dataclass(frozen=True, slots=True)
class Band:
    """Of what is so many days overdue, or more, up to so many per cent may be given up."""

    overdue_days: int
    percent: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What customers may choose by themselves; anything beyond needs a person.

    The defaults keep clear of what counts as regulated credit: at most four parts, within a year, without a charge.
    `first_percent` is the least first payment; `settle` how much of a debt of some age a settlement may give up.
    A part is reminded of `remind_before` days before its day, on it if `remind_on`, and `remind_after` days after it
    while it is waited for; None: not at all.
    """

    parts_most: int = 4
    months_most: int = 12
    first_percent: int = 0
    settle: tuple[Band, ...] = ()
    cure_days: int = 7
    remind_before: int | None = 3
    remind_on: bool = True
    remind_after: int | None = 3

    def given_up(self, overdue_days: int) -> int:
        """How many per cent of a debt of that age a settlement may give up; 0 for none."""
        reached = (one for one in self.settle if one.overdue_days <= overdue_days)
        return max(reached, key=lambda one: one.overdue_days, default=Band(0, 0)).percent


def mistakes(plan: InstallmentPlan, owed: Mapping[Ref, Money], today: date, least: Money) -> list[str]:
    """Everything that is wrong with a plan to be, one sentence each. `owed` is what is open of each invoice now;
    `least` the smallest sum that can be taken in the plan's currency."""
    return [
        *_days_wrong(plan.parts, today),
        *_sums_wrong(plan.parts, least),
        *_covered_wrong(plan, owed),
        *_total_wrong(plan),
    ]


def _days_wrong(parts: tuple[Part, ...], today: date) -> Iterable[str]:
    for part in parts:
        if part.due_on < today:
            yield f"Part {part.number} is due on {part.due_on}, which is past; choose today or a later day."
    for one, after in pairwise(parts):
        if after.due_on <= one.due_on:
            yield f"Part {after.number} is due on {after.due_on}, which is not after part {one.number}."


def _sums_wrong(parts: tuple[Part, ...], least: Money) -> Iterable[str]:
    for part in parts:
        if part.amount.currency != least.currency:
            yield f"Part {part.number} is in {part.amount.currency}; all parts are in the invoices' {least.currency}."
        elif part.amount < least:
            yield f"Part {part.number} is {part.amount}; the least that can be taken at once is {least}."


def _covered_wrong(plan: InstallmentPlan, owed: Mapping[Ref, Money]) -> Iterable[str]:
    if not plan.covered:
        yield "The plan is about no invoice; name at least one."
    for one in plan.covered:
        left = owed.get(one.invoice)
        if left is None:
            yield "One of the invoices is no longer open; look at the customer's page again."
        elif left.currency != one.amount.currency:
            yield f"The plan covers {one.amount} of an invoice in {left.currency}; one plan has one currency."
        elif left < one.amount:
            yield f"The plan covers {one.amount} of an invoice of which {left} is open."


def _total_wrong(plan: InstallmentPlan) -> Iterable[str]:
    currencies = {part.amount.currency for part in plan.parts} | {one.amount.currency for one in plan.covered}
    if len(currencies) != 1 or not plan.covered:
        return
    covered = sum_money((one.amount for one in plan.covered), plan.currency)
    agreed = plan.total + (plan.forgiven or Money.zero(plan.currency))
    if agreed != covered:
        yield f"The parts add up to {agreed}, and the plan covers {covered}; make them the same."


def beyond(
    plan: InstallmentPlan, limits: Limits, today: date, due: Mapping[Ref, date | None] = MappingProxyType({})
) -> list[str]:
    """In which ways it goes beyond what a customer may choose alone; none when a person need not look.

    `due` tells when its invoices are due, for what a settlement may give up; what has no day there is not overdue.
    """
    found = []
    if len(plan.parts) > limits.parts_most:
        found.append(f"It has {len(plan.parts)} parts; {limits.parts_most} are the most without somebody's yes.")
    if plan.last_on > months_after(today, limits.months_most):
        found.append(f"It ends on {plan.last_on}, more than {limits.months_most} months from now.")
    if plan.parts[0].amount.minor * 100 < plan.total.minor * limits.first_percent:
        found.append(f"Its first payment is {plan.parts[0].amount}, less than {limits.first_percent} % of it.")
    if plan.forgiven and plan.forgiven > (most := _most_given_up(plan, limits, today, due)):
        found.append(f"It gives up {plan.forgiven}; {most or 'nothing'} is the most without somebody's yes.")
    return found


def _most_given_up(plan: InstallmentPlan, limits: Limits, today: date, due: Mapping[Ref, date | None]) -> Money:
    """By the age of each invoice, rounded down to the whole unit."""
    hundredths = 0
    for one in plan.covered:
        day = due.get(one.invoice)
        hundredths += one.amount.minor * limits.given_up((today - day).days if day else -1)
    return Money(hundredths // 100, plan.currency)
