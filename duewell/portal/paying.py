"""What a payer's press on Pay asks for: everything, a part, one invoice, or the next instalment of a plan."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from collector.paying.counter import Counter, NotByLink, OnTheWay, PaidAlready, TryAgain, Wish
from collector.paying.opening import open_page
from duewell.portal.sheet import Line, Sheet, Together
from duewell.portal.words import Speech, Unclear
from integrations.errors import IntegrationError
from receivables.money import Money
from receivables.plans import Progress, next_part
from receivables.records import Ref

log = structlog.get_logger(__name__)

Counters = Callable[[str], Counter | None]
"""The counter of a business, by its id; None where no money is taken."""
Share = tuple[Ref, Money]
PLAN = "plan:"
NUMBERS_MOST = 5
REFUSALS: tuple[tuple[type[IntegrationError], str], ...] = (
    (PaidAlready, "paid_already"),
    (OnTheWay, "on_the_way"),
    (TryAgain, "try_again"),
    (NotByLink, "no_online"),
    (IntegrationError, "try_later"),
)


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where the till leads back to, and the hash of the code in it."""

    url: str = field(repr=False)
    digest: str


def pay(counter: Counter, sheet: Sheet, typed: Mapping[str, str], speech: Speech, *, back: WayBack) -> str:
    """The address of the till's page for what was asked for. Raises Unclear with what to tell the payer."""
    plan, shares = _wanted(counter, sheet, typed, speech)
    numbers = sheet.numbers([ref for ref, _ in shares])
    few = [*numbers[:NUMBERS_MOST], *(["…"] if len(numbers) > NUMBERS_MOST else [])]
    wish = Wish(
        debtor=sheet.case.debtor,
        on=tuple(shares),
        text=speech("pay_text", company=sheet.case.company.name, numbers=", ".join(few)),
        back_url=back.url,
        back_digest=back.digest,
        link=sheet.link.id,
        plan=plan,
        email=next((one.address for one in sheet.case.addresses()), ""),
        language=speech.language,
    )
    try:
        return open_page(counter, wish).url
    except IntegrationError as error:
        name = next(name for kind, name in REFUSALS if isinstance(error, kind))
        log.info("a payment page was not opened", business=sheet.link.business, why=type(error).__name__)
        raise Unclear(name, company=sheet.case.company.name) from None


def _wanted(counter: Counter, sheet: Sheet, typed: Mapping[str, str], speech: Speech) -> tuple[str, Sequence[Share]]:
    what = typed.get("what", "")
    if what.startswith(PLAN):
        return _next_part(sheet, what.removeprefix(PLAN))
    together = next((one for one in sheet.together if one.key == what), None)
    if together is None:
        raise Unclear("bad_invoice" if sheet.lines else "paid_already")
    one = typed.get("invoice", "")
    lines = together.lines if not one else tuple(line for line in together.lines if line.key == one)
    if not lines:
        raise Unclear("bad_invoice")
    if "amount" in typed:
        return "", spread(_part(counter, together, typed["amount"], speech), lines)
    return "", [(line.invoice.ref, line.payable) for line in lines]


def _part(counter: Counter, together: Together, typed: str, speech: Speech) -> Money:
    """The sum that was typed, between the least the till takes and what is open. Raises Unclear."""
    most = together.total
    amount = speech.sum_in(typed, most.currency)
    if amount is None:
        raise Unclear("bad_amount", example=speech.money(most))
    least = min(least_of(counter, most.currency), most)
    if not least <= amount <= most:
        raise Unclear("bad_sum", least=speech.money(least), most=speech.money(most))
    return amount


def least_of(counter: Counter | None, currency: str) -> Money:
    """The smallest sum that is taken there, or a single unit where it cannot be told."""
    try:
        return counter.till.least(currency) if counter else Money(1, currency)
    except IntegrationError:
        return Money(1, currency)


def spread(amount: Money, lines: Sequence[Line]) -> list[Share]:
    """A sum over invoices in their order, the oldest first."""
    left, found = amount, []
    for line in lines:
        here = min(left, line.payable)
        left = left - here
        if here:
            found.append((line.invoice.ref, here))
    return found


def _next_part(sheet: Sheet, id: str) -> tuple[str, Sequence[Share]]:
    """The oldest instalment that is not paid, over the plan's invoices, the oldest first."""
    progress = next((one for one in sheet.plans if one.plan.id == id), None)
    due = open_part(progress, sheet) if progress else None
    if progress is None or due is None:
        raise Unclear("paid_already")
    shares = spread(due, [line for line in sheet.lines if line.payable and progress.plan.covers(line.invoice.ref)])
    if not shares:
        raise Unclear("on_the_way")
    return id, shares


def open_part(progress: Progress, sheet: Sheet) -> Money | None:
    """What is still open of the oldest instalment, without what is on its way; None when all of it is paid."""
    part = next_part(progress.plan, progress.so_far, sheet.today)
    return part.open if part else None
