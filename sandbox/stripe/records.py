"""What a Stripe account holds, as far as receivables go: amounts in smallest units, instants in epoch seconds."""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class Customer:
    """A customer. With `account` set it lives in Accounts v2: invoices then name the account and no customer."""

    id: str
    created: int
    name: str
    email: str
    phone: str
    currency: str
    address: dict[str, str | None]
    account: str = ""
    balance: int = 0
    business_name: str = ""
    tax_ids: list[tuple[str, str]] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Invoice:
    """An invoice. `pre` and `post` are what credit notes took before and after payment; `lines` the text and amount of
    each line, where it is not the one that all have."""

    id: str
    created: int
    customer: Customer
    currency: str
    total: int
    automatic: bool
    due_date: int | None
    number: str = ""
    status: str = "draft"
    due: int = 0
    paid: int = 0
    overpaid: int = 0
    pre: int = 0
    post: int = 0
    starting_balance: int = 0
    ending_balance: int | None = None
    attempts: int = 0
    next_attempt: int | None = None
    finalized_at: int | None = None
    paid_at: int | None = None
    voided_at: int | None = None
    uncollectible_at: int | None = None
    customer_name: str = ""
    customer_email: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    default_payment: str = ""
    odd: bool = False
    lines: list[tuple[str, int]] | None = None

    @property
    def remaining(self) -> int:
        """What is still to be paid; Stripe's amount_remaining."""
        return max(0, self.due - self.paid)

    @property
    def open(self) -> int:
        """What the customer owes on it."""
        return self.remaining if self.status in ("open", "uncollectible") else 0


@dataclass(slots=True)
class InvoicePayment:
    """A payment asked for or made on an invoice; `intent` is the id of what pays, a payment record's where `kind` says
    so."""

    id: str
    created: int
    invoice: Invoice
    requested: int
    intent: str
    is_default: bool
    kind: str = "payment_intent"
    status: str = "open"
    paid: int | None = None
    paid_at: int | None = None
    canceled_at: int | None = None

    @property
    def currency(self) -> str:
        """The invoice's."""
        return self.invoice.currency

    @property
    def payer(self) -> Customer | None:
        """The invoice's customer."""
        return self.invoice.customer


class Paid(Protocol):
    """What can be given back or taken back: a payment on an invoice, or any intent."""

    @property
    def intent(self) -> str:
        """Its intent's id."""
        ...

    @property
    def currency(self) -> str:
        """What it was paid in."""
        ...

    @property
    def payer(self) -> Customer | None:
        """Whose payment it is, if anybody's."""
        ...


@dataclass(slots=True)
class CreditNote:
    """A credit note on one invoice: the part before payment, and the part that became the customer's balance."""

    id: str
    created: int
    invoice: Invoice
    number: str
    pre: int
    post: int
    status: str = "issued"
    voided_at: int | None = None


@dataclass(slots=True)
class Refund:
    """Money given back on a payment intent. `line` is its movement of the balance."""

    id: str
    created: int
    payment: Paid
    amount: int
    status: str = "succeeded"
    line: str = ""


@dataclass(slots=True)
class Dispute:
    """A payer's bank taking a payment back. `lines` are its movements of the balance."""

    id: str
    created: int
    payment: Paid
    amount: int
    reason: str
    status: str = "needs_response"
    lines: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Event:
    """What happened, rendered for good at the time."""

    id: str
    created: int
    type: str
    body: bytes


@dataclass(slots=True)
class Endpoint:
    """Where webhooks are sent. Several secrets while one is being rolled; `thin` ones get names only."""

    id: str
    created: int
    url: str
    enabled_events: tuple[str, ...]
    api_version: str
    secrets: list[str]
    thin: bool = False
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    status: str = "enabled"


Sellable = Customer | Invoice | InvoicePayment | CreditNote | Refund | Dispute
