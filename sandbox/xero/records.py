"""What stands in a Xero ledger: contacts, invoices, credits, payments, and the lines of their history."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

NOTHING = Decimal("0.00")
CENT = Decimal("0.01")
EXPONENTS = {"JPY": 0, "KWD": 3}
LIVE = ("AUTHORISED", "PAID")
CREDIT_GROUPS = {
    "ACCRECCREDIT": "CreditNotes",
    "ACCPAYCREDIT": "CreditNotes",
    "RECEIVE-OVERPAYMENT": "Overpayments",
    "SPEND-OVERPAYMENT": "Overpayments",
    "RECEIVE-PREPAYMENT": "Prepayments",
    "SPEND-PREPAYMENT": "Prepayments",
}
REFUND_TYPES = {
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT",
}
RECEIVABLE = ("ACCREC", "ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT")


class Rejected(Exception):
    """The ledger does not allow this; the message is Xero's own validation sentence."""


def two_places(amount: Decimal) -> Decimal:
    """Xero keeps every currency with two decimals, yen and dinars as well."""
    return amount.quantize(CENT)


def minor(amount: Decimal, currency: str) -> int:
    """In the currency's smallest unit."""
    return int(amount.scaleb(EXPONENTS.get(currency, 2)))


@dataclass(slots=True)
class Line:
    """One line of a record's history."""

    changes: str
    details: str
    at: datetime
    user: str = "System Generated"


@dataclass(slots=True)
class Contact:
    """A customer or supplier. `unseen` is a part of its balance that no document explains."""

    id: str
    name: str
    updated: datetime
    first: str = ""
    last: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    currency: str = ""
    group: str = ""
    tax_number: str = ""
    company_number: str = ""
    persons: list[tuple[str, str, str, bool]] = field(default_factory=list)
    status: str = "ACTIVE"
    merged_to: str = ""
    supplier: bool = False
    unseen: Decimal = NOTHING
    history: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Payment:
    """Money against one invoice or one credit; `target` is that document's id. `account` is where it went, empty
    for the usual bank; `batched` says that it is one of several in a batch."""

    id: str
    type: str
    target: str
    amount: Decimal
    on: date
    updated: datetime
    reference: str = ""
    status: str = "AUTHORISED"
    history: list[Line] = field(default_factory=list)
    account: str = ""
    batched: bool = False


@dataclass(slots=True)
class BankTransaction:
    """Money that came to or left a bank account without a document; an overpayment is a credit as well."""

    id: str
    type: str
    contact: str
    account: str
    currency: str
    total: Decimal
    on: date
    updated: datetime
    reference: str = ""
    overpayment: str = ""
    code: str = ""
    status: str = "AUTHORISED"


@dataclass(slots=True)
class Allocation:
    """A part of a credit used up by one invoice."""

    credit: str
    invoice: str
    amount: Decimal
    on: date


@dataclass(slots=True)
class Attachment:
    """A file that hangs on an invoice; `online` shows it to the customer. `told_size` is usually its true size."""

    id: str
    name: str
    kind: str
    content: bytes
    told_size: int
    online: bool = True


@dataclass(slots=True)
class Invoice:
    """A sales invoice (ACCREC) or bill (ACCPAY). `withheld` is tax the customer keeps back (CIS).

    `line` is its one line: what it says, the account and the tax code.
    """

    id: str
    type: str
    number: str
    contact: str
    currency: str
    total: Decimal
    status: str
    on: date
    due_on: date
    updated: datetime
    withheld: Decimal = NOTHING
    paid: Decimal = NOTHING
    credited: Decimal = NOTHING
    sent: bool = False
    reference: str = ""
    line: tuple[str, str, str] = ("Work as agreed", "200", "NONE")
    expected_on: date | None = None
    paid_on: date | None = None
    payments: list[Payment] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    history: list[Line] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)

    @property
    def due(self) -> Decimal:
        """What is left to pay; void and deleted ones owe nothing while their total stays."""
        if self.status in ("VOIDED", "DELETED"):
            return NOTHING
        return self.total - self.withheld - self.paid - self.credited

    @property
    def part_paid(self) -> bool:
        """Xero treats edits of such an invoice differently."""
        return bool(self.paid or self.credited)


@dataclass(slots=True)
class Credit:
    """A credit note, overpayment or prepayment, told apart by `type`."""

    id: str
    type: str
    number: str
    contact: str
    currency: str
    total: Decimal
    on: date
    updated: datetime
    status: str = "AUTHORISED"
    used: Decimal = NOTHING
    refunded: Decimal = NOTHING
    reference: str = ""
    payments: list[Payment] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    history: list[Line] = field(default_factory=list)

    @property
    def remaining(self) -> Decimal:
        """What can still be used."""
        return NOTHING if self.status == "VOIDED" else self.total - self.used - self.refunded

    @property
    def group(self) -> str:
        """The endpoint it is listed under."""
        return CREDIT_GROUPS[self.type]
