"""The local Xero's doors: tokens, tenants, scopes, limits, and webhooks with their strict beginning."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

BACK = "https://app.example/back"


def detail(reply: requests.Response) -> tuple[int, str]:
    return reply.status_code, str(reply.json()["Detail"]).partition(":")[0]


def test_the_two_words_that_are_the_wrong_way_round(caller: Any) -> None:
    assert detail(caller.ask("Invoices", headers={"xero-tenant-id": "somebody"})) == (403, "AuthenticationUnsuccessful")
    assert detail(caller.ask("Invoices", headers={"Authorization": "Bearer nonsense"})) == (401, "TokenExpired")
    caller.act("drop_scope", scope="accounting.invoices")
    assert detail(caller.ask("Invoices")) == (401, "AuthorizationUnsuccessful")
    assert caller.ask("Contacts").status_code == 200
    note = {"HistoryRecords": [{"Details": "x"}]}
    contact = caller.twin.truth("brightwater")["customers"][0]
    assert detail(caller.ask(f"Contacts/{contact}/History", "PUT", json=note)) == (401, "AuthorizationUnsuccessful")


def test_access_ends_after_half_an_hour(caller: Any) -> None:
    caller.sandbox.clock.move(timedelta(minutes=31))
    assert detail(caller.ask("Invoices")) == (401, "TokenExpired")


def renewed(caller: Any, refresh: str) -> Any:
    reply = caller.post_form("connect/token", grant_type="refresh_token", refresh_token=refresh)
    return reply.json() if reply.status_code == 200 else (reply.status_code, reply.json())


def test_refresh_tokens_rotate_with_a_grace(caller: Any) -> None:
    first = caller.keys["refresh_token"]
    second = renewed(caller, first)["refresh_token"]
    assert second != first
    third = renewed(caller, first)["refresh_token"]
    caller.sandbox.clock.move(timedelta(minutes=31))
    assert renewed(caller, first) == (400, {"error": "invalid_grant"})
    assert renewed(caller, second) == (400, {"error": "invalid_grant"}), "the sibling that lost the race"
    assert renewed(caller, third)["expires_in"] == 1800


def test_sixty_days_unused_end_a_refresh_token(caller: Any) -> None:
    caller.sandbox.clock.move(timedelta(days=60, minutes=1))
    assert renewed(caller, caller.keys["refresh_token"]) == (400, {"error": "invalid_grant"})


def test_the_app_may_sign_in_both_ways(caller: Any) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": caller.keys["refresh_token"]}
    url, keys = f"{caller.base}/connect/token", (caller.app["client_id"], caller.app["client_secret"])
    assert requests.post(url, data=form, auth=keys, timeout=5).status_code == 200
    wrong = requests.post(url, data=form, auth=(keys[0], "x"), timeout=5)
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})
    assert requests.post(url, data=form, headers={"Authorization": "Basic é"}, timeout=5).status_code == 400


def authorised(caller: Any, challenge: str, **changed: Any) -> requests.Response:
    form = {
        "client_id": caller.app["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "offline_access accounting.invoices",
        "state": "s1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "tenants": [caller.keys["tenant_id"]],
        "answer": "allow",
        **changed,
    }
    url = f"{caller.base}/identity/connect/authorize"
    return requests.post(url, data=form, timeout=5, allow_redirects=False)


def query_of(reply: requests.Response) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}


def test_a_code_works_once_for_five_minutes(caller: Any, pkce: tuple[str, str]) -> None:
    verifier, challenge = pkce

    def redeem(code: str) -> int:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": verifier}
        return int(caller.post_form("connect/token", **form).status_code)

    answer = query_of(authorised(caller, challenge))
    assert answer["state"] == "s1"
    assert (redeem(answer["code"]), redeem(answer["code"])) == (200, 400)
    late = query_of(authorised(caller, challenge))["code"]
    caller.sandbox.clock.move(timedelta(minutes=6))
    assert redeem(late) == 400


def test_what_the_consent_page_refuses(caller: Any, pkce: tuple[str, str]) -> None:
    challenge = pkce[1]
    assert query_of(authorised(caller, challenge, answer="cancel"))["error"] == "access_denied"
    assert query_of(authorised(caller, challenge, tenants=[]))["error"] == "access_denied"
    for changed in (
        {"redirect_uri": "http://127.0.0.1:8080/back"},
        {"redirect_uri": "http://app.example/back"},
        {"client_id": "stranger"},
        {"response_type": "token"},
    ):
        assert authorised(caller, challenge, **changed).status_code == 400
    params = {"client_id": caller.app["client_id"], "redirect_uri": BACK, "response_type": "code",
              "scope": "accounting.transactions"}  # fmt: skip
    page = f"{caller.base}/identity/connect/authorize"
    broad = requests.get(page, params=params, timeout=5, allow_redirects=False)
    assert query_of(broad)["error"] == "invalid_scope"


def test_connections_come_as_a_bare_list_in_both_spellings(caller: Any) -> None:
    headers = {"Authorization": f"Bearer {caller.keys['access_token']}"}
    for path in ("connections", "Connections"):
        found = requests.get(f"{caller.base}/{path}", headers=headers, timeout=5).json()
        assert {one["tenantName"] for one in found} == {
            "Brightwater Studio", "Harbour Lane Catering", "Fenwick & Sons Joinery",
        }  # fmt: skip
    event = found[0]["authEventId"]
    some = requests.get(f"{caller.base}/connections", params={"authEventId": event}, headers=headers, timeout=5).json()
    assert len(some) == 1
    for status in (204, 404):
        gone = requests.delete(f"{caller.base}/connections/{found[0]['id']}", headers=headers, timeout=5)
        assert gone.status_code == status


def test_revoking_ends_every_connection(caller: Any) -> None:
    assert caller.post_form("connect/revocation", token=caller.keys["refresh_token"]).status_code == 200
    assert caller.ask("Invoices").status_code == 401
    assert not caller.twin.consents.connected(caller.app["client_id"])


def honest(key: str) -> Callable[[bytes, dict[str, str]], tuple[int, bytes, dict[str, str]]]:
    def answer(body: bytes, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        good = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
        return (200 if headers["x-xero-signature"] == good else 401), b"", {}

    return answer


def test_events_are_signed_with_the_literal_key_and_counted(caller: Any, receivers: Callable[..., Any]) -> None:
    key = caller.app["webhook_secrets"][0]
    receiver = receivers(honest(key))
    assert caller.act("subscribe", url=receiver.url)["intent_to_receive"] == "ok"
    assert len(receiver.heard) == 4
    assert json.loads(receiver.heard[0][0])["firstEventSequence"] == 0
    del receiver.heard[:]
    caller.act("pay", business="brightwater", invoice=caller.invoice(), amount="1.00")
    caller.act("pay", business="harbour", invoice=_open_in(caller, "harbour"), amount="1.00")
    assert caller.sandbox.courier.settle(5)
    bodies = [json.loads(body) for body, _ in receiver.heard]
    assert [body["firstEventSequence"] for body in bodies] == [1, 2, 3, 4]
    events = [event for body in bodies for event in body["events"]]
    assert len({event["tenantId"] for event in events}) == 2
    assert {event["eventCategory"] for event in events} == {"PAYMENT", "INVOICE"}
    assert "Z" not in events[0]["eventDateUtc"]


def _open_in(caller: Any, business: str) -> str:
    truth = caller.twin.truth(business)["invoices"]
    return str(next(id_ for id_, one in truth.items() if one["status"] == "open"))


@pytest.mark.parametrize(
    "answer",
    [
        lambda body, headers: (200, b"", {}),
        lambda body, headers: (401, b"", {}),
        lambda body, headers: (500, b"", {}),
    ],
)
def test_who_does_not_tell_good_from_bad_gets_nothing(
    caller: Any, receivers: Callable[..., Any], answer: Callable[..., Any]
) -> None:
    receiver = receivers(answer)
    assert caller.act("subscribe", url=receiver.url)["intent_to_receive"] == "failed"
    caller.act("pay", business="brightwater", invoice=caller.invoice(), amount="1.00")
    assert caller.sandbox.courier.pending() == 0


@pytest.mark.parametrize(("body", "headers"), [(b"ok", {}), (b"", {"Set-Cookie": "a=b"})])
def test_a_body_or_a_cookie_fails_the_intent(
    caller: Any, receivers: Callable[..., Any], body: bytes, headers: dict[str, str]
) -> None:
    right = honest(caller.app["webhook_secrets"][0])
    receiver = receivers(lambda sent, told: (right(sent, told)[0], body, headers))
    assert caller.act("subscribe", url=receiver.url)["intent_to_receive"] == "failed"
    assert caller.act("subscribe", url="http://127.0.0.1:9/")["tries"][0]["status"] == 0


def test_after_a_day_of_silence_the_endpoint_is_off_and_later_hears_the_rest(
    caller: Any, receivers: Callable[..., Any]
) -> None:
    right, down = honest(caller.app["webhook_secrets"][0]), [False]
    receiver = receivers(lambda body, headers: (503, b"", {}) if down[0] else right(body, headers))
    caller.act("subscribe", url=receiver.url)
    down[0] = True
    invoice = caller.invoice()
    caller.act("pay", business="brightwater", invoice=invoice, amount="1.00")
    for _ in range(100):
        caller.sandbox.move(timedelta(minutes=15), quiet=True)
        assert caller.sandbox.courier.settle(5)
    assert len(caller.sandbox.courier.lost) == 2
    assert caller.sandbox.courier.lost[0].tries == 98
    del receiver.heard[:]
    caller.act("pay", business="brightwater", invoice=invoice, amount="1.00")
    assert caller.sandbox.courier.settle(5)
    assert receiver.heard == [], "the subscription is off"
    down[0] = False
    caller.act("subscribe", url=receiver.url)
    assert caller.sandbox.courier.settle(5)
    replayed = json.loads(receiver.heard[-1][0])["events"]
    assert [event["eventCategory"] for event in replayed] == ["PAYMENT", "INVOICE"]
    caller.act("pay", business="brightwater", invoice=invoice, amount="1.00")
    assert caller.sandbox.courier.settle(5)
    assert len(receiver.heard) == 4 + 1 + 2


def test_a_custom_connection_has_its_own_key(caller: Any, receivers: Callable[..., Any]) -> None:
    key = caller.twin.credentials()["businesses"]["fenwick"]["custom"]["webhook_secrets"][0]
    receiver = receivers(honest(key))
    assert caller.act("subscribe", url=receiver.url, custom="fenwick")["intent_to_receive"] == "ok"
    del receiver.heard[:]
    caller.act("pay", business="brightwater", invoice=caller.invoice(), amount="1.00")
    caller.act("pay", business="fenwick", invoice=_open_in(caller, "fenwick"), amount="1.00")
    assert caller.sandbox.courier.settle(5)
    assert len(receiver.heard) == 2
