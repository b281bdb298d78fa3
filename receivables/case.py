"""A debtor's whole case: everything that is known about one who owes, as of one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from receivables.money import Money, by_currency
from receivables.plans import Progress
from receivables.records import Company, Credit, Customer, EmailAddress, Invoice, Payment, PaymentStatus, Ref
from receivables.said import Said


@dataclass(frozen=True, slots=True)
class Contact:
    """One message that went out, or may have: to whom, when, on which local day, and the step for each invoice."""

    debtor: str
    at: datetime
    day_on: date
    channel: str
    state: str
    steps: tuple[tuple[Ref, str], ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """How money is entered in this business: the last day one was, and the longest usual time between two."""

    last_on: date | None = None
    usual_gap_days: int | None = None


@dataclass(frozen=True, slots=True)
class Mirror:
    """One sale seen in two books, and the one of the two that counts, once a person has said which.

    `paid` is the one of the two that is paid, if one is.
    """

    invoice: Ref
    other: Ref
    master: Ref | None = None
    paid: Ref | None = None

    @property
    def copy(self) -> Ref:
        """The one of the two that is in no sum: what is paid counts, else what a person said, else the first."""
        counts = self.paid or self.master or self.invoice
        return self.other if counts == self.invoice else self.invoice


@dataclass(frozen=True, slots=True)
class Sale:
    """What of an invoice tells whether it is another one's copy. `owing`: there is something to collect on it."""

    ref: Ref
    customer: Ref
    number: str
    total: Money
    issued_on: date | None
    owing: bool


@dataclass(frozen=True, slots=True)
class Past:
    """How the customer has paid: invoices settled, how many of them late, and by how many days in all."""

    settled: int = 0
    late: int = 0
    late_days: int = 0

    def __add__(self, other: "Past") -> "Past":
        return Past(self.settled + other.settled, self.late + other.late, self.late_days + other.late_days)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Money for an invoice that goes through a page of ours and stands in no book yet.

    `open`: the page can be paid, and nothing is known to have been.
    """

    invoice: Ref
    amount: Money
    open: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """The head customer first, then the sub-customers and projects that are billed with it.

    `known_as` are the debtor's other names, for one who is several customers.
    `said` is what people said about this debtor or about the whole business, whether it still holds or not.
    `mirrors` are invoices seen in two books; `elsewhere` are payments taken at another connection of the business that
    this ledger does not show yet; `usual` is this business's usual open invoice per currency; `reminder_days` are the
    days, counted from the due date, on which the platform reminds by itself, as a person told.
    `charges` are those of its invoices that were made of late charges. `plans` are those by which any of its invoices
    is being paid in parts, or was settled for less; `under_way` is what is being paid for them at this moment.
    `operator` is who collects: the business, a bookkeeper in its name, or an agency.
    `synced_at` is the last good sync of the connection; `differs` says that our figure for this customer and the
    platform's are not the same; `reconstructed` that the instant lies before we were connected.
    """

    debtor: str
    company: Company
    customers: tuple[Customer, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...] = ()
    credits: tuple[Credit, ...] = ()
    contacts: tuple[Contact, ...] = ()
    said: tuple[Said, ...] = ()
    receipts: Receipts = Receipts()
    mirrors: tuple[Mirror, ...] = ()
    elsewhere: tuple[Payment, ...] = ()
    usual: Mapping[str, Money] = field(default_factory=dict)
    past: Past = Past()
    reminder_days: tuple[int, ...] = ()
    operator: str = ""
    synced_at: datetime | None = None
    differs: bool = False
    known_as: tuple[str, ...] = ()
    charges: frozenset[Ref] = frozenset()
    plans: tuple[Progress, ...] = ()
    under_way: tuple[UnderWay, ...] = ()
    reconstructed: bool = False

    @property
    def head(self) -> Customer:
        """Who is written to."""
        return self.customers[0]

    def copies(self) -> frozenset[Ref]:
        """The invoices that are in no sum, since the same sale is counted in other books."""
        return frozenset(mirror.copy for mirror in self.mirrors)

    def counted(self) -> tuple[Invoice, ...]:
        """The invoices, each sale once."""
        copies = self.copies()
        return tuple(one for one in self.invoices if one.ref not in copies) if copies else self.invoices

    def owed(self) -> dict[str, Money]:
        """What is open in all, each sale once, per currency."""
        return by_currency(invoice.open for invoice in self.counted() if invoice.owing)

    def on_account(self) -> dict[str, Money]:
        """Money and credit received that no invoice has used yet, per currency."""
        settled = (one.unapplied for one in self.payments if one.status is PaymentStatus.SETTLED)
        return by_currency([*settled, *(credit.remaining for credit in self.credits)])

    def addresses(self) -> tuple[EmailAddress, ...]:
        """Where the platform itself would write: the head customer's addressed e-mails."""
        return tuple(email for email in self.head.emails if email.addressed and email.address)


def head_of(customer: Ref, parents: dict[Ref, Ref]) -> Ref:
    """The customer who is billed for `customer`; `parents` maps those billed with their parent. Cycles end."""
    seen = {customer}
    while (parent := parents.get(customer)) is not None and parent not in seen:
        customer = parent
        seen.add(parent)
    return customer
