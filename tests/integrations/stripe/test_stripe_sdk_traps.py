"""Each trap of the vendor's SDK, sprung: the tests fail without the cure in client.py."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import responses
import stripe as stripe_sdk
from stripe import _api_requestor, _util

from integrations.contract import AppKeys, Grant, Wire
from integrations.errors import Refused, TryLater
from integrations.oauth import RenewingToken
from integrations.stripe.client import API_VERSION, StripeClient
from integrations.stripe.platform import PLATFORM
from sandbox.faults import Fault
from tests.conftest import CountingMeter, HandClock, MemoryGrants

ANSWER = {"id": "acct_1", "object": "account"}


@pytest.fixture
def client() -> StripeClient:
    """A client of the real address; nothing leaves the machine, `responses` answers."""
    wire = Wire(AppKeys(), HandClock(), CountingMeter())
    token = RenewingToken(PLATFORM, wire, MemoryGrants(Grant("g", "stripe", "rk_test_key", kind="key")), "g")
    return StripeClient(wire, token)


def test_a_netrc_does_not_replace_the_key(northwind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert northwind.books().company().name == "Northwind Cloud"


def test_proxies_of_the_environment_are_not_followed(northwind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert northwind.books().company().name == "Northwind Cloud"


@responses.activate
def test_the_machine_and_what_runs_on_it_are_not_told(client: StripeClient, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_user_without_a_home_can_make_the_first_request() -> None:
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
def test_a_notice_becomes_no_warning(client: StripeClient) -> None:
    """Warnings are errors in these tests."""
    responses.get("https://api.stripe.com/v1/account", json=ANSWER, headers={"Stripe-Notice": "Please upgrade"})
    assert client.get("/v1/account", bytes)


def test_the_sdk_never_retries_by_itself(northwind: Any) -> None:
    northwind.sandbox.book.add(Fault("stripe", "lock_timeout", path="/v1/account", times=9))
    began = time.monotonic()
    with pytest.raises(TryLater):
        northwind.books().company()
    assert northwind.calls()["GET /v1/account"] == northwind.wire.attempts
    assert time.monotonic() - began < 2


@responses.activate
def test_writes_carry_our_key_and_not_a_random_one(client: StripeClient) -> None:
    responses.post("https://api.stripe.com/v1/invoices/in_1/send", json={"id": "in_1"})
    for _ in range(2):
        client.post("/v1/invoices/in_1/send", bytes, key="dw-send-k")
    assert [call.request.headers["Idempotency-Key"] for call in responses.calls] == ["dw-send-k", "dw-send-k"]
    assert not responses.calls[0].request.body


@responses.activate
def test_options_never_leak_into_the_address() -> None:
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
def test_answers_stay_bytes_and_are_never_parsed_by_the_sdk(client: StripeClient) -> None:
    """A malformed decimal, which would raise out of the SDK, passes through untouched."""
    body = b'{"id":"x","unit_amount_decimal":"not a number","big":12345678901234567890.123456789}'
    responses.get("https://api.stripe.com/v1/prices/x", body=body)
    assert client.get("/v1/prices/x", bytes) == body


@responses.activate
def test_a_proxys_page_is_trouble_and_not_a_strange_error(client: StripeClient) -> None:
    responses.get("https://api.stripe.com/v1/account", body=b"<html>bad gateway</html>", status=502)
    with pytest.raises(TryLater, match="HTTP 502"):
        client.get("/v1/account", bytes)


@responses.activate
def test_a_rate_limit_is_seen_though_the_sdks_error_has_no_code(client: StripeClient) -> None:
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
def test_bad_characters_in_an_answer_are_trouble(client: StripeClient) -> None:
    responses.get("https://api.stripe.com/v1/account", body=b"\xff\xfe{", status=400)
    with pytest.raises(Refused, match="HTTP 400"):
        client.get("/v1/account", bytes)


def test_time_outs_are_ours(northwind: Any) -> None:
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


def test_importing_the_folder_imports_no_sdk() -> None:
    code = "import sys, integrations.stripe; print('stripe' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_addresses_elsewhere_are_refused(northwind: Any) -> None:
    wire = replace(northwind.wire, app=AppKeys(addresses={"api": "https://evil.example"}))
    with pytest.raises(Refused, match=r"127\.0\.0\.1"):
        PLATFORM.open(wire, northwind.account, northwind.token)
