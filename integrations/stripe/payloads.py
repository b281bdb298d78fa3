"""Stripe's objects as far as we keep them, decoded straight from the bytes of an answer; everything else is skipped."""

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec


class Payload(msgspec.Struct, frozen=True, gc=False):
    """Any object with an id."""

    id: str


P = TypeVar("P")


class AddressPayload(msgspec.Struct, frozen=True, gc=False):
    """A postal address; every part may be null."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class CustomerPayload(Payload, frozen=True, gc=False):
    """Stripe's customer, or the stub of a deleted one."""

    deleted: bool = False
    created: int = 0
    name: str | None = None
    business_name: str | None = None
    individual_name: str | None = None
    email: str | None = None
    phone: str | None = None
    currency: str | None = None
    address: AddressPayload | None = None
    preferred_locales: list[str] | None = None
    metadata: dict[str, str] | None = None


class TaxIdPayload(msgspec.Struct, frozen=True, gc=False):
    """A number under which a tax office knows somebody."""

    value: str | None = None


class InvoiceTransitions(msgspec.Struct, frozen=True, gc=False):
    """When an invoice reached its states, in epoch seconds."""

    finalized_at: int | None = None


class InvoicePayload(Payload, frozen=True, gc=False):
    """Stripe's invoice. `customer` may be null while `customer_account` is set; expanded it is the customer itself."""

    currency: str
    created: int
    total: int
    amount_paid: int
    amount_remaining: int
    status: str | None = None
    pre_payment_credit_notes_amount: int = 0
    number: str | None = None
    customer: str | CustomerPayload | None = None
    customer_account: str | None = None
    customer_name: str | None = None
    customer_email: str | None = None
    customer_tax_ids: list[TaxIdPayload] | None = None
    collection_method: str | None = None
    due_date: int | None = None
    effective_at: int | None = None
    next_payment_attempt: int | None = None
    attempt_count: int = 0
    status_transitions: InvoiceTransitions = InvoiceTransitions()


class InvoiceActions(Payload, frozen=True, gc=False):
    """What has to be known of an invoice, freshly read, before something is done to it."""

    status: str | None = None
    amount_remaining: int = 0
    collection_method: str | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    metadata: dict[str, str] = {}


class ChargedInvoice(Payload, frozen=True, gc=False):
    """An invoice that is late, or one of late charges."""

    currency: str
    created: int
    status: str | None = None
    customer: str | None = None
    customer_account: str | None = None
    metadata: dict[str, str] = {}


class TaxRatePayload(Payload, frozen=True, gc=False):
    """A tax rate; `percentage` in per cent."""

    display_name: str = ""
    jurisdiction: str | None = None
    percentage: Decimal = Decimal(0)

    @property
    def title(self) -> str:
        """VAT 20 %, GB."""
        rate = f"{self.percentage:f}".rstrip("0").rstrip(".") if "." in f"{self.percentage:f}" else self.percentage
        return ", ".join(filter(None, (f"{self.display_name} {rate}\N{NO-BREAK SPACE}%", self.jurisdiction)))


class Associated(msgspec.Struct, frozen=True, gc=False):
    """What paid: exactly one of these is set."""

    payment_intent: str | None = None
    charge: str | None = None
    payment_record: str | None = None


class PaymentTransitions(msgspec.Struct, frozen=True, gc=False):
    """When an invoice payment was paid, in epoch seconds."""

    paid_at: int | None = None


class InvoicePaymentPayload(Payload, frozen=True, gc=False):
    """A payment asked for or made on an invoice."""

    currency: str
    created: int
    invoice: str
    amount_requested: int
    status: str
    amount_paid: int | None = None
    is_default: bool = False
    payment: Associated = Associated()
    status_transitions: PaymentTransitions = PaymentTransitions()


class CreditNotePayload(Payload, frozen=True, gc=False):
    """A credit note: what it took off before payment, and in all."""

    currency: str
    created: int
    invoice: str
    total: int
    pre_payment_amount: int = 0
    number: str = ""
    status: str | None = None
    customer: str | None = None
    customer_account: str | None = None
    effective_at: int | None = None


class RefundPayload(Payload, frozen=True, gc=False):
    """Money given back."""

    currency: str
    created: int
    amount: int
    status: str | None = None
    payment_intent: str | None = None
    charge: str | None = None
    customer: str | None = None
    customer_account: str | None = None


class DisputePayload(Payload, frozen=True, gc=False):
    """A payer's bank taking a payment back."""

    currency: str
    created: int
    amount: int
    status: str
    payment_intent: str | None = None
    charge: str | None = None


class Dashboard(msgspec.Struct, frozen=True, gc=False):
    """The merchant's settings for the Dashboard."""

    display_name: str | None = None
    timezone: str | None = None


class AccountSettings(msgspec.Struct, frozen=True, gc=False):
    """The settings we read."""

    dashboard: Dashboard = Dashboard()


class Profile(msgspec.Struct, frozen=True, gc=False):
    """How the business shows itself."""

    name: str | None = None


class AccountPayload(Payload, frozen=True, gc=False):
    """The account behind a key."""

    country: str | None = None
    default_currency: str | None = None
    settings: AccountSettings | None = None
    business_profile: Profile | None = None


class EventRequest(msgspec.Struct, frozen=True, gc=False):
    """The API request that caused an event."""

    id: str | None = None
    idempotency_key: str | None = None


class EventData(msgspec.Struct, frozen=True, gc=False):
    """The object of an event, still in bytes."""

    object: msgspec.Raw


class EventPayload(Payload, frozen=True, gc=False):
    """A snapshot event as the events list has it."""

    type: str
    created: int
    data: EventData
    api_version: str | None = None
    request: EventRequest | None = None


class RawPage(msgspec.Struct, frozen=True, gc=False):
    """A list answer with every record still in bytes."""

    data: list[msgspec.Raw]
    has_more: bool


class PageOf(msgspec.Struct, Generic[P], frozen=True, gc=False):
    """A list answer decoded at one go: what almost every page allows."""

    data: list[P]
    has_more: bool


class Endpoint(Payload, frozen=True, gc=False):
    """A webhook endpoint; the secret is there only when it has just been made."""

    url: str = ""
    secret: str = ""
