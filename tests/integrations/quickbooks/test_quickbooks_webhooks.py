"""Webhooks: only what is signed is believed, and what is signed never raises."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from integrations.quickbooks.platform import PLATFORM
from receivables.records import Kind
from tests.integrations.quickbooks.conftest import Cedar

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
SECRET = "verifier-1"


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def delivery(body: object, *, signature: str | None = None, secrets: tuple[str, ...] = (SECRET,)) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    header = {"intuit-signature": signed(raw) if signature is None else signature}
    return Delivery(raw, header, secrets)


def event(kind: str = "qbo.invoice.updated.v1", **fields: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "88cd52aa",
        "source": "intuit.x",
        "type": kind,
        "time": "2025-09-10T21:31:25.179851517Z",
        "intuitentityid": "1234",
        "intuitaccountid": "310687",
        "data": {},
        **fields,
    }


def older(**fields: Any) -> dict[str, Any]:
    entity = {"name": "Invoice", "id": "5", "operation": "Update", "lastUpdated": "2015-10-05T14:42:19-0700", **fields}
    return {"eventNotifications": [{"realmId": "93", "dataChangeEvent": {"entities": [entity]}}]}


def touched(body: object) -> list[Touched]:
    return PLATFORM.touched(delivery(body))


def test_a_delivery_is_believed_by_any_of_our_secrets() -> None:
    PLATFORM.verify(delivery([event()]), NOW)
    PLATFORM.verify(delivery([event()], secrets=("new", SECRET)), NOW)
    PLATFORM.verify(delivery([event()], secrets=(SECRET, "old")), NOW)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "not base64!",
        "YWJj",
        signed(b"other"),
        signed(b"[]", "other"),
        "ä",
        signed(b"[]").rstrip("="),
        "!" + signed(b"[]"),
    ],
)
def test_anything_else_is_not(signature: str) -> None:
    """The SDK's own check raises on most of these, and compares in varying time."""
    with pytest.raises(BadSignature):
        PLATFORM.verify(delivery(b"[]", signature=signature), NOW)


def test_trap_13_a_delivery_without_header_or_secret_is_not_believed() -> None:
    with pytest.raises(BadSignature):
        PLATFORM.verify(Delivery(b"[]", {}, (SECRET,)), NOW)
    with pytest.raises(BadSignature):
        PLATFORM.verify(delivery(b"[]", secrets=()), NOW)
    with pytest.raises(BadSignature):
        PLATFORM.verify(delivery(b"[]", secrets=("",), signature=signed(b"[]", "")), NOW)


def test_one_changed_byte_is_noticed() -> None:
    good = delivery([event()])
    with pytest.raises(BadSignature):
        PLATFORM.verify(Delivery(good.body + b" ", good.headers, good.secrets), NOW)


