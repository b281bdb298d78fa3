"""What became of a promise to pay: open, kept, kept late, broken, or no longer owed. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from receivables.money import Money, sum_money
from receivables.records import Invoice, Payment, PaymentStatus
from receivables.said import Said

COMING = (PaymentStatus.SETTLED, PaymentStatus.PENDING)
"""Money that is there or on its way; what fails later breaks the promise later."""


class Standing(StrEnum):
    """How a promise stands on a day."""

    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    DROPPED = "dropped"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise stands, and what has come of it so far, in the currency it was made in where one is known."""

    standing: Standing
    came: Money | None = None


def outcome(promise: Said, invoices: Sequence[Invoice], payments: Sequence[Payment], today: date) -> Outcome:
    """What became of it, given all of the customer's invoices and payments.

    A sum is kept when so much came since it was promised. Without a sum it is kept when nothing is open any more of
    what was owed on that day. What was settled without money (a credit note, a write-off) was neither kept nor broken.
    """
    parts = sorted(_parts(promise, payments), key=lambda part: part[0])
    meant = [one for one in invoices if promise.about(one.ref) and _was_there(one, promise)]
    currency = promise.amount.currency if promise.amount else next((one.open.currency for one in meant), "")
    came = sum_money((money for _, money in parts if money.currency == currency), currency) if currency else None
    settled_on = _settled_on(promise, meant, parts)
    return Outcome(_standing(promise, settled_on, today, dropped=not any(one.owing for one in meant)), came)


def _standing(promise: Said, settled_on: date | None, today: date, *, dropped: bool) -> Standing:
    until = promise.until_on or promise.from_on
    if settled_on is not None:
        return Standing.KEPT if settled_on <= until else Standing.LATE
    if dropped:
        return Standing.DROPPED
    if promise.ended_at is not None:
        return Standing.TAKEN_BACK
    return Standing.OPEN if today <= until else Standing.BROKEN


def _settled_on(promise: Said, meant: Sequence[Invoice], parts: Sequence[tuple[date, Money]]) -> date | None:
    """The day on which money had done what was promised."""
    settled = bool(meant) and not any(one.owing for one in meant)
    if promise.amount is None:
        return parts[-1][0] if parts and (settled or not meant) else _paid_unseen(meant) if settled else None
    left = promise.amount.minor
    for day, money in parts:
        left -= money.minor if money.currency == promise.amount.currency else 0
        if left <= 0:
            return day
    return _paid_unseen(meant) if settled and not parts else None


def _paid_unseen(meant: Sequence[Invoice]) -> date | None:
    """Stripe's payments name no customer, so only the invoice tells that it was paid, and when it last changed."""
    return max((one.changed_at.date() for one in meant if one.paid.minor > 0), default=None)


def _parts(promise: Said, payments: Sequence[Payment]) -> Iterator[tuple[date, Money]]:
    """The money that came since it was promised: for the invoice, or for anything."""
    for payment in payments:
        day = payment.received_on
        if day is None or day < promise.from_on or payment.status not in COMING:
            continue
        if promise.invoice is None:
            yield day, payment.amount
        else:
            yield from ((day, one.amount) for one in payment.applications if one.to == promise.invoice)


def _was_there(invoice: Invoice, promise: Said) -> bool:
    return promise.invoice is not None or invoice.issued_on is None or invoice.issued_on <= promise.from_on
