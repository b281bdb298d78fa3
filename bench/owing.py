"""Makes the books of a business to plan: open invoices of many customers, most of whose steps were done in time.

Lateness is spread evenly from sixty days before the due date to 340 after it. Every step that has come was done, but
for those that came in the last days: about one invoice in twelve waits for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert

from collector.policy import DEFAULT
from receivables.money import Money
from receivables.page import Page
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
    Ref,
)
from storage import tables
from storage.businesses import add_business
from storage.connections import NewConnection, Role, connect, pulled, save_company
from storage.database import Database
from storage.pages import save_page

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
BUSINESS = "bench"
AT_ONCE = 2000
FIRST_LATE, DAYS = -60, 400
WAITING_DAYS = 6
"""Steps that came within so many days are not done yet."""
RHYTHM_DAYS = 10
"""A customer's steps of so many days went in one message."""
KEPT_STEPS = 2
"""Of an old invoice only the last steps are remembered, which is all that counts."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Owing:
    """How much is owed by how many."""

    invoices: int
    customers: int


def make(database: Database, size: Owing) -> str:
    """Fill an empty database; the connection's id."""
    with database.write() as tx:
        add_business(tx, "Bench", now=NOW, business=BUSINESS)
        fresh = NewConnection("quickbooks", "1", "", role=Role.BOOKS, id="books")
        connection = connect(tx, BUSINESS, fresh, now=NOW)
        save_company(tx, BUSINESS, _company(connection))
    for some in _at_once(_records(connection, size)):
        with database.write() as tx:
            save_page(tx, BUSINESS, connection, Page(tuple(some)), now=NOW)
    _remember(database, connection, size)
    with database.write() as tx:
        pulled(tx, BUSINESS, connection, now=NOW)
        tx.exec_driver_sql("ANALYZE")
    return connection


def _at_once(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some


def _company(connection: str) -> Company:
    return Company(connection, "Bench", "USD", country="US", time_zone="America/New_York", own_reminders=Answer.NO)


def _records(connection: str, size: Owing) -> Iterator[Customer | Invoice]:
    for number in range(size.customers):
        yield _customer(connection, number)
    for number in range(size.invoices):
        yield _invoice(connection, number, size)


def _customer(connection: str, number: int) -> Customer:
    return Customer(
        Ref(connection, Kind.CUSTOMER, str(number)),
        f"Customer {number}",
        NOW - timedelta(days=500),
        emails=(EmailAddress(f"accounts{number}@example.test", f"Person {number}"),),
        address=Address((f"{number} Main Street",), "Boston", "MA", "02101", "US"),
        kind=CustomerKind.BUSINESS,
    )


def _invoice(connection: str, number: int, size: Owing) -> Invoice:
    due_on, amount, nothing = (
        TODAY - timedelta(days=_late(number, size.customers)),
        Money(10_000 + number, "USD"),
        Money(0, "USD"),
    )
    return Invoice(
        ref=Ref(connection, Kind.INVOICE, str(number)),
        number=f"INV-{number}",
        customer=Ref(connection, Kind.CUSTOMER, str(number % size.customers)),
        issued_on=due_on - timedelta(days=30),
        due_on=due_on,
        total=amount,
        open=amount,
        paid=nothing,
        credited=nothing,
        adjusted=nothing,
        status=InvoiceStatus.OPEN,
        changed_at=NOW - timedelta(days=450),
        entered_at=datetime.combine(due_on - timedelta(days=30), datetime.min.time(), UTC),
    )


def _late(number: int, customers: int) -> int:
    """Scattered, so that no customer's invoices fall due together."""
    which, customer = divmod(number, customers)
    return (which * 7919 + customer * 31) % DAYS + FIRST_LATE


def _remember(database: Database, connection: str, size: Owing) -> None:
    """What was sent: an act for each customer and day on which one of their invoices had a step."""
    for first in range(0, size.customers, AT_ONCE):
        acts: dict[str, Row] = {}
        keys: list[Row] = []
        for customer in range(first, min(first + AT_ONCE, size.customers)):
            for number in range(customer, size.invoices, size.customers):
                for step, days in _done(_late(number, size.customers)):
                    day = TODAY - timedelta(days=_together(days))
                    act = f"{customer}-{day}"
                    acts.setdefault(act, _act(connection, customer, day, act))
                    keys.append(_key(connection, number, step, act))
        with database.write() as tx:
            tx.execute(insert(tables.action), list(acts.values()))
            tx.execute(insert(tables.action_on), keys)


def _together(days: int) -> int:
    """Steps that come close to each other ride in one message: so a customer is not written to above the budget."""
    return max(days - days % RHYTHM_DAYS, WAITING_DAYS)


def _done(late: int) -> list[tuple[str, int]]:
    """The steps that were done, and how many days ago."""
    ages = [(step.name, late - step.days) for step in DEFAULT.steps]
    return [(name, age) for name, age in ages if age >= WAITING_DAYS][-KEPT_STEPS:]


def _act(connection: str, customer: int, day: date, id: str) -> Row:
    at = datetime.combine(day, NOW.timetz())
    return {
        "business_id": BUSINESS,
        "id": id,
        "act": "mail",
        "key": id,
        "debtor": f"{connection}/{customer}",
        "local_day": day,
        "connection_id": connection,
        "state": "sent",
        "planned_at": at,
        "claimed_at": at,
        "payload": "{}",
    }


def _key(connection: str, number: int, step: str, act: str) -> Row:
    return {
        "business_id": BUSINESS,
        "key": f"{number}-{step}",
        "action_id": act,
        "connection_id": connection,
        "invoice_id": str(number),
        "step": step,
        "occurrence": "1",
    }
