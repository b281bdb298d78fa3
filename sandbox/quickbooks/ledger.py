"""One company's books and the posting rules of QuickBooks: what each act does to balances, tokens and times."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.quickbooks.index import Index
from sandbox.quickbooks.rows import (
    Account,
    CreditMemo,
    Customer,
    Document,
    Invoice,
    Item,
    Line,
    Payment,
    Row,
    TaxCode,
    TaxRate,
    Term,
    Tombstone,
)

ENTITIES = tuple(
    "Customer CustomerType Invoice Payment CreditMemo Term Attachable Item TaxCode TaxRate Account".split()
)
Applied = Sequence[tuple[str, int]]
ACCOUNTS = (
    ("4", "Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("35", "Checking", "Bank", "Checking"),
    ("81", "Inventory Asset", "Other Current Asset", "Inventory"),
    ("82", "Other Income", "Other Income", "OtherMiscellaneousIncome"),
    ("84", "Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
)


class NoSuchRecord(LookupError):
    """There is no such record (any more)."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a webhook tells. `loser` is the id that a merge ended."""

    entity: str
    id: str
    operation: str
    at: datetime
    loser: str = ""


class Ledger:
    """The state of one company. All amounts are in minor units; every `at` is cut to whole seconds."""

    def __init__(self, realm: str, name: str, home: str) -> None:
        self.realm, self.name, self.home = realm, name, home
        self.tables: dict[str, dict[str, Any]] = {entity: {} for entity in ENTITIES}
        self.index = Index(self.tables)
        self.tombstones: list[Tombstone] = []
        self.children: dict[str, list[str]] = defaultdict(list)
        self.events: list[Event] = []
        self.currencies: set[str] = {home}
        self._documents: dict[str, list[Document]] = defaultdict(list)
        self._numbers = {"names": 0, "transactions": 0, "attachables": 5_000_000}

    @property
    def customers(self) -> dict[str, Customer]:
        """By id."""
        return self.tables["Customer"]

    @property
    def invoices(self) -> dict[str, Invoice]:
        """By id."""
        return self.tables["Invoice"]

    @property
    def payments(self) -> dict[str, Payment]:
        """By id."""
        return self.tables["Payment"]

    @property
    def credits(self) -> dict[str, CreditMemo]:
        """By id."""
        return self.tables["CreditMemo"]

    def get(self, entity: str, row_id: str) -> Any:
        """The row. Raises NoSuchRecord."""
        row = self.tables[entity].get(row_id)
        if row is None:
            raise NoSuchRecord(f"{entity} {row_id}")
        return row

    def new_id(self, sequence: str) -> str:
        """The next id: customers count alone, while invoices, payments and credit memos share one sequence."""
        self._numbers[sequence] += 1
        return str(self._numbers[sequence])

    def tell(self, row: Row, operation: str, at: datetime, *, loser: str = "") -> None:
        """Remember an event for the webhooks."""
        entity = row.entity if isinstance(row, Tombstone) else type(row).__name__
        self.events.append(Event(entity, row.id, operation, at, loser))

    def tell_of(self, entity: str, row_id: str, operation: str, at: datetime) -> None:
        """An event about a record that is not kept here."""
        self.events.append(Event(entity, row_id, operation, at))

    def owe(self, customer: str, amount: int, at: datetime) -> None:
        """Move a customer's balance. Its LastUpdatedTime moves along, its SyncToken does not."""
        row = self.get("Customer", customer)
        row.balance += amount
        row.stir(at)

    def add_term(self, name: str, days: int, at: datetime) -> None:
        """A payment term."""
        row = Term(id=str(len(self.tables["Term"]) + 1), created=whole(at), updated=whole(at), name=name, days=days)
        self.tables["Term"][row.id] = row

    def stock(self, at: datetime) -> None:
        """What every company begins with: accounts, items to sell, tax codes and their rates."""
        first = whole(at)
        for id, name, kind, detail in ACCOUNTS:
            row = Account(id=id, name=name, kind=kind, detail=detail, currency=self.home, created=first, updated=first)
            self.tables["Account"][id] = row
        for id, name, account in (("10", "Services", ("1", "Services")), ("11", "Late fees", ("82", "Other Income"))):
            self.tables["Item"][id] = Item(id=id, name=name, account=account, created=first, updated=first)
        self.tables["Item"]["12"] = Item(
            id="12", name="Timber", account=("79", "Sales"), kind="Inventory", created=first, updated=first
        )
        for id, name, rate in (("3", "20.0% S", 20), ("4", "0.0% Z", 0)):
            self.tables["TaxRate"][id] = TaxRate(id=id, name=name, rate=rate, created=first, updated=first)
            self.tables["TaxCode"][id] = TaxCode(id=id, name=name, rate=id, created=first, updated=first)
        self.tables["TaxCode"]["5"] = TaxCode(id="5", name="Purchases only", created=first, updated=first)

    def join(self, at: datetime, **fields: Any) -> Customer:
        """A new customer."""
        row = Customer(id=self.new_id("names"), created=whole(at), updated=whole(at), **fields)
        self.customers[row.id] = row
        self.currencies.add(row.currency)
        if row.parent:
            self.children[row.parent].append(row.id)
        self.tell(row, "created", row.updated)
        return row

    def sell(self, customer: str, at: datetime, *, total: int, deposit: int = 0, **fields: Any) -> Invoice:
        """A new invoice; a deposit on it is paid at once and lowers the balance without a payment."""
        owner = self.get("Customer", customer)
        at = whole(at)
        row = Invoice(
            id=self.new_id("transactions"),
            created=at,
            updated=at,
            customer=customer,
            currency=owner.currency,
            total=total,
            balance=total - deposit,
            deposit=deposit,
            email=owner.emails,
            **fields,
        )
        self.invoices[row.id] = row
        self._enter(row, total - deposit)
        return row

    def _enter(self, row: Document, owed: int) -> None:
        self._documents[row.customer].append(row)
        self.owe(row.customer, owed, row.updated)
        self.tell(row, "created", row.updated)

    def pay(self, customer: str, at: datetime, *, total: int, applied: Applied, **fields: Any) -> Payment:
        """A payment; what the invoices cannot take stays unapplied."""
        at = whole(at)
        lines = [Line("Invoice", invoice, took) for invoice, took in self._takeable(applied) if took > 0]
        row = Payment(
            id=self.new_id("transactions"),
            created=at,
            updated=at,
            customer=customer,
            currency=self.get("Customer", customer).currency,
            total=total,
            unapplied=total - sum(line.amount for line in lines),
            lines=lines,
            **fields,
        )
        self.payments[row.id] = row
        self._enter(row, -total)
        self._settle(row, at)
        return row

    def _takeable(self, applied: Applied) -> list[tuple[str, int]]:
        known = [(self.invoices.get(invoice), amount) for invoice, amount in applied]
        return [(row.id, min(amount, row.balance)) for row, amount in known if row is not None and not row.voided]

    def _settle(self, payment: Payment, at: datetime) -> None:
        for line in payment.lines:
            if line.kind == "Invoice":
                invoice = self.invoices[line.id]
                invoice.balance -= line.amount
                invoice.payments.append(payment.id)
                invoice.touch(at)
                self.tell(invoice, "updated", at)

    def credit(self, customer: str, at: datetime, *, total: int, number: str, applied: Applied) -> CreditMemo:
        """A credit memo; it is applied by a payment of nothing that draws on it."""
        at = whole(at)
        row = CreditMemo(
            id=self.new_id("transactions"),
            created=at,
            updated=at,
            customer=customer,
            currency=self.get("Customer", customer).currency,
            total=total,
            dated_on=at.date(),
            number=number,
            remaining=total,
        )
        self.credits[row.id] = row
        self._enter(row, -total)
        for invoice, amount in self._takeable(applied):
            self.draw(row, invoice, amount, at)
        return row

    def draw(self, credit: CreditMemo, invoice: str, amount: int, at: datetime) -> None:
        """Use some of a credit memo on an invoice: nobody's balance moves, three records do."""
        if amount <= 0:
            return
        lines = [Line("Invoice", invoice, amount), Line("CreditMemo", credit.id, amount)]
        row = Payment(
            id=self.new_id("transactions"),
            created=at,
            updated=at,
            customer=credit.customer,
            currency=credit.currency,
            total=0,
            dated_on=at.date(),
            lines=lines,
        )
        self.payments[row.id] = row
        self._enter(row, 0)
        self._settle(row, at)
        credit.remaining -= amount
        credit.payments.append(row.id)
        credit.touch(at)

    def redate(self, invoice: str, due_on: date, at: datetime) -> None:
        """A new due date."""
        row = self.get("Invoice", invoice)
        row.due_on = due_on
        self.changed(row, at)

    def changed(self, row: Row, at: datetime, operation: str = "updated") -> None:
        """The row moved: its token, its time, and an event."""
        row.touch(whole(at))
        self.tell(row, operation, whole(at))

    def documents(self, customer: str) -> list[Document]:
        """Everything entered for one customer."""
        return self._documents[customer]

    def move_documents(self, loser: str, survivor: str, at: datetime) -> None:
        """A merge rewrites the loser's documents in the survivor's name."""
        moved = self._documents.pop(loser, [])
        for row in moved:
            row.customer = survivor
            row.touch(at)
        self._documents[survivor].extend(moved)

    def forget(self, row: Document) -> None:
        """Take a document out of the books."""
        self._documents[row.customer].remove(row)


def whole(at: datetime) -> datetime:
    """The instant without its fraction of a second."""
    return at - timedelta(microseconds=at.microsecond)
