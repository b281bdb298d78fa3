"""How money that came, was credited, given back or taken back looks in answers of the pinned API version."""

from typing import Any

from sandbox.stripe.records import CreditNote, Dispute, InvoicePayment, Paid, Refund
from sandbox.stripe.rendering_taking import balance_line


def invoice_payment(one: InvoicePayment) -> dict[str, Any]:
    """An invoice payment: `amount_paid` is null until it is paid."""
    return {
        "id": one.id,
        "object": "invoice_payment",
        "amount_paid": one.paid,
        "amount_requested": one.requested,
        "created": one.created,
        "currency": one.invoice.currency,
        "invoice": one.invoice.id,
        "is_default": one.is_default,
        "livemode": False,
        "payment": {"type": one.kind, one.kind: one.intent},
        "status": one.status,
        "status_transitions": {"canceled_at": one.canceled_at, "paid_at": one.paid_at},
    }


def credit_note(one: CreditNote) -> dict[str, Any]:
    """A credit note with its two parts; `mixed` when it has both."""
    whole = one.pre + one.post
    kind = "mixed" if one.pre and one.post else "pre_payment" if one.pre else "post_payment"
    payer = one.invoice.customer
    return {
        "id": one.id, "object": "credit_note", "amount": whole, "amount_shipping": 0, "created": one.created,
        "currency": one.invoice.currency, "customer": None if payer.account else payer.id,
        "customer_account": payer.account or None, "customer_balance_transaction": None, "discount_amount": 0,
        "discount_amounts": [], "effective_at": one.created, "invoice": one.invoice.id, "livemode": False, "memo": None,
        "metadata": {}, "number": one.number, "out_of_band_amount": None, "pdf": f"https://pay.stripe.com/{one.id}/pdf",
        "pre_payment_amount": one.pre, "post_payment_amount": one.post, "pretax_credit_amounts": [],
        "reason": None, "refunds": [], "shipping_cost": None, "status": one.status, "subtotal": whole,
        "subtotal_excluding_tax": whole, "total": whole, "total_excluding_tax": whole, "total_taxes": [],
        "type": kind, "voided_at": one.voided_at, "lines": _credited_line(one, whole),
    }  # fmt: skip


def _credited_line(one: CreditNote, whole: int) -> dict[str, Any]:
    line = {
        "id": f"cnli_{one.id[3:]}", "object": "credit_note_line_item", "amount": whole, "description": "Credit",
        "discount_amount": 0, "discount_amounts": [], "livemode": False, "metadata": {}, "pretax_credit_amounts": [],
        "quantity": 1, "tax_rates": [], "taxes": [], "type": "custom_line_item", "unit_amount": whole,
        "unit_amount_decimal": str(whole),
    }  # fmt: skip
    return {"object": "list", "data": [line], "has_more": False, "url": f"/v1/credit_notes/{one.id}/lines"}


def refund(one: Refund) -> dict[str, Any]:
    """A refund; since 2026-10 it names the customer."""
    payer = one.payment.payer
    return {
        "id": one.id, "object": "refund", "amount": one.amount, "balance_transaction": one.line or None,
        "charge": charge_of(one.payment), "created": one.created, "currency": one.payment.currency,
        "customer": None if payer is None or payer.account else payer.id,
        "customer_account": (payer.account or None) if payer else None,
        "destination_details": {"type": "card", "card": {"type": "refund"}}, "metadata": {},
        "payment_intent": one.payment.intent, "payment_method": None, "reason": None, "receipt_number": None,
        "source_transfer_reversal": None, "status": one.status, "transfer_reversal": None,
    }  # fmt: skip


def dispute(one: Dispute) -> dict[str, Any]:
    """A dispute. Its evidence is nobody's business here and stays empty."""
    return {
        "id": one.id, "object": "dispute", "amount": one.amount,
        "balance_transactions": [balance_line(line, "") for line in one.lines],
        "charge": charge_of(one.payment), "created": one.created, "currency": one.payment.currency,
        "enhanced_eligibility_types": [], "evidence": {"enhanced_evidence": {}},
        "evidence_details": {"due_by": None, "has_evidence": False, "past_due": False, "submission_count": 0,
                             "enhanced_eligibility": {}},
        "intended_submission_method": None, "is_charge_refundable": False, "livemode": False, "metadata": {},
        "network_reason_code": None, "payment_intent": one.payment.intent, "reason": one.reason, "status": one.status,
    }  # fmt: skip


def charge_of(payment: Paid) -> str:
    """The id of the charge behind a payment's intent."""
    return f"ch_{payment.intent[3:]}"
