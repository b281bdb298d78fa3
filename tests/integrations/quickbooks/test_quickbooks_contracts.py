"""The platform's own samples, when they are at hand: each of a kind we read maps without losing what we keep."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integrations.contract import Delivery
from integrations.quickbooks.mapping import Place, company, map_rows
from integrations.quickbooks.payloads import CompanyInfoRow, PreferencesRow, decode
from integrations.quickbooks.platform import PLATFORM
from receivables.money import Money
from receivables.records import Credit, Customer, Invoice, InvoiceStatus, Kind, Payment, Record
from tests.conftest import NOON

SAMPLES = Path(__file__).parents[4] / "shared" / "contracts" / "quickbooks" / "samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the platform's samples are not here")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_bytes(), parse_float=Decimal)


def records(name: str, entity: str) -> tuple[list[dict[str, Any]], tuple[Record, ...]]:
    found = sample(name)[entity]
    payloads: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    listed = msgspec.json.Encoder(decimal_format="number").encode(payloads)
    mapped = map_rows(entity, decode(entity, listed), Place("c"), at=NOON)
    assert mapped.odd == ()
    assert len(mapped.records) == len(payloads)
    return payloads, mapped.records


def money(amount: Decimal | int, currency: str = "USD") -> Money:
    return Money.of(amount, currency)


def test_invoices() -> None:
    for payload, record in zip(*records("airbyte_invoices", "Invoice"), strict=True):
        assert isinstance(record, Invoice)
        assert (record.ref.id, record.number) == (payload["Id"], payload["DocNumber"])
        assert (record.total, record.open) == (money(payload["TotalAmt"]), money(payload["Balance"]))
        assert record.balances()
        assert record.status is (InvoiceStatus.OPEN if payload["Balance"] else InvoiceStatus.PAID)
        assert (str(record.issued_on), str(record.due_on)) == (payload["TxnDate"], payload["DueDate"])
        assert record.customer.id == payload["CustomerRef"]["value"]
        assert record.version == int(payload["SyncToken"])
        assert record.changed_at.isoformat() > "2023-02-18T2"


def test_a_payment() -> None:
    ((payload,), (record,)) = records("airbyte_payment", "Payment")
    assert isinstance(record, Payment)
    assert record.amount == money(payload["TotalAmt"])
    assert record.unapplied == money(0)
    assert [(part.to.kind, part.to.id, part.amount) for part in record.applications] == [
        (Kind.INVOICE, "96", money(Decimal("387.0")))
    ]


def test_a_credit_memo() -> None:
    ((payload,), (record,)) = records("airbyte_credit_memo", "CreditMemo")
    assert isinstance(record, Credit)
    assert (record.number, record.amount, record.remaining) == (payload["DocNumber"], money(100), money(0))


def test_a_sub_customer() -> None:
    ((payload,), (record,)) = records("airbyte_customer_subcustomer", "Customer")
    assert isinstance(record, Customer)
    assert record.name == payload["DisplayName"]
    assert record.parent is not None
    assert (record.parent.id, record.bills_with_parent) == ("7", False)
    assert [one.address for one in record.emails] == [payload["PrimaryEmailAddr"]["Address"]]
    assert record.phones == (payload["PrimaryPhone"]["FreeFormNumber"], payload["Mobile"]["FreeFormNumber"])


def test_preferences() -> None:
    body = sample("fyle_preference_response")["body"]
    settings = msgspec.convert(body, PreferencesRow)
    assert str(company(CompanyInfoRow(), settings, Place("c"), {}).locked_until_on) == "2018-12-31"


def test_webhook_signatures() -> None:
    for vector in sample("webhook_signature_vectors"):
        headers = {"intuit-signature": vector["intuit_signature"]}
        PLATFORM.verify(Delivery(vector["body"].encode(), headers, (vector["verifier_token"],)), NOON)


@pytest.mark.parametrize(
    ("name", "shape", "ids"),
    [
        ("intuit_webhooks", "legacy", ["43"]),
        ("intuit_webhooks", "cloudevents", []),
        ("intuit_cloudevents_blog", "legacy", []),
        ("intuit_cloudevents_blog", "cloudevents", []),
        ("fyle_webhook_payload_single_entity", "body", []),
        ("fyle_webhook_payload_multi_entity", "body", []),
    ],
)
def test_webhook_bodies(name: str, shape: str, ids: list[str]) -> None:
    body = json.dumps(sample(name)[shape]).encode()
    assert [one.id for one in PLATFORM.touched(Delivery(body, {}, ()))] == ids


def test_every_event_type_of_a_kind_we_read_is_a_touch() -> None:
    for kind in sample("cloudevents_types")["relevant"]:
        event = {"id": "e", "type": kind, "intuitentityid": "1", "intuitaccountid": "9", "time": "2026-01-01T00:00:00Z"}
        named = PLATFORM.touched(Delivery(json.dumps([event]).encode(), {}, ()))
        assert bool(named) is (kind.split(".")[1] in ("invoice", "payment", "creditmemo", "customer"))
