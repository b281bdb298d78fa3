"""Tokens for mail: renewed once for everybody, kept sealed, and clear words when the sign-in was withdrawn."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import parse_qs

import pytest
import requests
import responses

from collector.channels.mail_oauth import TOKEN_URLS, MailLogin, MailToken
from integrations.contract import AppKeys, Wire
from integrations.errors import Refused, TryLater
from tests.conftest import CountingMeter, HandClock, MemoryGrants

URL = "http://127.0.0.1:9/token"
LOGIN = MailLogin("microsoft", "app", "secret", "first", token_url=URL)


@pytest.fixture
def store() -> MemoryGrants:
    return MemoryGrants()


def token(clock: HandClock, store: MemoryGrants, login: MailLogin = LOGIN) -> MailToken:
    return MailToken(login, Wire(AppKeys(), clock, CountingMeter()), store)


def form(call: responses.Call) -> dict[str, str]:
    body = call.request.body
    return {name: values[0] for name, values in parse_qs(body if isinstance(body, str) else "").items()}


@responses.activate
def test_a_token_is_renewed_when_it_nears_its_end_and_the_newest_refresh_token_is_used(
    clock: HandClock, store: MemoryGrants
) -> None:
    responses.post(URL, json={"access_token": "a1", "refresh_token": "second", "expires_in": 3600})
    responses.post(URL, json={"access_token": "a2", "expires_in": "3600"})

    assert token(clock, store)() == "a1"
    clock.move(minutes=54)
    assert token(clock, store)() == "a1"
    clock.move(minutes=1)
    assert token(clock, store)() == "a2"

    first, second = (form(call) for call in responses.calls)
    assert (first["refresh_token"], second["refresh_token"]) == ("first", "second")
    assert first["grant_type"] == "refresh_token"
    assert "SMTP.Send" in first["scope"]
    assert store.load(LOGIN.grant_id).refresh == "second"


@responses.activate
def test_a_new_refresh_token_in_the_configuration_starts_afresh(clock: HandClock, store: MemoryGrants) -> None:
    responses.post(URL, json={"access_token": "a1", "refresh_token": "second", "expires_in": 3600})
    token(clock, store)()
    token(clock, store, replace(LOGIN, refresh_token="given anew"))()

    assert form(responses.calls[1])["refresh_token"] == "given anew"


@responses.activate
def test_google_wants_no_scope(clock: HandClock, store: MemoryGrants) -> None:
    responses.post(URL, json={"access_token": "a1", "expires_in": 3599})
    token(clock, store, replace(LOGIN, provider="google", client_secret=""))()

    assert set(form(responses.calls[0])) == {"grant_type", "refresh_token", "client_id"}


@responses.activate
@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (
            400,
            {"error": "invalid_grant"},
            Refused,
            "has ended or was withdrawn; give a new oauth_refresh_token in [mail]",
        ),
        (401, {"error": "invalid_client"}, Refused, "is not set up right (invalid_client)"),
        (503, {}, TryLater, "gives no token just now (503)"),
        (429, {}, TryLater, "gives no token just now (429)"),
        (200, {"token_type": "x"}, TryLater, "without a token"),
        (200, [], TryLater, "without a token"),
    ],
)
def test_trouble_is_told_as_it_is(
    clock: HandClock, store: MemoryGrants, status: int, body: object, error: type[Exception], words: str
) -> None:
    responses.post(URL, json=body, status=status)

    with pytest.raises(error) as trouble:
        token(clock, store)()

    assert words in str(trouble.value)
    assert "first" not in str(trouble.value)


@responses.activate
def test_a_silent_provider_is_tried_later(clock: HandClock, store: MemoryGrants) -> None:
    responses.post(URL, body=requests.ConnectionError("gone"))

    with pytest.raises(TryLater):
        token(clock, store)()


@responses.activate
def test_of_many_who_need_a_token_one_renews(
    clock: HandClock, store: MemoryGrants, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, start = threading.Event(), threading.Barrier(4)

    def answer(_: object) -> tuple[int, dict[str, str], str]:
        asked.wait(5)  # until somebody else has had to wait
        return 200, {}, '{"access_token": "a1", "expires_in": 3600}'

    def wait(_: float) -> None:
        asked.set()
        time.sleep(0.02)

    def get(_: int) -> str:
        start.wait()
        return token(clock, store)()

    responses.add_callback(responses.POST, URL, answer)
    monkeypatch.setattr(clock, "sleep", wait)

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(get, range(4))) == {"a1"}
    assert len(responses.calls) == 1


def test_tokens_are_only_asked_for_where_they_are_made() -> None:
    assert MailLogin("microsoft", "app", tenant="t1").address == TOKEN_URLS["microsoft"].format(tenant="t1")
    assert MailLogin("google", "app").address == "https://oauth2.googleapis.com/token"
    with pytest.raises(Refused, match="oauth_token_url"):
        _ = MailLogin("google", "app", token_url="https://evil.example/token").address
    assert "first" not in repr(LOGIN)
    assert "secret" not in repr(LOGIN)
