"""A plan that a payer chooses on the page: laid out, shown in words, and begun with the very words they agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass

from collector.paying.limits import beyond, mistakes
from collector.paying.schedule import Rhythm, equal_parts
from duewell.policies import policy_for
from duewell.portal.answering import BY, day_in
from duewell.portal.sheet import Line, Sheet
from duewell.portal.words import Speech, Unclear
from duewell.todos import look_again
from duewell.wiring import House
from receivables.money import Money, by_currency, sum_money
from receivables.plans import Agreement, Covered, InstallmentPlan, settled_of
from storage import installments
from storage.installments import Begun

RHYTHMS = (Rhythm.MONTHLY, Rhythm.FORTNIGHTLY, Rhythm.WEEKLY)
FIRST_WITHIN_DAYS = 31
WAY = "link"
NOT_IN_PLANS = ("is_automatic", "is_coming", "is_planned", "is_disputed", "is_looked_for")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A plan to be, and the words that are agreed to; `typed` is what a form says again when it is agreed."""

    plan: InstallmentPlan
    words: tuple[str, ...]
    typed: Mapping[str, str]

    @property
    def text(self) -> str:
        """All of the words, as they are kept."""
        return "\n".join(self.words)


def parts_offered(house: House, sheet: Sheet) -> range:
    """How many instalments may be chosen; none where nothing can be paid in parts."""
    most = policy_for(house, sheet.link.business, sheet.case.debtor).plans.parts_most
    return range(2, most + 1) if _coverable(sheet) else range(0)


def currencies(sheet: Sheet) -> tuple[str, ...]:
    """In which currencies something can be paid in parts."""
    return tuple(by_currency(one.payable for one in _coverable(sheet)))


def _coverable(sheet: Sheet) -> list[Line]:
    return [one for one in sheet.lines if one.payable and one.note not in NOT_IN_PLANS]


def choose(house: House, sheet: Sheet, typed: Mapping[str, str], speech: Speech, *, least: Money | None) -> Chosen:
    """The plan that a form asks for; `least` is the smallest sum the till takes. Raises Unclear."""
    offered = currencies(sheet)
    currency = typed.get("currency") or next(iter(offered), "")
    rhythm, count = Rhythm.of(typed.get("every", "")), typed.get("parts", "")
    if currency not in offered or rhythm not in RHYTHMS or not (count.isdecimal() and count.isascii()):
        raise Unclear("bad_choice")
    if int(count[:4]) not in parts_offered(house, sheet):
        raise _beyond(house, sheet)
    first_on = day_in(typed.get("first", ""), sheet.today, within=FIRST_WITHIN_DAYS)
    lines = [one for one in _coverable(sheet) if one.payable.currency == currency]
    total = sum_money((one.payable for one in lines), currency)
    plan = InstallmentPlan(
        id="",
        debtor=sheet.case.debtor,
        covered=tuple(Covered(one.invoice.ref, one.payable, settled_of(one.invoice)) for one in lines),
        parts=equal_parts(total, int(count[:4]), first_on=first_on, rhythm=rhythm),
        cure_days=policy_for(house, sheet.link.business, sheet.case.debtor).plans.cure_days,
    )
    _allowed(house, sheet, plan, least=least, speech=speech)
    again = {"currency": currency, "every": rhythm.value, "parts": count, "first": first_on.isoformat()}
    return Chosen(plan, in_words(plan, sheet, speech), again)


def _allowed(house: House, sheet: Sheet, plan: InstallmentPlan, *, least: Money | None, speech: Speech) -> None:
    limits = policy_for(house, sheet.link.business, sheet.case.debtor).plans
    smallest = least or Money(1, plan.currency)
    if min(part.amount for part in plan.parts) < smallest:
        raise Unclear("plan_small", least=speech.money(smallest))
    if beyond(plan, limits, sheet.today):
        raise _beyond(house, sheet)


def _beyond(house: House, sheet: Sheet) -> Unclear:
    limits = policy_for(house, sheet.link.business, sheet.case.debtor).plans
    company = sheet.case.company.name
    return Unclear("plan_beyond", parts=limits.parts_most, months=limits.months_most, company=company)


def proposed(sheet: Sheet, id: str, speech: Speech) -> Chosen:
    """A plan that the business has proposed, in the words that are agreed to. Raises Unclear."""
    plan = next((one for one in sheet.proposed if one.id == id), None)
    if plan is None:
        raise Unclear("plan_changed")
    return Chosen(plan, in_words(plan, sheet, speech), {"plan": id})


def in_words(plan: InstallmentPlan, sheet: Sheet, speech: Speech) -> tuple[str, ...]:
    """Everything somebody agrees to, line by line."""
    who = {"customer": sheet.case.head.name, "company": sheet.case.company.name}
    numbers = speech.listed(sheet.numbers([one.invoice for one in plan.covered]))
    head = speech("plan_words", total=speech.money(plan.total), count=len(plan.parts), numbers=numbers, **who)
    parts = [
        speech("plan_part", number=part.number, amount=speech.money(part.amount), day=speech.day(part.due_on))
        for part in plan.parts
    ]
    missed = speech("plan_missed" if plan.cure_days else "plan_missed_now", days=plan.cure_days)
    waived = [speech("plan_forgiven", amount=speech.money(plan.forgiven))] if plan.forgiven else []
    return (head, *parts, speech("plan_last", day=speech.day(plan.last_on)), *waived, missed)


def agree(house: House, sheet: Sheet, chosen: Chosen, speech: Speech) -> str:
    """The plan is active from now on, agreed by link; a sentence of thanks. Raises Unclear when it cannot begin."""
    business, plan, now = sheet.link.business, chosen.plan, house.clock.now()
    known = {one.invoice.ref: one.invoice for one in sheet.lines}
    owed = {ref: one.open for ref, one in known.items()}
    if mistakes(plan, owed, sheet.today, Money(1, plan.currency)):
        raise Unclear("plan_changed")
    settled = {one.invoice: settled_of(known[one.invoice]) for one in plan.covered}
    agreement = Agreement(BY, now, WAY, chosen.text)
    with house.database.write() as tx:
        id = plan.id or installments.propose(tx, business, plan, by=BY, now=now)
        begun = installments.begin(tx, business, id, agreement, settled=settled)
        if begun is not Begun.YES:  # raised in here, so that what was proposed just now is undone as well
            raise Unclear("plan_taken" if begun is Begun.INVOICE_TAKEN else "plan_changed")
    look_again(house, business, sheet.case.debtor, sheet.today)
    first = plan.parts[0]
    return speech("plan_agreed", amount=speech.money(first.amount), day=speech.day(first.due_on))
