"""What a person wishes a plan to be, typed on a page or in the terminal, made into a plan that adds up."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from collector.debtors.cases import debtor_key
from collector.paying.limits import Limits, mistakes
from collector.paying.schedule import Rhythm, equal_parts
from collector.typed import day, money
from duewell.finding import find_customer, find_invoice, today_of, whom_of
from duewell.paying import counter_of
from duewell.policies import policy_for
from duewell.wiring import House
from integrations.errors import Refused
from receivables.money import Money, sum_money
from receivables.plans import Covered, InstallmentPlan, Part, settled_of
from receivables.records import Collection, Invoice
from storage import books, installments

PARTS_MOST = 60
OWN = re.compile(r"(?P<day>.+?)\s+(?P<amount>(?:[A-Za-z]{3}\s*)?\d[\d.,]*(?:\s*[A-Za-z]{3})?)")
RHYTHMS = (Rhythm.WEEKLY, Rhythm.FORTNIGHTLY, Rhythm.MONTHLY)


@dataclass(frozen=True, slots=True)
class Wish:
    """A plan as it was typed: text throughout, and empty where nothing was said.

    `about` is one customer, or numbers of invoices; `own` are lines of a day and a sum. `settle` is what is paid
    instead of all, up to and with the day `until`.
    """

    about: tuple[str, ...]
    parts: str = ""
    every: str = ""
    first_on: str = ""
    first: str = ""
    settle: str = ""
    until: str = ""
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """What a plan is to be about: open invoices of one customer in one currency."""

    debtor: str
    name: str
    invoices: tuple[Invoice, ...]

    @property
    def total(self) -> Money:
        """What is open of all of them."""
        return sum_money((one.open for one in self.invoices), self.invoices[0].open.currency)


def wished(house: House, business: str, wish: Wish) -> tuple[InstallmentPlan, Owed]:
    """The plan that was wished for, and whom it is about.

    Raises Refused with a sentence for everything that is wrong with it.
    """
    owed, today = owed_by(house, business, wish.about), today_of(house, business)
    total = _to_pay(wish, owed.total)
    last_on = day(wish.until, today) if wish.until else None
    parts = _own(wish.own, total.currency, today) if wish.own else _equal(wish, total, today, last_on)
    plan = InstallmentPlan(
        id="",
        debtor=owed.debtor,
        covered=tuple(Covered(one.ref, one.open, settled_of(one)) for one in owed.invoices),
        parts=parts,
        cure_days=limits_for(house, business, owed.debtor).cure_days,
        forgiven=owed.total - total or None,
    )
    least = least_at_once(house, business, owed.total.currency)
    _refuse(_typed_wrong(wish, plan, last_on) or _wrong(plan, owed, today, least))
    return plan, owed


def least_at_once(house: House, business: str, currency: str) -> Money:
    """The smallest sum that the business's till takes; a single unit where there is none, or it takes no such money."""
    counter = counter_of(house, business)
    try:
        return counter.till.least(currency) if counter else Money(1, currency)
    except Refused:
        return Money(1, currency)


def limits_for(house: House, business: str, debtor: str) -> Limits:
    """What may be chosen for this customer without asking further."""
    return policy_for(house, business, debtor).plans


def owed_by(house: House, business: str, about: Sequence[str]) -> Owed:
    """The open invoices that were named, or all of the one customer who was. Raises Refused."""
    named = [one.strip() for one in about if one.strip()]
    if not named:
        raise Refused("Name a customer, or the invoices that are to be paid in parts.")
    if len(named) == 1 and not _numbers(house, business, named[0]):
        found = find_customer(house, business, named[0])
        invoices = tuple(one for one in found.invoices if one.owing)
        if not invoices:
            raise Refused(f"{found.name} owes nothing, so there is nothing to pay in parts.")
        chosen = Owed(found.debtor, found.name, tuple(sorted(invoices, key=_oldest_first)))
    else:
        invoices = tuple(dict.fromkeys(find_invoice(house, business, one) for one in named))
        chosen = _of_one_customer(house, business, invoices)
    _refuse(_unfit(house, business, chosen.invoices))
    return chosen


def _oldest_first(invoice: Invoice) -> tuple[date, str]:
    return invoice.due_on or invoice.issued_on or date.max, invoice.number


def _numbers(house: House, business: str, text: str) -> bool:
    """Is it the number or the id of an invoice?"""
    wanted = text.casefold()
    with house.database.read() as tx:
        known = list(books.invoices(tx, business))
    return any(wanted in (one.number.casefold(), one.ref.id.casefold()) for one in known)


def _of_one_customer(house: House, business: str, invoices: Sequence[Invoice]) -> Owed:
    whose: dict[str, str] = {}
    with house.database.read() as tx:
        for customer in dict.fromkeys(one.customer for one in invoices):
            _, head, whom = whom_of(tx, business, debtor_key(customer))
            whose[head] = whom.name
    if len(whose) > 1:
        names = " and ".join(list(whose.values())[:2])
        raise Refused(f"These invoices are of {names}; one plan is about one customer, so name the invoices of one.")
    ((debtor, name),) = whose.items()
    return Owed(debtor, name, tuple(sorted(invoices, key=_oldest_first)))


