"""An installment plan: what was agreed to be paid when, for which invoices, and how far it has come. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from receivables.money import Money, sum_money
from receivables.records import Invoice, Ref, Word


class PlanState(Word):
    """Where a plan stands, as it is kept. Only what somebody did, or what cannot be reckoned again, is kept."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    KEPT = "kept"
    BROKEN = "broken"
    CANCELLED = "cancelled"
    OTHER = "other"


class PartState(Word):
    """How one part does on a day."""

    PAID = "paid"
    COMING = "coming"
    DUE = "due"
    LATE = "late"
    MISSED = "missed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """One payment of a plan; `number` counts from 1 in the order of the days."""

    number: int
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Covered:
    """What of an invoice a plan is about, and how much of that invoice was settled when the plan was made."""

    invoice: Ref
    amount: Money
    settled_before: Money


@dataclass(frozen=True, slots=True)
class Agreement:
    """Who agreed, when, by which way (link, phone, mail, desk), and the very text they were shown."""

    by: str
    at: datetime
    way: str
    words: str


@dataclass(frozen=True, slots=True)
class InstallmentPlan:
    """Its parts add up to what it covers, less what is `forgiven` once all of them are paid.

    After `cure_days` beyond a part's day, what is still open of it breaks the plan.
    """

    id: str
    debtor: str
    covered: tuple[Covered, ...]
    parts: tuple[Part, ...]
    cure_days: int = 7
    forgiven: Money | None = None
    state: PlanState = PlanState.PROPOSED
    proposed_by: str = ""
    proposed_at: datetime | None = None
    agreement: Agreement | None = None
    broken_at: datetime | None = None
    cured_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    ended_why: str = ""

    @property
    def currency(self) -> str:
        """The one currency of all its sums."""
        return self.parts[0].amount.currency

    @property
    def total(self) -> Money:
        """What is to be paid."""
        return sum_money((part.amount for part in self.parts), self.currency)

    @property
    def last_on(self) -> date:
        """The day of the last part."""
        return self.parts[-1].due_on

    def waited_until(self, part: Part) -> date:
        """The last day on which a part may be paid late without breaking the plan."""
        return part.due_on + timedelta(days=self.cure_days)

    def stood(self, at: datetime) -> bool:
        """Did it hold anything at `at`: agreed, and not ended, or kept for less than was owed?"""
        if self.agreement is None or self.agreement.at > at:
            return False
        over = self.ended_at is not None and self.ended_at <= at
        return not over or (self.state is PlanState.KEPT and bool(self.forgiven))

    def covers(self, invoice: Ref) -> bool:
        """Is this invoice among those it is about?"""
        return any(one.invoice == invoice for one in self.covered)


@dataclass(frozen=True, slots=True)
class PartStanding:
    """A part with what has come in for it: oldest first, from anywhere."""

    part: Part
    paid: Money
    state: PartState

    @property
    def open(self) -> Money:
        """What is still to be paid of it."""
        return self.part.amount - self.paid


def settled_of(invoice: Invoice) -> Money:
    """What of an invoice has been paid, credited or otherwise taken off."""
    return invoice.paid + invoice.credited + invoice.adjusted


def paid_towards(plan: InstallmentPlan, settled: Mapping[Ref, Money]) -> Money:
    """What has come in for the plan since it was made. `settled` is each covered invoice's sum as it is now.

    An invoice that is not known any more counts as if nothing had come in for it.
    """
    paid = Money.zero(plan.currency)
    for one in plan.covered:
        since = settled.get(one.invoice, one.settled_before) - one.settled_before
        paid = paid + min(max(since, Money.zero(plan.currency)), one.amount)
    return paid


def standings(plan: InstallmentPlan, paid: Money, today: date) -> tuple[PartStanding, ...]:
    """Every part, `paid` counted towards the oldest first. `today` is the day where the customer is."""
    left, found = paid, []
    for part in plan.parts:
        here = min(left, part.amount)
        left = left - here
        found.append(PartStanding(part, here, _state(part, here, today, plan.cure_days)))
    return tuple(found)


def _state(part: Part, paid: Money, today: date, cure_days: int) -> PartState:
    if paid == part.amount:
        return PartState.PAID
    if today < part.due_on:
        return PartState.COMING
    if today == part.due_on:
        return PartState.DUE
    return PartState.LATE if today <= part.due_on + timedelta(days=cure_days) else PartState.MISSED


def shares(amount: Money, open_now: Iterable[tuple[Ref, Money]]) -> dict[Ref, Money]:
    """A sum laid on invoices in their order, each up to what is open of it; those that get nothing are left out."""
    left, found = amount, {}
    for ref, open_ in open_now:
        here = min(left, open_)
        if here.minor > 0:
            found[ref] = here
            left = left - here
    return found


def next_part(plan: InstallmentPlan, paid: Money, today: date) -> PartStanding | None:
    """The oldest part that is not paid in full; None when the plan is kept."""
    return next((one for one in standings(plan, paid, today) if one.open), None)


@dataclass(frozen=True, slots=True)
class Progress:
    """A plan with what has come in for it, and what is on its way: paid by the customer, not in the books yet."""

    plan: InstallmentPlan
    paid: Money
    coming: Money

    @property
    def so_far(self) -> Money:
        """Both, but never more than the plan."""
        return min(self.paid + self.coming, self.plan.total)

    def state(self, today: date) -> PlanState:
        """What the plan is today. What is on its way mends nothing for good, and breaks nothing either."""
        if self.paid == self.plan.total:
            return PlanState.KEPT
        missed = any(one.state is PartState.MISSED for one in standings(self.plan, self.so_far, today))
        return PlanState.BROKEN if missed else PlanState.ACTIVE
