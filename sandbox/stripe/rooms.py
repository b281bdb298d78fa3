"""The kinds of record that can be listed: their shelves and paths, who may read them, filters, what may be expanded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.stripe.records import Invoice
from sandbox.stripe.taking import Charge, Intent, Session

EMPTY_LISTS = ("sources", "subscriptions", "tax_ids")


@dataclass(frozen=True, slots=True)
class Room:
    """One kind of record: its path, the permission to read it, its filters and what may be expanded."""

    path: str
    noun: str
    permission: str
    filters: tuple[str, ...]
    expandable: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ("open", "paid", "canceled")
    many: bool = True

    @property
    def shelf(self) -> str:
        """The name of its shelf in the books."""
        return self.path.replace("/", "_")


ROOMS = (
    Room("customers", "customer", "rak_customer_read", ("created", "email", "test_clock"),
         ("test_clock", *EMPTY_LISTS)),
    Room(
        "invoices",
        "invoice",
        "rak_invoice_read",
        ("status", "collection_method", "created", "due_date", "customer", "customer_account", "subscription"),
        ("payments", "customer", "amount_paid_off_stripe"),
        ("draft", "open", "paid", "uncollectible", "void"),
    ),
    Room(
        "invoice_payments", "invoice_payment", "rak_invoice_read", ("created", "invoice", "status", "payment"),
        ("invoice", "payment.payment_intent"),
    ),
    Room(
        "credit_notes", "credit note", "rak_credit_note_read", ("created", "customer", "customer_account", "invoice"),
        ("invoice", "customer"),
    ),
    Room("refunds", "refund", "rak_charge_read", ("created", "charge", "payment_intent"), ("charge",)),
    Room("disputes", "dispute", "rak_dispute_read", ("created", "charge", "payment_intent"), ("charge",)),
    Room("events", "event", "rak_event_read", ("created", "type", "types", "delivery_success")),
    Room("webhook_endpoints", "webhook endpoint", "rak_webhook_read", ()),
    Room(
        "checkout/sessions", "checkout.session", "rak_checkout_session_read",
        ("created", "customer", "customer_account", "payment_intent", "payment_link", "status"), ("payment_intent",),
        ("open", "complete", "expired"),
    ),
    Room("payment_links", "payment link", "rak_payment_link_read", ("active",)),
    Room(
        "payment_intents", "payment_intent", "rak_payment_intent_read", ("created", "customer", "customer_account"),
        ("latest_charge", "latest_charge.balance_transaction"),
    ),
    Room("charges", "charge", "rak_charge_read", ("created", "customer", "payment_intent"), ("balance_transaction",)),
    Room("payment_records", "payment_record", "rak_payment_record_read", (), many=False),
    Room(
        "balance_transactions", "balance transaction", "rak_balance_transaction_source_read",
        ("created", "currency", "payout", "source", "type"), ("source",),
    ),
    Room("payouts", "payout", "rak_payout_read", ("created", "status"), ("balance_transaction",)),
)  # fmt: skip


def _payer(row: Any) -> Any:
    if isinstance(row, Intent | Charge | Session):
        return row.payer
    return (row if isinstance(row, Invoice) else row.invoice).customer


def _intent(row: Any) -> str:
    if isinstance(row, Session):
        return row.intent.id if row.intent else ""
    return str(row.of.id if isinstance(row, Charge) else row.payment.intent)


READERS: dict[str, Callable[[Any], Any]] = {
    "email": lambda row: row.email,
    "customer": lambda row: getattr(_payer(row), "id", None),
    "customer_account": lambda row: getattr(_payer(row), "account", None),
    "invoice": lambda row: row.invoice.id,
    "payment_intent": _intent,
    "payment_link": lambda row: row.link,
    "active": lambda row: str(row.active).lower(),
    "payment": lambda row: {"type": row.kind, row.kind: row.intent},
    "collection_method": lambda row: "charge_automatically" if row.automatic else "send_invoice",
    "currency": lambda row: row.currency,
    "payout": lambda row: row.payout,
    "source": lambda row: row.source,
}
