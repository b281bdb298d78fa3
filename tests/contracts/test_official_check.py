"""What holds the sandbox's answers against the official documents can itself find something, and little else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import stripe._dispute
from stripe.params import PaymentRecordReportPaymentParams
from stripe.params.checkout import SessionCreateParams
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from sandbox.courier import Parcel
from tests.conftest import NOON
from tests.contracts.official import CONTRACTS, Official
from tests.contracts.strictness import sampled
from tests.contracts.stripe_rules import NEWER

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the contracts are not here")
TENANT = "717f2bfc-c6d4-41fd-b238-3f2f0c0cf777"


def asked(path: str, method: str = "GET", **query: str) -> Request:
    return EnvironBuilder(path=path, method=method, query_string=query).get_request(Request)


def found(platform: str, request: Request, body: Any, status: int = 200, version: str = "") -> list[str]:
    """What is wrong with this answer, without the words about which call it was."""
    official = Official()
    answer = Response(json.dumps(body), status, {"Stripe-Version": version}, content_type="application/json")
    official.check(platform, request, answer)
    return [line.partition(f" {status}: ")[2] for line in official.problems()]


def fixture(name: str) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads((CONTRACTS / "stripe/fixtures3.trim.json").read_text())[name]
    return shape


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": False, "url": "/v1/credit_notes"}


BREAKS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"colour": "red"}, "/data/0: Additional properties are not allowed ('colour' was unexpected)"),
    "type": ({"total": "12"}, '/data/0/total: "12" is not of type "integer"'),
    "enum": ({"status": "on_hold"}, '/data/0/status: "on_hold" is not one of "issued" or "void"'),
    "null": ({"total": None}, '/data/0/total: null is not of type "integer"'),
    "currency": ({"currency": "USD"}, '/data/0/currency: "USD" does not match "^[a-z]{3}$"'),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_stripe_faults_are_found(broken: str) -> None:
    change, said = BREAKS[broken]
    good = fixture("credit_note") | {"currency": "usd"}
    assert found("stripe", asked("/v1/credit_notes"), page(good)) == []
    assert found("stripe", asked("/v1/credit_notes"), page(good | change)) == [said]


def test_stripe_lacks_are_found_but_not_what_comes_only_when_expanded() -> None:
    row = fixture("credit_note") | {"currency": "usd"}
    row.pop("total")
    assert found("stripe", asked("/v1/credit_notes"), page(row)) == ['/data/0: "total" is a required property']
    invoice = fixture("invoice") | {"currency": "usd"}
    assert "amount_paid_off_stripe" not in invoice
    assert found("stripe", asked("/v1/invoices/in_1"), invoice) == [
        "/: Additional properties are not allowed ('subscription' was unexpected)"
    ]


def test_stripe_events_are_looked_into() -> None:
    inner = fixture("credit_note") | {"currency": "usd", "colour": "red"}
    event = fixture("event") | {
        "data": {"object": inner, "previous_attributes": {"shape": 1}},
        "api_version": "2026-05",
    }
    assert found("stripe", asked("/v1/events/evt_1"), event) == [
        "/data/object/: Additional properties are not allowed ('colour' was unexpected)",
        "/data/previous_attributes: unknown shape",
    ]


def test_stripe_events_keep_the_shape_of_their_own_version() -> None:
    old = fixture("event") | {"data": {"object": {"object": "invoice", "paid": True}}, "api_version": "2022-11-15"}
    assert found("stripe", asked("/v1/events/evt_1"), old) == []


def test_stripe_is_widened_by_the_reviewed_patch_and_no_further() -> None:
    refund = fixture("refund") | {"currency": "usd"}
    assert {"customer", "customer_account", "payment_method"} <= refund.keys()
    assert found("stripe", asked("/v1/refunds/re_1"), refund) == []
    dispute = fixture("dispute") | {
        "currency": "usd",
        "status": "appeal_under_review",
        "intended_submission_method": "manual",
    }
    assert found("stripe", asked("/v1/disputes/dp_1"), dispute) == []
    assert len(found("stripe", asked("/v1/disputes/dp_1"), dispute | {"status": "on_hold"})) == 1
    note = fixture("credit_note") | {"currency": "usd", "customer": None, "customer_account": "acct_1"}
    assert found("stripe", asked("/v1/credit_notes/cn_1"), note) == []


def test_stripe_requests_are_looked_at() -> None:
    empty = {"object": "list", "data": [], "has_more": False, "url": "/v1/invoices"}
    good = {"created[gte]": "1", "expand[0]": "data.payments", "limit": "3"}
    assert found("stripe", asked("/v1/invoices", **good), empty) == []
    bad = {"created[since]": "1", "updated": "2"}
    assert found("stripe", asked("/v1/invoices", **bad), empty) == [
        "query: created[since]: unknown since",
        "query: updated: unknown",
    ]
    assert found("stripe", asked("/v1/invoices", **bad), {"error": {"type": "invalid_request_error"}}, 400) == []


def test_stripe_forms_are_looked_at_once_the_server_has_kept_them() -> None:
    kept = EnvironBuilder(path="/v1/customers", method="POST", data={"name": "A", "colour": "red"}).get_request(Request)
    assert found("stripe", kept, fixture("customer") | {"currency": "usd"}) == []
    kept = EnvironBuilder(path="/v1/customers", method="POST", data={"name": "A", "colour": "red"}).get_request(Request)
    kept.get_data()
    assert found("stripe", kept, fixture("customer") | {"currency": "usd"}) == ["form: colour: unknown"]


def test_rooms_outside_the_document_may_only_be_empty() -> None:
    listed = {"object": "list", "data": [], "has_more": False, "url": "/v1/coupons"}
    assert found("stripe", asked("/v1/coupons"), listed) == []
    assert found("stripe", asked("/v1/coupons"), {**listed, "data": [{"id": "x"}]}) != []


def test_stripe_pages_of_an_older_version_are_not_described() -> None:
    old = {"object": "list", "data": [{"paid": True}], "has_more": False, "url": "/v1/invoices"}
    assert found("stripe", asked("/v1/invoices"), old, version="2022-11-15") == []
    assert found("stripe", asked("/v1/invoices"), old, version="2026-10-28.endive") != []


def envelope(**rows: Any) -> dict[str, Any]:
    return {"Id": TENANT, "Status": "OK", "ProviderName": "p", "DateTimeUTC": "/Date(1552326816230)/", **rows}


XERO: dict[str, tuple[dict[str, Any], list[str]]] = {
    "good": ({}, []),
    "unknown": ({"Colour": "red"}, ["/Invoices/0: Additional properties are not allowed ('Colour' was unexpected)"]),
    "type": ({"Total": "1.00"}, ['/Invoices/0/Total: "1.00" is not of type "number"']),
    "null": ({"Reference": None}, ['/Invoices/0/Reference: null is not of type "string"']),
    "uuid": ({"InvoiceID": "17"}, ['/Invoices/0/InvoiceID: "17" is not a "uuid"']),
}


@pytest.mark.parametrize("broken", XERO)
def test_xero_faults_are_found(broken: str) -> None:
    change, said = XERO[broken]
    row = {"Type": "ACCREC", "InvoiceID": TENANT, "Total": 1.0, "Date": "/Date(1552326816230+0000)/"}
    assert found("xero", asked("/api.xro/2.0/Invoices", page="1"), envelope(Invoices=[row | change])) == said


def test_xero_words_dates_paths_and_queries() -> None:
    row = {"Type": "ACCREC", "Status": "MAYBE", "Date": "2026-03-10"}
    said = found("xero", asked("/api.xro/2.0/invoices", colour="red"), envelope(Invoices=[row]))
    assert [line.partition(":")[0] for line in said] == ["/Invoices/0/Date", "/Invoices/0/Status", "query"]
    assert found("xero", asked("/api.xro/2.0/Colours"), envelope()) == [
        "GET /api.xro/2.0/Colours is not in the document"
    ]


WRONG_BY_ITSELF = ("getContacts", "getCreditNote", "getPayment", "getPayments")


@pytest.mark.parametrize(
    "name", ["Invoice", "Invoices", "CreditNotes", "Contacts", "ContactGroups", "Payment", "Overpayment"]
)
def test_xeros_own_examples_fit_unless_they_contradict_its_own_document(name: str) -> None:
    sample = CONTRACTS / f"xero/samples/get{name}.200.response.json"
    path = f"/api.xro/2.0/{name}" if name.endswith("s") else f"/api.xro/2.0/{name}s/{TENANT}"
    lines = found("xero", asked(path), json.loads(sample.read_text()))
    assert bool(lines) == (f"get{name}" in WRONG_BY_ITSELF)


def test_xero_refusals_and_tokens() -> None:
    element = {"InvoiceID": TENANT, "Total": 1.0, "ValidationErrors": [{"Message": "no"}]}
    refusal = {"ErrorNumber": 10, "Type": "ValidationException", "Message": "m", "Elements": [element]}
    assert found("xero", asked("/api.xro/2.0/Invoices", "POST"), refusal, 400) == []
    assert found("xero", asked("/api.xro/2.0/Invoices", "POST"), {**refusal, "Type": None}, 400) != []
    token = {"access_token": "a", "expires_in": 1800, "token_type": "Bearer", "refresh_token": "r", "scope": "s"}
    assert found("xero", asked("/connect/token", "POST"), token) == []
    assert found("xero", asked("/connect/token", "POST"), {**token, "colour": "red"}) != []


QUICKBOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, ""),
    "unknown": ({"Colour": "red"}, "Additional properties are not allowed ('Colour' was unexpected)"),
    "type": ({"TotalAmt": "12.50"}, '/TotalAmt: "12.50" is not of type "number"'),
    "enum": ({"EmailStatus": "Owl"}, '/EmailStatus: "Owl" is not one of'),
    "date": ({"TxnDate": "10/03/2026"}, "/TxnDate: "),
    "reference": ({"CustomerRef": {"id": "8"}}, "Additional properties are not allowed ('id' was unexpected)"),
}


@pytest.mark.parametrize("broken", QUICKBOOKS)
def test_quickbooks_faults_are_found(broken: str) -> None:
    change, said = QUICKBOOKS[broken]
    row = {
        "Id": "1",
        "TotalAmt": 12.5,
        "CustomerRef": {"value": "8", "name": "A"},
        "Line": [],
        "sparse": False,
    } | change
    body = {
        "QueryResponse": {"Invoice": [row], "startPosition": 1, "maxResults": 1},
        "time": "2026-03-10T08:00:00-08:00",
    }
    lines = found("quickbooks", asked("/v3/company/1/query"), body)
    assert len(lines) == bool(said)
    assert all(said in line for line in lines)


@pytest.mark.parametrize(("name", "entity"), [("airbyte_invoices", "Invoice"), ("airbyte_payment", "Payment")])
def test_recorded_quickbooks_records_fit(name: str, entity: str) -> None:
    body = {entity: rows if isinstance(rows := _recorded(name)[entity], dict) else rows[0]}
    assert found("quickbooks", asked("/v3/company/1/query"), body) == []


def test_quickbooks_gateway_and_tokens() -> None:
    error = {"message": "m", "detail": "d", "code": "3200", "element": None}
    body = {"warnings": None, "fault": {"error": [error], "type": "AUTHENTICATION"}, "time": 1601391072830}
    assert found("quickbooks", asked("/v3/company/1/query"), body, 401) == []
    assert found("quickbooks", asked("/v3/company/1/query"), {**body, "Fault": {}}, 401) != []
    token = {"token_type": "bearer", "expires_in": 3600, "access_token": "a", "refresh_token": "r"}
    path = "/oauth2/v1/tokens/bearer"
    assert found("quickbooks", asked(path, "POST"), {**token, "x_refresh_token_expires_in": 1}) == []
    assert len(found("quickbooks", asked(path, "POST"), token)) == 1


def _recorded(name: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((CONTRACTS / f"quickbooks/samples/{name}.json").read_text())
    return kept


def test_webhooks_are_looked_at() -> None:
    official = Official()
    sample = (CONTRACTS / "xero/samples/webhook.creditnote.create.json").read_bytes()
    official.check_webhook(parcel("xero", sample))
    assert official.problems() == []
    official.check_webhook(parcel("xero", sample.replace(b"entropy", b"chaos")))
    assert len(official.problems()) == 2


def parcel(platform: str, body: bytes) -> Parcel:
    return Parcel(platform, "http://127.0.0.1:9/", body, {}, (), NOON)


def test_an_answer_seen_before_costs_nothing_and_says_nothing() -> None:
    official, answer = Official(), Response('{"object":"list"}', content_type="application/json")
    official.check("stripe", asked("/v1/invoices"), answer)
    assert official.problems()
    official.check("stripe", asked("/v1/invoices"), answer)
    assert official.problems() == []


def test_long_lists_are_sampled_at_both_ends() -> None:
    rows = sampled({"data": [{"n": n} for n in range(100)]})["data"]
    assert [row["n"] for row in rows] == [*range(20), *range(95, 100)]


def test_the_patch_has_only_what_the_comparison_calls_newer() -> None:
    said = (CONTRACTS / "stripe/diff_spec_vs_sdk.txt").read_text()
    newer = {
        line.split(maxsplit=1)[0]: set(re.findall(r"'(\w+)'", line.partition("only in spec")[0]))
        for line in said.splitlines()
        if "only in SDK" in line
    }
    patch = json.loads(NEWER.read_text())
    assert {name: set(fields) for name, fields in patch["newer"].items()} == {
        name: fields for name, fields in newer.items() if fields
    }
    words = Path(stripe._dispute.__file__).read_text()
    assert all(f'"{word}"' in words for word in patch["newer_words"]["Dispute"]["status"])
    asked = {path: set(fields) for path, fields in patch["newer_asked"].items()}
    assert asked["/v1/checkout/sessions"] <= SessionCreateParams.__annotations__.keys()
    assert asked["/v1/payment_records/report_payment"] <= PaymentRecordReportPaymentParams.__annotations__.keys()
