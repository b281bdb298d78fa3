"""The twin's sign-in: a page for people, codes for once, tokens that age."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.faults import Fault
from tests.sandbox.quickbooks.conftest import Caller

APP = ("ABsandboxCedarClient", "sandbox-client-secret")
BACK = "http://localhost:9/back"
ASKED = {
    "client_id": APP[0],
    "response_type": "code",
    "scope": "com.intuit.quickbooks.accounting",
    "redirect_uri": BACK,
    "state": "s1",
}


def page(caller: Caller, **changes: str) -> requests.Response:
    return requests.get(f"{caller.base}/connect/oauth2", params={**ASKED, **changes}, timeout=5)


def press(caller: Caller, decision: str, **form: str) -> dict[str, str]:
    answer = requests.post(
        f"{caller.base}/connect/oauth2",
        data={"state": "s1", "redirect_uri": BACK, "decision": decision, **form},
        timeout=5,
        allow_redirects=False,
    )
    return {name: one[0] for name, one in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def token(caller: Caller, form: dict[str, str], *, auth: Any = APP, headers: Any = None) -> Any:
    return requests.post(f"{caller.base}/oauth2/v1/tokens/bearer", data=form, auth=auth, headers=headers, timeout=5)


def refreshed(caller: Caller, value: str, **headers: str) -> Any:
    return token(caller, {"grant_type": "refresh_token", "refresh_token": value}, headers=headers)


def test_the_page_is_for_people(caller: Caller) -> None:
    shown = page(caller, state='"><script>alert(1)</script>')
    assert "Cedar Ridge Builders" in shown.text
    assert "Connect</button>" in shown.text
    assert "Cancel</button>" in shown.text
    assert "<script>alert" not in shown.text


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "x"},
        {"response_type": "token"},
        {"scope": "openid"},
        {"redirect_uri": "javascript:x"},
        {"state": ""},
    ],
)
def test_an_app_that_asks_wrongly_is_turned_away(caller: Caller, changes: dict[str, str]) -> None:
    assert page(caller, **changes).status_code == 400


def test_connect_gives_a_code_and_the_realm_cancel_an_error(caller: Caller) -> None:
    given = press(caller, "connect")
    assert (given["state"], given["realmId"]) == ("s1", caller.realm)
    assert given["code"]
    assert press(caller, "cancel") == {"state": "s1", "error": "access_denied"}
    assert press(caller, "connect", realm="999")["error"] == "access_denied"


def test_a_code_is_for_one_use_one_redirect_and_ten_minutes(caller: Caller) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": BACK}
    code = press(caller, "connect")["code"]
    assert token(caller, {**form, "code": code}).status_code == 200
    again = token(caller, {**form, "code": code})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    code = press(caller, "connect")["code"]
    assert token(caller, {**form, "redirect_uri": f"{BACK}2", "code": code}).status_code == 400
    code = press(caller, "connect")["code"]
    caller.sandbox.clock.move(timedelta(minutes=11))
    assert token(caller, {**form, "code": code}).status_code == 400


def test_the_app_may_name_itself_in_either_way(caller: Caller) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": caller.refresh}
    assert token(caller, form).status_code == 200
    assert token(caller, {**form, "client_id": APP[0], "client_secret": APP[1]}, auth=None).status_code == 200
    assert token(caller, form, auth=None).json() == {"error": "invalid_client"}
    assert token(caller, form, auth=(APP[0], "wrong")).status_code == 401


def test_a_refresh_token_lasts_a_day_and_the_old_one_is_dead_at_once(caller: Caller) -> None:
    same = refreshed(caller, caller.refresh).json()["refresh_token"]
    assert same == caller.refresh
    caller.sandbox.clock.move(timedelta(hours=25))
    fresh = refreshed(caller, same).json()["refresh_token"]
    assert fresh != same
    for _ in range(2):
        assert refreshed(caller, same).json()["error"] == "invalid_grant"
    assert refreshed(caller, fresh).status_code == 200


def test_a_refresh_token_dies_of_a_hundred_idle_days_and_of_five_years(caller: Caller) -> None:
    value = caller.refresh
    for _ in range(20):
        caller.sandbox.clock.move(timedelta(days=90))
        value = refreshed(caller, value).json()["refresh_token"]
    caller.sandbox.clock.move(timedelta(days=30))
    assert refreshed(caller, value).status_code == 400, "five years were over"
    other = press(caller, "connect")["code"]
    held = token(caller, {"grant_type": "authorization_code", "redirect_uri": BACK, "code": other}).json()[
        "refresh_token"
    ]
    caller.sandbox.clock.move(timedelta(days=101))
    assert refreshed(caller, held).status_code == 400


def test_the_hard_end_is_told_only_to_those_who_ask(caller: Caller) -> None:
    assert "x_refresh_token_hard_expires_in" not in refreshed(caller, caller.refresh).json()
    asked = refreshed(caller, caller.refresh, **{"x-include-refresh-token-hard-expires-in": "true"}).json()
    assert asked["x_refresh_token_hard_expires_in"] > 1800 * 86400
    assert asked["expires_in"] == 3600
    assert "realmId" not in asked


def test_an_expired_token_is_no_trouble_of_the_sign_in(caller: Caller) -> None:
    caller.sandbox.book.add(Fault("quickbooks", "expired", times=2))
    assert caller.ask("GET", "preferences").status_code == 401
    assert refreshed(caller, caller.refresh).status_code == 200


def test_an_access_token_lasts_an_hour(caller: Caller) -> None:
    caller.sandbox.clock.move(timedelta(minutes=59))
    assert caller.ask("GET", "preferences").status_code == 200
    caller.sandbox.clock.move(timedelta(minutes=2))
    assert caller.ask("GET", "preferences").status_code == 401


@pytest.mark.parametrize("as_json", [True, False])
def test_revoking_ends_the_grant_by_either_token_and_either_form(caller: Caller, as_json: bool) -> None:
    value = caller.token if as_json else caller.refresh
    what: dict[str, Any] = {"json": {"token": value}} if as_json else {"data": {"token": value}}
    url = f"{caller.base}/v2/oauth2/tokens/revoke"
    assert requests.post(url, auth=("x", "y"), timeout=5, **what).status_code == 401
    assert requests.post(url, auth=APP, timeout=5, **what).status_code == 200
    assert requests.post(url, auth=APP, timeout=5, **what).status_code == 400
    assert caller.ask("GET", "preferences").status_code == 401
    assert refreshed(caller, caller.refresh).status_code == 400
