"""Each trap of the vendor's SDK, sprung: the tests fail without the cure in client.py.

They bear the numbers of the list of traps that was made when the SDK was read; the last one sees that none is missing.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import responses
import stripe as stripe_sdk
from stripe import _api_requestor, _util
from werkzeug.wrappers import Request, Response

from integrations.contract import Account, Act, AppKeys, Grant, Wire
from integrations.errors import Refused, TryLater
from integrations.oauth import RenewingToken
from integrations.stripe.client import API_VERSION, StripeClient
from integrations.stripe.platform import PLATFORM
from receivables.page import Cursor
from receivables.records import Kind
from sandbox.faults import WATCHERS, Fault
from tests.conftest import CountingMeter, HandClock, MemoryGrants

ANSWER = {"id": "acct_1", "object": "account"}


@pytest.fixture
def client() -> StripeClient:
    """A client of the real address; nothing leaves the machine, `responses` answers."""
    wire = Wire(AppKeys(), HandClock(), CountingMeter())
    token = RenewingToken(PLATFORM, wire, MemoryGrants(Grant("g", "stripe", "rk_test_key", kind="key")), "g")
    return StripeClient(wire, token)


def test_trap_05_a_netrc_does_not_replace_the_key(
    northwind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert northwind.books().company().name == "Northwind Cloud"


def test_trap_05_proxies_of_the_environment_are_not_followed(northwind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert northwind.books().company().name == "Northwind Cloud"


@responses.activate
def test_trap_16_the_machine_and_what_runs_on_it_are_not_told(
    client: StripeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, _ in _api_requestor._APIRequestor.AI_AGENTS:
        monkeypatch.setenv(name, "1")
    responses.get("https://api.stripe.com/v1/account", json=ANSWER)
    client.get("/v1/account", bytes)
    sent = responses.calls[0].request.headers
    assert sent["User-Agent"] == f"Duewell Stripe/v1 PythonBindings/{stripe_sdk.VERSION}"
    assert "X-Stripe-Client-User-Agent" not in sent
    assert "X-Stripe-Client-Telemetry" not in sent
    assert sent["Stripe-Version"] == API_VERSION
    assert sent["Authorization"] == "Bearer rk_test_key"


def test_trap_06_a_user_without_a_home_can_make_the_first_request() -> None:
    """Telemetry would look for a home directory and raise RuntimeError; run where there is none."""
    code = (
        "import integrations.stripe.client, stripe\n"
        "from pathlib import Path\n"
        "def none(*_): raise RuntimeError('Could not determine home directory.')\n"
        "Path.home = none; Path.expanduser = none\n"
        "from stripe._api_requestor import _APIRequestor\n"
        "c = stripe.StripeClient('rk_test_x')\n"
        "print('X-Stripe-Client-User-Agent' in c._requestor.request_headers('get', 'V1', {'api_key': 'x'}))\n"
        "print(stripe.enable_telemetry)\n"
    )
    environment = {name: text for name, text in os.environ.items() if name not in ("HOME", "XDG_CONFIG_HOME")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.split() == ["True", "False"], done.stderr[-300:]


@responses.activate
def test_trap_16_a_notice_becomes_no_warning(client: StripeClient) -> None:
    """Warnings are errors in these tests."""
    responses.get("https://api.stripe.com/v1/account", json=ANSWER, headers={"Stripe-Notice": "Please upgrade"})
    assert client.get("/v1/account", bytes)


def test_trap_01_the_sdk_never_retries_by_itself(northwind: Any) -> None:
    northwind.sandbox.book.add(Fault("stripe", "lock_timeout", path="/v1/account", times=9))
    began = time.monotonic()
    with pytest.raises(TryLater):
        northwind.books().company()
    assert northwind.calls()["GET /v1/account"] == northwind.wire.attempts
    assert time.monotonic() - began < 2


@responses.activate
def test_trap_15_writes_carry_our_key_and_not_a_random_one(client: StripeClient) -> None:
    responses.post("https://api.stripe.com/v1/invoices/in_1/send", json={"id": "in_1"})
    for _ in range(2):
        client.post("/v1/invoices/in_1/send", bytes, key="dw-send-k")
    assert [call.request.headers["Idempotency-Key"] for call in responses.calls] == ["dw-send-k", "dw-send-k"]
    assert not responses.calls[0].request.body


@responses.activate
def test_trap_07_options_never_leak_into_the_address() -> None:
    wire = Wire(AppKeys(), HandClock(), CountingMeter())
    token = RenewingToken(PLATFORM, wire, MemoryGrants(Grant("g", "stripe", "rk_test_key", kind="key")), "g")
    responses.get("https://api.stripe.com/v1/customers", json={"data": [], "has_more": False})
    client = StripeClient(wire, token, account="acct_1")
    for _ in range(2):
        client.get("/v1/customers", bytes, {"limit": 100})
    for call in responses.calls:
        assert call.request.url == "https://api.stripe.com/v1/customers?limit=100"
        assert call.request.headers["Stripe-Account"] == "acct_1"


@responses.activate
def test_trap_11_answers_stay_bytes_and_are_never_parsed_by_the_sdk(client: StripeClient) -> None:
    """A malformed decimal, which would raise out of the SDK, passes through untouched."""
    body = b'{"id":"x","unit_amount_decimal":"not a number","big":12345678901234567890.123456789}'
    responses.get("https://api.stripe.com/v1/prices/x", body=body)
    assert client.get("/v1/prices/x", bytes) == body


@responses.activate
def test_trap_04_a_proxys_page_is_trouble_and_not_a_strange_error(client: StripeClient) -> None:
    responses.get("https://api.stripe.com/v1/account", body=b"<html>bad gateway</html>", status=502)
    with pytest.raises(TryLater, match="HTTP 502"):
        client.get("/v1/account", bytes)


@responses.activate
def test_trap_03_a_rate_limit_is_seen_though_the_sdks_error_has_no_code(client: StripeClient) -> None:
    responses.get(
        "https://api.stripe.com/v1/account",
        json={"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "Locked"}},
        status=429,
        headers={"Retry-After": "90"},
    )
    with pytest.raises(TryLater, match="busy") as busy:
        client.get("/v1/account", bytes)
    assert busy.value.after == 90


@responses.activate
def test_trap_04_bad_characters_in_an_answer_are_trouble(client: StripeClient) -> None:
    responses.get("https://api.stripe.com/v1/account", body=b"\xff\xfe{", status=400)
    with pytest.raises(Refused, match="HTTP 400"):
        client.get("/v1/account", bytes)


def test_trap_14_time_outs_are_ours(northwind: Any) -> None:
    """The SDK's own would be eighty seconds."""
    northwind.sandbox.book.add(Fault("stripe", "slow", path="/v1/account", seconds=3.0))
    wire = replace(northwind.wire, read_timeout=0.2, attempts=1)
    began = time.monotonic()
    with pytest.raises(TryLater):
        PLATFORM.open(wire, northwind.account, northwind.token).company()
    assert time.monotonic() - began < 2


