"""Payments attached to invoices: Stripe's refusals, and the credit when the money is there."""

from datetime import datetime
from typing import Any

from sandbox.stripe import posting
from sandbox.stripe.answering import Call
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.posting import NotAllowed, second
from sandbox.stripe.protocol import Problem, missing, only
from sandbox.stripe.records import Invoice
from sandbox.stripe.rendering import rendered
from sandbox.stripe.taking import Intent, PaymentRecord

WHOLE_ONLY = (
    "For charge_automatically subscription invoices, you are only allowed to attach a payment with an amount that "
    "matches the invoice total."
)


def attach_payment(call: Call, key: str) -> dict[str, Any]:
    """An intent or a payment record onto an invoice; what is paid already is credited at once."""
    call.need("rak_invoice_write")
    only(call.params, ("payment_intent", "payment_record", "expand"))
    invoice = call.ledger.books.invoices.get(key)
    if invoice is None:
        raise missing("invoice", key, "invoice")
    paying = _paying(call)
    _refuse(call.ledger, invoice, paying)
    made = posting.ask(call.ledger, invoice, paying.amount, call.now, default=False, by=paying.id)
    made.kind = "payment_record" if isinstance(paying, PaymentRecord) else "payment_intent"
    call.ledger.attached[paying.id] = made
    if _is_money(paying):
        credit_attached(call.ledger, paying.id, call.now)
    return rendered(invoice, call.ledger.here())


def _paying(call: Call) -> Intent | PaymentRecord:
    intent, record = (call.params.get(f"payment_{name}", "") for name in ("intent", "record"))
    if bool(intent) == bool(record):
        raise Problem(400, "You must provide exactly one of payment_intent or payment_record.")
    books = call.ledger.books
    found = books.payment_intents.get(intent) if intent else books.payment_records.get(record)
    if found is None:
        what = "payment_intent" if intent else "payment_record"
        raise missing(what, intent or record, what)
    return found


def _is_money(paying: Intent | PaymentRecord) -> bool:
    if isinstance(paying, PaymentRecord):
        return paying.outcome == "guaranteed"
    return paying.status == "succeeded"


def _refuse(ledger: Ledger, invoice: Invoice, paying: Intent | PaymentRecord) -> None:
    """Raises NotAllowed for whatever Stripe would not attach."""
    if invoice.status not in ("open", "uncollectible"):
        raise NotAllowed("Payments can only be attached to open invoices.")
    if paying.id in ledger.attached:
        raise NotAllowed("This payment is already attached to an invoice.")
    if paying.currency != invoice.currency:
        raise NotAllowed(f"The payment is in {paying.currency} and the currency of the invoice is {invoice.currency}.")
    if _payer(paying) != invoice.customer.id:
        raise NotAllowed("The payment must belong to the customer of the invoice.")
    if isinstance(paying, Intent) and paying.status == "canceled":
        raise NotAllowed("A canceled PaymentIntent cannot be attached to an invoice.")
    if invoice.automatic and paying.amount != invoice.total:
        raise NotAllowed(WHOLE_ONLY)
    if paying.amount > invoice.remaining:
        raise NotAllowed("The amount of the payment is greater than the amount remaining on the invoice.")


def _payer(paying: Intent | PaymentRecord) -> str:
    if isinstance(paying, PaymentRecord):
        return paying.customer
    return paying.payer.id if paying.payer else ""


def credit_attached(ledger: Ledger, key: str, at: datetime) -> None:
    """The money of an attached payment is there. What the invoice no longer needs becomes the customer's balance."""
    payment = ledger.attached.get(key)
    if payment is None or payment.status != "open":
        return
    invoice, whole = payment.invoice, payment.requested
    over = whole - invoice.remaining
    payment.requested = min(whole, invoice.remaining)
    if payment.requested:
        posting.settle(ledger, payment, at)
    if over > 0:
        payment.status, payment.requested, payment.paid, payment.paid_at = "paid", whole, whole, second(at)
        invoice.overpaid += over
        posting.add_balance(ledger, invoice.customer, -over, at)
        ledger.emit("invoice.overpaid", invoice, at)
