"""The first day: old debts that nobody wrote about, spread over the coming days instead of a flood. Pure.

Each invoice takes the step that `decide` gives it: of those that were missed the latest first message, never one that
speaks of messages nobody sent. Who has waited longest comes first; among those, who owes most.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from collector.calendar import is_business_day
from collector.judgement import Decision, Say, Verdict
from receivables.case import Case
from receivables.money import Money, by_currency
from receivables.records import Invoice, Ref

PASSING = frozenset({"no_business_day", "outside_hours", "contacted_lately", "contact_budget", "rule_of_collecting"})
"""Rules that let the message go by itself when their day has come."""
RULE = "Whoever has owed longest comes first; among those, whoever owes most."


@dataclass(frozen=True, slots=True)
class Old:
    """A debtor's case, what was decided about it without any cap, and how many messages a day may go.

    Not `today`: a person said so. `due` is the day from which each invoice is late, where that is not its due date.
    """

    case: Case
    decision: Decision
    cap: int
    today: bool = True
    due: Mapping[Ref, date] = field(default_factory=dict)

    def late_from(self, invoice: Invoice) -> date:
        """The day from which the customer is late with it."""
        return self.due.get(invoice.ref) or invoice.due_on or invoice.issued_on or date.max


@dataclass(frozen=True, slots=True)
class OldInvoice:
    """One invoice, the step it is placed on, and how late it is. Without a step it waits, for the reason given."""

    invoice: Invoice
    days_late: int
    step: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One customer's old invoices, what is asked per currency, and the day their message may go.

    Without a day none of them can go until something changes; each says why.
    """

    debtor: str
    case: Case
    invoices: tuple[OldInvoice, ...]
    on: date | None

    @property
    def asked(self) -> tuple[Money, ...]:
        """What their message would ask for; what is open where none can go."""
        placed = [one.invoice.open for one in self.invoices if one.step or self.on is None]
        return tuple(by_currency(placed).values())

    @property
    def days_late(self) -> int:
        """Of the oldest."""
        return max(one.days_late for one in self.invoices)


def backlog(debtors: Iterable[Old], *, since: date, today: date, country: str, taken: int = 0) -> list[Turn]:
    """The turns in their order, those without a day last.

    `since` is the day of the first plan; `country` is whose business days count; `taken` messages of today are gone.
    """
    turns: list[Turn] = []
    caps: dict[str, int] = {}
    firsts: dict[str, date | None] = {}
    for one in debtors:
        invoices = _old(one, since, today)
        if invoices:
            caps[one.case.debtor], firsts[one.case.debtor] = one.cap, _first_day(one, invoices, today)
            turns.append(Turn(one.case.debtor, one.case, invoices, None))
    turns.sort(key=_order)
    return _spread(turns, caps=caps, firsts=firsts, used=Counter({today: taken}), country=country)


def _old(one: Old, since: date, today: date) -> tuple[OldInvoice, ...]:
    """What was late before the first plan, no message ever spoke of, and there is something to ask for."""
    told = {ref for contact in one.case.contacts for ref, _ in contact.steps}
    asked: Mapping[Ref, Verdict] = {each.invoice: each for each in one.decision.verdicts if each.say is not Say.SKIP}
    return tuple(
        _placed(invoice, asked[invoice.ref], (today - one.late_from(invoice)).days)
        for invoice in sorted(one.case.invoices, key=lambda each: (one.late_from(each), each.number))
        if invoice.owing and invoice.ref not in told and invoice.ref in asked and one.late_from(invoice) < since
    )


def _placed(invoice: Invoice, verdict: Verdict, days: int) -> OldInvoice:
    if _only_time(verdict):
        return OldInvoice(invoice, days, verdict.step, verdict.reason)
    return OldInvoice(invoice, days, reason=verdict.reason)


def _only_time(verdict: Verdict) -> bool:
    """Does it go today, or does nothing but the clock or the calendar keep it?"""
    return verdict.say is Say.SEND or (verdict.rule in PASSING and bool(verdict.step and verdict.next_look_on))


def _first_day(old: Old, invoices: Sequence[OldInvoice], today: date) -> date | None:
    """The first day on which their message may go; None when none can."""
    placed = {one.invoice.ref for one in invoices if one.step}
    if not placed:
        return None
    if old.decision.candidate is not None:
        return today if old.today else today + timedelta(days=1)
    later = [one.next_look_on for one in old.decision.verdicts if one.invoice in placed and one.next_look_on]
    return max(later, default=today + timedelta(days=1))


def _order(turn: Turn) -> tuple[int, Decimal, str]:
    return -turn.days_late, -max(money.amount for money in turn.asked), turn.debtor


def _spread(
    turns: Sequence[Turn],
    *,
    caps: Mapping[str, int],
    firsts: Mapping[str, date | None],
    used: Counter[date],
    country: str,
) -> list[Turn]:
    placed: list[Turn] = []
    for turn in turns:
        day = firsts[turn.debtor]
        if day is None or caps[turn.debtor] < 1:
            placed.append(turn)
            continue
        while used[day] >= caps[turn.debtor] or not is_business_day(day, country):
            day += timedelta(days=1)
        used[day] += 1
        placed.append(replace(turn, on=day))
    return sorted(placed, key=lambda turn: turn.on or date.max)
