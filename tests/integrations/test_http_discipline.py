"""One careful way to speak HTTP, against a real server on loopback."""

import gzip
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from integrations.contract import AppKeys, Wire
from integrations.errors import Refused, TryLater
from integrations.http import address, careful_session, out_of_reach, patiently, require_loopback, retry_after
from tests.conftest import CountingMeter, HandClock

BODY = b'{"hello": "' + b"x" * 50_000 + b'"}'


class Awkward(BaseHTTPRequestHandler):
    """Answers by path; `seen` keeps what came in."""

    seen: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        Awkward.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path == "/slow":
            time.sleep(1.5)
        if self.path == "/reset":
            self.connection.close()
            return
        self.send_response({"/away": 302, "/busy": 503}.get(self.path, 200))
        packed = gzip.compress(BODY) if "gzip" in self.headers.get("Accept-Encoding", "") else BODY
        for name, value in {"Location": "/elsewhere", "Content-Encoding": "gzip", "Retry-After": "30"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        self.wfile.write(packed)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def server() -> Iterator[str]:
    Awkward.seen.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Awkward)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


def wire(clock: HandClock | None = None, **changed: object) -> Wire:
    return Wire(AppKeys(), clock or HandClock(), CountingMeter(), read_timeout=0.5, **changed)  # type: ignore[arg-type]


def test_answers_are_compressed_and_counted_as_on_the_wire(server: str) -> None:
    used = wire()

    answer = careful_session(used).get(f"{server}/")

    meter = used.meter
    assert isinstance(meter, CountingMeter)
    assert answer.content == BODY
    assert meter.calls == 1
    assert 0 < meter.received_bytes < len(BODY) / 10


def test_a_silent_server_is_left_after_the_time_out_and_the_call_is_counted_once(server: str) -> None:
    used = wire()

    with pytest.raises(requests.ReadTimeout):
        careful_session(used).get(f"{server}/slow")

    assert [path for path, _ in Awkward.seen] == ["/slow"]
    assert isinstance(used.meter, CountingMeter)
    assert used.meter.calls == 1


@pytest.mark.parametrize("path", ["/reset", "/busy"])
def test_nothing_is_repeated_behind_our_back(server: str, path: str) -> None:
    try:
        careful_session(wire()).get(f"{server}{path}")
    except requests.ConnectionError:
        assert path == "/reset"

    assert len(Awkward.seen) == 1


def test_redirects_are_not_followed(server: str) -> None:
    with pytest.raises(requests.TooManyRedirects):
        careful_session(wire()).get(f"{server}/away")

    assert [path for path, _ in Awkward.seen] == ["/away"]


def test_the_environments_proxies_and_netrc_are_ignored(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: PTH123
        file.write("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    careful_session(wire()).get(f"{server}/", headers={"Authorization": "Bearer ours"})

    assert Awkward.seen[0][1]["authorization"] == "Bearer ours"


def test_a_read_is_tried_again_after_the_pause_the_platform_asked_for() -> None:
    clock = HandClock()
    answers = iter([TryLater("busy", after=7.0), TryLater("busy", after=3.0), None])

    def call() -> str:
        trouble = next(answers)
        if trouble:
            raise trouble
        return "done"

    assert patiently(wire(clock), call) == "done"
    assert clock.slept == [7.0, 3.0]


def test_a_wait_longer_than_our_patience_is_not_slept_through() -> None:
    clock = HandClock()

    with pytest.raises(TryLater) as caught:
        patiently(wire(clock), lambda: _fail(TryLater("a day limit", after=66_975.0)))

    assert caught.value.after == 66_975.0
    assert clock.slept == []


def test_a_write_that_may_have_acted_is_never_repeated() -> None:
    calls: list[int] = []

    def call() -> None:
        calls.append(1)
        raise TryLater("lost", may_have_acted=True)

    with pytest.raises(TryLater):
        patiently(wire(), call)

    assert len(calls) == 1


def test_patience_ends() -> None:
    clock = HandClock()

    with pytest.raises(TryLater):
        patiently(wire(clock), lambda: _fail(TryLater("still busy")))

    assert len(clock.slept) == 3
    assert all(0 < pause <= 8 for pause in clock.slept)


def _fail(error: Exception) -> None:
    raise error


@given(st.text(max_size=40))
def test_no_retry_after_header_breaks_us(text: str) -> None:
    seconds = retry_after({"Retry-After": text}, HandClock())

    assert seconds is None or seconds >= 0


def test_retry_after_may_be_a_date() -> None:
    clock = HandClock()
    date = format_datetime(clock.now() + timedelta(seconds=90), usegmt=False)

    assert retry_after({"retry-after": date}, clock) == 90.0
    assert retry_after({"retry-after": date.replace("+0000", "-0000")}, clock) == 90.0
    assert retry_after({}, clock) is None


@pytest.mark.parametrize(
    "url", ["https://api.xero.com", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "http://", "//127.0.0.1"]
)
def test_addresses_are_overridden_towards_this_machine_only(url: str) -> None:
    with pytest.raises(Refused, match="this machine"):
        require_loopback("api", url)
    with pytest.raises(Refused, match="'api'"):
        address(Wire(AppKeys(addresses={"api": url}), HandClock(), CountingMeter()), "api", "https://real.example")


def test_without_an_override_the_real_address_is_used() -> None:
    used = Wire(AppKeys(addresses={"api": "http://127.0.0.1:81/"}), HandClock(), CountingMeter())

    assert address(used, "api", "https://real.example") == "http://127.0.0.1:81"
    assert address(used, "token", "https://real.example") == "https://real.example"


def test_a_write_that_never_left_the_house_did_nothing() -> None:
    with pytest.raises(requests.ConnectionError) as caught:
        careful_session(wire()).post("http://127.0.0.1:9/", data=b"x")

    assert not out_of_reach(caught.value, writing=True).may_have_acted
    assert out_of_reach(requests.ReadTimeout(), writing=True).may_have_acted
    assert not out_of_reach(requests.ReadTimeout(), writing=False).may_have_acted
