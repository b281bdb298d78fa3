"""When the line or the platform fails: what is waited for, what is told, and what never happens twice."""

import logging
import socket
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import responses

from integrations.errors import IntegrationError, Reconnect, Refused, TryLater
from integrations.quickbooks.platform import PLATFORM
from integrations.quickbooks.refusals import Reply, refusal
from receivables.records import Kind
from sandbox.quickbooks.troubles import STORMY, TWISTS
from sandbox.server import Sandbox, Setup
from sandbox.storm import EVERYWHERE
from tests.integrations.quickbooks.conftest import Cedar, connected

PLATFORM_TROUBLES = [kind for kind in (*EVERYWHERE, *STORMY, *TWISTS) if kind != "stir"]


def slept(cedar: Cedar) -> list[float]:
    pauses: list[float] = cedar.wire.clock.slept  # type: ignore[attr-defined]
    return pauses


def test_a_short_pause_is_waited_for(cedar: Cedar) -> None:
    cedar.fault("429", path="/query")
    cedar.matches_truth(cedar.pull())
    assert slept(cedar) == [2.0]


def test_a_long_pause_parks_the_connection_at_once(cedar: Cedar) -> None:
    cedar.fault("429_day", path="/query")
    with pytest.raises(TryLater) as parked:
        cedar.books.company()
    assert (parked.value.after, parked.value.may_have_acted) == (86400.0, False)
    assert slept(cedar) == []
    assert cedar.calls() == 1


def test_throttling_without_a_word_about_when_means_a_minute(cedar: Cedar) -> None:
    cedar.fault("429_silent", path="/query")
    with pytest.raises(TryLater) as parked:
        cedar.books.company()
    assert parked.value.after == 60.0


@pytest.mark.parametrize("kind", ["500", "503", "html", "fault_200", "half", "drop_before", "drop_after"])
def test_reading_goes_on_after_a_passing_trouble(connect: Callable[..., Cedar], kind: str) -> None:
    cedar = connect(customers=12, invoices=40, wire={"read_timeout": 0.4})
    cedar.fault(kind, path="/query", skip=1)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    cedar.fault(kind, path="/cdc")
    cedar.pull(shelf)


@pytest.mark.parametrize("kind", ["500", "503", "html", "fault_200"])
def test_lasting_trouble_is_told_after_four_attempts(cedar: Cedar, kind: str) -> None:
    cedar.fault(kind, path="/query", times=99)
    with pytest.raises(TryLater) as told:
        cedar.books.company()
    assert not told.value.may_have_acted
    assert cedar.calls() == 4


@pytest.mark.parametrize("kind", ["500", "503", "html", "fault_200", "half", "drop_before", "drop_after"])
def test_a_write_that_may_have_acted_is_never_repeated(connect: Callable[..., Cedar], kind: str) -> None:
    cedar = connect(customers=12, invoices=40, wire={"read_timeout": 0.4})
    cedar.fault(kind, path="/attachable")
    with pytest.raises(TryLater) as told:
        cedar.books.leave_note(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()), "n", key="k1")
    assert told.value.may_have_acted
    assert cedar.sandbox.book.calls["quickbooks", "POST /v3/company/*/attachable"] == 1


def test_a_write_that_was_throttled_did_nothing_and_is_tried_again(cedar: Cedar) -> None:
    cedar.fault("429", path="/attachable")
    cedar.books.leave_note(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()), "n", key="k1")
    assert len(cedar.truth()["notes"]) == 1


def test_a_write_with_an_expired_token_is_done_once(cedar: Cedar) -> None:
    cedar.fault("expired", path="/send")
    receipt = cedar.books.send_invoice(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()), key="k1")
    assert receipt.at is not None
    assert cedar.grants.load("grant-1").generation == 1


def test_trap_01_a_silent_platform_is_not_waited_for_longer_than_the_time_out(connect: Callable[..., Cedar]) -> None:
    """The SDK has no time-out at all."""
    cedar = connect(customers=5, invoices=5, wire={"read_timeout": 0.2, "attempts": 1})
    cedar.fault("slow", path="/query", seconds=1.0)
    with pytest.raises(TryLater, match="ReadTimeout"):
        cedar.books.company()


def test_nobody_listening_is_no_doubt_about_a_write(cedar: Cedar) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        wire = replace(cedar.wire, app=replace(cedar.wire.app, addresses={"api": nowhere}), attempts=2)
        with pytest.raises(TryLater) as told:
            PLATFORM.open(wire, cedar.account, cedar.token).leave_note(cedar.ref(Kind.INVOICE, "1"), "n", key="k")
    assert not told.value.may_have_acted


