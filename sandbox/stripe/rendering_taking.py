"""How pages, intents, charges, balance lines and payouts look in answers of the pinned API version."""

from functools import singledispatch
from typing import Any

from sandbox.stripe.currencies import STANDARD_METHODS
from sandbox.stripe.taking import BalanceLine, Charge, Intent, PaymentLink, PaymentRecord, Payout, Session

ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))


@singledispatch
def taking(record: Any, base: str) -> dict[str, Any]:
    """Any of them; `base` is where their pages are."""
    raise TypeError(f"no rendering for {type(record).__name__} at {base}")


@taking.register
def session(one: Session, base: str) -> dict[str, Any]:
    """A checkout session; its page is there as long as it is open."""
    payer = one.payer
    return {
        "id": one.id, "object": "checkout.session", "adaptive_pricing": {"enabled": one.adaptive},
        "after_expiration": None, "allow_promotion_codes": None, "amount_subtotal": one.amount,
        "amount_total": one.amount, "automatic_tax": {"enabled": False, "liability": None, "status": None,
                                                      "provider": None},
        "billing_address_collection": None, "cancel_url": one.cancel_url or None,
        "client_reference_id": one.reference or None, "client_secret": None, "collected_information": None,
        "consent": None, "consent_collection": None, "created": one.created, "currency": one.currency,
        "currency_conversion": None, "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": None if payer is None or payer.account else payer.id,
        "customer_account": (payer.account or None) if payer else None,
        "customer_creation": None if payer else "if_required", "customer_details": _payer(one),
        "customer_email": one.email or None, "discounts": [], "expires_at": one.expires_at, "invoice": None,
        "invoice_creation": {"enabled": False, "invoice_data": {
            "account_tax_ids": None, "custom_fields": None, "description": None, "footer": None, "issuer": None,
            "metadata": {}, "rendering_options": None}},
        "livemode": False, "locale": one.locale or None, "metadata": one.metadata, "mode": "payment",
        "origin_context": None, "payment_intent": one.intent.id if one.intent else None,
        "payment_link": one.link or None, "payment_method_collection": "if_required",
        "payment_method_configuration_details": None, "payment_method_options": {},
        "payment_method_types": list(one.methods or STANDARD_METHODS), "payment_status": one.payment_status,
        "permissions": None, "phone_number_collection": {"enabled": False}, "recovered_from": None,
        "saved_payment_method_options": None, "setup_intent": None, "shipping_address_collection": None,
        "shipping_cost": None, "shipping_options": [], "status": one.status, "submit_type": None,
        "subscription": None, "success_url": one.success_url or None, "ui_mode": "hosted_page",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}, "wallet_options": None,
        "url": f"{base}/c/pay/{one.id}" if one.status == "open" else None,
    }  # fmt: skip


def _payer(one: Session) -> dict[str, Any] | None:
    email = one.email or (one.payer.email if one.payer else "")
    named = one.payer.name if one.payer else None
    return {"address": ADDRESS, "email": email or None, "name": named, "phone": None, "tax_exempt": "none",
            "tax_ids": []} if email or named else None  # fmt: skip


@taking.register
def intent(one: Intent, base: str) -> dict[str, Any]:
    """A payment intent."""
    del base
    return {
        "id": one.id, "object": "payment_intent", "amount": one.amount, "amount_capturable": 0,
        "amount_details": {"tip": {}}, "amount_received": one.amount if one.status == "succeeded" else 0,
        "application": None, "application_fee_amount": None, "automatic_payment_methods": None,
        "canceled_at": one.canceled_at, "cancellation_reason": "expired" if one.canceled_at else None,
        "capture_method": "automatic_async", "client_secret": f"{one.id}_secret_sandbox",
        "confirmation_method": "automatic", "created": one.created, "currency": one.currency,
        "customer": None if one.payer is None or one.payer.account else one.payer.id,
        "customer_account": (one.payer.account or None) if one.payer else None, "description": None,
        "excluded_payment_method_types": None, "last_payment_error": _error(one),
        "latest_charge": one.charge.id if one.charge else None, "livemode": False, "metadata": one.metadata,
        "next_action": {"type": "use_stripe_sdk"} if one.status == "requires_action" else None, "on_behalf_of": None,
        "payment_method": None, "payment_method_configuration_details": None, "payment_method_options": {},
        "payment_method_types": list(STANDARD_METHODS), "processing": None,
        "receipt_email": None, "review": None, "setup_future_usage": None, "shipping": None,
        "statement_descriptor": None, "statement_descriptor_suffix": None, "status": one.status,
        "transfer_data": None, "transfer_group": None,
    }  # fmt: skip


def _error(one: Intent) -> dict[str, Any] | None:
    if one.error is None:
        return None
    code, message = one.error
    told = {"charge": one.charge.id} if one.charge else {}
    return {"type": "card_error" if one.method == "card" else "invalid_request_error", "code": code,
            "message": message, **told}  # fmt: skip


