"""One Stripe account: what it holds, and the event that every change leaves behind."""

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.stripe.records import (
    CreditNote,
    Customer,
    Dispute,
    Endpoint,
    Event,
    Invoice,
    InvoicePayment,
    Refund,
    Sellable,
)
from sandbox.stripe.rendering import OLD, PINNED, Here, old_invoice, rendered
from sandbox.stripe.shelf import Ids, Shelf
from sandbox.stripe.taking import BalanceLine, Charge, Intent, PaymentLink, PaymentRecord, Payout, Session, Taking

EVENTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Asked:
    """The API request behind a change, as events name it."""

    id: str | None = None
    idempotency_key: str | None = None


@dataclass
class Books:
    """The shelves of one account."""

    customers: Shelf[Customer] = field(default_factory=Shelf)
    invoices: Shelf[Invoice] = field(default_factory=Shelf)
    invoice_payments: Shelf[InvoicePayment] = field(default_factory=Shelf)
    credit_notes: Shelf[CreditNote] = field(default_factory=Shelf)
    refunds: Shelf[Refund] = field(default_factory=Shelf)
    disputes: Shelf[Dispute] = field(default_factory=Shelf)
    events: Shelf[Event] = field(default_factory=Shelf)
    webhook_endpoints: Shelf[Endpoint] = field(default_factory=Shelf)
    checkout_sessions: Shelf[Session] = field(default_factory=Shelf)
    payment_links: Shelf[PaymentLink] = field(default_factory=Shelf)
    payment_intents: Shelf[Intent] = field(default_factory=Shelf)
    charges: Shelf[Charge] = field(default_factory=Shelf)
    payment_records: Shelf[PaymentRecord] = field(default_factory=Shelf)
    balance_transactions: Shelf[BalanceLine] = field(default_factory=Shelf)
    payouts: Shelf[Payout] = field(default_factory=Shelf)


class Ledger:
    """State of one account. Whoever changes it holds the world's lock and says when."""

    def __init__(self, seed: str, account: str, now: Callable[[], datetime]) -> None:
        self.account = account
        self.name = ""
        self.time_zone = "Etc/UTC"
        self.currency = "usd"
        self.live = False
        self.other: Ledger | None = None
        self.mails: list[tuple[str, str]] = []
        self.base = ""
        self.ids = Ids(seed)
        self.books = Books()
        self.api_version = PINNED
        self.asked = Asked()
        self.announce: Callable[[Event, dict[str, Any], bool], None] | None = None
        self.parties: dict[str, Customer] = {}
        self.sales: dict[str, Invoice] = {}
        self.payments: dict[str, list[InvoicePayment]] = {}
        self.by_invoice: dict[str, list[InvoicePayment]] = {}
        self.gone: set[str] = set()
        self.now = now
        self.pays_out = True
        self.not_paid_out: list[BalanceLine] = []
        self.attached: dict[str, InvoicePayment] = {}
        self._retries: list[tuple[int, str]] = []
        self._agenda: list[tuple[int, int, Callable[[datetime], None]]] = []
        self._entered = 0

    def seen_in(self, *, live: bool) -> "Ledger":
        """The account in one mode: its books are all in the other, of which it knows nothing but the ids."""
        if live is self.live:
            return self
        empty = Ledger(f"{self.account}/other", self.account, self.now)
        empty.name, empty.time_zone, empty.currency, empty.base = self.name, self.time_zone, self.currency, self.base
        empty.live, empty.other = live, self
        return empty

    def in_mode(self, body: bytes) -> bytes:
        """An answer in which every object says the account's mode; they are drawn in test mode."""
        return body.replace(b'"livemode": false', b'"livemode": true') if self.live else body

    def here(self) -> Here:
        """For links made now."""
        return Here(self.base, int(self.now().timestamp()))

    def emit(self, kind: str, record: Sellable | Taking, at: datetime) -> None:
        """Note that `kind` happened to `record`. What is older than Stripe keeps events gets an id and nothing else."""
        for shelf in (
            self.books.invoices,
            self.books.invoice_payments,
            self.books.checkout_sessions,
            self.books.payouts,
        ):
            shelf.changed()
        if at < self.now() - EVENTS_KEPT:
            self.ids.skip("evt")
            return
        event_id = self.ids.new("evt")
        here = Here(self.base, int(at.timestamp()))
        old = self.api_version != PINNED and isinstance(record, Invoice)
        shape = old_invoice(record, here) if old and isinstance(record, Invoice) else rendered(record, here)
        self.emit_shape(event_id, kind, shape, at)

    def emit_shape(self, event_id: str, kind: str, shape: dict[str, Any], at: datetime) -> None:
        """Keep an event for good, in the version that is the account's at this moment, and announce it."""
        whole = {
            "id": event_id,
            "object": "event",
            "api_version": self.api_version,
            "created": int(at.timestamp()),
            "data": {"object": shape},
            "livemode": self.live,
            "pending_webhooks": len(self.books.webhook_endpoints),
            "request": {"id": self.asked.id, "idempotency_key": self.asked.idempotency_key},
            "type": kind,
        }
        event = Event(event_id, int(at.timestamp()), kind, self.in_mode(json.dumps(whole).encode()))
        self.books.events.put(event_id, event)
        if self.announce and len(self.books.webhook_endpoints):
            self.announce(event, whole, self.api_version == OLD)

    def retry_at(self, invoice: Invoice, at: int) -> None:
        """Try to collect an automatic invoice again at this epoch second."""
        invoice.next_attempt = at
        heapq.heappush(self._retries, (at, invoice.id))

    def later(self, at: int, act: Callable[[datetime], None]) -> None:
        """Let something happen by itself at this epoch second."""
        self._entered += 1
        heapq.heappush(self._agenda, (at, self._entered, act))

    def due(self, now: int) -> tuple[int, Callable[[datetime], None]] | None:
        """The next of these that is due, taken off the list."""
        if self._agenda and self._agenda[0][0] <= now:
            at, _, act = heapq.heappop(self._agenda)
            return at, act
        return None

    def due_retry(self, now: int) -> tuple[int, Invoice] | None:
        """The next automatic attempt that is due, taken off the list."""
        while self._retries and self._retries[0][0] <= now:
            at, invoice_id = heapq.heappop(self._retries)
            invoice = self.books.invoices.get(invoice_id)
            if invoice is not None and invoice.status == "open" and invoice.next_attempt == at:
                return at, invoice
        return None