def _unfit(house: House, business: str, invoices: Sequence[Invoice]) -> list[str]:
    """Why these invoices cannot be in a plan, one sentence each."""
    with house.database.read() as tx:
        plans = installments.concerning(tx, business, [one.ref for one in invoices])
    taken = {covered.invoice: plan.id for plan in plans for covered in plan.covered}
    found = []
    for one in invoices:
        if not one.owing:
            found.append(f"Invoice {one.number} is not open, so nothing of it can be paid in parts; leave it out.")
        elif one.ref in taken:
            end = f"end that one first (`duewell plans cancel {taken[one.ref][:6]}`), or leave the invoice out"
            found.append(f"Invoice {one.number} is in another plan; {end}.")
        elif one.collection is Collection.AUTOMATIC:
            remedy = "let the platform send it instead, or leave it out"
            found.append(f"Invoice {one.number} is collected automatically, so it cannot be in a plan; {remedy}.")
    currencies = sorted({one.open.currency for one in invoices})
    if len(currencies) > 1:
        listed = " and ".join(currencies)
        found.append(f"These invoices are in {listed}, and a plan has one currency; name the invoices of one.")
    return found


def _to_pay(wish: Wish, open_now: Money) -> Money:
    if not wish.settle:
        return open_now
    if not wish.until:
        raise Refused("Say up to which day the settlement holds: --until 2026-12-31.")
    sum_ = money(wish.settle, open_now.currency)
    if sum_.currency != open_now.currency:
        raise Refused(f"The settlement is in {sum_.currency}, and the invoices are in {open_now.currency}.")
    if not Money.zero(sum_.currency) < sum_ < open_now:
        raise Refused(f"A settlement is less than what is open, {open_now}, and more than nothing; {sum_} is not.")
    return sum_


def _own(lines: Sequence[str], currency: str, today: date) -> tuple[Part, ...]:
    parts = []
    for number, line in enumerate(islice(lines, PARTS_MOST + 1), start=1):
        typed = OWN.fullmatch(line.strip())
        if typed is None:
            raise Refused(f"“{line.strip()[:40]}” is no day and sum; write each part like 2026-12-01 250.00.")
        parts.append(Part(number, day(typed["day"], today), money(typed["amount"], currency)))
    return tuple(parts)


def _equal(wish: Wish, total: Money, today: date, last_on: date | None) -> tuple[Part, ...]:
    if wish.settle and not wish.parts and last_on is not None:
        return (Part(1, last_on, total),)
    if not wish.first_on:
        raise Refused("Say on which day the first part is due: --first-on 2026-12-01.")
    first = money(wish.first, total.currency) if wish.first else None
    if first is not None and first.currency != total.currency:
        raise Refused(f"The first payment is in {first.currency}, and the invoices are in {total.currency}.")
    try:
        return equal_parts(
            total, _count(wish.parts), first_on=day(wish.first_on, today), rhythm=_rhythm(wish.every), first=first
        )
    except ValueError:
        raise Refused(
            f"A first payment of {first} leaves nothing to spread of {total} over {wish.parts} parts; make it smaller, "
            "or the parts more."
        ) from None


def _count(typed: str) -> int:
    if not typed:
        raise Refused(
            "Say in how many parts it is to be paid: --parts 4; or give your own days: --own “2026-12-01 250.00”."
        )
    if not (typed.isdecimal() and typed.isascii() and 1 <= int(typed[:4]) <= PARTS_MOST):
        raise Refused(f"A plan has 1 to {PARTS_MOST} parts, not {typed[:20]!r}.")
    return int(typed)


def _rhythm(typed: str) -> Rhythm:
    found = Rhythm.of(typed or Rhythm.MONTHLY.value)
    if found not in RHYTHMS:
        raise Refused(f"The parts are weekly, fortnightly or monthly, not {typed[:20]!r}.")
    return found


def _typed_wrong(wish: Wish, plan: InstallmentPlan, last_on: date | None) -> list[str]:
    """What cannot stand beside each other."""
    given: Mapping[str, str] = {"--parts": wish.parts, "--first": wish.first, "--first-on": wish.first_on}
    unfit = [name for name, typed in given.items() if typed and wish.own]
    if unfit:
        return [
            f"{' and '.join(unfit)} cannot stand beside --own, whose lines say every day and sum; use one of the two."
        ]
    if wish.until and not wish.settle:
        return ["--until is the last day of a settlement; say for how much as well: --settle 800.00."]
    if last_on is not None and plan.last_on > last_on:
        return [f"Its last part is due on {plan.last_on}, after {last_on}, up to which the settlement holds."]
    return []


def _wrong(plan: InstallmentPlan, owed: Owed, today: date, least: Money) -> list[str]:
    if len(plan.parts) > PARTS_MOST:
        return [f"A plan has at most {PARTS_MOST} parts."]
    left = {one.ref: one.open for one in owed.invoices}
    return mistakes(plan, left, today, least)


def _refuse(sentences: Sequence[str]) -> None:
    if sentences:
        raise Refused(" ".join(sentences))
