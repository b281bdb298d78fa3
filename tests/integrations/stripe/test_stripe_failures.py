"""What Stripe's bad days look like to the caller: patience for the short ones, one of our errors for the rest."""

import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.contract import Account, Grant
from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater
from integrations.stripe.failures import KeyRejected, KeyUsed, MissingPermission, failure, for_people
from integrations.stripe.platform import PLATFORM
from sandbox.faults import Fault


class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2026, 3, 10, 15, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    "kind", ["429", "429_silent", "lock_timeout", "500", "503", "html", "html_200", "half", "drop_before", "empty_page"]
)
def test_a_read_is_repeated_with_patience_and_then_left(northwind: Any, kind: str) -> None:
    northwind.sandbox.book.add(Fault("stripe", kind, path="/v1/customers", times=2))
    northwind.save(northwind.books().changes(None))
    assert len(northwind.wire.clock.slept) == 2
    northwind.sandbox.book.clear()
    northwind.sandbox.book.add(Fault("stripe", kind, path="/v1/customers", times=50))
    with pytest.raises(TryLater) as given_up:
        list(northwind.books().changes(None))
    assert not given_up.value.may_have_acted
    assert northwind.calls()["GET /v1/customers"] == northwind.wire.attempts


def test_a_short_retry_after_is_waited_for_exactly(northwind: Any) -> None:
    northwind.sandbox.book.add(Fault("stripe", "503", path="/v1/account"))
    northwind.books().company()
    assert northwind.wire.clock.slept == [2.0]


def test_a_long_retry_after_parks_the_connection_at_once(northwind: Any) -> None:
    northwind.sandbox.book.add(Fault("stripe", "429_day", times=9))
    with pytest.raises(TryLater) as parked:
        northwind.books().company()
    assert parked.value.after == 86400
    assert northwind.wire.clock.slept == []


@pytest.mark.parametrize("kind", ["500", "503", "html", "html_200", "half", "drop_after", "409"])
def test_a_write_that_may_have_acted_is_never_repeated(northwind: Any, kind: str) -> None:
    invoice = northwind.invoice("open", automatic=False)
    northwind.sandbox.book.add(Fault("stripe", kind, path="/send", times=9))
    with pytest.raises(TryLater) as ambiguous:
        northwind.books().send_invoice(invoice, key="k")
    assert ambiguous.value.may_have_acted
    assert northwind.calls()["POST /v1/invoices/*/send"] == 1


@pytest.mark.parametrize("kind", ["429", "lock_timeout"])
def test_a_write_stripe_refused_to_start_is_repeated(northwind: Any, kind: str) -> None:
    invoice = northwind.invoice("open", automatic=False)
    northwind.sandbox.book.add(Fault("stripe", kind, path="/send"))
    northwind.books().send_invoice(invoice, key="k")
    assert northwind.calls()["POST /v1/invoices/*/send"] == 2


def test_a_request_of_the_same_key_still_running_may_have_acted(northwind: Any) -> None:
    invoice = northwind.invoice("open", automatic=False)
    northwind.act("hold_idempotency_key", key="dw-send-k")
    with pytest.raises(TryLater) as running:
        northwind.books().send_invoice(invoice, key="k")
    assert running.value.may_have_acted


def test_nobody_listening_means_nothing_was_done(northwind: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    wire = replace(northwind.wire, app=replace(northwind.wire.app, addresses={"api": nowhere}), attempts=1)
    with pytest.raises(TryLater) as unreached:
        PLATFORM.subscribe(wire, northwind.account, northwind.token, url="http://x")
    assert not unreached.value.may_have_acted


def test_an_expired_key_needs_a_person(northwind: Any) -> None:
    northwind.act("expire_token")
    with pytest.raises(Reconnect, match="connect again"):
        northwind.books().company()
    assert northwind.calls()["GET /v1/account"] == 1


def test_a_key_replaced_meanwhile_is_used_once(northwind: Any) -> None:
    books = northwind.books()
    books.company()
    northwind.act("expire_token")
    fresh = northwind.act("make_key", without=["rak_dispute_read"])["api_key"]
    northwind.grants.save(Grant("g1", "stripe", fresh, kind="key", generation=1))
    books.company()
    northwind.act("expire_token")
    with pytest.raises(Reconnect):
        books.company()


def test_a_permission_taken_away_is_named(northwind: Any) -> None:
    key = northwind.act("make_key", without=["rak_credit_note_read"])["api_key"]
    northwind.grants.save(Grant("g1", "stripe", key, kind="key"))
    with pytest.raises(Refused, match="rak_credit_note_read") as refused:
        northwind.save(northwind.books().changes(None))
    assert key[-4:] not in str(refused.value)


def test_access_to_an_account_revoked_needs_a_person(northwind: Any) -> None:
    account = Account("c1", "acct_other", details={"account": "acct_somebodyelse"})
    with pytest.raises(Reconnect):
        PLATFORM.open(northwind.wire, account, northwind.token).company()


CASES: list[tuple[int, bytes, type[Exception], bool]] = [
    (429, b"", TryLater, False),
    (400, b'{"error":{"code":"rate_limit"}}', TryLater, False),
    (500, b"<html>", TryLater, True),
    (502, b"", TryLater, True),
    (409, b"{}", TryLater, True),
    (401, b"not json", KeyRejected, False),
    (403, b"{}", MissingPermission, False),
    (403, b'{"error":{"code":"account_invalid"}}', Reconnect, False),
    (404, b"[]", NotThere, False),
    (400, b'{"error":{"type":"idempotency_error","message":"Keys differ"}}', KeyUsed, False),
    (402, b'{"error":{"message":"Declined"}}', Refused, False),
    (302, b"", Refused, False),
]


@pytest.mark.parametrize(("status", "body", "kind", "acted"), CASES)
def test_every_answer_has_one_meaning(status: int, body: bytes, kind: type[Exception], acted: bool) -> None:
    error = failure(status, body, {}, Still(), writing=True)
    assert type(error) is kind
    assert getattr(error, "may_have_acted", False) is acted
    assert getattr(failure(status, body, {}, Still(), writing=False), "may_have_acted", False) is False


def test_sentences_for_people_hold_nothing_private() -> None:
    told = (
        "No such customer: 'cus_Nffrfe'; in_1MtHbELkdIwHu7ix of ada@maple.example, see https://dashboard.stripe.com/x"
    )
    assert for_people(told) == "No such customer: …; … of … see …"
    for whole in ("rk_test_51AbCdEf********WXYZ may not", "acct_1032D82eZvKYlo2C may not", "whsec_abc123def may not"):
        assert for_people(whole) == "… may not"
    kept = "You can only send an invoice if its collection method is send_invoice."
    assert for_people(kept) == kept


def test_nothing_private_is_logged_or_told(
    northwind: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    key = northwind.grants.load("g1").access
    northwind.save(northwind.books().changes(None))
    northwind.sandbox.book.add(Fault("stripe", "402", path="/send"))
    with pytest.raises(Refused) as refused:
        northwind.books().send_invoice(northwind.invoice("open", automatic=False), key="k")
    told = caplog.text + str(refused.value) + "".join(capfd.readouterr())
    name = next(iter(northwind.truth()["customers"]))
    assert key not in told
    assert name not in told
    assert "cus_1234567890abcdef" not in told
    assert "example" not in told
    assert isinstance(refused.value, IntegrationError)
    assert refused.value.__cause__ is None