def test_a_cloud_event_names_its_company_record_and_time() -> None:
    assert touched([event()]) == [
        Touched("310687", Kind.INVOICE, "1234", "88cd52aa", datetime(2025, 9, 10, 21, 31, 25, 179851, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("kind", "gone"),
    [
        ("qbo.invoice.created.v1", False),
        ("qbo.invoice.void.v1", False),
        ("qbo.invoice.voided.v1", False),
        ("qbo.Invoice.Emailed.v1", False),
        ("qbo.invoice.deleted.v1", True),
        ("qbo.invoice.somethingnew.v2", False),
    ],
)
def test_every_operation_on_a_kind_we_read_is_a_touch(kind: str, gone: bool) -> None:
    (one,) = touched([event(kind)])
    assert (one.kind, one.gone) == (Kind.INVOICE, gone)


def test_kinds_are_mapped_and_strangers_left_out() -> None:
    kinds = ("customer", "payment", "creditmemo", "salesreceipt", "preferences", "")
    body = [event(f"qbo.{kind}.updated.v1", id=str(at)) for at, kind in enumerate(kinds)]
    assert [one.kind for one in touched(body)] == [Kind.CUSTOMER, Kind.PAYMENT, Kind.CREDIT]


def test_each_event_goes_to_its_own_company() -> None:
    body = [event(intuitaccountid="1"), event(intuitaccountid="2", id="x")]
    assert [(one.external_id, one.event) for one in touched(body)] == [("1", "88cd52aa"), ("2", "x")]


def test_a_merge_touches_the_survivor_and_ends_the_other() -> None:
    survivor, loser = touched([event("qbo.customer.merged.v1", intuitentityid="123", data={"deletedid": "27"})])
    assert (survivor.id, survivor.gone, survivor.became) == ("123", False, "")
    assert (loser.id, loser.gone, loser.became) == ("27", True, "123")
    assert survivor.event != loser.event


def test_the_older_shape_is_read_too() -> None:
    (one,) = touched(older())
    assert (one.external_id, one.kind, one.id, one.gone) == ("93", Kind.INVOICE, "5", False)
    assert one.at == datetime(2015, 10, 5, 21, 42, 19, tzinfo=UTC)
    assert touched(older()) == [one], "the same event got another name"
    assert touched(older(operation="Delete"))[0].gone
    assert touched(older(operation="Delete"))[0].event != one.event
    merged = touched(older(name="Customer", operation="Merge", deletedId="27"))
    assert [(row.id, row.became) for row in merged] == [("5", ""), ("27", "5")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff",
        b"[" * 100_000,
        b"5",
        b"null",
        b"[1, null, []]",
        b'{"eventNotifications": 5}',
        b'{"eventNotifications": [5, {"dataChangeEvent": 5}, {"dataChangeEvent": {"entities": [5, {}]}}]}',
        json.dumps(
            [event(intuitentityid=None), event(intuitaccountid=None), event(type=None), event(type="a.b")]
        ).encode(),
    ],
)
def test_a_signed_body_that_cannot_be_read_is_no_error(body: bytes) -> None:
    """An error would block every later delivery behind this one."""
    assert touched(body) == []


@pytest.mark.parametrize("time", ["", "soon", "2025-09-10T21:31:25", "0001-01-01T00:00:00+14:00", 5])
def test_a_time_that_cannot_be_read_is_not_known(time: object) -> None:
    assert touched([event(time=time)])[0].at is None


def test_one_event_without_its_array_is_read() -> None:
    assert [one.id for one in touched(event())] == ["1234"]


class Listener:
    """A port that keeps what arrives and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[bytes, dict[str, str]]] = []
        self.answers: list[int] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append((body, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(listener.answers.pop(0) if listener.answers else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/quickbooks"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.stop()


def subscribe(cedar: Cedar, listener: Listener, **shape: str) -> None:
    controls = cedar.sandbox.twins["quickbooks"].controls()
    controls["subscribe"](url=listener.url)
    controls["webhook_format"](**shape)


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_what_the_sandbox_delivers_leads_to_the_records_that_changed(
    cedar: Cedar, listener: Listener, shape: str
) -> None:
    subscribe(cedar, listener, shape=shape, void_word="voided", data="full")
    invoice, voided, deleted = (cedar.an_open_invoice(at) for at in range(3))
    payment = cedar.act("pay", invoice=invoice)["payment"]
    cedar.act("void", invoice=voided)
    cedar.act("delete", invoice=deleted)
    assert cedar.sandbox.courier.settle(5)
    named: list[Touched] = []
    for body, headers in listener.got:
        arrived = Delivery(body, headers, cedar.wire.app.webhook_secrets)
        PLATFORM.verify(arrived, NOW)
        named.extend(PLATFORM.touched(arrived))
    assert {one.external_id for one in named} == {cedar.account.external_id}
    assert {(one.kind, one.id, one.gone) for one in named} == {
        (Kind.INVOICE, invoice, False),
        (Kind.PAYMENT, payment, False),
        (Kind.INVOICE, voided, False),
        (Kind.INVOICE, deleted, True),
    }
    assert len({one.event for one in named}) == len(named)


def test_sending_an_invoice_echoes(cedar: Cedar, listener: Listener) -> None:
    subscribe(cedar, listener)
    invoice = cedar.an_open_invoice()
    cedar.books.send_invoice(cedar.ref(Kind.INVOICE, invoice), key="k1")
    assert cedar.sandbox.courier.settle(5)
    ((body, headers),) = listener.got
    assert [one["type"] for one in json.loads(body)] == ["qbo.invoice.updated.v1", "qbo.invoice.emailed.v1"]
    assert headers["content-type"] == "application/cloudevents+json"
    assert [one.id for one in touched(body)] == [invoice, invoice]


def test_the_next_delivery_waits_for_one_that_was_refused(cedar: Cedar, listener: Listener) -> None:
    subscribe(cedar, listener)
    listener.answers = [500, 500]
    first, second = cedar.an_open_invoice(0), cedar.an_open_invoice(1)
    cedar.act("pay", invoice=first)
    cedar.act("pay", invoice=second)
    assert cedar.sandbox.courier.settle(5)
    assert len(listener.got) == 1
    cedar.sandbox.move(timedelta(seconds=11), quiet=True)
    assert cedar.sandbox.courier.settle(5)
    assert len(listener.got) == 2
    cedar.sandbox.move(timedelta(seconds=21), quiet=True)
    assert cedar.sandbox.courier.settle(5)
    assert len(listener.got) == 4
    assert listener.got[0][0] == listener.got[1][0] == listener.got[2][0] != listener.got[3][0]
