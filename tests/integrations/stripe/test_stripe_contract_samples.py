"""Stripe's published fixtures, for their shapes: each is read, or set aside for a value that is plainly nonsense."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.stripe.mapping import Seen
from integrations.stripe.streams import BY_NAME
from receivables.page import Odd
from receivables.records import Record

FIXTURES = Path(__file__).parents[4] / "shared" / "contracts" / "stripe" / "fixtures3.trim.json"
pytestmark = pytest.mark.skipif(not FIXTURES.exists(), reason="Stripe's fixtures are not here")
SEEN = Seen("c1", datetime(2026, 3, 10, tzinfo=UTC))
NAMES = {
    "customer": "customers",
    "invoice": "invoices",
    "invoice_payment": "invoice_payments",
    "credit_note": "credit_notes",
    "refund": "refunds",
    "dispute": "disputes",
}


def fixture(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FIXTURES.read_text())[name]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_fixture_maps(name: str) -> None:
    payload = fixture(name)
    if payload.get("currency") == "currency":
        payload |= {"currency": "usd", "is_default": False}
    records: list[Record] = []
    odd: list[Odd] = []
    BY_NAME[NAMES[name]].read(msgspec.json.encode(payload), SEEN, records, odd)
    assert odd == []
    assert records[-1].ref.id == payload["id"]


def test_what_the_model_keeps_of_an_invoice_is_not_lost() -> None:
    payload = fixture("invoice")
    records: list[Any] = []
    BY_NAME["invoices"].read(msgspec.json.encode(payload), SEEN, records, [])
    invoice = records[-1]
    assert (invoice.total.minor, invoice.paid.minor) == (payload["total"], payload["amount_paid"])
    assert invoice.customer.id == payload["customer"]
    assert invoice.due_on == datetime.fromtimestamp(payload["due_date"], UTC).date()
    assert invoice.next_attempt_at == datetime.fromtimestamp(payload["next_payment_attempt"], UTC)


def test_a_currency_called_currency_is_set_aside() -> None:
    odd: list[Odd] = []
    BY_NAME["invoice_payments"].read(
        msgspec.json.encode({**fixture("invoice_payment"), "is_default": False}), SEEN, [], odd
    )
    assert "ISO 4217" in odd[0].why
