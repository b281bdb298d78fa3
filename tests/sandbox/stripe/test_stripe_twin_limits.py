"""The local Stripe counts calls by account and endpoint, and refuses as the real one does."""

from typing import Any

import requests

from sandbox.stripe.limiting import ENDPOINT, LIVE, SEARCH, TEST


def refused(raw: Any, rule: Any, key: str, path: str, **given: Any) -> requests.Response:
    """An answer that met a limit; a window may end between using it up and the call."""
    limits, clock = raw.sandbox.world.limits, raw.sandbox.world.clock
    limits.enforced.add("stripe")
    for _ in range(20):
        limits.use_up("stripe", rule, key, clock.now())
        answer: requests.Response = raw.call("GET", path, **given)
        if answer.status_code == 429:
            return answer
    raise AssertionError("no limit was met")


def account(raw: Any) -> str:
    found: str = raw.twin.credentials()["businesses"]["northwind"]["account"]
    return found


def test_the_rules_are_the_published_ones() -> None:
    assert [(one.calls, one.seconds) for one in (LIVE, TEST, ENDPOINT, SEARCH)] == [
        (100, 1.0), (25, 1.0), (25, 1.0), (20, 1.0),
    ]  # fmt: skip


def test_a_limit_that_is_met_is_named_and_no_time_is_told(raw: Any) -> None:
    answer = refused(raw, ENDPOINT, f"{account(raw)}/v1/customers", "/v1/customers")
    assert answer.json()["error"]["code"] == "rate_limit"
    assert answer.headers["Stripe-Should-Retry"] == "false"
    assert answer.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert "Retry-After" not in answer.headers
    answer = refused(raw, TEST, account(raw), "/v1/invoices")
    assert answer.headers["Stripe-Rate-Limited-Reason"] == "global-rate"


def test_single_records_count_with_their_list_and_others_do_not(raw: Any) -> None:
    invoice = raw.invoice("open")
    assert refused(raw, ENDPOINT, f"{account(raw)}/v1/invoices", f"/v1/invoices/{invoice}").status_code == 429
    counted = raw.sandbox.world.limits.counts()["stripe"]
    assert set(counted["refused"]) == {"endpoint"}
    assert raw.call("GET", "/v1/refunds").ok


def test_strangers_and_pages_for_people_are_not_counted(raw: Any) -> None:
    raw.call("GET", "/v1/customers", headers={"Authorization": "Bearer rk_test_stranger00000"})
    raw.call("GET", f"/i/{raw.invoice('open')}")
    assert "stripe" not in raw.sandbox.world.limits.counts()
