"""Xero's webhooks: who signed, what is named, and that the twin's own deliveries are understood."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from integrations.contract import Account, Delivery
from integrations.errors import BadSignature
from integrations.xero.platform import PLATFORM
from receivables.records import InvoiceStatus, Kind, Ref

NOW = datetime(2026, 3, 10, tzinfo=UTC)
SECRET = "c2VjcmV0LXRoYXQtbG9va3MtbGlrZS1iYXNlNjQ="
EVENT = {
    "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/i1",
    "resourceId": "i1",
    "eventDateUtc": "2026-03-10T01:15:39.902",
    "eventType": "UPDATE",
    "eventCategory": "INVOICE",
    "tenantId": "t1",
    "tenantType": "ORGANISATION",
}


def delivery(body: bytes, *, secret: str = SECRET, secrets: tuple[str, ...] = (SECRET,)) -> Delivery:
    signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return Delivery(body, {"x-xero-signature": signed}, secrets)


def told(*events: Any) -> Delivery:
    return delivery(json.dumps({"events": events, "firstEventSequence": 1, "lastEventSequence": 1}).encode())


def test_good_and_rotated_secrets_are_believed() -> None:
    body = b'{"events": []}'
    PLATFORM.verify(delivery(body), NOW)
    PLATFORM.verify(delivery(body, secrets=("", "older", SECRET)), NOW)


@pytest.mark.parametrize(
    "bad",
    [
        delivery(b"{}", secret="wrong"),
        delivery(b"{}", secrets=()),
        delivery(b"{}", secret="", secrets=("",)),
        Delivery(b"{}", {}, (SECRET,)),
        Delivery(b"{}", {"x-xero-signature": ""}, (SECRET,)),
        Delivery(b"{}", {"x-xero-signature": "é"}, (SECRET,)),
        Delivery(b"{} ", delivery(b"{}").headers, (SECRET,)),
        # the key is the literal string, not what its base64 stands for
        Delivery(
            b"{}",
            {
                "x-xero-signature": base64.b64encode(
                    hmac.new(base64.b64decode(SECRET), b"{}", hashlib.sha256).digest()
                ).decode()
            },
            (SECRET,),
        ),
    ],
)
def test_anything_else_is_not(bad: Delivery) -> None:
    with pytest.raises(BadSignature):
        PLATFORM.verify(bad, NOW)


def test_the_intent_to_receive_names_nothing() -> None:
    body = b'{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    PLATFORM.verify(delivery(body), NOW)
    assert PLATFORM.touched(delivery(body)) == []


def test_every_category_we_read_is_named() -> None:
    categories = ("INVOICE", "CONTACT", "CREDITNOTE", "PREPAYMENT", "OVERPAYMENT", "PAYMENT")
    found = PLATFORM.touched(told(*({**EVENT, "eventCategory": one} for one in categories)))
    kinds = [Kind.INVOICE, Kind.CUSTOMER, Kind.CREDIT, Kind.CREDIT, Kind.CREDIT, Kind.PAYMENT]
    assert [one.kind for one in found] == kinds
    assert {(one.external_id, one.id, one.gone) for one in found} == {("t1", "i1", False)}
    assert found[0].at == datetime(2026, 3, 10, 1, 15, 39, 902000, tzinfo=UTC)
    assert len({one.event for one in found}) == 6


@pytest.mark.parametrize(
    "odd",
    [
        {**EVENT, "eventCategory": "SUBSCRIPTION"},
        {**EVENT, "eventCategory": None},
        {**EVENT, "resourceId": None},
        {**EVENT, "tenantId": ""},
        {"new": "shape"},
        "text",
        None,
        7,
    ],
)
def test_odd_events_are_left_out_and_the_rest_is_read(odd: Any) -> None:
    assert [one.id for one in PLATFORM.touched(told(odd, EVENT))] == ["i1"]


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"\xff", b'{"events": 5}', b'{"events": null}', b"{}"])
def test_a_body_of_another_shape_names_nothing(body: bytes) -> None:
    assert PLATFORM.touched(delivery(body)) == []


def test_an_event_without_a_readable_time_is_still_an_event() -> None:
    assert PLATFORM.touched(told({**EVENT, "eventDateUtc": "soon"}))[0].at is None


class Listener:
    """Receives deliveries as our own application would: 200 or 401, no body, no cookies."""

    def __init__(self, secret: str) -> None:
        self.heard: list[Delivery] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                one = Delivery(body, headers, (secret,))
                try:
                    PLATFORM.verify(one, NOW)
                    self.send_response(200)
                    listener.heard.append(one)
                except BadSignature:
                    self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Silence."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/xero"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()


@pytest.fixture
def listener(desk: Any) -> Iterator[Listener]:
    one = Listener(desk.wire.app.webhook_secrets[0])
    yield one
    one.server.shutdown()
    one.server.server_close()
    one.thread.join()


def test_a_payment_is_heard_of_and_read(desk: Any, listener: Listener) -> None:
    assert desk.trouble("subscribe", url=listener.url)["intent_to_receive"] == "ok"
    listener.heard.clear()
    invoice = desk.invoice("open", paid=False)
    desk.act("pay", invoice=invoice)
    assert desk.sandbox.courier.settle(5)
    touched = [one for heard in listener.heard for one in PLATFORM.touched(heard)]
    assert {(one.kind, one.external_id) for one in touched} == {
        (Kind.INVOICE, desk.account.external_id),
        (Kind.PAYMENT, desk.account.external_id),
    }
    page = desk.books.fetch([Ref(desk.account.id, one.kind, one.id) for one in touched])
    assert {getattr(one, "status", None) for one in page.records} >= {InvoiceStatus.PAID}
    assert len(page.records) == 2


def test_a_due_date_changed_on_a_part_paid_invoice_is_not_heard_of(desk: Any, listener: Listener) -> None:
    invoice = desk.invoice("open", paid=False)
    desk.act("pay", invoice=invoice, amount="1.00")
    desk.trouble("subscribe", url=listener.url)
    listener.heard.clear()
    desk.act("change_due", invoice=invoice, due_on="2026-12-01")
    assert desk.sandbox.courier.settle(5)
    assert listener.heard == []


def test_where_a_person_sees_the_record() -> None:
    account = Account("c1", "t1", "x", {"short_code": "!ab c"})
    invoice, customer = Ref("c1", Kind.INVOICE, "i/1"), Ref("c1", Kind.CUSTOMER, "k1")
    assert PLATFORM.web_url(account, invoice) == (
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=%21ab+c"
        "&redirecturl=%2FAccountsReceivable%2FView.aspx%3FInvoiceID%3Di%252F1"
    )
    assert PLATFORM.web_url(Account("c1", "t1"), customer) == "https://go.xero.com/Contacts/View/k1"
    assert PLATFORM.web_url(account, Ref("c1", Kind.PAYMENT, "p1")) == ""
