"""Amber Joinery's books, for tests: short ways to say a customer, an invoice, a payment and a page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from receivables.money import Money
from receivables.page import Cursor, Gone, Page
from receivables.records import (
    Chargeback,
    Credit,
    CreditKind,
    Customer,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    OtherEntry,
    OtherKind,
    Payment,
    PaymentStatus,
    Record,
    Ref,
)
from storage.database import Database
from storage.pages import Saved, save_page

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
BUSINESS = "b1"
CONNECTION = "c1"


def ref(kind: Kind, number: int | str, connection: str = CONNECTION) -> Ref:
    return Ref(connection, kind, str(number))


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


def customer(number: int = 1, *, changed_at: datetime = LONG_AGO, **more: Any) -> Customer:
    fresh = Customer(
        ref=ref(Kind.CUSTOMER, number),
        name=f"Customer {number}",
        changed_at=changed_at,
        emails=(EmailAddress(f"accounts{number}@example.test"),),
    )
    return replace(fresh, **more)


def invoice(
    number: int = 1, open_minor: int = 10_000, *, of: int = 1, changed_at: datetime = LONG_AGO, **more: Any
) -> Invoice:
    fresh = Invoice(
        ref=ref(Kind.INVOICE, number),
        number=f"INV-{number}",
        customer=ref(Kind.CUSTOMER, of),
        issued_on=date(2026, 1, 5),
        due_on=date(2026, 2, 4),
        total=gbp(10_000),
        open=gbp(open_minor),
        paid=gbp(10_000 - open_minor),
        credited=gbp(0),
        adjusted=gbp(0),
        status=InvoiceStatus.OPEN if open_minor else InvoiceStatus.PAID,
        changed_at=changed_at,
    )
    return replace(fresh, **more)


def payment(number: int = 1, minor: int = 5_000, *, unapplied: int = 0, of: int = 1, **more: Any) -> Payment:
    fresh = Payment(
        ref=ref(Kind.PAYMENT, number),
        customer=ref(Kind.CUSTOMER, of),
        received_on=date(2026, 2, 20),
        amount=gbp(minor),
        unapplied=gbp(unapplied),
        status=PaymentStatus.SETTLED,
        changed_at=LONG_AGO,
    )
    return replace(fresh, **more)


def credit(number: int = 1, remaining: int = 1_000, *, of: int = 1, **more: Any) -> Credit:
    fresh = Credit(
        ref=ref(Kind.CREDIT, number),
        customer=ref(Kind.CUSTOMER, of),
        kind=CreditKind.CREDIT_NOTE,
        number=f"CN-{number}",
        issued_on=date(2026, 2, 1),
        amount=gbp(2_000),
        remaining=gbp(remaining),
        status=InvoiceStatus.OPEN,
        changed_at=LONG_AGO,
    )
    return replace(fresh, **more)


def chargeback(number: int = 1, *, payment: int = 1) -> Chargeback:
    return Chargeback(ref(Kind.CHARGEBACK, number), gbp(5_000), "needs_response", LONG_AGO, ref(Kind.PAYMENT, payment))


def other_entry(number: int = 1, minor: int = 300, *, of: int = 1) -> OtherEntry:
    return OtherEntry(
        ref=ref(Kind.OTHER, number),
        customer=ref(Kind.CUSTOMER, of),
        kind=OtherKind.JOURNAL,
        on=date(2026, 2, 1),
        amount=gbp(minor),
        changed_at=LONG_AGO,
    )


def everything() -> tuple[Record, ...]:
    return (
        customer(),
        invoice(),
        payment(unapplied=500),
        credit(),
        chargeback(),
        other_entry(),
    )


def gone(kind: Kind, number: int, at: datetime = NOW, became: int | None = None) -> Gone:
    return Gone(ref(kind, number), at, None if became is None else ref(kind, became))


def page(*records: Record, cursor: str = "", **more: Any) -> Page:
    return Page(records=records, cursor=Cursor(cursor) if cursor else None, **more)


def save(database: Database, *records: Record, now: datetime = NOW, cursor: str = "", **more: Any) -> Saved:
    """Save one page of Amber's books in a transaction of its own."""
    with database.write() as tx:
        return save_page(tx, BUSINESS, CONNECTION, page(*records, cursor=cursor, **more), now=now)
