"""Stripe's posting rules for invoices: drafts, finalising, payment, credit, voiding; each change with its events."""

from datetime import UTC, datetime

from sandbox.stripe.currencies import minimum
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.records import CreditNote, Customer, Dispute, Invoice, InvoicePayment, Refund

RETRY_DAYS = (3, 2, 2)


class NotAllowed(Exception):
    """Stripe would refuse; the message is Stripe's."""


def second(at: datetime) -> int:
    """An instant as Stripe writes it."""
    return int(at.timestamp())


def add_balance(ledger: Ledger, customer: Customer, amount: int, at: datetime) -> None:
    """Move a customer's balance: minus is in the customer's favour and pays for coming invoices."""
    customer.balance += amount
    customer_changed(ledger, customer, at)


def customer_changed(ledger: Ledger, customer: Customer, at: datetime) -> None:
    """Of a customer that is an account only events of the second generation tell, which nobody here reads."""
    if not customer.account:
        ledger.emit("customer.updated", customer, at)


def draft(ledger: Ledger, invoice: Invoice, at: datetime) -> Invoice:
    """Shelve a new draft."""
    ledger.books.invoices.put(invoice.id, invoice)
    ledger.emit("invoice.created", invoice, at)
    return invoice


def finalize(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """Draft becomes open: the balance is used, a first payment is asked for. Too small or covered: paid at once."""
    customer = invoice.customer
    invoice.number = invoice.number or f"NWC-{invoice.id[-8:].upper()}"
    invoice.status, invoice.finalized_at = "open", second(at)
    invoice.customer_name, invoice.customer_email = customer.name, customer.email
    invoice.starting_balance = customer.balance
    invoice.due = max(0, invoice.total + customer.balance)
    customer.balance = min(0, invoice.total + customer.balance)
    if invoice.due < minimum(invoice.currency):
        customer.balance, invoice.due = customer.balance + invoice.due, 0
    invoice.ending_balance = customer.balance
    if invoice.starting_balance != invoice.ending_balance:
        customer_changed(ledger, customer, at)
    ledger.emit("invoice.finalized", invoice, at)
    ledger.emit("invoice.updated", invoice, at)
    if invoice.due == 0:
        _close(ledger, invoice, at)
        return
    invoice.default_payment = ask(ledger, invoice, invoice.due, at, default=True).id
    if invoice.automatic:
        fail_attempt(ledger, invoice, second(at))


def ask(ledger: Ledger, invoice: Invoice, amount: int, at: datetime, *, default: bool, by: str = "") -> InvoicePayment:
    """A payment that is to come: by the intent or record called `by`, or by a new intent."""
    new, intent = ledger.ids.new("inpay"), by or ledger.ids.new("pi")
    payment = InvoicePayment(new, second(at), invoice, amount, intent, default)
    ledger.by_invoice.setdefault(invoice.id, []).append(payment)
    return ledger.books.invoice_payments.put(payment.id, payment)


def fail_attempt(ledger: Ledger, invoice: Invoice, at: int) -> None:
    """An automatic charge was declined; Stripe plans the next one until it gives up."""
    invoice.next_attempt = None
    if invoice.attempts < len(RETRY_DAYS):
        ledger.retry_at(invoice, at + RETRY_DAYS[invoice.attempts] * 86400)
    invoice.attempts += 1
    moment = datetime.fromtimestamp(at, UTC)
    ledger.emit("invoice.payment_failed", invoice, moment)
    ledger.emit("invoice.updated", invoice, moment)


def tick(ledger: Ledger, now: datetime) -> None:
    """Let the automatic attempts happen that are due, and what else was put off until now."""
    while (found := ledger.due_retry(second(now))) is not None:
        fail_attempt(ledger, found[1], found[0])
    while (next_act := ledger.due(second(now))) is not None:
        next_act[1](datetime.fromtimestamp(next_act[0], UTC))


def pay(ledger: Ledger, invoice: Invoice, amount: int, at: datetime) -> InvoicePayment | None:
    """Money for an invoice. What is too much goes to the customer's balance; a part is a payment of its own."""
    if invoice.status not in ("open", "uncollectible", "paid"):
        raise NotAllowed("Payments can only be attached to open invoices.")
    used = min(amount, invoice.remaining)
    payment = _take(ledger, invoice, used, at) if used else None
    if amount > used:
        invoice.overpaid += amount - used
        add_balance(ledger, invoice.customer, used - amount, at)
        ledger.emit("invoice.overpaid", invoice, at)
    return payment


def _take(ledger: Ledger, invoice: Invoice, amount: int, at: datetime) -> InvoicePayment:
    default = ledger.books.invoice_payments.get(invoice.default_payment)
    assert default is not None
    full = amount == invoice.remaining
    payment = default if full else ask(ledger, invoice, amount, at, default=False)
    settle(ledger, payment, at)
    return payment


def settle(ledger: Ledger, payment: InvoicePayment, at: datetime) -> None:
    """A payment's money is there: credit it to the invoice."""
    invoice = payment.invoice
    payment.status, payment.paid, payment.paid_at = "paid", payment.requested, second(at)
    invoice.paid += payment.requested
    ledger.emit("invoice_payment.paid", payment, at)
    if invoice.remaining == 0:
        _close(ledger, invoice, at)
    else:
        _shrink_default(ledger, invoice)
        ledger.emit("invoice.updated", invoice, at)


def attach(ledger: Ledger, invoice: Invoice, amount: int, at: datetime) -> InvoicePayment:
    """A bank debit under way: an open payment beside the invoice's own. General availability has no event for it."""
    if not 0 < amount <= invoice.remaining:
        raise NotAllowed("The payment is larger than what remains on the invoice.")
    return ask(ledger, invoice, amount, at, default=False)


def _close(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    invoice.status, invoice.paid_at, invoice.next_attempt = "paid", second(at), None
    _cancel_default(ledger, invoice, at)
    for kind in ("invoice.updated", "invoice.paid", "invoice.payment_succeeded"):
        ledger.emit(kind, invoice, at)


def _cancel_default(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    default = ledger.books.invoice_payments.get(invoice.default_payment)
    if default is not None and default.status == "open":
        default.status, default.canceled_at = "canceled", second(at)


def void(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """For good; not while payments are attached."""
    attached = [one for one in ledger.by_invoice.get(invoice.id, ()) if one.status == "paid" or not one.is_default]
    if invoice.status not in ("open", "uncollectible") or any(one.status != "canceled" for one in attached):
        raise NotAllowed("You can only void open or uncollectible invoices that have no payments attached.")
    invoice.status, invoice.voided_at, invoice.next_attempt = "void", second(at), None
    _cancel_default(ledger, invoice, at)
    ledger.emit("invoice.voided", invoice, at)
    ledger.emit("invoice.updated", invoice, at)


def mark_uncollectible(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """Written off by the merchant; may still be paid."""
    if invoice.status != "open":
        raise NotAllowed("You can only mark open invoices as uncollectible.")
    invoice.status, invoice.uncollectible_at, invoice.next_attempt = "uncollectible", second(at), None
    ledger.emit("invoice.marked_uncollectible", invoice, at)
    ledger.emit("invoice.updated", invoice, at)


def delete_draft(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """Only a draft can go."""
    if invoice.status != "draft":
        raise NotAllowed("You can only delete draft invoices.")
    ledger.books.invoices.drop(invoice.id)
    ledger.emit("invoice.deleted", invoice, at)


def send(ledger: Ledger, invoice: Invoice, at: datetime) -> None:
    """Mail the invoice (again): a draft is finalised first. Test mode mails nothing and still says it was sent."""
    if invoice.automatic:
        raise NotAllowed("You can only manually send an invoice if its collection method is 'send_invoice'.")
    if invoice.status in ("void", "uncollectible"):
        raise NotAllowed(f"You can't send an invoice that is {invoice.status}.")
    if invoice.status == "draft":
        finalize(ledger, invoice, at)
    ledger.mails.append((invoice.id, invoice.customer_email))
    ledger.emit("invoice.sent", invoice, at)


def credit(ledger: Ledger, invoice: Invoice, amount: int, at: datetime, *, number: str = "") -> CreditNote:
    """A credit note: first off what remains, the rest becomes the customer's balance."""
    room = invoice.total - invoice.pre - invoice.post
    if invoice.status not in ("open", "paid", "uncollectible") or not 0 < amount <= room:
        raise NotAllowed("The credit note is larger than what can be credited on this invoice.")
    pre = min(amount, invoice.remaining)
    number = number or f"{invoice.number}-CN-{len(ledger.books.credit_notes) + 1:02d}"
    note = CreditNote(ledger.ids.new("cn"), second(at), invoice, number, pre, amount - pre)
    ledger.books.credit_notes.put(note.id, note)
    invoice.pre, invoice.due, invoice.post = invoice.pre + pre, invoice.due - pre, invoice.post + amount - pre
    if note.post:
        add_balance(ledger, invoice.customer, -note.post, at)
    ledger.emit("credit_note.created", note, at)
    if pre and invoice.remaining == 0:
        _close(ledger, invoice, at)
    else:
        _shrink_default(ledger, invoice)
        ledger.emit("invoice.updated", invoice, at)
    return note


def _shrink_default(ledger: Ledger, invoice: Invoice) -> None:
    default = ledger.books.invoice_payments.get(invoice.default_payment)
    if default is not None and default.status == "open":
        default.requested = invoice.remaining


def void_credit(ledger: Ledger, note: CreditNote, at: datetime) -> None:
    """Take a credit note back; what it took off an open invoice is owed again."""
    invoice = note.invoice
    if note.status != "issued" or note.post or invoice.status != "open":
        raise NotAllowed("You can only void pre-payment credit notes of open invoices.")
    note.status, note.voided_at = "void", second(at)
    invoice.pre, invoice.due = invoice.pre - note.pre, invoice.due + note.pre
    _shrink_default(ledger, invoice)
    ledger.emit("credit_note.voided", note, at)
    ledger.emit("invoice.updated", invoice, at)


def refund(ledger: Ledger, payment: InvoicePayment, amount: int, at: datetime) -> Refund:
    """Give money back; the invoice stays as it is."""
    given = Refund(ledger.ids.new("re"), second(at), payment, min(amount, payment.paid or 0))
    ledger.books.refunds.put(given.id, given)
    ledger.emit("refund.created", given, at)
    return given


def dispute(ledger: Ledger, payment: InvoicePayment, at: datetime, *, reason: str, status: str) -> Dispute:
    """The payer's bank takes a payment back; the invoice stays as it is."""
    taken = Dispute(ledger.ids.new("du"), second(at), payment, payment.paid or 0, reason, status)
    ledger.books.disputes.put(taken.id, taken)
    ledger.emit("charge.dispute.created", taken, at)
    ledger.emit("charge.dispute.funds_withdrawn", taken, at)
    return taken
