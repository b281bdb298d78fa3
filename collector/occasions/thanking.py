"""Which settled invoices their customer is thanked for: those paid by money after we had written about them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from receivables.money import Money, sum_money
from receivables.records import Application, Credit, Invoice, InvoiceStatus, Payment, PaymentStatus, Ref

LATE_THANKS = timedelta(days=30)
"""Nobody is thanked for money that came longer ago than this."""


@dataclass(frozen=True, slots=True)
class Thanks:
    """An invoice and the money that paid it, with the day the last of it came."""

    invoice: Invoice
    money: Money
    came_on: date


def thanks(
    invoice: Invoice, payments: Iterable[Payment], credits: Iterable[Credit], *, since: date, today: date
) -> Thanks | None:
    """What to thank for, when money settled the invoice on `since`, the day of our first message, or later.

    A credit note, a write-off or a set-off without money is not thanked for, even where it only was the last of it.
    """
    if invoice.status is not InvoiceStatus.PAID or invoice.open or not invoice.paid:
        return None
    parts = list(_money(invoice.ref, payments))
    came_on = max((on for on, _ in parts), default=None)
    if came_on is None or came_on < since or came_on < today - LATE_THANKS:
        return None
    if invoice.credited and not _credited_before(invoice.ref, credits, came_on):
        return None
    return Thanks(invoice, sum_money((money for _, money in parts), invoice.total.currency), came_on)


def _money(invoice: Ref, payments: Iterable[Payment]) -> Iterable[tuple[date, Money]]:
    """What of real money went to the invoice, with its days. A payment of nothing sets one thing off by another."""
    for payment in payments:
        if payment.status is PaymentStatus.SETTLED and payment.amount.minor > 0 and payment.received_on is not None:
            for part in payment.applications:
                if part.to == invoice:
                    yield payment.received_on, part.amount


def _credited_before(invoice: Ref, credits: Iterable[Credit], on: date) -> bool:
    """Is it known of every credit on the invoice that it stood there before the money came?"""
    used: Sequence[tuple[Credit, Application]] = [
        (credit, part) for credit in credits for part in credit.applications if part.to == invoice
    ]
    return bool(used) and all((part.on or credit.issued_on or date.max) <= on for credit, part in used)
