"""Writing routes: invoices updated, finalised, sent, voided; webhook endpoints made and ended; the account itself."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe import posting
from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.attaching import attach_payment
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.protocol import Problem, missing, only
from sandbox.stripe.records import Customer, Endpoint, Invoice
from sandbox.stripe.rendering import endpoint, rendered

METADATA_KEYS_MAX, METADATA_NAME_MAX, METADATA_VALUE_MAX = 50, 40, 500


def add_acting(app: Flask, desk: Desk) -> None:
    """Routes for everything that changes something, and the account."""
    for path, handler in (("/v1/account", own_account), ("/v1/accounts/<key>", own_account)):
        _add(app, desk, ("GET", path), handler)
    _add(app, desk, ("POST", "/v1/invoices/<key>"), update_invoice)
    _add(app, desk, ("DELETE", "/v1/invoices/<key>"), delete_invoice)
    _add(app, desk, ("POST", "/v1/invoices/<key>/attach_payment"), attach_payment)
    for verb, act in ACTS.items():
        _add(app, desk, ("POST", f"/v1/invoices/<key>/{verb}"), partial(act_on_invoice, act))
    _add(app, desk, ("DELETE", "/v1/customers/<key>"), delete_customer)
    _add(app, desk, ("POST", "/v1/webhook_endpoints"), add_endpoint)
    _add(app, desk, ("POST", "/v1/webhook_endpoints/<key>"), update_endpoint)
    _add(app, desk, ("DELETE", "/v1/webhook_endpoints/<key>"), drop_endpoint)


def _add(app: Flask, desk: Desk, route: tuple[str, str], handler: Callable[..., Any]) -> None:
    method, path = route

    def answer(**ids: str) -> Response:
        return desk.answer(handler, **ids)

    app.add_url_rule(path, f"{method} {path}", answer, methods=[method])


def own_account(call: Call, key: str = "") -> dict[str, Any]:
    """The account of the key, or of the Stripe-Account header."""
    ledger = call.ledger
    if key not in ("", ledger.account):
        raise missing("account", key, "account")
    return {
        "id": ledger.account,
        "object": "account",
        "business_profile": {"name": ledger.name, "support_email": None, "url": None},
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "default_currency": ledger.currency,
        "details_submitted": True,
        "email": "owner@northwind.example",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": ledger.name, "timezone": ledger.time_zone}},
        "type": "standard",
    }


def _invoice(call: Call, key: str) -> Invoice:
    found = call.ledger.books.invoices.get(key)
    if found is None:
        raise missing("invoice", key, "invoice")
    return found


def update_invoice(call: Call, key: str) -> dict[str, Any]:
    """Metadata, and for drafts the description; a finalised invoice takes little else."""
    call.need("rak_invoice_write")
    only(call.params, ("metadata", "auto_advance", "description", "footer", "due_date", "expand"))
    invoice = _invoice(call, key)
    fixed = [name for name in call.params if name not in ("metadata", "auto_advance", "expand")]
    if invoice.status != "draft" and fixed:
        raise Problem(400, f"Finalized invoices can't be updated in this way ({fixed[0]}).", param=fixed[0])
    _set_metadata(invoice, call.params.get("metadata"))
    call.ledger.emit("invoice.updated", invoice, call.now)
    return rendered(invoice, call.ledger.here())


def _set_metadata(record: Invoice | Endpoint, asked: Any) -> None:
    if asked is None:
        return
    wanted = {} if asked == "" else {**record.metadata, **asked}
    left = {name: text for name, text in wanted.items() if text != ""}
    if len(left) > METADATA_KEYS_MAX:
        raise Problem(400, "You cannot have more than 50 metadata keys.", param="metadata")
    for name, text in left.items():
        if len(name) > METADATA_NAME_MAX or len(text) > METADATA_VALUE_MAX:
            raise Problem(400, "Metadata keys can have 40 characters and values 500.", param=f"metadata[{name}]")
    record.metadata = left


def act_on_invoice(act: Callable[..., Any], call: Call, key: str) -> dict[str, Any]:
    """Send, finalise, void or mark; none takes parameters of note."""
    call.need("rak_invoice_write")
    only(call.params, ("expand", "auto_advance"))
    invoice = _invoice(call, key)
    act(call.ledger, invoice, call.now)
    return rendered(invoice, call.ledger.here())


def _finalize(ledger: Ledger, invoice: Invoice, at: Any) -> None:
    if invoice.status != "draft":
        raise posting.NotAllowed("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    posting.finalize(ledger, invoice, at)


ACTS: dict[str, Callable[..., Any]] = {
    "send": posting.send,
    "finalize": _finalize,
    "void": posting.void,
    "mark_uncollectible": posting.mark_uncollectible,
}


def delete_invoice(call: Call, key: str) -> dict[str, Any]:
    """Drafts only."""
    call.need("rak_invoice_write")
    posting.delete_draft(call.ledger, _invoice(call, key), call.now)
    return {"id": key, "object": "invoice", "deleted": True}


def delete_customer(call: Call, key: str) -> dict[str, Any]:
    """For good; the customer's invoices stay."""
    call.need("rak_customer_write")
    customer = call.ledger.books.customers.get(key)
    if customer is None:
        raise missing("customer", key, "id")
    forget_customer(call.ledger, customer, call.now)
    return {"id": key, "object": "customer", "deleted": True}


