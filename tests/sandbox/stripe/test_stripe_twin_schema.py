"""Every answer of the local Stripe fits Stripe's published schema: required fields, known fields, types and words."""

import json
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

SPEC = Path(__file__).parents[4] / "shared" / "contracts" / "stripe" / "openapi_2026-05-27.trim.json"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="Stripe's schema is not here")

# Newer than the published document, by Stripe's own changelog; and one that comes only when expanded.
NEWER = {
    "refund": {"customer", "customer_account", "payment_method"},
    "dispute": {"intended_submission_method", "network_reason_code"},
}
TAKING = (
    "mode=payment&success_url=http://127.0.0.1:9/&line_items[0][quantity]=1"
    "&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=5000"
    "&line_items[0][price_data][product_data][name]=Part 1"
)
# Since Accounts v2 a customer may be an account and `customer` null, which the published document does not say.
NULL_FOR_ACCOUNTS = {"invoice.customer", "credit_note.customer"}
ONLY_EXPANDED = {"amount_paid_off_stripe"}
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,), "string": (str,), "boolean": (bool,), "object": (dict,), "array": (list,),
    "number": (int, float),
}  # fmt: skip


@cache
def schemas() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SPEC.read_text())["components"]["schemas"]
    return found


def faults(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    """Where a value does not fit; unknown properties are faults too."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return faults(value, schemas()[name], path) if name in schemas() else []
    if value is None:
        return [] if schema.get("nullable") or path in NULL_FOR_ACCOUNTS else [f"{path}: null"]
    if "anyOf" in schema:
        tried = [faults(value, one, path) for one in schema["anyOf"]]
        return min(tried, key=len)
    expected = TYPES.get(schema.get("type", ""), (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected and object not in expected):
        return [f"{path}: {type(value).__name__} is no {schema.get('type')}"]
    if schema.get("enum") and value not in schema["enum"]:
        return [f"{path}: not one of the words"]
    return _inside(value, schema, path)


def _inside(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    if isinstance(value, list):
        return [one for at, item in enumerate(value) for one in faults(item, schema.get("items", {}), f"{path}[{at}]")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = schema["properties"]
    lacking = set(schema.get("required", ())) - set(value) - ONLY_EXPANDED
    strange = set(value) - set(known) - NEWER.get(path, set())
    found = [f"{path}: lacks {name}" for name in sorted(lacking)] + [
        f"{path}: unknown {name}" for name in sorted(strange)
    ]
    return found + [
        one for name in known if name in value for one in faults(value[name], known[name], f"{path}.{name}")
    ]


@pytest.mark.parametrize(
    ("room", "schema"),
    [
        ("customers", "customer"),
        ("invoices", "invoice"),
        ("invoice_payments", "invoice_payment"),
        ("credit_notes", "credit_note"),
        ("refunds", "refund"),
        ("disputes", "dispute"),
        ("events", "event"),
        ("webhook_endpoints", "webhook_endpoint"),
    ],
)
def test_a_list_fits_the_schema(raw: Any, room: str, schema: str) -> None:
    payment = raw.truth["payments"][0]
    raw.act("refund", payment=payment, amount=100)
    raw.act("dispute", payment=payment)
    raw.act("subscribe", url="http://127.0.0.1:9/x")
    rows = raw.get(f"/v1/{room}", limit=100)["data"]
    assert rows
    found = {one for row in rows for one in faults(row, schemas()[schema], schema)}
    assert found == set()


@pytest.mark.parametrize(
    ("room", "schema"),
    [
        ("checkout/sessions", "checkout.session"),
        ("payment_links", "payment_link"),
        ("payment_intents", "payment_intent"),
        ("charges", "charge"),
        ("balance_transactions", "balance_transaction"),
        ("payouts", "payout"),
    ],
)
def test_a_list_of_the_till_fits_the_schema(raw: Any, room: str, schema: str) -> None:
    form = dict(pair.split("=", 1) for pair in TAKING.split("&"))
    raw.call("POST", "/v1/payment_links", data={name: form[name] for name in form if name.startswith("line")})
    for number in ("4000000000000002", "4242424242424242"):
        page = raw.call("POST", "/v1/checkout/sessions", data=form).json()["url"]
        requests.post(page, data={"card": number}, timeout=5, allow_redirects=False)
    raw.sandbox.move(timedelta(days=4), quiet=True)
    rows = raw.get(f"/v1/{room}", limit=100)["data"]
    assert rows
    assert {one for row in rows for one in faults(row, schemas()[schema], schema)} == set()


def test_the_account_fits_the_schema(raw: Any) -> None:
    assert faults(raw.get("/v1/account"), schemas()["account"], "account") == []


def test_the_check_itself_finds_faults(raw: Any) -> None:
    invoice = raw.get("/v1/invoices")["data"][0]
    broken = {**invoice, "total": "12", "colour": "red", "status": "on_hold"}
    broken.pop("lines")
    assert len(faults(broken, schemas()["invoice"], "invoice")) == 4
