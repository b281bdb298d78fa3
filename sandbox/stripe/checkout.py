"""Checkout sessions by API: what may be asked for, how long a page lives, and what ends it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe import cashier
from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.currencies import STANDARD_METHODS, minimum
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.posting import second
from sandbox.stripe.protocol import Problem, missing, only, whole
from sandbox.stripe.records import Customer
from sandbox.stripe.rendering import rendered
from sandbox.stripe.taking import Session

ASKED = (
    "mode", "line_items", "customer", "customer_account", "customer_email", "client_reference_id", "metadata",
    "payment_intent_data", "adaptive_pricing", "expires_at", "success_url", "cancel_url", "locale", "ui_mode",
    "allowed_payment_method_types", "invoice_creation", "expand",
)  # fmt: skip
SHORTEST, LONGEST = 30 * 60, 24 * 3600
REFERENCE_MOST = 200
METADATA_MOST = (50, 40, 500)
OLD_METHODS = (
    "The `payment_method_types` parameter is no longer supported. Use `allowed_payment_method_types` or "
    "`excluded_payment_method_types` instead."
)


def add_checkout(app: Flask, desk: Desk) -> None:
    """Routes that make and end sessions."""
    add_route(app, desk, "/v1/checkout/sessions", create)
    add_route(app, desk, "/v1/checkout/sessions/<key>/expire", expire_by_call)


def add_route(app: Flask, desk: Desk, path: str, handler: Callable[..., Any]) -> None:
    """A POST that is answered by the desk."""

    def answer(**ids: str) -> Response:
        return desk.answer(handler, **ids)

    app.add_url_rule(path, f"POST {path}", answer, methods=["POST"])


def create(call: Call) -> dict[str, Any]:
    """A new page, open until it expires."""
    call.need("rak_checkout_session_write")
    if "payment_method_types" in call.params:
        raise Problem(400, OLD_METHODS, code="payment_method_types_no_longer_supported", param="payment_method_types")
    only(call.params, ASKED)
    if call.params.get("mode") != "payment":
        raise Problem(400, "Only mode=payment is modelled by this sandbox.", param="mode")
    for name in ("success_url", "line_items"):
        if not call.params.get(name):
            raise Problem(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    made = _session(call)
    return rendered(opened(call.ledger, made), call.ledger.here())


def _session(call: Call) -> Session:
    params, ledger = call.params, call.ledger
    currency, amount, text = priced(call)
    inner = params.get("payment_intent_data", {})
    only(inner, ("metadata", "description", "receipt_email", "setup_future_usage"))
    return Session(
        id=f"cs_{'live' if ledger.live else 'test'}_{ledger.ids.new('cs')[3:]}",
        created=second(call.now),
        currency=currency,
        amount=amount,
        text=text,
        expires_at=_expires_at(call),
        payer=_payer(call),
        email=params.get("customer_email", ""),
        reference=_reference(params),
        success_url=params["success_url"],
        cancel_url=params.get("cancel_url", ""),
        locale=params.get("locale", ""),
        methods=allowed(params, "allowed_payment_method_types"),
        adaptive=params.get("adaptive_pricing", {}).get("enabled", "true") == "true",
        metadata=metadata_of(params, "metadata"),
        intent_metadata=metadata_of(inner, "metadata"),
    )


def opened(ledger: Ledger, made: Session) -> Session:
    """Shelve a session and let it end by itself. Nothing tells of its beginning."""
    ledger.books.checkout_sessions.put(made.id, made)
    ledger.later(made.expires_at, partial(_expire_when_due, ledger, made))
    return made


def priced(call: Call) -> tuple[str, int, str]:
    """Currency, amount and text of the one line. Inline prices make a product and a price, which a key must be let."""
    call.need("rak_product_write")
    call.need("rak_plan_write")
    lines = call.params["line_items"]
    if not isinstance(lines, list) or len(lines) != 1 or "price_data" not in lines[0]:
        raise Problem(400, "One line with price_data is modelled by this sandbox.", param="line_items")
    only(lines[0], ("price_data", "quantity"))
    data = lines[0]["price_data"]
    only(data, ("currency", "unit_amount", "product_data"))
    amount = whole(data, "unit_amount", 0) * whole(lines[0], "quantity", 1)
    currency = str(data.get("currency", "")).lower()
    if len(currency) != 3:
        raise Problem(400, f"Invalid currency: {currency}.", param="line_items[0][price_data][currency]")
    if amount < minimum(currency):
        told = f"The Checkout Session's total amount due must add up to at least {minimum(currency)} {currency}."
        raise Problem(400, told, code="amount_too_small")
    return currency, amount, str(data.get("product_data", {}).get("name", ""))


def _expires_at(call: Call) -> int:
    now = second(call.now)
    asked = whole(call.params, "expires_at", now + LONGEST)
    if not now + SHORTEST <= asked <= now + LONGEST:
        told = "The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from now."
        raise Problem(400, told, param="expires_at")
    return asked


def _payer(call: Call) -> Customer | None:
    key, account = call.params.get("customer", ""), call.params.get("customer_account", "")
    if (key or account) and call.params.get("customer_email"):
        raise Problem(400, "You may only specify one of these parameters: customer, customer_email.")
    if not key and not account:
        return None
    known = call.ledger.books.customers.get(key) if key else None
    accounts = (one for one in call.ledger.parties.values() if account and one.account == account)
    found = known or next(accounts, None)
    if found is None:
        name = "customer" if key else "customer_account"
        raise Problem(400, f"No such customer: '{key or account}'", code="resource_missing", param=name)
    return found


def _reference(params: dict[str, Any]) -> str:
    reference = str(params.get("client_reference_id", ""))
    if len(reference) > REFERENCE_MOST:
        told = f"Invalid string: must be at most {REFERENCE_MOST} characters"
        raise Problem(400, told, param="client_reference_id")
    return reference


def allowed(params: dict[str, Any], name: str) -> tuple[str, ...]:
    """The ways to pay that were asked for under this name. Raises the 400 for one that the account does not have."""
    asked = params.get(name, [])
    strange = [one for one in asked if one not in STANDARD_METHODS]
    if strange:
        told = f"The payment method type provided: {strange[0]} is invalid or not activated in your account."
        raise Problem(400, told, param=name)
    return tuple(asked)


def metadata_of(params: dict[str, Any], name: str) -> dict[str, str]:
    """Metadata within its limits; empty values are not kept."""
    asked = params.get(name) or {}
    most, name_most, value_most = METADATA_MOST
    if len(asked) > most or any(len(key) > name_most or len(text) > value_most for key, text in asked.items()):
        raise Problem(400, "Metadata can have 50 keys of 40 characters, and values of 500.", param=name)
    return {key: text for key, text in asked.items() if text != ""}


def expire_by_call(call: Call, key: str) -> dict[str, Any]:
    """End a page that is open."""
    call.need("rak_checkout_session_write")
    only(call.params, ("expand",))
    found = call.ledger.books.checkout_sessions.get(key)
    if found is None:
        raise missing("checkout.session", key, "session")
    if found.status != "open":
        told = 'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
        raise Problem(400, f"{told} `{found.status}`.")
    expire(call.ledger, found, call.now)
    return rendered(found, call.ledger.here())


def _expire_when_due(ledger: Ledger, one: Session, at: datetime) -> None:
    if one.status == "open":
        expire(ledger, one, at)


def expire(ledger: Ledger, one: Session, at: datetime) -> None:
    """Nobody can pay here any more."""
    one.status = "expired"
    if one.intent is not None and one.intent.status in ("requires_payment_method", "requires_action"):
        cashier.cancel(ledger, one.intent, at)
    ledger.emit("checkout.session.expired", one, at)


def complete(ledger: Ledger, one: Session, at: datetime) -> None:
    """The payer is through; a debit may still fail."""
    one.status = "complete"
    one.paid = one.intent is not None and one.intent.status == "succeeded"
    link = ledger.books.payment_links.get(one.link)
    if link is not None:
        link.done += 1
    ledger.emit("checkout.session.completed", one, at)
