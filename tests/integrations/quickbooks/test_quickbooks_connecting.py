"""Connecting as a person does it: the consent page over HTTP, tokens, renewal, and the end."""

import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from integrations import oauth
from integrations.contract import AppKeys, Attempt, Consent, Grant, Wire
from integrations.errors import Reconnect, Refused, TryLater, Unsupported
from integrations.oauth import RenewingToken
from integrations.quickbooks.platform import PLATFORM
from tests.conftest import MemoryGrants
from tests.integrations.quickbooks.conftest import Cedar

BACK = "http://localhost:8765/connect/quickbooks/callback"


class Attempts:
    """Attempts in memory, each to be taken once."""

    def __init__(self) -> None:
        self._kept: dict[str, Attempt] = {}

    def begin(self, attempt: Attempt) -> None:
        self._kept[attempt.state] = attempt

    def take(self, state: str) -> Attempt | None:
        return self._kept.pop(state, None)


def walk(url: str, decision: str = "connect") -> dict[str, str]:
    """Open the page, press a button, and give back what the browser brings to us."""
    page = requests.get(url, timeout=5)
    assert page.status_code == 200
    assert "Cedar Ridge Builders" in page.text
    fields = parse_qs(urlsplit(url).query)
    form = {"state": fields["state"][0], "redirect_uri": fields["redirect_uri"][0], "decision": decision}
    answer = requests.post(page.url.split("?")[0], data=form, timeout=5, allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def begun(cedar: Cedar, attempts: Attempts) -> str:
    return oauth.begin(PLATFORM, cedar.wire, attempts, business="b1", redirect_uri=BACK, answers={"time_zone": "UTC"})


def consented(cedar: Cedar) -> Consent:
    attempts = Attempts()
    _, consent = oauth.complete(PLATFORM, cedar.wire, attempts, walk(begun(cedar, attempts)))
    return consent


def test_a_person_connects_a_company_by_the_consent_page(cedar: Cedar) -> None:
    attempts = Attempts()
    attempt, consent = oauth.complete(PLATFORM, cedar.wire, attempts, walk(begun(cedar, attempts)))
    (company,) = consent.companies
    assert attempt.answers == {"time_zone": "UTC"}
    assert (company.external_id, company.label) == (cedar.account.external_id, "Cedar Ridge Builders")
    assert consent.grant.id == ""
    assert consent.grant.expires_at is not None
    assert consent.grant.dies_at is not None
    assert consent.grant.dies_at - cedar.wire.clock.now() > timedelta(days=1800), "the hard end was not asked for"
    token = RenewingToken(PLATFORM, cedar.wire, MemoryGrants(replace(consent.grant, id="g2")), "g2")
    assert PLATFORM.open(cedar.wire, cedar.account, token).company().name == "Cedar Ridge Builders"


def test_trap_28_connecting_takes_two_calls_and_no_discovery(cedar: Cedar) -> None:
    attempts = Attempts()
    callback = walk(begun(cedar, attempts))
    cedar.sandbox.book.clear()
    oauth.complete(PLATFORM, cedar.wire, attempts, callback)
    assert sorted(route for _, route in cedar.sandbox.book.calls) == [
        "POST /oauth2/v1/tokens/bearer",
        "POST /v3/company/*/query",
    ]
    assert cedar.wire.meter.calls == 2  # type: ignore[attr-defined]


def test_a_refused_consent_is_said_plainly(cedar: Cedar) -> None:
    attempts = Attempts()
    with pytest.raises(Refused, match="consent was not given"):
        oauth.complete(PLATFORM, cedar.wire, attempts, walk(begun(cedar, attempts), "cancel"))


@pytest.mark.parametrize(
    ("callback", "says"),
    [
        ({"code": "x", "state": "s"}, "which company"),
        ({"code": "x", "realmId": "../9"}, "which company"),
        ({"realmId": "93"}, "consent was not given"),
        ({"code": "never-issued", "realmId": "93"}, "connect again"),
    ],
)
def test_a_callback_that_misses_something_is_refused(cedar: Cedar, callback: dict[str, str], says: str) -> None:
    with pytest.raises(Refused, match=says):
        PLATFORM.exchange(cedar.wire, callback, redirect_uri=BACK, verifier="v")


def test_a_code_works_once_and_only_for_its_redirect(cedar: Cedar) -> None:
    url = PLATFORM.authorize_url(cedar.wire, state="s1", redirect_uri=BACK, challenge="c")
    callback = walk(url)
    with pytest.raises(Refused):
        PLATFORM.exchange(cedar.wire, callback, redirect_uri=f"{BACK}/else", verifier="v")
    callback = walk(url)
    PLATFORM.exchange(cedar.wire, callback, redirect_uri=BACK, verifier="v")
    with pytest.raises(Refused):
        PLATFORM.exchange(cedar.wire, callback, redirect_uri=BACK, verifier="v")


def test_a_busy_platform_costs_the_name_but_not_the_consent(cedar: Cedar) -> None:
    callback = walk(PLATFORM.authorize_url(cedar.wire, state="s", redirect_uri=BACK, challenge=""))
    cedar.fault("503", path="/query", times=9)
    consent = PLATFORM.exchange(cedar.wire, callback, redirect_uri=BACK, verifier="")
    assert consent.companies[0].label == f"QuickBooks company {cedar.account.external_id}"


def test_keys_of_another_environment_are_named_at_connect(cedar: Cedar) -> None:
    callback = walk(PLATFORM.authorize_url(cedar.wire, state="s", redirect_uri=BACK, challenge=""))
    cedar.fault("forbidden", path="/query")
    with pytest.raises(Refused, match="another environment"):
        PLATFORM.exchange(cedar.wire, callback, redirect_uri=BACK, verifier="")


def test_a_wrong_client_secret_is_named(cedar: Cedar) -> None:
    keys = AppKeys("ABsandboxCedarClient", "wrong", (), cedar.wire.app.addresses)
    wire = replace(cedar.wire, app=keys)
    callback = walk(PLATFORM.authorize_url(cedar.wire, state="s", redirect_uri=BACK, challenge=""))
    with pytest.raises(Refused, match="client id or secret"):
        PLATFORM.exchange(wire, callback, redirect_uri=BACK, verifier="")
    with pytest.raises(Reconnect, match="client id or secret"):
        PLATFORM.renew(wire, cedar.grants.load("grant-1"))


def test_renewal_keeps_the_refresh_token_for_a_day_and_then_takes_the_new_one(cedar: Cedar) -> None:
    first = cedar.grants.load("grant-1")
    second = PLATFORM.renew(cedar.wire, first)
    assert (second.refresh, second.generation, second.id) == (first.refresh, 1, "grant-1")
    assert second.access != first.access
    cedar.sandbox.clock.move(timedelta(hours=25))
    third = PLATFORM.renew(cedar.wire, second)
    assert third.refresh != second.refresh
    with pytest.raises(Reconnect):
        PLATFORM.renew(cedar.wire, second)
    assert PLATFORM.renew(cedar.wire, third).refresh == third.refresh


@pytest.mark.parametrize("kind", ["500", "503", "html", "429_silent", "drop_before"])
def test_trouble_at_the_token_endpoint_never_asks_for_a_new_connection(cedar: Cedar, kind: str) -> None:
    cedar.fault(kind, path="/oauth2/v1/tokens", times=9)
    with pytest.raises(TryLater):
        PLATFORM.renew(cedar.wire, cedar.grants.load("grant-1"))


def test_trap_34_an_expired_token_is_renewed_once_while_several_reads_are_under_way(cedar: Cedar) -> None:
    cedar.act("expire_token")
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    assert cedar.sandbox.book.calls["quickbooks", "POST /oauth2/v1/tokens/bearer"] == 1
    assert cedar.grants.load("grant-1").generation == 1


def test_trap_03_a_new_token_is_used_on_the_next_call_of_the_same_books(cedar: Cedar) -> None:
    """The SDK freezes the token of its first session."""
    books = cedar.books
    books.company()
    cedar.act("expire_token")
    cedar.grants.save(PLATFORM.renew(cedar.wire, cedar.grants.load("grant-1")))
    cedar.sandbox.book.clear()
    books.company()
    assert cedar.sandbox.book.calls["quickbooks", "POST /oauth2/v1/tokens/bearer"] == 0


def test_an_app_that_was_disconnected_inside_quickbooks_must_be_connected_again(cedar: Cedar) -> None:
    cedar.act("disconnect")
    with pytest.raises(Reconnect):
        cedar.books.company()


def test_lost_rights_do_not_burn_a_renewal(cedar: Cedar) -> None:
    cedar.fault("lost_rights", path="/query")
    with pytest.raises(Reconnect):
        cedar.books.company()
    assert cedar.sandbox.book.calls["quickbooks", "POST /oauth2/v1/tokens/bearer"] == 0


def test_disconnecting_revokes_the_grant_with_its_last_company_only(cedar: Cedar) -> None:
    PLATFORM.disconnect(cedar.wire, cedar.account, cedar.token, last=False)
    assert cedar.books.company().name
    PLATFORM.disconnect(cedar.wire, cedar.account, cedar.token, last=True)
    with pytest.raises(Reconnect):
        cedar.books.company()
    PLATFORM.disconnect(cedar.wire, cedar.account, cedar.token, last=True)


def test_webhooks_are_set_up_in_the_portal(cedar: Cedar) -> None:
    with pytest.raises(Unsupported):
        PLATFORM.subscribe(cedar.wire, cedar.account, cedar.token, url="https://example.com/hook")
    assert cedar.calls() == 0


def test_trap_02_opening_and_asking_for_the_page_make_no_call(cedar: Cedar) -> None:
    """The SDK's constructor would renew the token, its sign-in client would fetch a document."""
    assert cedar.books is not None
    PLATFORM.authorize_url(cedar.wire, state="s", redirect_uri=BACK, challenge="c")
    assert cedar.calls() == 0


def test_trap_33_only_this_machine_may_stand_in_for_quickbooks(cedar: Cedar) -> None:
    keys = replace(cedar.wire.app, addresses={"api": "https://quickbooks.evil.example", "token": "http://10.0.0.9"})
    wire: Wire = replace(cedar.wire, app=keys)
    with pytest.raises(Refused, match="this machine"):
        PLATFORM.open(wire, cedar.account, cedar.token)
    with pytest.raises(Refused, match="this machine"):
        PLATFORM.renew(wire, Grant("g", "quickbooks", "a", "r"))


def test_trap_12_no_token_or_secret_reaches_a_log_or_a_message(
    cedar: Cedar, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [cedar.wire.app.client_secret, cedar.grants.load("grant-1").access, cedar.grants.load("grant-1").refresh]
    cedar.act("expire_token")
    cedar.books.company()
    renewed = cedar.grants.load("grant-1")
    cedar.act("disconnect")
    with pytest.raises(Reconnect) as refused:
        cedar.books.company()
    told = caplog.text + "".join(capsys.readouterr()) + str(refused.value) + repr(refused.value.__cause__)
    assert "quickbooks refused" in told or "authorisation renewed" in told
    for secret in (*secrets, renewed.access, renewed.refresh):
        assert secret not in told
