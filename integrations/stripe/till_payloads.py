"""What Stripe says of money that is taken: pages, intents, charges, the balance and payouts, as far as we read it."""

from decimal import Decimal

import msgspec

from integrations.stripe.payloads import Payload


class SessionPayload(Payload, frozen=True, gc=False):
    """A checkout session: `complete` and `unpaid` while a bank debit is under way, and after it failed."""

    currency: str
    amount_total: int
    expires_at: int
    status: str
    payment_status: str
    url: str | None = None
    payment_intent: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class CompletedPayload(msgspec.Struct, frozen=True, gc=False):
    """How many have paid by a link, and how many may."""

    count: int
    limit: int


class RestrictionsPayload(msgspec.Struct, frozen=True, gc=False):
    """What a link is restricted to."""

    completed_sessions: CompletedPayload


class LinkPayload(Payload, frozen=True, gc=False):
    """A payment link. It tells its price only where its lines are asked for."""

    active: bool
    url: str
    restrictions: RestrictionsPayload | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class SourcePayload(Payload, frozen=True, gc=False):
    """What moved the balance: a charge, a refund and a dispute name their intent."""

    object: str = ""
    payment_intent: str | None = None


class BalancePayload(Payload, frozen=True, gc=False):
    """A line of the balance. `source` is expanded where it is asked for."""

    currency: str
    created: int
    available_on: int
    amount: int
    fee: int
    reporting_category: str
    status: str
    exchange_rate: Decimal | None = None
    source: SourcePayload | str | None = None


class MethodPayload(msgspec.Struct, frozen=True, gc=False):
    """How somebody paid."""

    type: str = ""


class ChargePayload(Payload, frozen=True, gc=False):
    """One try of an intent that reached a bank."""

    created: int
    status: str
    amount_refunded: int = 0
    disputed: bool = False
    payment_method_details: MethodPayload | None = None
    balance_transaction: BalancePayload | str | None = None


class PaymentError(msgspec.Struct, frozen=True, gc=False):
    """Why the last try failed."""

    message: str = ""


class IntentPayload(Payload, frozen=True, gc=False):
    """A payment intent, its charge expanded."""

    currency: str
    created: int
    amount: int
    status: str
    customer: str | None = None
    customer_account: str | None = None
    last_payment_error: PaymentError | None = None
    latest_charge: ChargePayload | str | None = None
    metadata: dict[str, str] = msgspec.field(default_factory=dict)


class PayoutPayload(Payload, frozen=True, gc=False):
    """Money sent to the bank."""

    currency: str
    created: int
    amount: int
    status: str
    arrival_date: int | None = None
    automatic: bool = True
    reconciliation_status: str = ""
