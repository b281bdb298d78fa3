"""What the QuickBooks tests share: a sandbox with only QuickBooks, opened books, and a shelf that saves pages."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract import Account, Books, Grant, Wire
from integrations.oauth import RenewingToken
from integrations.quickbooks.platform import PLATFORM
from receivables.money import Money
from receivables.page import Cursor, Odd, OpenTotals, Page
from receivables.records import Credit, Customer, Invoice, Kind, Payment, Record, Ref
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.conftest import CountingMeter, MemoryGrants, SandboxClock, wire_to


@dataclass
class Shelf:
    """Keeps the newest of every record, as storage will."""

    records: dict[Ref, Record] = field(default_factory=dict)
    gone: dict[Ref, datetime] = field(default_factory=dict)
    odd: list[Odd] = field(default_factory=list)
    cursor: Cursor | None = None
    pages: list[Page] = field(default_factory=list)

    def save(self, pages: Iterable[Page]) -> "Shelf":
        for page in pages:
            self.pages.append(page)
            self.odd.extend(page.odd)
            for record in page.records:
                kept = self.records.get(record.ref)
                if kept is None or kept.changed_at <= record.changed_at:
                    self.records[record.ref] = record
            for gone in page.gone:
                self.gone[gone.ref] = gone.at
                self.records.pop(gone.ref, None)
            self.cursor = page.cursor or self.cursor
        return self

    def of(self, kind: Kind) -> dict[str, Any]:
        return {ref.id: record for ref, record in self.records.items() if ref.kind is kind}

    def invoices(self) -> dict[str, Invoice]:
        return self.of(Kind.INVOICE)

    def owed(self) -> dict[Ref, Money]:
        """Per customer, net of what is unapplied: the basis that open_totals declares."""
        sums: dict[Ref, Money] = {}
        for record in self.records.values():
            part: Money | None = None
            if isinstance(record, Invoice):
                part = record.open
            elif isinstance(record, Payment):
                part = -record.unapplied
            elif isinstance(record, Credit):
                part = -record.remaining
            owner = None if isinstance(record, Customer) else getattr(record, "customer", None)
            if part and owner is not None:
                sums[owner] = sums.get(owner, Money.zero(part.currency)) + part
        return {customer: owed for customer, owed in sums.items() if owed}


@dataclass
class Cedar:
    """The sandbox's company, connected."""

    sandbox: Sandbox
    wire: Wire
    account: Account
    token: RenewingToken
    grants: MemoryGrants

    @property
    def books(self) -> Books:
        return PLATFORM.open(self.wire, self.account, self.token)

    def act(self, name: str, **fields: Any) -> Any:
        with self.sandbox.world.lock:
            return self.sandbox.twins["quickbooks"].controls()[name](business="cedar", **fields)

    def truth(self) -> dict[str, Any]:
        return self.sandbox.twins["quickbooks"].truth("cedar")

    def fault(self, kind: str, **fields: Any) -> None:
        self.sandbox.book.add(Fault("quickbooks", kind, **fields))

    def calls(self) -> int:
        return sum(self.sandbox.book.calls.values())

    def count_from_here(self) -> None:
        """Calls for tokens are not a night's calls."""
        self.token.current()
        self.sandbox.book.clear()

    def pull(self, shelf: Shelf | None = None) -> Shelf:
        shelf = shelf or Shelf()
        return shelf.save(self.books.changes(shelf.cursor))

    def ref(self, kind: Kind, row_id: str) -> Ref:
        return Ref(self.account.id, kind, row_id)

    def an_open_invoice(self, at: int = 0) -> str:
        """Home currency first, so that amounts in tests can be dollars."""
        rows: dict[str, Any] = self.truth()["invoices"]
        return [one for one, row in rows.items() if row["open"] > 1000 and row["currency"] == "USD"][at]

    def agrees(self, shelf: Shelf) -> OpenTotals:
        totals = self.books.open_totals(datetime.now(UTC).date())
        assert {figure.about: figure.open for figure in totals.figures} == shelf.owed()
        return totals

    def matches_truth(self, shelf: Shelf) -> None:
        truth = self.truth()
        ours = {
            row_id: {
                "number": invoice.number,
                "status": str(invoice.status),
                "currency": invoice.total.currency,
                "total": invoice.total.minor,
                "open": invoice.open.minor,
            }
            for row_id, invoice in shelf.invoices().items()
        }
        assert ours == truth["invoices"]
        assert set(shelf.of(Kind.CUSTOMER)) == set(truth["customers"])
        assert {one: row.unapplied.minor for one, row in shelf.of(Kind.PAYMENT).items()} == truth["unapplied"]
        assert {one: row.remaining.minor for one, row in shelf.of(Kind.CREDIT).items()} == truth["remaining"]
        assert all(invoice.balances() for invoice in shelf.invoices().values())


def connected(sandbox: Sandbox, **wire: Any) -> Cedar:
    """Opened with the ready-made tokens of the control port."""
    ready = sandbox.twins["quickbooks"].credentials()["businesses"]["cedar"]
    keys = wire_to(sandbox, "quickbooks")
    settings = {"read_timeout": 5.0, **wire}
    line = Wire(app=keys.app, clock=SandboxClock(sandbox), meter=CountingMeter(), **settings)
    grant = Grant(
        id="grant-1",
        platform="quickbooks",
        access=ready["access"],
        refresh=ready["refresh"],
        expires_at=datetime.fromisoformat(ready["expires_at"]),
    )
    grants = MemoryGrants(grant)
    account = Account("conn-1", ready["external_id"], ready["label"])
    return Cedar(sandbox, line, account, RenewingToken(PLATFORM, line, grants, "grant-1"), grants)


@pytest.fixture
def connect(sandboxes: Callable[..., Sandbox]) -> Callable[..., Cedar]:
    """Starts a sandbox of the asked size and connects to its company: `connect(invoices=50)`."""

    def start(*, wire: dict[str, Any] | None = None, **setup: Any) -> Cedar:
        return connected(sandboxes(platforms=("quickbooks",), **setup), **(wire or {}))

    return start


@pytest.fixture
def cedar(connect: Callable[..., Cedar]) -> Cedar:
    """A small company with a year and a half behind it."""
    return connect(customers=24, invoices=120)