def forget_customer(ledger: Ledger, customer: Customer, at: Any) -> None:
    """Take a customer off the shelf."""
    ledger.books.customers.drop(customer.id)
    ledger.gone.add(customer.id)
    ledger.emit("customer.deleted", customer, at)


def add_endpoint(call: Call) -> dict[str, Any]:
    """A new endpoint: the only time its secret is told."""
    call.need("rak_webhook_write")
    only(call.params, ("url", "enabled_events", "api_version", "description", "metadata", "connect"))
    for name in ("url", "enabled_events"):
        if not call.params.get(name):
            raise Problem(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    if len(call.ledger.books.webhook_endpoints) >= 16:
        raise Problem(400, "You have reached the maximum of 16 test webhook endpoints.")
    made = make_endpoint(
        call.ledger,
        call.params["url"],
        tuple(call.params["enabled_events"]),
        int(call.now.timestamp()),
        api_version=call.params.get("api_version", ""),
    )
    made.description = call.params.get("description", "")
    _set_metadata(made, call.params.get("metadata"))
    return {**endpoint(made), "secret": made.secrets[0]}


def make_endpoint(
    ledger: Ledger, url: str, events: tuple[str, ...], created: int, *, api_version: str = ""
) -> Endpoint:
    """Shelve an endpoint with a secret of its own."""
    secret = "whsec_" + ledger.ids.new("secret")[7:]
    made = Endpoint(ledger.ids.new("we"), created, url, events, api_version, [secret])
    return ledger.books.webhook_endpoints.put(made.id, made)


def _endpoint(call: Call, key: str) -> Endpoint:
    found = call.ledger.books.webhook_endpoints.get(key)
    if found is None:
        raise missing("webhook endpoint", key, "id")
    return found


def update_endpoint(call: Call, key: str) -> dict[str, Any]:
    """Its description and events; never its version."""
    call.need("rak_webhook_write")
    only(call.params, ("url", "enabled_events", "description", "metadata", "disabled"))
    made = _endpoint(call, key)
    made.description = call.params.get("description", made.description)
    made.enabled_events = tuple(call.params.get("enabled_events", made.enabled_events))
    return endpoint(made)


def drop_endpoint(call: Call, key: str) -> dict[str, Any]:
    """No more deliveries."""
    call.need("rak_webhook_write")
    call.ledger.books.webhook_endpoints.drop(_endpoint(call, key).id)
    return {"id": key, "object": "webhook_endpoint", "deleted": True}
