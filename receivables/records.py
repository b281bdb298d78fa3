"""The normalized records: what every platform's customers, invoices and payments become here.

Instants are aware UTC and end in `_at`; dates end in `_on`. A word a platform sends that is not known here
becomes OTHER, so that a new word never costs a page. What books hold by the hundred thousand is a frozen struct,
which is made and hashed several times quicker than a frozen dataclass.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from msgspec import Struct

from receivables.money import Money, sum_money


class Word(StrEnum):
    """A fixed vocabulary with a place for the words it does not know."""

    @classmethod
    def of(cls, text: object) -> Self:
        """The member called `text`, or OTHER."""
        try:
            return cls(str(text).lower())
        except ValueError:
            return cls("other")


class Kind(Word):
    """What sort of record a Ref points to.

    A checkout is a payment page or a payment at a till. Books keep none; whoever opened it looks at it again.
    """

    CUSTOMER = "customer"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT = "credit"
    CHARGEBACK = "chargeback"
    CHECKOUT = "checkout"
    OTHER = "other"


class InvoiceStatus(Word):
    """Where an invoice stands."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    DELETED = "deleted"
    OTHER = "other"


class PaymentStatus(Word):
    """Whether the money of a payment is there."""

    PENDING = "pending"
    SETTLED = "settled"
    FAILED = "failed"
    RETURNED = "returned"
    VOID = "void"
    OTHER = "other"


class CustomerKind(Word):
    """Who the customer is in the eyes of the law."""

    BUSINESS = "business"
    SOLE_TRADER = "sole_trader"
    CONSUMER = "consumer"
    PUBLIC_BODY = "public_body"
    UNKNOWN = "unknown"
    OTHER = "other"


class CreditKind(Word):
    """What sort of credit stands in the customer's favour."""

    CREDIT_NOTE = "credit_note"
    PREPAYMENT = "prepayment"
    OVERPAYMENT = "overpayment"
    OTHER = "other"


class OtherKind(Word):
    """Receivables lines that are counted and shown, never chased."""

    JOURNAL = "journal"
    OPENING_BALANCE = "opening_balance"
    REFUND = "refund"
    DEPOSIT = "deposit"
    OTHER = "other"


class Answer(StrEnum):
    """Yes, no, or not known: a shown value, never a guess."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Collection(StrEnum):
    """How an invoice is collected: sent to be paid, or drawn automatically."""

    SENT = "sent"
    AUTOMATIC = "automatic"


class Ref(Struct, frozen=True, gc=False):
    """Where a record lives: our connection, what it is, and the platform's own opaque id."""

    connection: str
    kind: Kind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.connection}:{self.id}"


class Address(Struct, frozen=True, gc=False):
    """A postal address as far as the platform tells it. Country is ISO 3166 alpha-2, or empty."""

    lines: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class EmailAddress(Struct, frozen=True, gc=False):
    """An address and whether the platform itself writes invoices to it."""

    address: str
    name: str = ""
    addressed: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """Credit terms the company offers: due after so many days, or on a day of the month."""

    id: str
    name: str
    days: int | None = None
    day_of_month: int | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """The creditor as one platform knows it."""

    connection: str
    name: str
    base_currency: str
    country: str = ""
    time_zone: str = ""
    locked_until_on: date | None = None
    own_reminders: Answer = Answer.UNKNOWN
    short_code: str = ""
    multicurrency: bool = False
    terms: tuple[Terms, ...] = ()


class Customer(Struct, frozen=True, gc=False):
    """Who owes. `bills_with_parent` says that a sub-customer's invoices go to its parent.

    The numbers under which the tax office and the companies' register know it are as the platform writes them.
    """

    ref: Ref
    name: str
    changed_at: datetime
    emails: tuple[EmailAddress, ...] = ()
    phones: tuple[str, ...] = ()
    address: Address = Address()
    language: str = ""
    currency: str = ""
    kind: CustomerKind = CustomerKind.UNKNOWN
    parent: Ref | None = None
    bills_with_parent: bool = False
    project: bool = False
    tags: tuple[str, ...] = ()
    active: bool = True
    version: int = 0
    tax_number: str = ""
    company_number: str = ""


class Invoice(Struct, frozen=True, gc=False):
    """What is owed for one sale. For a live invoice total == open + paid + credited + adjusted.

    `sent` says whether the customer ever got it, as far as the platform can tell; `attempts` counts automatic draws.
    """

    ref: Ref
    number: str
    customer: Ref
    issued_on: date | None
    due_on: date | None
    total: Money
    open: Money
    paid: Money
    credited: Money
    adjusted: Money
    status: InvoiceStatus
    changed_at: datetime
    entered_at: datetime | None = None
    collection: Collection = Collection.SENT
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    sent_to: tuple[str, ...] = ()
    sent: Answer = Answer.UNKNOWN
    attempts: int = 0
    mail_problem: str = ""
    expected_on: date | None = None
    version: int = 0

    def balances(self) -> bool:
        """Does the invoice add up? Void, deleted and draft ones owe nothing and are not asked."""
        if self.status not in (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE):
            return True
        return self.total == self.open + self.paid + self.credited + self.adjusted

    @property
    def owing(self) -> bool:
        """Is there anything to collect on it?"""
        return self.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE) and self.open.minor > 0


class Application(Struct, frozen=True, gc=False):
    """A part of a payment or credit that went to one invoice (or, in QuickBooks, a credit memo it drew on)."""

    to: Ref
    amount: Money
    on: date | None = None


class Payment(Struct, frozen=True, gc=False):
    """Money that came in, or is on its way. `unapplied` is what no invoice has used yet."""

    ref: Ref
    customer: Ref | None
    received_on: date | None
    amount: Money
    unapplied: Money
    status: PaymentStatus
    changed_at: datetime
    applications: tuple[Application, ...] = ()
    reference: str = ""
    entered_at: datetime | None = None
    version: int = 0

    def applied(self) -> Money:
        """The sum that invoices have used."""
        return sum_money((part.amount for part in self.applications), self.amount.currency)


class Credit(Struct, frozen=True, gc=False):
    """A credit note, prepayment or overpayment: what it was for and what is left of it."""

    ref: Ref
    customer: Ref | None
    kind: CreditKind
    number: str
    issued_on: date | None
    amount: Money
    remaining: Money
    status: InvoiceStatus
    changed_at: datetime
    applications: tuple[Application, ...] = ()
    entered_at: datetime | None = None
    version: int = 0


class Chargeback(Struct, frozen=True, gc=False):
    """A payer's bank taking a payment back: never the same thing as a disputed (queried) invoice."""

    ref: Ref
    amount: Money
    status: str
    changed_at: datetime
    payment: Ref | None = None
    reference: str = ""
    opened_on: date | None = None
    version: int = 0


class OtherEntry(Struct, frozen=True, gc=False):
    """Any other receivables line that can be seen. The amount is signed: plus is owed by the customer."""

    ref: Ref
    customer: Ref | None
    kind: OtherKind
    on: date | None
    amount: Money
    changed_at: datetime
    note: str = ""
    version: int = 0


Record = Customer | Invoice | Payment | Credit | Chargeback | OtherEntry
