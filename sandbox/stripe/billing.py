"""Invoices made by another program: a draft, its lines, and the tax rates these may name."""

from typing import Any

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.stripe import posting
from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.protocol import Problem, missing, only, whole
from sandbox.stripe.records import Customer, Invoice
from sandbox.stripe.rendering import rendered

DRAFT = ("customer", "customer_account", "collection_method", "currency", "due_date", "auto_advance", "metadata")
ITEM = ("customer", "customer_account", "invoice", "currency", "amount", "description", "discountable", "tax_rates")
FOLDED = ("pending_invoice_items_behavior", "expand")
PLAIN: dict[str, Any] = {"country": None, "created": 1_600_000_000, "description": None, "effective_percentage": None,
         "flat_amount": None, "jurisdiction_level": None, "livemode": False, "metadata": {}, "object": "tax_rate",
         "rate_type": "percentage", "state": None, "tax_type": "vat"}  # fmt: skip
TAX_RATES: tuple[dict[str, Any], ...] = (
    {"id": "txr_duewellVatWithin20", "display_name": "VAT", "percentage": 20.0, "inclusive": True, "active": True},
    {"id": "txr_duewellVatOnTop200", "display_name": "VAT", "percentage": 20.0, "inclusive": False, "active": True},
    {"id": "txr_duewellOldWithin17", "display_name": "VAT", "percentage": 17.5, "inclusive": True, "active": False},
)


def add_billing(app: Flask, desk: Desk) -> None:
    """Routes for drafts, lines and tax rates."""

    @app.post("/v1/invoices")
    def invoices() -> Response:
        return desk.answer(add_draft)

    @app.post("/v1/invoiceitems")
    def invoice_items() -> Response:
        return desk.answer(add_line)

    @app.get("/v1/tax_rates")
    def tax_rates() -> Response:
        return desk.answer(list_tax_rates)


def list_tax_rates(call: Call) -> dict[str, Any]:
    """Newest first; there are few."""
    call.need("rak_tax_rate_read")
    only(call.params, ("active", "inclusive", "created", "limit", "starting_after", "ending_before", "expand"))
    rows = [{**PLAIN, "jurisdiction": "GB", **one} for one in TAX_RATES if _fits(one, call.params)]
    return {"object": "list", "data": rows, "has_more": False, "url": "/v1/tax_rates"}


def _fits(rate: dict[str, Any], params: dict[str, Any]) -> bool:
    return all(params.get(name, str(rate[name]).lower()) == str(rate[name]).lower() for name in ("active", "inclusive"))


def add_draft(call: Call) -> dict[str, Any]:
    """A draft of nothing."""
    call.need("rak_invoice_write")
    only(call.params, (*DRAFT, *FOLDED))
    if call.params.get("collection_method") != "send_invoice":
        raise Problem(400, "Only invoices that are sent are modelled by this sandbox.", param="collection_method")
    customer = _customer(call)
    ledger = call.ledger
    made = Invoice(
        ledger.ids.new("in"),
        posting.second(call.now),
        customer,
        call.params.get("currency", customer.currency).lower(),
        0,
        False,
        whole(call.params, "due_date", 0),
        metadata=dict(call.params.get("metadata", {})),
        lines=[],
    )
    return rendered(posting.draft(ledger, made, call.now), ledger.here())


def _customer(call: Call) -> Customer:
    key, account = call.params.get("customer", ""), call.params.get("customer_account", "")
    known = call.ledger.books.customers.get(key) if key else None
    accounts = (one.customer for one in call.ledger.books.invoices if account and one.customer.account == account)
    found = known or next(accounts, None)
    if found is None:
        raise missing("customer", key or account, "customer")
    return found


def add_line(call: Call) -> dict[str, Any]:
    """One more line on a draft."""
    call.need("rak_invoice_write")
    only(call.params, (*ITEM, "expand"))
    invoice = call.ledger.books.invoices.get(call.params.get("invoice", ""))
    if invoice is None:
        raise missing("invoice", call.params.get("invoice", ""), "invoice")
    if invoice.status != "draft":
        raise Problem(400, "This invoice is no longer editable.", code="invoice_not_editable", param="invoice")
    if call.params.get("currency", invoice.currency) != invoice.currency:
        raise Problem(400, "The currency of the item and of the invoice differ.", param="currency")
    rates = [_rate(key) for key in call.params.get("tax_rates", ())]
    amount, text = whole(call.params, "amount", 0), call.params.get("description", "")
    on_top = sum(amount * int(one["percentage"] * 10) // 1000 for one in rates if not one["inclusive"])
    invoice.total += amount + on_top
    invoice.lines = [*(invoice.lines or ()), (text, amount)]
    call.ledger.emit("invoice.updated", invoice, call.now)
    return _item(call, invoice, text, amount)


def _rate(key: str) -> dict[str, Any]:
    found = next((one for one in TAX_RATES if one["id"] == key), None)
    if found is None:
        raise missing("tax rate", key, "tax_rates[0]")
    if not found["active"]:
        raise Problem(400, "The tax rate is archived and cannot be used any more.", param="tax_rates[0]")
    return found


def _item(call: Call, invoice: Invoice, text: str, amount: int) -> dict[str, Any]:
    at = posting.second(call.now)
    return {
        "id": call.ledger.ids.new("ii"), "object": "invoiceitem", "amount": amount, "currency": invoice.currency,
        "customer": invoice.customer.id, "customer_account": invoice.customer.account or None, "date": at,
        "description": text, "discountable": False, "discounts": [], "invoice": invoice.id, "livemode": False,
        "metadata": {}, "net_amount": amount, "parent": None, "period": {"start": at, "end": at}, "pricing": None,
        "proration": False, "quantity": 1, "quantity_decimal": "1", "tax_rates": [], "test_clock": None,
    }  # fmt: skip
