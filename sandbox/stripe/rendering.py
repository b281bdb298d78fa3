"""How records look in answers of the pinned API version, and how an account stuck in 2019 sees invoices."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe.records import CreditNote, Customer, Dispute, Endpoint, Invoice, InvoicePayment, Refund, Sellable
from sandbox.stripe.rendering_money import credit_note, dispute, invoice_payment, refund
from sandbox.stripe.rendering_taking import taking
from sandbox.stripe.taking import Taking

PINNED = "2026-10-28.endive"
OLD = "2019-12-03"


@dataclass(frozen=True, slots=True)
class Here:
    """Where links lead and when they were fetched (epoch seconds): they grow old."""

    base: str
    now: int


INVOICE_FIXED: dict[str, Any] = {
    "object": "invoice", "account_country": "US", "account_name": None, "account_tax_ids": None, "amount_shipping": 0,
    "application": None, "auto_advance": True,
    "automatic_tax": {"enabled": False, "liability": None, "status": None, "disabled_reason": None, "provider": None},
    "automatically_finalizes_at": None, "billing_reason": "manual", "custom_fields": None, "customer_address": None,
    "customer_phone": None, "customer_shipping": None, "customer_tax_exempt": "none", "customer_tax_ids": [],
    "default_payment_method": None, "default_source": None, "default_tax_rates": [], "description": None,
    "discounts": [], "footer": None, "from_invoice": None, "issuer": {"type": "self"}, "last_finalization_error": None,
    "latest_revision": None, "livemode": False, "on_behalf_of": None, "parent": None,
    "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
    "receipt_number": None, "rendering": None, "shipping_cost": None, "shipping_details": None,
    "statement_descriptor": None, "test_clock": None, "total_discount_amounts": [], "total_pretax_credit_amounts": [],
    "total_taxes": [],
}  # fmt: skip


def rendered(record: Sellable | Taking, here: Here) -> dict[str, Any]:
    """Any record at the pinned version. `here` makes its links."""
    if isinstance(record, Taking):
        return taking(record, here.base)
    if isinstance(record, Invoice):
        return invoice(record, here)
    if isinstance(record, Customer):
        return customer(record)
    if isinstance(record, InvoicePayment):
        return invoice_payment(record)
    return _taken_back(record)


def _taken_back(record: CreditNote | Refund | Dispute) -> dict[str, Any]:
    if isinstance(record, CreditNote):
        return credit_note(record)
    return refund(record) if isinstance(record, Refund) else dispute(record)


def customer(one: Customer) -> dict[str, Any]:
    """A customer object."""
    named = {"business_name": one.business_name} if one.business_name else {}
    return {
        **named, "id": one.id, "object": "customer", "address": one.address, "balance": one.balance,
        "created": one.created, "currency": one.currency, "customer_account": one.account or None,
        "default_source": None, "delinquent": False, "description": None, "discount": None,
        "email": one.email or None, "invoice_prefix": one.id[-8:].upper(),
        "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None,
                             "rendering_options": None},
        "livemode": False, "metadata": one.metadata, "name": one.name, "next_invoice_sequence": 1,
        "phone": one.phone or None, "preferred_locales": ["en"], "shipping": None, "tax_exempt": "none",
        "test_clock": None,
    }  # fmt: skip


def invoice(one: Invoice, here: Here) -> dict[str, Any]:
    """An invoice object, without `payments` and `amount_paid_off_stripe`, which only come when expanded."""
    draft = one.status == "draft"
    total: Any = str(one.total) if one.odd else one.total
    page = None if draft else f"{here.base}/i/{one.id}?s={here.now}"
    return {
        **INVOICE_FIXED, "id": one.id, "created": one.created, "currency": one.currency, "number": one.number or None,
        "amount_due": one.due if not draft else one.total, "amount_paid": one.paid, "amount_overpaid": one.overpaid,
        "amount_remaining": one.remaining if not draft else one.total, "total": total, "subtotal": one.total,
        "subtotal_excluding_tax": one.total, "total_excluding_tax": one.total,
        "attempt_count": one.attempts, "attempted": one.attempts > 0, "next_payment_attempt": one.next_attempt,
        "collection_method": "charge_automatically" if one.automatic else "send_invoice", "due_date": one.due_date,
        "customer": None if one.customer.account else one.customer.id, "customer_account": one.customer.account or None,
        "customer_name": one.customer_name or one.customer.name,
        "customer_tax_ids": [{"type": kind, "value": value} for kind, value in one.customer.tax_ids],
        "customer_email": one.customer_email or one.customer.email or None, "effective_at": one.finalized_at,
        "starting_balance": one.starting_balance, "ending_balance": one.ending_balance, "status": one.status,
        "pre_payment_credit_notes_amount": one.pre, "post_payment_credit_notes_amount": one.post,
        "period_start": one.created, "period_end": one.created, "metadata": one.metadata,
        "webhooks_delivered_at": one.created, "lines": _lines(one), "hosted_invoice_url": page,
        "invoice_pdf": None if draft else f"{here.base}/i/{one.id}/pdf?s={here.now}",
        "status_transitions": {"finalized_at": one.finalized_at, "marked_uncollectible_at": one.uncollectible_at,
                               "paid_at": one.paid_at, "voided_at": one.voided_at},
    }  # fmt: skip


def _lines(one: Invoice) -> dict[str, Any]:
    told = [("Services", one.total)] if one.lines is None else one.lines
    data = [_line(one, count, text, amount=amount) for count, (text, amount) in enumerate(told)]
    return {"object": "list", "data": data, "has_more": False, "url": f"/v1/invoices/{one.id}/lines"}


def _line(one: Invoice, count: int, text: str, *, amount: int) -> dict[str, Any]:
    return {
        "id": f"il_{one.id[3:]}{count or ''}", "object": "line_item", "amount": amount, "currency": one.currency,
        "description": text, "discount_amounts": [], "discountable": True, "discounts": [], "invoice": one.id,
        "livemode": False, "metadata": {}, "parent": None, "period": {"start": one.created, "end": one.created},
        "pretax_credit_amounts": [], "pricing": None, "quantity": 1, "quantity_decimal": "1", "subscription": None,
        "subtotal": amount, "taxes": [],
    }  # fmt: skip


def old_rendered(record: Sellable | Taking, here: Here) -> dict[str, Any]:
    """Any record as versions before 2025 had it, as far as they differed."""
    return old_invoice(record, here) if isinstance(record, Invoice) else rendered(record, here)


def old_invoice(one: Invoice, here: Here) -> dict[str, Any]:
    """The same invoice as an account that never moved from 2019 gets it in events: `paid`, `charge`, no `parent`."""
    shape = invoice(one, here)
    for newer in ("parent", "customer_account", "amount_overpaid", "pre_payment_credit_notes_amount", "effective_at"):
        shape.pop(newer)
    old_line = {"type": "invoiceitem", "invoice_item": f"ii_{one.id[3:]}", "proration": False, "price": None}
    data = [{**line, **old_line} for line in shape["lines"]["data"]]
    shape["lines"] = {**shape["lines"], "data": data, "total_count": len(data)}
    return {**shape, "paid": one.status == "paid", "charge": None, "payment_intent": None, "subscription": None}


def endpoint(one: Endpoint) -> dict[str, Any]:
    """A webhook endpoint; its secret is added only when it is made."""
    return {
        "id": one.id,
        "object": "webhook_endpoint",
        "api_version": one.api_version or None,
        "application": None,
        "created": one.created,
        "description": one.description or None,
        "enabled_events": list(one.enabled_events),
        "livemode": False,
        "metadata": one.metadata,
        "status": one.status,
        "url": one.url,
    }
