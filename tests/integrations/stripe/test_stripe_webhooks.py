"""Stripe's webhooks: whose they are, and which records they name."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from integrations.stripe.platform import PLATFORM
from receivables.records import Kind

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
SECRET, OTHER = "whsec_one", "whsec_two"
BODY = b'{"id":"evt_1","object":"event","type":"invoice.paid","livemode":false,"created":1773154800}'


def signed(body: bytes, *secrets: str, at: int = AT) -> str:
    made = [hmac.new(one.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for one in secrets]
    return ",".join([f"t={at}", *(f"v1={one}" for one in made)])


def delivery(body: bytes = BODY, header: str = "", secrets: tuple[str, ...] = (SECRET,), **more: Any) -> Delivery:
    return Delivery(body, {"stripe-signature": header or signed(body, SECRET)}, secrets, **more)


def test_a_signed_delivery_is_let_in() -> None:
    PLATFORM.verify(delivery(), NOW)


def test_one_of_several_secrets_or_signatures_is_enough() -> None:
    """While a secret is rolled, Stripe signs with both and we know one or both."""
    PLATFORM.verify(delivery(secrets=(OTHER, SECRET)), NOW)
    PLATFORM.verify(delivery(header=signed(BODY, OTHER, SECRET)), NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"t={AT}",
        f"t={AT},v1=",
        f"v1={'0' * 64}",
        f"t={AT},v1={'0' * 64}",
        f"t=now,v1={'0' * 64}",
        f"t={'9' * 400},v1={'0' * 64}",
        f"t=-5,v1={'0' * 64}",
        f"t={AT},v1=é",
        signed(BODY, SECRET).replace("v1=", "v0="),
        signed(BODY, SECRET) + f",t={AT + 1}",
        signed(BODY + b" ", SECRET),
        signed(BODY, OTHER),
    ],
)
def test_anything_else_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        PLATFORM.verify(Delivery(BODY, {"stripe-signature": header}, (SECRET,)), NOW)


def test_without_a_secret_nothing_is_let_in() -> None:
    """An empty secret would let anybody sign."""
    for secrets in ((), ("",)):
        with pytest.raises(BadSignature):
            PLATFORM.verify(delivery(header=signed(BODY, ""), secrets=secrets), NOW)
    with pytest.raises(BadSignature):
        PLATFORM.verify(Delivery(BODY, {}, (SECRET,)), NOW)


@pytest.mark.parametrize(("seconds", "fine"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_old_and_future_signatures_are_refused_by_our_clock(seconds: int, fine: bool) -> None:
    """The SDK lets future ones in, and without a tolerance also old ones."""
    now = NOW + timedelta(seconds=seconds)
    if fine:
        PLATFORM.verify(delivery(), now)
        return
    with pytest.raises(BadSignature, match="too long ago, or ahead"):
        PLATFORM.verify(delivery(), now)


def test_the_mode_must_be_the_connections() -> None:
    PLATFORM.verify(delivery(livemode=False), NOW)
    with pytest.raises(BadSignature, match="other mode"):
        PLATFORM.verify(delivery(livemode=True), NOW)
    live = BODY.replace(b"false", b"true")
    PLATFORM.verify(delivery(live, livemode=True), NOW)
    with pytest.raises(BadSignature, match="other mode"):
        PLATFORM.verify(delivery(live, livemode=False), NOW)


def named(payload: object) -> list[Touched]:
    return PLATFORM.touched(Delivery(json.dumps(payload).encode(), {}, ()))


def snapshot(kind: str, about: dict[str, object], **more: object) -> dict[str, object]:
    return {"id": "evt_1", "object": "event", "type": kind, "created": AT, "data": {"object": about}, **more}


@pytest.mark.parametrize(
    ("kind", "about", "records"),
    [
        ("invoice.paid", {"id": "in_1", "object": "invoice"}, [(Kind.INVOICE, "in_1", False)]),
        ("invoice.deleted", {"id": "in_1", "object": "invoice"}, [(Kind.INVOICE, "in_1", True)]),
        ("invoice.voided", {"id": "in_1", "object": "invoice"}, [(Kind.INVOICE, "in_1", False)]),
        ("customer.deleted", {"id": "cus_1", "object": "customer"}, [(Kind.CUSTOMER, "cus_1", True)]),
        ("customer.updated", {"id": "cus_1", "object": "customer"}, [(Kind.CUSTOMER, "cus_1", False)]),
        (
            "invoice_payment.paid",
            {"id": "inpay_1", "object": "invoice_payment", "invoice": "in_1"},
            [(Kind.PAYMENT, "inpay_1", False), (Kind.INVOICE, "in_1", False)],
        ),
        (
            "credit_note.created",
            {"id": "cn_1", "object": "credit_note", "invoice": "in_1"},
            [(Kind.CREDIT, "cn_1", False), (Kind.INVOICE, "in_1", False)],
        ),
        ("refund.updated", {"id": "re_1", "object": "refund"}, [(Kind.OTHER, "re_1", False)]),
        ("charge.refund.updated", {"id": "re_1", "object": "refund"}, [(Kind.OTHER, "re_1", False)]),
        ("charge.refunded", {"id": "ch_1", "object": "charge", "refunds": {"data": [{"id": "re_1"}]}},
         [(Kind.OTHER, "re_1", False)]),
        ("charge.refunded", {"id": "ch_1", "object": "charge"}, []),
        ("charge.dispute.closed", {"id": "du_1", "object": "dispute"}, [(Kind.CHARGEBACK, "du_1", False)]),
        ("customer.subscription.deleted", {"id": "sub_1", "object": "subscription"}, []),
        ("customer.tax_id.created", {"id": "txi_1", "object": "tax_id"}, []),
        ("invoice.upcoming", {"object": "invoice"}, []),
        ("payment_intent.succeeded", {"id": "pi_1", "object": "payment_intent"}, [(Kind.CHECKOUT, "pi_1", False)]),
        ("checkout.session.expired", {"id": "cs_1", "object": "checkout.session"}, [(Kind.CHECKOUT, "cs_1", False)]),
        ("refund.created", {"id": "re_1", "object": "refund", "payment_intent": "pi_1"},
         [(Kind.OTHER, "re_1", False), (Kind.CHECKOUT, "pi_1", False)]),
        ("charge.dispute.created", {"id": "du_1", "object": "dispute", "payment_intent": "pi_1"},
         [(Kind.CHARGEBACK, "du_1", False), (Kind.CHECKOUT, "pi_1", False)]),
        ("payment_intent.created", {"id": "pi_1", "object": "payment_intent"}, []),
    ],
)  # fmt: skip
def test_a_snapshot_names_its_records(kind: str, about: dict[str, object], records: list[object]) -> None:
    found = named(snapshot(kind, about, account="acct_9"))
    assert [(one.kind, one.id, one.gone) for one in found] == records
    assert all((one.external_id, one.event, one.at) == ("acct_9", "evt_1", NOW) for one in found)


def test_a_thin_event_names_the_same_under_its_snapshots_id() -> None:
    """So that the two deliveries of one change are one."""
    [found] = named(
        {
            "id": "evt_thin_1",
            "object": "v2.core.event",
            "type": "v1.invoice.paid",
            "created": "2026-03-10T15:00:00.000Z",
            "related_object": {"id": "in_1", "type": "invoice", "url": "/v1/invoices/in_1"},
            "snapshot_event": "evt_1",
            "context": None,
        }
    )
    assert found == Touched("", Kind.INVOICE, "in_1", "evt_1", NOW)


@pytest.mark.parametrize(
    "payload",
    [
        [],
        None,
        "x",
        {},
        {"type": 5},
        snapshot("invoice.paid", {"id": 7, "object": "invoice"}),
        snapshot("invoice.paid", {"id": "", "object": "invoice"}),
        snapshot("invoice.paid", {"id": "in_1", "object": ["invoice"]}),
        {**snapshot("invoice.paid", {}), "data": None},
        {"object": "v2.core.event", "type": "v1.invoice.paid", "related_object": None},
        {"object": "v2.core.event", "type": "v2.core.account.updated", "related_object": {"id": "a", "type": "b"}},
    ],
)
def test_odd_shapes_name_nothing_and_raise_nothing(payload: object) -> None:
    assert named(payload) == []


def test_bytes_that_are_no_json_name_nothing() -> None:
    assert PLATFORM.touched(Delivery(b"\xff{", {}, ())) == []
    PLATFORM.verify(delivery(b"\xff{", livemode=False), NOW)


def test_a_time_out_of_range_is_left_out() -> None:
    [found] = named({**snapshot("invoice.paid", {"id": "in_1", "object": "invoice"}), "created": 10**18})
    assert found.at is None


@pytest.fixture
def received() -> Iterator[tuple[str, list[Delivery]]]:
    """A receiver on loopback: its address and what came."""
    came: list[Delivery] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append(Delivery(body, {name.lower(): text for name, text in self.headers.items()}, ()))
            self.send_response(500 if len(came) == 1 else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_the_subscribed_endpoint_gets_is_verified_and_fetched(
    northwind: Any, received: tuple[str, list[Delivery]]
) -> None:
    """The first try fails; hours later Stripe signs anew, so that the second is young enough."""
    url, came = received
    made = PLATFORM.subscribe(northwind.wire, northwind.account, northwind.token, url=url)
    invoice = northwind.invoice("open")
    northwind.act("pay", invoice=invoice.id)
    assert northwind.sandbox.courier.settle(10)
    first, *prompt = came
    verified = [(one, northwind.wire.clock.now()) for one in prompt]
    northwind.sandbox.move(timedelta(hours=2), quiet=True)
    assert northwind.sandbox.courier.settle(10)
    assert came[-1].body == first.body
    assert came[-1].headers["stripe-signature"] != first.headers["stripe-signature"]
    touched = set()
    for one, at in (*verified, (came[-1], northwind.wire.clock.now())):
        got = Delivery(one.body, one.headers, (made.secret,), livemode=False)
        PLATFORM.verify(got, at)
        touched |= {(each.kind, each.id) for each in PLATFORM.touched(got)}
    assert (Kind.INVOICE, invoice.id) in touched
    refs = [northwind.ref(kind, key) for kind, key in sorted(touched)]
    assert invoice in {record.ref for record in northwind.books().fetch(refs).records}


@pytest.mark.planted
def test_a_rolled_secret_and_thin_events_over_the_wire(northwind: Any, received: tuple[str, list[Delivery]]) -> None:
    url, came = received
    made = northwind.act("subscribe", url=url, thin=True)
    fresh = northwind.act("roll_secret", endpoint=made["id"])["secret"]
    invoice = northwind.invoice("open")
    northwind.act("void", invoice=northwind.invoice("uncollectible").id)
    northwind.act("pay", invoice=invoice.id)
    assert northwind.sandbox.courier.settle(10)
    for secret in (made["secret"], fresh):
        got = Delivery(came[-1].body, came[-1].headers, (secret,), livemode=False)
        PLATFORM.verify(got, northwind.wire.clock.now())
    assert json.loads(came[-1].body)["object"] == "v2.core.event"
    assert (Kind.INVOICE, invoice.id) in {(one.kind, one.id) for each in came for one in PLATFORM.touched(each)}
