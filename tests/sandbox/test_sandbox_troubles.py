"""The sandbox's clock, courier, faults, counts, mailbox and control port do what the tests and the demo rely on."""

import gzip
import smtplib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from sandbox.clock import MovedClock
from sandbox.courier import Courier
from sandbox.faults import IDS, Fault
from sandbox.mailbox import Mailbox
from sandbox.server import PLATFORMS, Sandbox

START = datetime(2026, 3, 10, 16, 30, tzinfo=UTC)


def test_the_clock_runs_and_only_moves_forward() -> None:
    clock = MovedClock(START)
    first = clock.now()

    moved = clock.move(timedelta(days=3))

    assert START <= first <= clock.now()
    assert moved - first >= timedelta(days=3)
    assert moved.tzinfo is UTC
    with pytest.raises(ValueError, match="forward"):
        clock.move(timedelta(seconds=-1))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1/invoices/in_MsHSyQDAakdp6uYThm7BuD4E/send", "/v1/invoices/*/send"),
        ("/v1/invoices/in_duewellprobe000000000000", "/v1/invoices/*"),
        ("/v1/invoice_payments", "/v1/invoice_payments"),
        ("/v1/invoice_payments/inpay_pafr4CzxzkaBLIv2yNDDKQqG", "/v1/invoice_payments/*"),
        ("/v1/webhook_endpoints", "/v1/webhook_endpoints"),
        ("/v1/webhook_endpoints/we_1Mr5jULkdIwHu7ix1ibLTM0x", "/v1/webhook_endpoints/*"),
        ("/v1/credit_notes", "/v1/credit_notes"),
        ("/v3/company/9341452134567890/invoice/17/send", "/v3/company/*/invoice/*/send"),
        ("/api.xro/2.0/Invoices/8694c9c5-7097-4449-a708-b8c1982921a4/History", "/api.xro/2.0/Invoices/*/History"),
    ],
)
def test_routes_are_counted_without_ids_and_never_without_their_names(path: str, shown: str) -> None:
    assert IDS.sub("*", path) == shown


