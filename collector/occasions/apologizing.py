"""Which messages asked for money that had come already, unknown to us: they are apologized for, and counted. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from msgspec import Struct

from collector.replay.walking_back import paid_unseen
from receivables.records import Invoice, InvoiceStatus, Payment, PaymentStatus, Ref


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that went out: its key, its local day and its instant."""

    key: str
    day_on: date
    at: datetime


class FalseChase(Struct, frozen=True):
    """What is kept of a message that should not have gone: its key and day, the numbers of the invoices that had been
    paid, and the day the last of that money came."""

    message: str
    day_on: date
    paid_on: date
    invoices: tuple[str, ...] = ()


def paid_before(sent: Sent, invoice: Invoice, now: Sequence[Payment], then: Iterable[Payment]) -> date | None:
    """The day the last of the money for the invoice came, when all of it had come by the message's day without the
    books showing it; else None.

    `now` and `then` are the payments as known now and at the message's instant. A payment of the very day that is
    known to have been entered after the message is an answer to it.
    """
    if invoice.status is not InvoiceStatus.PAID or invoice.open:
        return None
    earlier = [one for one in now if not _answers(one, sent)]
    unseen, came_on = paid_unseen(invoice.ref, sent.day_on, earlier, then)
    later = _applied(invoice.ref, now) - _applied(invoice.ref, earlier, until=sent.day_on)
    return came_on if unseen > 0 and not later else None


def _answers(payment: Payment, sent: Sent) -> bool:
    """Platforms tell whole seconds only."""
    second = sent.at.replace(microsecond=0)
    return payment.received_on == sent.day_on and payment.entered_at is not None and payment.entered_at >= second


def _applied(invoice: Ref, payments: Iterable[Payment], until: date = date.max) -> int:
    return sum(
        part.amount.minor
        for one in payments
        if one.status is PaymentStatus.SETTLED and (one.received_on or date.max) <= until
        for part in one.applications
        if part.to == invoice
    )
