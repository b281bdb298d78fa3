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
            one.id: {"currency": one.payment.invoice.currency.upper(), "amount": one.amount, "status": one.status}
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
