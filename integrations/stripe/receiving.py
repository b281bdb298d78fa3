"""Payments taken at Stripe put on its own invoices: each intent once and only whole, as Stripe cannot split it."""

from datetime import UTC, datetime

import msgspec

from integrations.contract import Lookup, Receipt
from integrations.errors import Refused
from integrations.receiving import Received
from integrations.stripe.amounts import UnreadableAmount, units
from integrations.stripe.balance import walked
from integrations.stripe.client import StripeClient
from integrations.stripe.listing import Lists, require_id
from integrations.stripe.payloads import InvoiceActions, InvoicePaymentPayload
from integrations.stripe.streams import INVOICES
from integrations.stripe.till_payloads import IntentPayload
from integrations.stripe.writing import require_key
from receivables.money import Money
from receivables.records import Ref

NO_REOPENING = "Stripe cannot open a paid invoice again; the returned payment is shown beside it"
NO_ACCOUNTS = "Stripe keeps no ledger accounts, so that there is none to clear its payments"


class Attaching:
    """Payments on one account's invoices."""

    def __init__(self, lists: Lists) -> None:
        self._client: StripeClient = lists.client

    def record(self, received: Received, key: str) -> Receipt:
        """Attach the intent. What stands there already is left as it is; elsewhere it is refused."""
        require_key(key)
        invoice, amount = _one(received)
        known = self._standing(received.payment)
        if known is not None:
            return _receipt(known, invoice)
        self._require_whole(received.payment, amount)
        self._require_sent(invoice)
        asked = {"payment_intent": received.payment}
        self._client.post(f"/v1/invoices/{invoice.id}/attach_payment", _actions, asked, key=f"dw-pay-{key}")
        made = self._standing(received.payment)
        return Receipt("", self._client.wire.clock.now()) if made is None else _receipt(made, invoice)

    def found(self, received: Received) -> Receipt | Lookup:
        """Does the payment stand on its invoice?"""
        if not received.on:
            return Lookup.NOT_THERE
        invoice, _ = _one(received)
        known = self._standing(received.payment)
        return Lookup.NOT_THERE if known is None or known.invoice != invoice.id else _receipt(known, invoice)

    def _standing(self, intent: str) -> InvoicePaymentPayload | None:
        """Where the intent stands, on whatever invoice; one that was cancelled stands nowhere."""
        if not (intent.startswith("pi_") and intent[3:].isascii() and intent[3:].isalnum()):
            raise Refused("only a payment that was taken at Stripe can be put on a Stripe invoice")
        asked = {"payment": {"type": "payment_intent", "payment_intent": intent}}
        rows = walked(self._client, "/v1/invoice_payments", InvoicePaymentPayload, asked)
        return next((row for row in rows if row.status != "canceled"), None)

    def _require_whole(self, intent: str, amount: Money) -> None:
        found = self._client.get(f"/v1/payment_intents/{intent}", _intent)
        if found.status != "succeeded":
            raise Refused("the money of this payment is not there yet, so it was not put on the invoice")
        try:
            same = found.currency.upper() == amount.currency and found.amount == units(amount)
        except UnreadableAmount:
            same = False
        if not same:
            raise Refused(
                f"Stripe puts a payment on an invoice only whole, and of this one {amount} is meant for the invoice; "
                "use the rest in Stripe's Dashboard, or refund it there"
            )

    def _require_sent(self, invoice: Ref) -> None:
        found = self._client.get(f"/v1/invoices/{require_id(INVOICES, invoice.id)}", _actions)
        if found.collection_method != "send_invoice":
            raise Refused("Stripe collects this invoice automatically; payments can be put on sent invoices only")


def _one(received: Received) -> tuple[Ref, Money]:
    if len(received.on) != 1:
        raise Refused("Stripe puts one payment on one invoice, whole; what is beyond it stays with the payment there")
    return received.on[0]


def _receipt(row: InvoicePaymentPayload, invoice: Ref) -> Receipt:
    if row.invoice != invoice.id:
        raise Refused("this payment stands on another invoice at Stripe already")
    return Receipt(row.id, datetime.fromtimestamp(row.status_transitions.paid_at or row.created, UTC))


def _actions(body: bytes) -> InvoiceActions:
    return msgspec.json.decode(body, type=InvoiceActions)


def _intent(body: bytes) -> IntentPayload:
    return msgspec.json.decode(body, type=IntentPayload)
