"""Payment links by API, and money from elsewhere that is reported."""

from datetime import datetime
from typing import Any

from flask import Flask

from sandbox.stripe.answering import Call, Desk
from sandbox.stripe.checkout import LONGEST, add_route, allowed, metadata_of, opened, priced
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.posting import NotAllowed, second
from sandbox.stripe.protocol import Problem, missing, only, whole
from sandbox.stripe.rendering import rendered
from sandbox.stripe.taking import PaymentLink, PaymentRecord, Session

ASKED = (
    "line_items", "metadata", "payment_intent_data", "payment_method_types", "restrictions", "inactive_message",
    "expand",
)  # fmt: skip
CHANGED = ("active", "inactive_message", "metadata", "restrictions", "expand")
REPORTED = (
    "amount_requested", "initiated_at", "payment_method_details", "processor_details", "outcome", "guaranteed",
    "failed", "customer_details", "customer_presence", "description", "metadata", "expand",
)  # fmt: skip


def add_payment_links(app: Flask, desk: Desk) -> None:
    """Routes for links and records. Products and prices can only be named, as nobody here makes any by hand."""
    add_route(app, desk, "/v1/payment_links", create)
    add_route(app, desk, "/v1/payment_links/<key>", update)
    add_route(app, desk, "/v1/payment_records/report_payment", report)
    add_route(app, desk, "/v1/products/<key>", no_product)
    add_route(app, desk, "/v1/prices/<key>", no_price)


def no_product(call: Call, key: str) -> dict[str, Any]:
    """Raises the 404: inline products are not kept."""
    call.need("rak_product_write")
    raise missing("product", key, "id")


def no_price(call: Call, key: str) -> dict[str, Any]:
    """Raises the 404: inline prices are not kept."""
    call.need("rak_plan_write")
    raise missing("price", key, "id")


def create(call: Call) -> dict[str, Any]:
    """A link that lives until it is switched off or used up. It takes no customer and no expiry."""
    call.need("rak_payment_link_write")
    only(call.params, ASKED)
    if not call.params.get("line_items"):
        raise Problem(400, "Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, amount, text = priced(call)
    made = PaymentLink(
        id=call.ledger.ids.new("plink"),
        created=second(call.now),
        currency=currency,
        amount=amount,
        text=text,
        metadata=metadata_of(call.params, "metadata"),
        intent_metadata=metadata_of(call.params.get("payment_intent_data", {}), "metadata"),
        slug=call.ledger.ids.new("l")[2:],
        methods=allowed(call.params, "payment_method_types"),
        limit=_limit(call.params),
        inactive_message=call.params.get("inactive_message", ""),
    )
    call.ledger.books.payment_links.put(made.id, made)
    call.ledger.emit("payment_link.created", made, call.now)
    return rendered(made, call.ledger.here())


def _limit(params: dict[str, Any]) -> int | None:
    asked = params.get("restrictions", {}).get("completed_sessions", {})
    return whole(asked, "limit", 1) if asked else None


def update(call: Call, key: str) -> dict[str, Any]:
    """On or off, its words and its limit; never its price."""
    call.need("rak_payment_link_write")
    only(call.params, CHANGED)
    found = call.ledger.books.payment_links.get(key)
    if found is None:
        raise missing("payment link", key, "payment_link")
    found.active = call.params.get("active", str(found.active).lower()) == "true"
    found.inactive_message = call.params.get("inactive_message", found.inactive_message)
    found.metadata = {**found.metadata, **metadata_of(call.params, "metadata")}
    found.limit = _limit(call.params) if "restrictions" in call.params else found.limit
    call.ledger.emit("payment_link.updated", found, call.now)
    return rendered(found, call.ledger.here())


def used_up(link: PaymentLink | None) -> bool:
    """Does it take no more money?"""
    return link is not None and (not link.active or (link.limit is not None and link.done >= link.limit))


def visited(ledger: Ledger, link: PaymentLink, now: datetime) -> Session:
    """A session for whoever follows the link. Adaptive pricing is always on. Raises NotAllowed when it is used up."""
    if used_up(link):
        raise NotAllowed(link.inactive_message or "This link is no longer active.")
    made = Session(
        id=f"cs_{'live' if ledger.live else 'test'}_{ledger.ids.new('cs')[3:]}",
        created=second(now),
        currency=link.currency,
        amount=link.amount,
        text=link.text,
        expires_at=second(now) + LONGEST,
        adaptive=True,
        metadata=dict(link.metadata),
        intent_metadata=dict(link.intent_metadata),
        methods=link.methods,
        link=link.id,
    )
    return opened(ledger, made)


def report(call: Call) -> dict[str, Any]:
    """Money that was taken elsewhere, as somebody says."""
    call.need("rak_payment_record_write")
    only(call.params, REPORTED)
    for name in ("amount_requested", "initiated_at", "payment_method_details"):
        if not call.params.get(name):
            raise Problem(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    asked, how = call.params["amount_requested"], call.params["payment_method_details"]
    made = PaymentRecord(
        id=call.ledger.ids.new("pr"),
        created=second(call.now),
        currency=str(asked.get("currency", "")).lower(),
        amount=whole(asked, "value", 0),
        outcome=call.params.get("outcome", ""),
        initiated_at=whole(call.params, "initiated_at", 0),
        method=how.get("custom", {}).get("display_name", ""),
        reference=call.params.get("processor_details", {}).get("custom", {}).get("payment_reference", ""),
        customer=call.params.get("customer_details", {}).get("customer", ""),
        metadata=metadata_of(call.params, "metadata"),
    )
    call.ledger.books.payment_records.put(made.id, made)
    return rendered(made, call.ledger.here())
