"""Every record's figures as any reader of the API may see them, for comparing record by record."""

from typing import Any

from sandbox.stripe.ledger import EVENTS_KEPT, Ledger
from sandbox.stripe.records import InvoicePayment


def told_in_full(ledger: Ledger) -> dict[str, dict[str, Any]]:
    """By kind and id; amounts in smallest units. Events are those of the last thirty days."""
    books = ledger.books
    oldest = (ledger.now() - EVENTS_KEPT).timestamp()
    return {
        "customers": {one.id: {"name": one.name, "email": one.email} for one in books.customers},
        "payments": {
            one.id: {"currency": one.invoice.currency.upper(), "amount": _amount(one)} for one in books.invoice_payments
        },
        "credits": {
            one.id: {"currency": one.invoice.currency.upper(), "total": one.pre + one.post}
            for one in books.credit_notes
        },
        "disputes": {
            one.id: {"currency": one.payment.currency.upper(), "amount": one.amount, "status": one.status}
            for one in books.disputes
        },
        "events": {one.id: {"type": one.type} for one in books.events if one.created >= oldest},
        "lines": {
            f"il_{one.id[3:]}": {"invoice": one.id, "amount": one.total, "currency": one.currency.upper()}
            for one in books.invoices
        },
    }


def _amount(one: InvoicePayment) -> int:
    return one.requested if one.paid is None else one.paid


def told_of_taking(ledger: Ledger) -> dict[str, Any]:
    """Pages, payments, what moved the balance and what went out, for conservation to be checked against."""
    books = ledger.books
    return {
        "sessions": {
            one.id: {"status": one.status, "payment_status": one.payment_status, "reference": one.reference,
                     "intent": one.intent.id if one.intent else ""}
            for one in books.checkout_sessions
        },
        "links": {
            one.id: {"active": one.active, "amount": one.amount, "done": one.done, "slug": one.slug,
                     "reference": one.metadata.get("duewell", "")}
            for one in books.payment_links
        },
        "intents": {
            one.id: {"status": one.status, "currency": one.currency.upper(), "amount": one.amount,
                     "refunded": one.charge.refunded if one.charge else 0}
            for one in books.payment_intents
        },
        "attached": {key: one.invoice.id for key, one in ledger.attached.items()},
        "balance": sum(one.amount - one.fee for one in books.balance_transactions),
        "payouts": {one.id: {"amount": one.amount, "status": one.status} for one in books.payouts},
    }  # fmt: skip
