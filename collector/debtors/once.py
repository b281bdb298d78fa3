"""Each sale once: a case without the copies that stand in other books, and without the money for them. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from msgspec import structs

from receivables.case import Case
from receivables.money import Money, sum_money
from receivables.records import Application, Credit, Payment, Ref


def once(case: Case) -> Case:
    """The case in which a sale that two books hold is told by one of them, as it is counted."""
    copies = case.copies()
    if copies.isdisjoint(one.ref for one in case.invoices):
        return case
    payments = tuple(_paid(one, copies) for one in case.payments)
    credits = tuple(_credited(one, copies) for one in case.credits)
    return replace(
        case,
        invoices=case.counted(),
        payments=tuple(one for one in payments if one.amount),
        credits=tuple(one for one in credits if one.amount),
    )


def _paid(one: Payment, copies: Collection[Ref]) -> Payment:
    return structs.replace(one, amount=_less(one.amount, one.applications, copies))


def _credited(one: Credit, copies: Collection[Ref]) -> Credit:
    return structs.replace(one, amount=_less(one.amount, one.applications, copies))


def _less(amount: Money, parts: Iterable[Application], copies: Collection[Ref]) -> Money:
    """Without what went to copies; what went there in another currency cannot be taken off."""
    spent = (part.amount for part in parts if part.to in copies and part.amount.currency == amount.currency)
    return amount - sum_money(spent, amount.currency)
