"""A case that is easily made: one customer of one company on a Tuesday, eleven in the morning in New York."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from collector.decide import decide
from collector.judgement import Message, Verdict
from collector.policy import DEFAULT, Policy
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import (
    Address,
    Answer,
    Company,
    Customer,
    CustomerKind,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
    Ref,
)
from receivables.said import Said, Saying

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
ANN = Ref("c1", Kind.CUSTOMER, "ann")
ME = Ref("c1", Kind.INVOICE, "i1")
OTHER = Ref("c2", Kind.INVOICE, "copy")
DEBTOR = "c1/ann"
COMPANY = Company("c1", "Northwind", "USD", country="US", time_zone="America/New_York", own_reminders=Answer.NO)
HERSELF = Customer(
    ANN,
    "Ann's Bakery",
    NOW,
    emails=(EmailAddress("ann@bakery.example", "Ann"),),
    kind=CustomerKind.BUSINESS,
)
AT_HOME = Address(("1 Main Street",), "Boston", "MA", "02101", "US")


def days(count: int) -> date:
    """So many days from today; before is minus."""
    return TODAY + timedelta(days=count)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def invoice(days_late: int = 8, opened: int = 10_000, *, id: str = "i1", **changed: Any) -> Invoice:
    """Due so many days ago with thirty days of terms, and open in full."""
    told: dict[str, Any] = {
        "ref": Ref("c1", Kind.INVOICE, id),
        "number": f"INV-{id}",
        "customer": ANN,
        "issued_on": days(-days_late - 30),
        "due_on": days(-days_late),
        "total": usd(opened),
        "open": usd(opened),
        "paid": usd(0),
        "credited": usd(0),
        "adjusted": usd(0),
        "status": InvoiceStatus.OPEN,
        "changed_at": NOW,
    }
    return Invoice(**(told | changed))


def case(*invoices: Invoice, **changed: Any) -> Case:
    """Of a customer who was written to before, so that nothing about it is odd."""
    whole = Case(
        DEBTOR,
        COMPANY,
        (HERSELF,),
        invoices or (invoice(),),
        contacts=(contact("just-due", days_ago=40, id="older"),),
        synced_at=NOW - timedelta(hours=1),
    )
    return replace(whole, **changed)


def contact(step: str, *, days_ago: int, state: str = "sent", id: str = "i1", channel: str = "mail") -> Contact:
    at = NOW - timedelta(days=days_ago)
    return Contact(DEBTOR, at, at.date(), channel, state, ((Ref("c1", Kind.INVOICE, id), step),))


def said(kind: Saying, **told: Any) -> Said:
    """Said by Robin an hour ago, and in force since yesterday."""
    whole: dict[str, Any] = {
        "debtor": DEBTOR,
        "kind": kind,
        "from_on": days(-1),
        "by": "Robin",
        "at": NOW - timedelta(hours=1),
    }
    return Said(**(whole | told))


def payment(minor: int, *, unapplied: int | None = None, received_on: date | None = None, **changed: Any) -> Payment:
    left = minor if unapplied is None else unapplied
    told: dict[str, Any] = {
        "ref": Ref("c1", Kind.PAYMENT, "p1"),
        "customer": ANN,
        "received_on": received_on or days(-50),
        "amount": usd(minor),
        "unapplied": usd(left),
        "status": PaymentStatus.SETTLED,
        "changed_at": NOW,
    }
    return Payment(**(told | changed))


def only(of: Case, policy: Policy = DEFAULT, now: datetime = NOW) -> Verdict:
    (verdict,) = decide(of, policy, now).verdicts
    return verdict


def message(of: Case, policy: Policy = DEFAULT, now: datetime = NOW) -> Message:
    found = decide(of, policy, now).message
    assert found is not None
    return found


def odd(of: Case, policy: Policy = DEFAULT, now: datetime = NOW) -> list[str]:
    return [one.name for one in decide(of, policy, now).odd]


def to(of: Case, policy: Policy = DEFAULT) -> list[str]:
    return [one.address for one in message(of, policy).to]