def test_the_sdk_prints_no_bodies_when_asked_to_by_the_environment(tmp_path: Path) -> None:
    code = "import integrations.stripe.client; from stripe import _util; _util.log_info('secret-body', body='x')"
    environment = {**os.environ, "STRIPE_LOG": "debug"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert _util.logger.disabled


def test_answers_are_compressed_and_counted_as_on_the_wire(connect: Callable[..., Any]) -> None:
    northwind = connect()
    northwind.save(northwind.books().changes(None))
    counts = northwind.sandbox.book.counts()
    assert northwind.wire.meter.received_bytes == counts["bytes_sent"]["stripe"]
    assert counts["bytes_raw"]["stripe"] > 5 * counts["bytes_sent"]["stripe"]


def test_trap_17_importing_the_folder_imports_no_sdk() -> None:
    code = "import sys, integrations.stripe; print('stripe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_trap_14_addresses_elsewhere_are_refused(northwind: Any) -> None:
    wire = replace(northwind.wire, app=AppKeys(addresses={"api": "https://evil.example"}))
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        PLATFORM.open(wire, northwind.account, northwind.token)


def test_trap_02_a_429_is_repeated_by_us_and_after_the_time_it_names(northwind: Any) -> None:
    """The SDK repeats none, and would not look at Retry-After."""
    northwind.sandbox.book.add(Fault("stripe", "429", path="/v1/account"))
    assert northwind.books().company().name == "Northwind Cloud"
    assert northwind.wire.clock.slept == [1.0]
    assert northwind.calls() == {"GET /v1/account": 2}


@responses.activate
def test_trap_08_the_second_page_is_asked_for_like_the_first() -> None:
    """The SDK's own paging forgets headers and retries from the second page on."""
    wire = Wire(AppKeys(), HandClock(), CountingMeter())
    token = RenewingToken(PLATFORM, wire, MemoryGrants(Grant("g", "stripe", "rk_test_key", kind="key")), "g")
    row = {"object": "invoice", "customer": "cus_1", "currency": "usd", "created": 1, "status": "open", "total": 5,
           "amount_paid": 0, "amount_remaining": 5}  # fmt: skip
    for number, more in ((1, True), (2, False), (3, False)):
        body = {"object": "list", "data": [{"id": f"in_{number}", **row}], "has_more": more}
        responses.get("https://api.stripe.com/v1/invoices", json=body)
    account = Account("c1", "acct_1", details={"account": "acct_1"})
    totals = PLATFORM.open(wire, account, token).open_totals(wire.clock.now().date())
    assert len(totals.figures) == 3
    first, second, _ = (dict(call.request.headers) for call in responses.calls)
    assert first == second
    assert first["Stripe-Account"] == "acct_1"
    assert {call.request.req_kwargs["timeout"] for call in responses.calls} == {(5.0, 120.0)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/events"])
def test_trap_09_an_empty_page_that_promises_more_is_not_the_end(northwind: Any, path: str) -> None:
    northwind.sandbox.book.add(Fault("stripe", "empty_page", path=path, skip=int(path == "/v1/events"), times=99))
    with pytest.raises(TryLater, match="broke off"):
        list(northwind.books().changes(None))


@pytest.fixture
def repeating() -> Iterator[str]:
    """A server that ignores starting_after and sends the same page for ever."""
    body = b'{"object":"list","data":[{"id":"cus_same0000","created":1}],"has_more":true,"url":"/v1/customers"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                line.recv(65536)
                line.sendall(answer % (len(body), body))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_trap_09_a_list_that_repeats_itself_does_not_run_for_ever(connect: Callable[..., Any], repeating: str) -> None:
    northwind = connect(invoices=3)
    wire = replace(northwind.wire, app=replace(northwind.wire.app, addresses={"api": repeating}))
    now = int(northwind.wire.clock.now().timestamp())
    place = f'{{"read_at":{now},"run":"lists","todo":[["customers"]]}}'
    books = PLATFORM.open(wire, northwind.account, northwind.token)
    with pytest.raises(TryLater, match="same page"):
        list(books.changes(Cursor(place)))


def test_trap_10_good_answers_become_no_object_of_the_sdk(northwind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no dicts, raise for what is absent, and cost a hundred times the decoding."""
    made: list[str] = []
    original = stripe_sdk.StripeObject.__init__

    def noted(self: Any, *args: Any, **kwargs: Any) -> None:
        made.append(type(self).__name__)
        original(self, *args, **kwargs)

    monkeypatch.setattr(stripe_sdk.StripeObject, "__init__", noted)
    northwind.save(northwind.books().changes(None))
    northwind.books().send_invoice(northwind.invoice("open", automatic=False), key="k")
    assert made == []
    stripe_sdk.StripeObject("the trap would be seen")
    assert made == ["StripeObject"]


def test_trap_12_numbers_go_out_whole_and_nothing_is_left_out_by_its_encoding(northwind: Any) -> None:
    """Floats, Decimals, naive times, None and empty lists would be sent oddly or not at all."""
    sent: list[tuple[str, str]] = []

    def note(platform: str, request: Request, answer: Response) -> None:
        sent.extend(request.args.items(multi=True))

    invoice = northwind.invoice("open", automatic=False)
    WATCHERS.append(note)
    try:
        northwind.save(northwind.books().changes(None))
        northwind.books().found(Act.SEND_INVOICE, invoice, "k", since=northwind.wire.clock.now())
    finally:
        WATCHERS.remove(note)
    numbers = [text for name, text in sent if name == "limit" or name.startswith("created[")]
    assert len(numbers) > 10
    assert all(text.isdecimal() for text in numbers)
    assert all(text and text not in ("None", "[]", "{}") for _, text in sent)


@responses.activate
def test_trap_13_the_certificates_are_the_packaged_ones(client: StripeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says is not looked at, as our README tells."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    responses.get("https://api.stripe.com/v1/account", json=ANSWER)
    client.get("/v1/account", bytes)
    # neither the environment's file nor the SDK's: the session's own context, which was read once
    assert responses.calls[0].request.req_kwargs["verify"] is True  # type: ignore[attr-defined]


@pytest.mark.parametrize("key", ["", "in_", "in_1/../../customers", "in_1?limit=100", "cus_1"])
def test_trap_18_an_id_that_is_none_is_refused_before_any_call(northwind: Any, key: str) -> None:
    """An empty one would call the whole list."""
    northwind.calls()
    ref = northwind.ref(Kind.INVOICE, key)
    for act in (northwind.books().payment_url, northwind.books().document):
        with pytest.raises(Refused, match="not an id"):
            act(ref)
    with pytest.raises(Refused, match="not an id"):
        northwind.books().send_invoice(ref, key="k")
    assert [one.ref for one in northwind.books().fetch([ref]).odd] == [ref]
    assert northwind.calls() == {}


def test_every_trap_has_its_test() -> None:
    here = {name.split("_")[2] for name in globals() if name.startswith("test_trap_")}
    assert sorted(here) == [f"{number:02}" for number in range(1, 19)]