@taking.register
def charge(one: Charge, base: str) -> dict[str, Any]:
    """A charge; its balance line is there once the money is."""
    paid, whole = one.status == "succeeded", one.of.amount
    return {
        "id": one.id, "object": "charge", "amount": whole, "amount_captured": whole if paid else 0,
        "amount_refunded": one.refunded, "application": None, "application_fee": None, "application_fee_amount": None,
        "balance_transaction": one.line.id if one.line else None,
        "billing_details": {"address": ADDRESS, "email": None, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "NORTHWIND", "captured": one.status != "failed", "created": one.created,
        "currency": one.of.currency, "customer": one.payer.id if one.payer and not one.payer.account else None,
        "description": None, "disputed": one.disputed, "failure_balance_transaction": None,
        "failure_code": one.failure[0] if one.failure else None,
        "failure_message": one.failure[1] if one.failure else None, "fraud_details": {}, "livemode": False,
        "metadata": one.of.metadata, "on_behalf_of": None, "outcome": None, "paid": one.status != "failed",
        "payment_intent": one.of.id, "payment_method": None,
        "payment_method_details": {"type": one.method, one.method: {}}, "receipt_email": None, "receipt_number": None,
        "receipt_url": f"{base}/receipts/{one.id}" if paid else None, "refunded": one.refunded == whole, "review": None,
        "shipping": None, "source_transfer": None, "statement_descriptor": None, "statement_descriptor_suffix": None,
        "status": one.status, "transfer_data": None, "transfer_group": None,
    }  # fmt: skip


@taking.register
def balance_line(one: BalanceLine, base: str) -> dict[str, Any]:
    """A balance transaction. It does not say in which payout it went out: only the payout's own list does."""
    del base
    fees = [{"amount": one.fee, "application": None, "currency": one.currency, "type": "stripe_fee",
             "description": "Stripe processing fees"}]  # fmt: skip
    return {
        "id": one.id, "object": "balance_transaction", "amount": one.amount, "available_on": one.available_on,
        "balance_type": "payments", "created": one.created, "currency": one.currency, "description": None,
        "exchange_rate": one.rate, "fee": one.fee, "fee_details": fees if one.fee else [],
        "net": one.amount - one.fee, "reporting_category": one.category, "source": one.source,
        "status": "available" if one.available else "pending", "type": one.type,
    }  # fmt: skip


@taking.register
def payout(one: Payout, base: str) -> dict[str, Any]:
    """A payout."""
    del base
    reconciled = "completed" if one.reconciled else "in_progress"
    return {
        "id": one.id, "object": "payout", "amount": one.amount, "application_fee": None,
        "application_fee_amount": None, "arrival_date": one.arrival_date, "automatic": one.automatic,
        "balance_transaction": one.line or None, "created": one.created, "currency": one.currency,
        "description": "STRIPE PAYOUT", "destination": "ba_duewellSandboxBank0000",
        "failure_balance_transaction": None, "failure_code": None, "failure_message": None, "livemode": False,
        "metadata": {}, "method": "standard", "original_payout": None, "payout_method": None,
        "reconciliation_status": reconciled if one.automatic else "not_applicable", "reversed_by": None,
        "source_type": "card", "statement_descriptor": None, "status": one.status, "trace_id": None,
        "type": "bank_account",
    }  # fmt: skip


@taking.register
def payment_link(one: PaymentLink, base: str) -> dict[str, Any]:
    """A payment link. It belongs to no customer and never expires by itself."""
    limit = None if one.limit is None else {"completed_sessions": {"count": one.done, "limit": one.limit}}
    return {
        "id": one.id, "object": "payment_link", "active": one.active,
        "after_completion": {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": None}},
        "allow_promotion_codes": False, "application": None, "application_fee_amount": None,
        "application_fee_percent": None, "automatic_tax": {"enabled": False, "liability": None},
        "billing_address_collection": "auto", "consent_collection": None, "currency": one.currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_creation": "if_required", "inactive_message": one.inactive_message or None,
        "invoice_creation": None, "livemode": False, "metadata": one.metadata, "on_behalf_of": None,
        "payment_intent_data": {**dict.fromkeys(("capture_method", "description", "setup_future_usage",
                                                 "statement_descriptor", "statement_descriptor_suffix",
                                                 "transfer_group")), "metadata": one.intent_metadata},
        "payment_method_collection": "if_required", "payment_method_types": list(one.methods) or None,
        "phone_number_collection": {"enabled": False}, "restrictions": limit, "shipping_address_collection": None,
        "shipping_options": [], "submit_type": "auto", "subscription_data": None,
        "tax_id_collection": {"enabled": False, "required": "never"}, "transfer_data": None,
        "url": f"{base}/l/{one.slug}",
    }  # fmt: skip


@taking.register
def payment_record(one: PaymentRecord, base: str) -> dict[str, Any]:
    """A payment record."""
    del base
    nothing, whole = {"currency": one.currency, "value": 0}, {"currency": one.currency, "value": one.amount}
    return {
        "id": one.id, "object": "payment_record", "amount": whole, "amount_authorized": nothing,
        "amount_canceled": nothing, "amount_failed": whole if one.outcome == "failed" else nothing,
        "amount_guaranteed": whole if one.outcome == "guaranteed" else nothing, "amount_refunded": nothing,
        "amount_requested": whole, "application": None, "created": one.created,
        "customer_details": {"customer": one.customer or None, "email": None, "name": None, "phone": None},
        "customer_presence": None, "description": None, "latest_payment_attempt_record": None, "livemode": False,
        "metadata": one.metadata, "payment_method_details": {"billing_details": None, "payment_method": None,
                                                             "type": "custom", "custom": {"display_name": one.method,
                                                                                          "type": None}},
        "processor_details": {"type": "custom", "custom": {"payment_reference": one.reference or None}},
        "reported_by": "self", "shipping_details": None,
    }  # fmt: skip
