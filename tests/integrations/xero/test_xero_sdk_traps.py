"""Each trap of the vendor's SDK, and the cure that a test would miss."""

import http.client
import logging
import re
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response
from xero_python.api_client.configuration import Configuration

from integrations.errors import Reconnect, Refused, TryLater
from integrations.xero.client import Client
from integrations.xero.platform import PLATFORM
from receivables.records import Kind


class InHand:
    """A token that never changes."""

    refresh = ""

    def __init__(self, access: str) -> None:
        self._access = access

    def current(self) -> str:
        return self._access

    def renewed(self, rejected: str) -> str:
        raise AssertionError("nothing was refused")


def overheard(desk: Any) -> list[tuple[str, dict[str, str]]]:
    """From now on, the query and headers of every call as the platform receives them."""
    gate = desk.sandbox.twins["xero"].gate
    heard: list[tuple[str, dict[str, str]]] = []
    answer = gate.answer

    def listen(request: Request, rest: str) -> Any:
        heard.append((request.query_string.decode(), dict(request.headers)))
        return answer(request, rest)

    gate.answer = listen
    return heard


def test_trap_01_a_put_is_sent_once_when_the_line_drops(desk: Any) -> None:
    """The transport's default repeats a PUT three times: four notes."""
    ref = desk.ref(Kind.INVOICE, desk.invoice("open"))
    desk.fault("drop_after", method="PUT")
    with pytest.raises(TryLater):
        desk.books.leave_note(ref, "x", key="k1")
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    assert sum("[dw k1]" in line.details for line in ledger.invoices[ref.id].history) == 1


def test_a_get_is_sent_once_for_every_attempt_of_ours(desk: Any) -> None:
    books = PLATFORM.open(replace(desk.wire, attempts=1), desk.account, desk.token)
    desk.fault("drop_before", times=9)
    with pytest.raises(TryLater):
        books.company()
    assert sum(desk.calls().values()) == 1


def test_trap_03_time_outs_are_given_in_the_only_way_that_counts(desk: Any) -> None:
    """A float is silently ignored by the SDK; then a silent line hangs for ever."""
    books = PLATFORM.open(replace(desk.wire, read_timeout=0.3, attempts=1), desk.account, desk.token)
    desk.fault("slow", seconds=1.2)
    with pytest.raises(TryLater, match="ReadTimeoutError"):
        books.company()


def test_trap_04_two_companies_never_share_a_bearer(desk: Any) -> None:
    """The SDK's Configuration is one for the process and hands everybody the first token object."""
    first = Client(desk.wire, desk.account, InHand("one"))
    second = Client(desk.wire, desk.account, InHand("two"))
    configurations = [client._api.api_client.configuration for client in (first, second)]
    assert configurations[0].oauth2_token is not configurations[1].oauth2_token
    assert Configuration().oauth2_token is None


def test_trap_04_threads_of_three_companies_read_their_own_books(desk: Any, desk_of: Callable[..., Any]) -> None:
    credentials = desk.sandbox.twins["xero"].credentials()["businesses"]
    names: dict[str, set[str]] = {key: set() for key in credentials}
    books = {key: desk_of(desk.sandbox, key).books for key in credentials}

    def read(key: str) -> None:
        for _ in range(8):
            names[key].add(books[key].company().name)

    threads = [threading.Thread(target=read, args=(key,)) for key in credentials for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == {key: {keys["label"]} for key, keys in credentials.items()}


def test_trap_08_gzip_is_really_negotiated(open_desk: Callable[..., Any]) -> None:
    """The SDK asks for identity; bytes cost money on Xero's paid tiers."""
    desk = open_desk(invoices=300, customers=30)
    list(desk.books.changes(None))
    counts = desk.sandbox.book.counts()
    assert counts["bytes_sent"]["xero"] < counts["bytes_raw"]["xero"] / 6
    assert desk.meter.received_bytes == counts["bytes_sent"]["xero"], "bytes are counted as on the wire"


def test_certificates_are_read_once_for_all_companies(desk: Any) -> None:
    """Left alone, every new line reads them afresh: 20 ms of work."""
    clients = [Client(desk.wire, desk.account, InHand("one")) for _ in range(2)]
    pools = [client._api.api_client.rest_client.pool_manager.connection_pool_kw for client in clients]
    trust = pools[0]["ssl_context"]
    assert pools[1]["ssl_context"] is trust
    assert "ca_certs" not in pools[0], "given beside a context they are read again for every line"
    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert trust.cert_store_stats()["x509_ca"] > 50


def test_every_exchange_is_metered_once(desk: Any) -> None:
    desk.fault("500")
    desk.fault("drop_before", skip=2)
    desk.trouble("expire_tokens")
    list(desk.books.changes(None))
    assert desk.meter.calls == sum(desk.calls().values())


def test_trap_22_booleans_go_out_in_lower_case(desk: Any) -> None:
    """The SDK sends True, which the API does not know."""
    seen = overheard(desk)
    list(desk.books.changes(None))
    queries = [query for query, _ in seen]
    assert any("includeArchived=true" in query for query in queries)
    assert any("summaryOnly=true" in query for query in queries)
    assert not any("True" in query for query in queries)


def test_if_modified_since_is_a_header_in_whole_seconds(desk: Any) -> None:
    """As the SDK would send it, with a fraction and an offset, the filter is ignored: everything comes back."""
    cursor = list(desk.books.changes(None))[-1].cursor
    seen = overheard(desk)
    list(desk.books.changes(cursor))
    told = [headers.get("If-Modified-Since", "") for _, headers in seen]
    assert len(told) == 6
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", one) for one in told)


def test_a_custom_connection_does_not_name_its_organisation(desk: Any) -> None:
    seen = overheard(desk)
    custom = replace(desk.account, details={"custom": "yes"})
    with pytest.raises(Reconnect, match="no longer connected"):
        PLATFORM.open(desk.wire, custom, desk.token).company()
    assert "Xero-Tenant-Id" not in seen[-1][1]
    desk.books.company()
    assert seen[-1][1]["Xero-Tenant-Id"] == desk.account.external_id


def test_redirects_are_not_followed(desk: Any) -> None:
    twin = desk.sandbox.twins["xero"]
    twin.gate.answer = lambda request, rest: Response("", 302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    with pytest.raises(Refused, match="HTTP 302"):
        desk.books.company()
    assert desk.meter.calls == 1


def test_trap_17_nothing_secret_is_printed_or_logged(
    desk: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The SDK's debug switch prints the bearer for the whole process; its errors carry headers and bodies."""
    caplog.set_level(logging.DEBUG)
    desk.fault("500")
    list(desk.books.changes(None))
    assert http.client.HTTPConnection.debuglevel == 0
    shown = capfd.readouterr()
    text = caplog.text + shown.out + shown.err
    assert desk.grants.load("g1").access not in text
    assert "Bearer" not in text


def test_trap_21_no_file_is_written_for_a_pdf(desk: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert desk.books.document(desk.ref(Kind.INVOICE, desk.invoice("open"))).startswith(b"%PDF")
    assert list(tmp_path.iterdir()) == []


def test_proxies_of_the_environment_are_not_used(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert PLATFORM.open(desk.wire, desk.account, desk.token).company().name
