"""Traps of Intuit's sign-in client, which we do not use: what our own does in its place."""

import random
from dataclasses import replace
from typing import Any

import pytest
import responses

from integrations import oauth
from integrations.contract import Attempt
from integrations.errors import Reconnect, TryLater
from integrations.quickbooks.platform import PLATFORM
from tests.integrations.quickbooks.conftest import Cedar

TOKENS: dict[str, Any] = {"access_token": "a-2", "refresh_token": "r-2", "expires_in": 3600, "token_type": "bearer"}


def token_url(cedar: Cedar) -> str:
    return f"{cedar.wire.app.addresses['token']}/oauth2/v1/tokens/bearer"


def test_trap_29_a_token_answer_overwrites_nothing_of_ours(cedar: Cedar) -> None:
    """The SDK makes an attribute of every key, its own headers and addresses included."""
    strange = {"headers": {"X-Evil": "1"}, "token_endpoint": "https://evil.example", "platform": "x", "id": "other"}
    with responses.RequestsMock() as line:
        line.add("POST", token_url(cedar), json={**TOKENS, **strange})
        line.add("POST", token_url(cedar), json=TOKENS)
        first = PLATFORM.renew(cedar.wire, cedar.grants.load("grant-1"))
        PLATFORM.renew(cedar.wire, first)
        asked = [call.request for call in line.calls]
    assert (first.id, first.platform, first.access) == ("grant-1", "quickbooks", "a-2")
    assert all("X-Evil" not in request.headers for request in asked)


class Attempts:
    """Remembers the states that were begun with."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def begin(self, attempt: Attempt) -> None:
        self.states.append(attempt.state)

    def take(self, state: str) -> Attempt | None:
        raise LookupError(state)


def test_trap_30_nobody_can_foresee_the_state(cedar: Cedar) -> None:
    """The SDK draws it from the ordinary random numbers."""
    attempts = Attempts()
    for _ in range(2):
        random.seed(1)
        oauth.begin(PLATFORM, cedar.wire, attempts, business="b", redirect_uri="http://localhost/x", answers={})
    assert len(set(attempts.states)) == 2
    assert min(map(len, attempts.states)) >= 40


def test_trap_31_a_silent_sign_in_is_not_waited_for_and_its_words_are_not_repeated(cedar: Cedar) -> None:
    """The SDK has no time-out here either, and puts the whole answer into its exception."""
    brief = replace(cedar.wire, read_timeout=0.2, attempts=1)
    cedar.fault("slow", path="/oauth2/v1/tokens", seconds=1.0)
    with pytest.raises(TryLater, match="ReadTimeout"):
        PLATFORM.renew(brief, cedar.grants.load("grant-1"))
    with responses.RequestsMock() as line:
        line.add("POST", token_url(cedar), status=400, json={"error": "invalid_grant", "refresh_token": "r-secret"})
        with pytest.raises(Reconnect) as told:
            PLATFORM.renew(cedar.wire, cedar.grants.load("grant-1"))
    assert "r-secret" not in f"{told.value!r} {told.value.__cause__!r}"


def test_trap_32_no_identity_is_asked_for_and_a_broken_one_is_not_read(cedar: Cedar) -> None:
    address = PLATFORM.authorize_url(cedar.wire, state="s", redirect_uri="http://localhost/x", challenge="")
    assert "scope=com.intuit.quickbooks.accounting&" in address
    assert "openid" not in address
    with responses.RequestsMock() as line:
        line.add("POST", token_url(cedar), json={**TOKENS, "id_token": "not.base64-url_.at all"})
        assert PLATFORM.renew(cedar.wire, cedar.grants.load("grant-1")).access == "a-2"
