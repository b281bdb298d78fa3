"""What a Stripe account takes money with: pages, intents, charges, its balance, payouts; amounts in smallest units."""

from dataclasses import dataclass, field

from sandbox.stripe.records import Customer


@dataclass(slots=True)
class PaymentLink:
    """A page that opens a session for whoever comes; `done` counts the sessions that used up its limit. `slug` is what
    its address ends in, which its id does not tell."""

    id: str
    created: int
    currency: str
    amount: int
    text: str
    metadata: dict[str, str]
    intent_metadata: dict[str, str]
    slug: str
    methods: tuple[str, ...] = ()
    limit: int | None = None
    done: int = 0
    active: bool = True
    inactive_message: str = ""


@dataclass(slots=True)
class Session:
    """A checkout page for one payment. `methods` are the allowed ways to pay, none: all that the account has."""

    id: str
    created: int
    currency: str
    amount: int
    text: str
    expires_at: int
    payer: Customer | None = None
    email: str = ""
    reference: str = ""
    success_url: str = ""
    cancel_url: str = ""
    locale: str = ""
    methods: tuple[str, ...] = ()
    adaptive: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    intent_metadata: dict[str, str] = field(default_factory=dict)
    link: str = ""
    status: str = "open"
    paid: bool = False
    intent: "Intent | None" = None

    @property
    def payment_status(self) -> str:
        """Whether the money is there; a debit under way is unpaid, and so is one that failed."""
        return "paid" if self.paid else "unpaid"


@dataclass(slots=True)
class Intent:
    """One payment, from the first try on. `session` is where it is made, empty for other programs' payments."""

    id: str
    created: int
    currency: str
    amount: int
    payer: Customer | None
    metadata: dict[str, str]
    session: str = ""
    status: str = "requires_payment_method"
    method: str = ""
    error: tuple[str, str] | None = None
    canceled_at: int | None = None
    charge: "Charge | None" = None

    @property
    def intent(self) -> str:
        """Its id, as refunds and disputes ask for it."""
        return self.id


@dataclass(slots=True)
class Charge:
    """One try of an intent that reached a bank."""

    id: str
    created: int
    of: Intent
    method: str
    status: str = "succeeded"
    refunded: int = 0
    disputed: bool = False
    failure: tuple[str, str] | None = None
    line: "BalanceLine | None" = None

    @property
    def payer(self) -> Customer | None:
        """Who pays."""
        return self.of.payer


@dataclass(slots=True)
class BalanceLine:
    """A movement of the balance, in the currency it settles in. `source` is the charge, refund, dispute or payout."""

    id: str
    created: int
    currency: str
    amount: int
    fee: int
    type: str
    category: str
    source: str
    available_on: int
    rate: float | None = None
    payout: str = ""
    available: bool = False


@dataclass(slots=True)
class Payout:
    """Money sent to the bank."""

    id: str
    created: int
    currency: str
    amount: int
    arrival_date: int
    automatic: bool = True
    status: str = "in_transit"
    reconciled: bool = False
    line: str = ""


@dataclass(slots=True)
class PaymentRecord:
    """Money taken outside Stripe that somebody reported."""

    id: str
    created: int
    currency: str
    amount: int
    outcome: str
    initiated_at: int
    method: str
    reference: str
    customer: str
    metadata: dict[str, str]


Taking = PaymentLink | Session | Intent | Charge | BalanceLine | Payout | PaymentRecord
