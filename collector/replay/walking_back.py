"""Walks the books back to a day before Duewell was connected, by the records' own dates. Pure.

A record stands in the books from its own date, and not before it was entered where the platform tells when that was.
Nobody knows any more what was changed, voided or sent in those days: that stays as it was first seen.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from msgspec.structs import replace

from receivables.case import Past
from receivables.money import Money
from receivables.records import Answer, Application, Credit, Invoice, InvoiceStatus, Payment, PaymentStatus, Ref

PAYS = (PaymentStatus.SETTLED, PaymentStatus.PENDING)
LIVE = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)


@dataclass(frozen=True, slots=True)
class Books:
    """Some customers' invoices, payments and credits as they stood at one instant."""

    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    credits: tuple[Credit, ...]


def touched_since(first: Books, since: date) -> Books:
    """Without what was closed before that day and has stayed so."""
    uses: tuple[Payment | Credit, ...] = (*first.payments, *first.credits)
    later = {
        part.to
        for one in uses
        for part in one.applications
        if _entered_since(one, since) or (_applied_on(one, part) or since) >= since
    }
    invoices = tuple(one for one in first.invoices if one.open.minor or one.ref in later)
    known = {one.ref for one in invoices}
    payments = tuple(one for one in first.payments if _matters(one, known, since) or one.unapplied.minor)
    credits = tuple(one for one in first.credits if _matters(one, known, since) or one.remaining.minor)
    return Books(invoices, payments, credits)


def _entered_since(one: Payment | Credit, since: date) -> bool:
    return one.entered_at is not None and one.entered_at.date() >= since


def _matters(one: Payment | Credit, known: set[Ref], since: date) -> bool:
    own = dated_on(one)
    return any(part.to in known for part in one.applications) or (own is not None and own >= since)


def as_of(first: Books, on: date, at: datetime) -> Books:
    """The books of a past day `on`, whose instant is `at`."""
    there = [one for one in first.payments if is_there(one, on, at)]
    credited = [one for one in first.credits if is_there(one, on, at)]
    paid_back = _undone(first.payments, on, at)
    credit_back = _undone(first.credits, on, at)
    return Books(
        tuple(_invoice(one, at, paid_back, credit_back) for one in first.invoices if is_there(one, on, at)),
        tuple(replace(one, unapplied=one.unapplied + _free(one, on)) for one in there),
        tuple(replace(one, remaining=one.remaining + _free(one, on)) for one in credited),
    )


def turning_points(books: Books) -> tuple[list[date], list[datetime]]:
    """The days and the instants at which the walked-back books change, each in their order."""
    uses: tuple[Payment | Credit, ...] = (*books.payments, *books.credits)
    days = {dated_on(one) for one in (*books.invoices, *uses)}
    days |= {_applied_on(one, part) for one in uses for part in one.applications}
    instants = {one.entered_at for one in (*books.invoices, *uses)} | {one.sent_at for one in books.invoices}
    return sorted(day for day in days if day), sorted(at for at in instants if at)


def dated_on(one: Invoice | Payment | Credit) -> date | None:
    """The day a record bears."""
    return one.received_on if isinstance(one, Payment) else one.issued_on


def is_there(one: Invoice | Payment | Credit, on: date, at: datetime) -> bool:
    """Did it stand in the books?"""
    own = dated_on(one)
    return (own is None or own <= on) and (one.entered_at is None or one.entered_at <= at)


def _applied_on(one: Payment | Credit, part: Application) -> date | None:
    own = dated_on(one)
    if part.on is None or own is None:
        return part.on or own
    return max(part.on, own)


def _applied(one: Payment | Credit, part: Application, on: date) -> bool:
    day = _applied_on(one, part)
    return day is None or day <= on


def _free(one: Payment | Credit, on: date) -> Money:
    """What was applied only later."""
    later = (part.amount.minor for part in one.applications if not _applied(one, part, on))
    return Money(sum(later), one.amount.currency)


def _undone(found: Sequence[Payment | Credit], on: date, at: datetime) -> Mapping[Ref, int]:
    """What each invoice had not got yet, in minor units of its own currency."""
    undone: dict[Ref, int] = {}
    for one in found:
        if isinstance(one, Payment) and one.status not in PAYS:
            continue
        there = is_there(one, on, at)
        for part in one.applications:
            if not there or not _applied(one, part, on):
                undone[part.to] = undone.get(part.to, 0) + part.amount.minor
    return undone


def _invoice(one: Invoice, at: datetime, paid: Mapping[Ref, int], credited: Mapping[Ref, int]) -> Invoice:
    back = {"paid": paid.get(one.ref, 0), "credited": credited.get(one.ref, 0)}
    if one.status not in LIVE or not (any(back.values()) or _sent_later(one, at)):
        return one
    currency = one.open.currency
    opened = one.open + Money(sum(back.values()), currency)
    return replace(
        one,
        open=opened,
        paid=one.paid - Money(back["paid"], currency),
        credited=one.credited - Money(back["credited"], currency),
        status=InvoiceStatus.OPEN if one.status is InvoiceStatus.PAID and opened.minor > 0 else one.status,
        sent=Answer.UNKNOWN if _sent_later(one, at) else one.sent,
        sent_at=None if _sent_later(one, at) else one.sent_at,
    )


def _sent_later(one: Invoice, at: datetime) -> bool:
    return one.sent_at is not None and one.sent_at > at


@dataclass(frozen=True, slots=True)
class Settlement:
    """An invoice that was settled by money, on which day and how many days late."""

    customer: Ref
    on: date
    late_days: int


def settlements(books: Books) -> tuple[Settlement, ...]:
    """Every settlement, the earliest first."""
    last: dict[Ref, date] = {}
    for one in books.payments:
        for part in one.applications if one.status is PaymentStatus.SETTLED else ():
            day = _applied_on(one, part)
            if day is not None:
                last[part.to] = max(day, last.get(part.to, day))
    found = (
        Settlement(one.customer, last[one.ref], (last[one.ref] - one.due_on).days if one.due_on else 0)
        for one in books.invoices
        if one.status is InvoiceStatus.PAID and one.ref in last
    )
    return tuple(sorted(found, key=lambda one: one.on))


def pasts_on(settled: Iterable[Settlement], on: date) -> dict[Ref, Past]:
    """How customers had paid by that day."""
    pasts: dict[Ref, Past] = {}
    for one in settled:
        if one.on > on:
            break
        late = one.late_days > 0
        past = Past(1, int(late), one.late_days if late else 0)
        pasts[one.customer] = pasts.get(one.customer, Past()) + past
    return pasts


def paid_unseen(invoice: Ref, day: date, now: Iterable[Payment], then: Iterable[Payment]) -> tuple[int, date | None]:
    """Money that had come for an invoice by a day, as is known now, which the books did not show then.

    In minor units, with the day the last of it came.
    """
    shown = (part for one in then if one.status in PAYS for part in one.applications)
    seen = sum(part.amount.minor for part in shown if part.to == invoice)
    came = [
        (one.received_on, part.amount.minor)
        for one in now
        if one.status is PaymentStatus.SETTLED and one.received_on is not None and one.received_on <= day
        for part in one.applications
        if part.to == invoice
    ]
    return sum(minor for _, minor in came) - seen, max((on for on, _ in came), default=None)


def visible(first: Books, on: date, at: datetime) -> tuple[Payment, ...]:
    """The payments of a walked-back day, each with what was applied by then."""
    return tuple(
        replace(one, applications=tuple(part for part in one.applications if _applied(one, part, on)))
        for one in first.payments
        if is_there(one, on, at)
    )
