"""Xero's refusals and silences, each as the one error that says what the caller must do."""

from dataclasses import replace
from typing import Any

import pytest

from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater
from integrations.xero.platform import PLATFORM
from integrations.xero.refusals import TokenRefused, refusal, without_personal
from receivables.records import Kind


def test_a_short_wait_is_waited_for(desk: Any) -> None:
    desk.fault("429", times=2)
    desk.books.company()
    assert desk.clock.slept == [7.0, 7.0]


def test_trap_02_the_day_limit_parks_the_connection_without_a_sleep(desk: Any) -> None:
    """Left alone, the SDK's transport sleeps through three times six hours of Retry-After."""
    desk.fault("429_day", times=9)
    with pytest.raises(TryLater, match="day limit") as caught:
        desk.books.company()
    assert (caught.value.after, caught.value.may_have_acted) == (66975.0, False)
    assert desk.clock.slept == []
    assert desk.meter.calls == 1


def test_the_concurrent_limit_has_no_retry_after(desk: Any) -> None:
    desk.fault("429_concurrent")
    desk.books.company()
    assert len(desk.clock.slept) == 1
    assert 0 < desk.clock.slept[0] <= 1


@pytest.mark.parametrize("kind", ["500", "503", "html", "half", "drop_before", "drop_after"])
def test_a_read_is_repeated_and_then_told_as_later(desk: Any, kind: str) -> None:
    desk.fault(kind)
    assert desk.books.company().name == "Brightwater Studio"
    assert desk.meter.calls == 4
    desk.reset()
    desk.fault(kind, times=99)
    with pytest.raises(TryLater) as caught:
        list(desk.books.changes(None))
    # contacts and open invoices are read side by side; each gives up on its own
    assert desk.meter.calls == 2 * desk.wire.attempts
    assert not caught.value.may_have_acted


@pytest.mark.parametrize("kind", ["500", "503", "half", "drop_before", "drop_after"])
def test_a_write_that_may_have_acted_is_never_repeated(desk: Any, kind: str) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.fault(kind, method="PUT", times=99)
    with pytest.raises(TryLater) as caught:
        desk.books.leave_note(ref, "x" * 300, key="k1")
    assert caught.value.may_have_acted
    assert desk.calls() == {"PUT /api.xro/2.0/Invoices/*/History": 1}


def test_a_write_met_by_a_page_of_html_may_have_acted(desk: Any) -> None:
    desk.fault("html", method="PUT")
    with pytest.raises(TryLater) as caught:
        desk.books.leave_note(desk.ref(Kind.INVOICE, desk.invoice("open")), "x", key="k1")
    assert caught.value.may_have_acted


def test_a_busy_limit_did_nothing_so_the_write_is_sent_again(desk: Any) -> None:
    ref = desk.ref(Kind.INVOICE, desk.invoice("open", paid=False))
    desk.fault("429", method="PUT")
    desk.books.leave_note(ref, "x", key="k1")
    assert desk.calls() == {"PUT /api.xro/2.0/Invoices/*/History": 2}


def test_a_line_that_was_never_there_did_nothing(desk: Any) -> None:
    addresses = {**desk.wire.app.addresses, "api": "http://127.0.0.1:9"}
    wire = replace(desk.wire, app=replace(desk.wire.app, addresses=addresses))
    books = PLATFORM.open(wire, desk.account, desk.token)
    with pytest.raises(TryLater) as caught:
        books.leave_note(desk.ref(Kind.INVOICE, "x"), "x", key="k1")
    assert not caught.value.may_have_acted
    assert "9" not in str(caught.value)


def test_a_silent_line_ends_in_time(desk: Any) -> None:
    wire = replace(desk.wire, read_timeout=0.2, attempts=1)
    books = PLATFORM.open(wire, desk.account, desk.token)
    desk.fault("slow", seconds=0.9, times=9)
    with pytest.raises(TryLater, match="ReadTimeoutError"):
        books.company()