def test_trap_20_a_fault_in_one_slot_of_changed_data_is_not_taken_for_silence(cedar: Cedar) -> None:
    """The SDK leaves such a slot out, as if nothing had changed."""
    shelf = cedar.pull()
    invoice = cedar.an_open_invoice()
    cedar.act("pay", invoice=invoice)
    cedar.act("cdc_fault", entity="Invoice", times=1)
    cedar.pull(shelf)
    assert not shelf.invoices()[invoice].owing
    cedar.act("cdc_fault", entity="Invoice", times=99)
    before = shelf.cursor
    with pytest.raises(TryLater):
        cedar.pull(shelf)
    assert shelf.cursor == before


def test_a_second_refusal_of_the_token_asks_for_a_person(cedar: Cedar) -> None:
    cedar.fault("expired", path="/query", times=2)
    with pytest.raises(Reconnect):
        cedar.books.company()


@pytest.mark.parametrize(
    ("kind", "error", "says"),
    [
        ("forbidden", Refused, "another environment"),
        ("read_only", Refused, "can only be read"),
        ("stale", TryLater, "same moment"),
        ("lost_rights", Reconnect, "connect it again"),
    ],
)
def test_refusals_say_what_to_do(cedar: Cedar, kind: str, error: type[IntegrationError], says: str) -> None:
    cedar.fault(kind, path="/attachable", times=9)
    with pytest.raises(error, match=says) as told:
        cedar.books.leave_note(cedar.ref(Kind.INVOICE, cedar.an_open_invoice()), "n", key="k")
    assert not getattr(told.value, "may_have_acted", False)


def test_trap_05_no_body_reaches_a_message_or_a_log(
    cedar: Cedar, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A 401 carries a token in its detail, a stale object somebody's name."""
    caplog.set_level(logging.DEBUG)
    messages = []
    for kind in ("expired", "stale", "read_only", "forbidden"):
        cedar.fault(kind, path="/attachable", times=4)
        with pytest.raises(IntegrationError) as told:
            cedar.books.leave_note(cedar.ref(Kind.INVOICE, "1"), "a private note", key="k")
        messages.append(f"{told.value!r} {told.value.__cause__!r} {told.value.__context__!r}")
        cedar.sandbox.book.clear()
    out = " ".join([caplog.text, *capsys.readouterr(), *messages])
    for secret in ("sandbox-token", "Priya", "Weaver", "private note", "Bearer"):
        assert secret not in out
    assert "intuit_tid" in out


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, b'{"Fault":{"Error":[{"Message":"m","code":""}]}}', Refused),
        (400, b'{"Fault":{"Error":[]}}', Refused),
        (400, b'{"Fault":"no"}', Refused),
        (400, b"", Refused),
        (400, b"\xff\xfe", Refused),
        (403, b"", Refused),
        (404, b"<html>", Refused),
        (302, b"", Refused),
        (401, b"", Reconnect),
        (200, b'{"Fault":{"Error":[{"code":"3200"}]}}', Reconnect),
        (400, b'{"Fault":{"Error":[{"code":"9"},{"code":"3201"}]}}', Reconnect),
        (403, b'<IntuitResponse><Fault><Error code="003001"/></Fault></IntuitResponse>', TryLater),
        (429, b'{"fault":{"error":[{"code":3001}]}}', TryLater),
        (400, b'{"Fault":{"Error":[{"code":"10000"}]}}', TryLater),
        (502, b"<html>Bad Gateway</html>", TryLater),
        (200, b"<html>Maintenance</html>", TryLater),
    ],
)
def test_trap_06_every_shape_of_refusal_becomes_one_of_ours(
    status: int, body: bytes, error: type[IntegrationError]
) -> None:
    """The SDK turns most of these into one code 10000, and some into a KeyError or ValueError."""
    assert type(refusal(Reply(status, body), writing=False)) is error


def test_trap_34_each_company_has_its_own_line_and_its_own_realm(cedar: Cedar) -> None:
    """The SDK can be switched to one shared object for everybody."""
    first, second = cedar.books, cedar.books
    sdks: list[Any] = [books._reader.client._sdk for books in (first, second)]  # type: ignore[attr-defined]
    assert sdks[0] is not sdks[1]
    assert sdks[0].session is not sdks[1].session
    assert sdks[0].auth_client is None


def test_trap_07_the_minor_version_is_sent_and_no_warning_given(cedar: Cedar) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        books = cedar.books
    with responses.RequestsMock() as wire:
        wire.add("POST", _url(cedar, "query"), json={"QueryResponse": {"CompanyInfo": [{}], "Preferences": [{}]}})
        books.company()
        asked = [call.request for call in wire.calls]
    assert all("minorversion=75" in str(request.url) for request in asked)
    assert all(request.headers["Content-Type"] == "application/text" for request in asked)
    assert all("gzip" in request.headers["Accept-Encoding"] for request in asked)
    assert "token" not in str(asked[0].url)