class Ears(BaseHTTPRequestHandler):
    """Takes deliveries; answers as it was told, then 200."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.heard.append((body.decode(), self.headers.get("X-Signed", "")))
        self.send_response(server.answers.pop(0) if server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def ears() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    server.heard, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def courier() -> Iterator[Courier]:
    courier = Courier(MovedClock(START))
    courier.start()
    yield courier
    courier.stop()


def send(courier: Courier, ears: Any, *bodies: str, **how: Any) -> None:
    for body in bodies:
        courier.post("xero", f"http://127.0.0.1:{ears.server_port}/w", body.encode(), {"X-Signed": "yes"}, **how)


def test_deliveries_arrive_with_their_headers(courier: Courier, ears: Any) -> None:
    send(courier, ears, "a", "b")

    assert courier.settle(10)
    assert ears.heard == [("a", "yes"), ("b", "yes")]
    assert (len(courier.delivered), courier.pending(), courier.lost) == (2, 0, [])


def test_what_is_refused_comes_again_in_its_own_time_and_is_lost_in_the_end(courier: Courier, ears: Any) -> None:
    ears.answers[:] = [500, 503, 404]
    send(courier, ears, "a", ladder=(60.0, 600.0))
    for waited, tries in ((0, 1), (59, 1), (2, 2), (598, 2), (3, 3)):
        courier._clock.move(timedelta(seconds=waited))
        courier.knock()
        assert courier.settle(10)
        assert len(ears.heard) == tries

    (lost,) = courier.lost
    assert (lost.statuses, courier.pending(), courier.delivered) == ([500, 503, 404], 0, [])


def test_in_order_means_that_a_later_one_waits_for_an_earlier(courier: Courier, ears: Any) -> None:
    ears.answers[:] = [500]
    send(courier, ears, "first", "second", ladder=(60.0,), in_order=True)
    assert courier.settle(10)
    assert [body for body, _ in ears.heard] == ["first"]

    courier._clock.move(timedelta(seconds=61))
    courier.knock()
    assert courier.settle(10)
    assert [body for body, _ in ears.heard] == ["first", "first", "second"]


def test_copies_and_pauses(courier: Courier, ears: Any) -> None:
    courier.paused, courier.copies = True, 3
    send(courier, ears, "a")
    assert courier.settle(5)
    assert (ears.heard, courier.pending()) == ([], 3)

    courier.paused = False
    courier.knock()
    assert courier.settle(10)
    assert [body for body, _ in ears.heard] == ["a"] * 3


@pytest.fixture
def sandbox(sandboxes: Callable[..., Sandbox]) -> Sandbox:
    return sandboxes(invoices=12, customers=4)


def get(sandbox: Sandbox, path: str, **options: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{sandbox.addresses['quickbooks']}{path}", timeout=10, **options)


COMPANY = "/v3/company/1/companyinfo/1"


def test_a_fault_happens_as_often_as_asked_where_it_was_asked(sandbox: Sandbox) -> None:
    sandbox.book.add(Fault("quickbooks", "500", method="GET", path="companyinfo", times=2, skip=1))

    statuses = [get(sandbox, COMPANY).status_code for _ in range(4)]

    assert statuses == [401, 500, 500, 401]
    assert get(sandbox, "/v3/company/1/query").status_code != 500
    assert sandbox.book.counts()["calls"]["quickbooks"]["GET /v3/company/*/companyinfo/*"] == 4
    sandbox.book.clear()
    assert sandbox.book.counts() == {"calls": {}, "bytes_sent": {}, "bytes_raw": {}}


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "half"])
def test_a_cut_line_is_cut(sandbox: Sandbox, kind: str) -> None:
    sandbox.book.add(Fault("quickbooks", kind))

    with pytest.raises(requests.RequestException):
        get(sandbox, COMPANY)
    assert get(sandbox, COMPANY).status_code == 401


def test_answers_are_packed_when_that_is_asked_for_and_counted_both_ways(sandbox: Sandbox) -> None:
    plain = get(sandbox, COMPANY, headers={"Accept-Encoding": "identity"})
    packed = get(sandbox, COMPANY, headers={"Accept-Encoding": "gzip"}, stream=True)
    raw = packed.raw.read(decode_content=False)

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(gzip.decompress(raw)) == pytest.approx(len(plain.content), abs=10)
    counts = sandbox.book.counts()
    assert counts["bytes_sent"]["quickbooks"] == len(plain.content) + len(raw)
    assert counts["bytes_raw"]["quickbooks"] > counts["bytes_sent"]["quickbooks"]


def test_two_sandboxes_of_one_seed_hold_the_same_books(sandboxes: Callable[..., Sandbox]) -> None:
    first, second, other = (sandboxes(invoices=30, customers=8, seed=seed) for seed in (3, 3, 4))
    for one in (first, second, other):
        one.move(timedelta(days=9))

    for business in first.world.businesses:
        mine, yours, its = (one.twins[business.platform].truth(business.key) for one in (first, second, other))
        assert mine["invoices"] == yours["invoices"], business.key
        assert (mine["customers"], mine["payments"]) == (yours["customers"], yours["payments"])
        assert mine["invoices"] != its["invoices"]


def control(sandbox: Sandbox, method: str, path: str, **said: Any) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, f"{sandbox.addresses['control']}{path}", json=said or None, timeout=10)
    return answer.json() if answer.ok else answer.status_code


def test_the_control_port_shows_and_moves_the_world(sandbox: Sandbox) -> None:
    home = control(sandbox, "GET", "/")
    assert set(home["addresses"]) == {*PLATFORMS, "control", "smtp", "imap", "twilio"}
    assert set(control(sandbox, "GET", "/credentials")) == set(PLATFORMS)
    before = datetime.fromisoformat(control(sandbox, "GET", "/clock")["now"])

    moved = control(sandbox, "POST", "/clock", days=2, hours=1)

    assert datetime.fromisoformat(moved["now"]) - before >= timedelta(days=2, hours=1)
    assert control(sandbox, "GET", "/truth/nobody") == 404
    assert control(sandbox, "GET", "/truth/cedar")["invoices"] == sandbox.twins["quickbooks"].truth("cedar")["invoices"]


def test_the_control_port_acts_in_the_books_and_arms_faults(sandbox: Sandbox) -> None:
    truth = sandbox.twins["stripe"].truth("northwind")["invoices"]
    invoice = next(id for id, one in truth.items() if one["status"] == "open")

    assert control(sandbox, "POST", "/act/stripe/pay", business="northwind", invoice=invoice)["status"] == "paid"
    assert control(sandbox, "POST", "/act/stripe/fly", business="northwind") == 404
    assert control(sandbox, "POST", "/act/sage/pay", business="northwind") == 404
    control(sandbox, "POST", "/faults", platform="quickbooks", kind="503")
    assert get(sandbox, COMPANY).status_code == 503
    assert control(sandbox, "GET", "/counts")["calls"]["quickbooks"]
    control(sandbox, "POST", "/reset", now=True)
    assert control(sandbox, "GET", "/counts")["calls"] == {}
    assert control(sandbox, "POST", "/webhooks/settle", seconds=5) == {"settled": True}


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str, int]]:
    box = Mailbox("127.0.0.1")
    host, _, port = box.start(0).partition(":")
    yield box, host, int(port)
    box.stop()
    box.stop()


def mail(host: str, port: int, subject: str) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "us@ours.example", "them@theirs.example"
    message.set_content("Hello")
    with smtplib.SMTP(host, port, timeout=10) as line:
        line.send_message(message)


def test_mails_are_kept_as_they_came_and_answered_as_told(mailbox: tuple[Mailbox, str, int]) -> None:
    box, host, port = mailbox
    box.answers.extend(["451", "550", "drop"])

    for code in (451, 550):
        with pytest.raises(smtplib.SMTPDataError) as refused:
            mail(host, port, "refused")
        assert refused.value.smtp_code == code
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail(host, port, "lost")
    mail(host, port, "plain")

    assert [str(one.message["Subject"]) for one in box.mails()] == ["lost", "plain"]
    assert [one.number for one in box.mails()] == [1, 2]
    assert box.mails()[1].recipients == ("them@theirs.example",)
    assert box.mails()[1].raw.endswith(b"Hello\r\n")


def test_mails_can_be_read_at_the_control_port(sandbox: Sandbox) -> None:
    host, _, port = sandbox.addresses["smtp"].partition(":")
    mail(host, int(port), "A reminder")

    (shown,) = control(sandbox, "GET", "/mail.json")
    assert (shown["subject"], shown["to"], shown["text"].strip()) == ("A reminder", ["them@theirs.example"], "Hello")
    assert control(sandbox, "GET", "/mail/7") == 404


def test_a_sandbox_may_be_stopped_twice(sandboxes: Callable[..., Sandbox]) -> None:
    sandbox = sandboxes(platforms=("stripe",), invoices=5, customers=3)
    sandbox.stop()
    sandbox.stop()

    with pytest.raises(requests.ConnectionError):
        control(sandbox, "GET", "/")