def test_an_expired_token_is_renewed_once(desk: Any) -> None:
    desk.trouble("expire_tokens")
    assert desk.books.company().name
    assert desk.calls()["POST /connect/token"] == 1
    assert desk.grants.load("g1").generation == 1


def test_a_token_that_is_refused_again_and_again_needs_a_person(desk: Any) -> None:
    desk.fault("expired", path="/api.xro", times=99)
    with pytest.raises(Reconnect, match="connect again"):
        desk.books.company()
    assert desk.calls()["POST /connect/token"] == 1
    assert desk.meter.calls == 3


def test_a_missing_permission_is_no_matter_of_renewal(desk: Any) -> None:
    desk.trouble("drop_scope", scope="accounting.invoices")
    with pytest.raises(Reconnect, match="permission \\(scope\\) or their user role"):
        desk.books.fetch([desk.ref(Kind.INVOICE, desk.invoice("open"))])
    assert "POST /connect/token" not in desk.calls()


def test_an_organisation_that_left_is_told_as_such(desk: Any) -> None:
    desk.act("disconnect")
    with pytest.raises(Reconnect, match="no longer connected"):
        desk.books.company()
    assert "POST /connect/token" not in desk.calls()


def test_a_missing_record_is_not_there(desk: Any) -> None:
    with pytest.raises(NotThere):
        desk.books.document(desk.ref(Kind.INVOICE, "00000000-0000-4000-8000-000000000000"))


def test_beyond_our_patience_the_minute_limit_parks_too(desk: Any) -> None:
    desk.act("limits", minute=3)
    with pytest.raises(TryLater, match="minute limit") as caught:
        list(desk.books.changes(None))
    assert caught.value.after is not None
    assert 20 < caught.value.after <= 60


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[]", b'{"Message": 5}', b'{"Elements": null}'])
def test_trap_15_a_400_that_is_not_json_does_not_crash(desk: Any, body: bytes) -> None:
    found = refusal(400, {}, body, clock=desk.clock, writing=True)
    assert isinstance(found, Refused)
    assert "no reason was given" in str(found)


@pytest.mark.parametrize("spelling", ["day", "Day", "Daily", "DayLimit", "daily limit"])
def test_the_limit_is_known_in_every_spelling(desk: Any, spelling: str) -> None:
    headers = {"x-rate-limit-problem": spelling, "retry-after": "9"}
    found = refusal(429, headers, b"", clock=desk.clock, writing=True)
    assert isinstance(found, TryLater)
    assert (str(found), found.after, found.may_have_acted) == ("Xero's day limit of calls is reached", 9.0, False)


def test_statuses_without_a_place_of_their_own_are_refusals(desk: Any) -> None:
    for status in (302, 405, 412, 414):
        assert isinstance(refusal(status, {}, b"", clock=desk.clock, writing=False), Refused)
    assert isinstance(refusal(401, {}, b"", clock=desk.clock, writing=False), TokenRefused)
    assert isinstance(refusal(403, {}, b"{}", clock=desk.clock, writing=False), Refused)


def test_personal_data_is_taken_out_of_what_xero_says() -> None:
    said = "Contact 'Ada Amir' with \"Acme\" at ada.amir@acme.example and 0f8fad5b-d9cb-469f-a165-70867728950e is bad"
    assert without_personal(said) == "Contact … with … at … and … is bad"
    assert len(without_personal("x y " * 200)) == 160


def test_trap_17_no_error_carries_bodies_tokens_or_addresses(desk: Any) -> None:
    secret = desk.grants.load("g1").access
    for kind in ("500", "503", "html", "429_day", "drop_before", "half"):
        desk.reset()
        desk.fault(kind, times=99)
        with pytest.raises(IntegrationError) as caught:
            desk.books.company()
        shown = f"{caught.value!r} {caught.value}"
        assert secret not in shown
        assert "127.0.0.1" not in shown
        assert "maintenance" not in shown
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