def test_trap_09_the_callers_params_stay_as_they_are(cedar: Cedar) -> None:
    """The SDK writes its minor version and request id into them, for the next call to carry along."""
    sdk: Any = cedar.books._reader.client._sdk  # type: ignore[attr-defined]
    params = {"include": "invoiceLink"}
    invoice = cedar.an_open_invoice()
    sdk.get_single_object("Invoice", invoice, params=params)
    assert params == {"include": "invoiceLink"}


def test_trap_15_a_write_carries_its_key_and_nothing_of_the_sdks_defaults(cedar: Cedar) -> None:
    with responses.RequestsMock() as wire:
        wire.add("POST", _url(cedar, "attachable"), json={"Attachable": {"Id": "7"}})
        cedar.books.leave_note(cedar.ref(Kind.INVOICE, "5"), "n", key="key-1")
        request = wire.calls[0].request
    assert "requestid=key-1" in str(request.url)
    assert request.body == (
        b'{"AttachableRef": [{"EntityRef": {"type": "Invoice", "value": "5"}, "IncludeOnSend": false}],'
        b' "Note": "n [dw key-1]"}'
    )


def test_trap_23_a_mail_carries_its_key_and_no_address(cedar: Cedar) -> None:
    with responses.RequestsMock() as wire:
        wire.add("POST", _url(cedar, "invoice/5/send"), json={"Invoice": {"Id": "5"}})
        receipt = cedar.books.send_invoice(cedar.ref(Kind.INVOICE, "5"), key="key-1")
        request = wire.calls[0].request
    assert receipt.id == "5"
    assert "requestid=key-1" in str(request.url)
    assert "sendTo" not in str(request.url)
    assert not request.body
    assert request.headers["Content-Type"] == "application/octet-stream"


def test_an_answer_without_the_platforms_time_moves_no_cursor(cedar: Cedar) -> None:
    with responses.RequestsMock() as wire:
        wire.add("POST", _url(cedar, "query"), json={"QueryResponse": {}})
        with pytest.raises(TryLater, match="did not say its time"):
            list(cedar.books.changes(None))


def _url(cedar: Cedar, path: str) -> str:
    return f"{cedar.wire.app.addresses['api']}/v3/company/{cedar.account.external_id}/{path}"


def test_the_platform_is_what_it_says() -> None:
    assert (PLATFORM.slug, PLATFORM.label) == ("quickbooks", "QuickBooks")


@pytest.mark.parametrize(
    ("kind", "error", "after"),
    [
        ("429_day", TryLater, 86400.0),
        ("429_silent", TryLater, 60.0),
        ("503", TryLater, None),
        ("503_text", TryLater, None),
        ("500_xml", TryLater, None),
        ("forbidden", Refused, None),
    ],
)
def test_trap_04_neither_the_status_nor_the_wait_is_lost(
    connect: Callable[..., Cedar], kind: str, error: type[IntegrationError], after: float | None
) -> None:
    """The SDK makes one exception with the code 10000 of them all."""
    cedar = connect(customers=4, invoices=4, wire={"attempts": 1})
    cedar.fault(kind, path="/query")
    with pytest.raises(error) as told:
        cedar.books.company()
    assert getattr(told.value, "after", None) == after


@pytest.mark.parametrize("kind", PLATFORM_TROUBLES)
def test_each_trouble_of_a_storm_is_met_in_the_middle_of_a_first_pull_and_survived(stormy: Cedar, kind: str) -> None:
    """Garbled records are set aside, or read all the same; nothing else is missing afterwards."""
    stormy.sandbox.book.clear()
    stormy.fault(kind, path="/query", skip=1)
    shelf = stormy.pull()
    missing = {odd.ref.id for odd in shelf.odd}
    assert len(missing) <= 1
    assert set(stormy.truth()["invoices"]) - set(shelf.invoices()) <= missing
    assert set(stormy.truth()["payments"]) - set(shelf.of(Kind.PAYMENT)) <= missing
    if not missing:
        stormy.matches_truth(shelf)


@pytest.fixture(scope="module")
def stormy() -> Iterator[Cedar]:
    """One company for all of them: reading changes nothing in its books."""
    with Sandbox(Setup(platforms=("quickbooks",), customers=6, invoices=30)) as sandbox:
        yield connected(sandbox, read_timeout=0.4)
