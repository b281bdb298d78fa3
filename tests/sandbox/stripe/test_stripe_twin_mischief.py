"""The local Stripe's bad days: troubles that pass, answers garbled by the dice, and books that change meanwhile."""

import copy
import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from sandbox.server import _Handler
from sandbox.stripe.mischief import TWISTS, twisted
from sandbox.stripe.protocol import PASSING

HOW = {
    "429": (429, "application/json", "rate_limit"),
    "429_silent": (429, "application/json", "rate_limit"),
    "lock_timeout": (429, "application/json", "lock_timeout"),
    "500": (500, "application/json", ""),
    "503": (503, "application/json", ""),
    "html": (502, "text/html", ""),
    "plain": (503, "text/plain", ""),
    "html_200": (200, "text/html", ""),
    "empty_page": (200, "application/json", ""),
}


@pytest.mark.parametrize("kind", PASSING)
def test_each_trouble_speaks_as_stripe_or_what_stands_before_it(raw: Any, kind: str) -> None:
    answer = raw.twin.fail(kind, "/v1/invoices")
    status, mime, code = HOW[kind]
    assert (answer.status_code, answer.mimetype) == (status, mime)
    assert not code or answer.get_json()["error"]["code"] == code
    assert raw.twin.fail("sunshine", "/v1/invoices") is None


def test_what_does_not_pass_is_in_no_storm(raw: Any) -> None:
    """A refused key needs a person, a day's wait another day; a 409 is only for writes."""
    assert set(raw.twin.troubles()) == {*PASSING, *TWISTS}
    assert not {"expired", "429_day", "409", "402"} & set(raw.twin.troubles())
    assert raw.twin.fail("expired", "/v1/invoices").status_code == 401


ROOMS = ("customers", "invoices", "invoice_payments", "credit_notes", "refunds", "disputes", "events")


def test_a_twist_garbles_one_record_and_only_where_it_cannot_mislead(raw: Any) -> None:
    payment = raw.truth["payments"][0]
    raw.act("refund", payment=payment, amount=100)
    raw.act("dispute", payment=payment)
    lists = [raw.get(f"/v1/{room}", limit=20) for room in ROOMS]
    for kind, whole, seed in itertools.product(TWISTS, lists, range(12)):
        garbled = copy.deepcopy(whole)
        done = twisted(kind, garbled, random.Random(seed))
        differ = [(a, b) for a, b in zip(whole["data"], garbled["data"], strict=True) if a != b]
        assert len(differ) <= done <= 1, "at most one; a null may have been null before"
        for pair in differ:
            before, after = (one["data"]["object"] if one["object"] == "event" else one for one in pair)
            changed = {name for name in {*before, *after} if before.get(name, "absent") != after.get(name, "absent")}
            assert len(changed) == 1
            assert not changed & {"id", "status", "due_date", "collection_method", "is_default", "customer", "created"}
    assert not twisted("new_field", {"object": "list", "data": []}, random.Random(1))
    assert not twisted("sunshine", lists[1], random.Random(1))


def test_the_books_are_stirred_by_the_dice_and_add_up(start: Callable[..., Any]) -> None:
    one, two = start(seed=3, invoices=60, customers=8), start(seed=3, invoices=60, customers=8)
    for raw in (one, two):
        for seed in range(60):
            raw.twin.stir(random.Random(seed))
    told = [
        [(x["number"], x["status"], x["open"], x["paid"]) for x in raw.truth["invoices"].values()] for raw in (one, two)
    ]
    assert [row[1:] for row in told[0]] == [row[1:] for row in told[1]]
    types = {row["type"] for row in one.truth["records"]["events"].values()}
    assert {"invoice.finalized", "invoice.paid", "invoice.voided", "credit_note.created", "invoice.updated"} <= types
    assert all(x["open"] >= 0 and x["paid"] >= 0 for x in one.truth["invoices"].values())
    assert len(one.truth["invoices"]) > 62


def test_a_clock_of_its_own_stamps_signs_and_dates(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Handler, "send_response", BaseHTTPRequestHandler.send_response_only)
    raw = start(skews={"stripe": 900.0}, invoices=20, customers=5)
    raw.act("rename_customer", customer=raw.truth["customers"][0], name="Later")
    newest = raw.get("/v1/events", limit=1)["data"][0]
    now = raw.sandbox.clock.now()
    assert newest["type"] == "customer.updated"
    assert timedelta(seconds=890) < timedelta(seconds=newest["created"] - now.timestamp()) < timedelta(seconds=910)
    told = parsedate_to_datetime(raw.call("GET", "/v1/account").headers["Date"])
    assert timedelta(seconds=890) < told - now < timedelta(seconds=910)


def test_in_live_mode_everything_says_so_and_test_keys_see_nothing(raw: Any) -> None:
    invoice, test_key = raw.invoice("open"), raw.key
    raw.act("subscribe", url="http://127.0.0.1:9/x")
    live_key = raw.act("go_live")["api_key"]
    live = {"Authorization": f"Bearer {live_key}"}
    assert live_key.startswith("rk_live_")
    assert raw.twin.credentials()["businesses"]["northwind"]["livemode"] is True
    for room in ("customers", "invoices", "events", "webhook_endpoints"):
        rows = raw.call("GET", f"/v1/{room}", headers=live).json()["data"]
        assert {row["livemode"] for row in rows} == {True}, room
    old = {"Authorization": f"Bearer {test_key}"}
    assert raw.call("GET", "/v1/invoices", headers=old).json()["data"] == []
    answer = raw.call("GET", f"/v1/invoices/{invoice}", headers=old)
    assert answer.status_code == 404
    assert "exists in live mode, but a test mode key" in answer.json()["error"]["message"]


def test_an_old_version_is_answered_as_it_was(raw: Any) -> None:
    old = {"Stripe-Version": "2022-11-15"}
    invoice = raw.invoice("paid")
    told = raw.call("GET", f"/v1/invoices/{invoice}", headers=old).json()
    assert told["paid"] is True
    assert told["lines"]["total_count"] == 1
    assert told["lines"]["data"][0]["type"] == "invoiceitem"
    assert "paid" not in raw.get(f"/v1/invoices/{invoice}")
    lines = raw.get(f"/v1/invoices/{invoice}/lines")
    assert lines["data"][0]["amount"] == raw.truth["records"]["lines"][lines["data"][0]["id"]]["amount"]
    assert raw.get(f"/v1/invoices/{invoice}/lines", starting_after=lines["data"][0]["id"])["data"] == []


def test_customers_come_along_when_they_are_expanded(raw: Any) -> None:
    invoices = raw.get("/v1/invoices", **{"expand[0]": "data.customer", "limit": 100})["data"]
    assert {type(one["customer"]) for one in invoices} <= {dict, type(None)}
    payer = next(one["customer"]["id"] for one in invoices if one["customer"])
    raw.act("delete_customer", customer=payer)
    invoices = raw.get("/v1/invoices", **{"expand[0]": "data.customer", "limit": 100})["data"]
    stubs = [one["customer"] for one in invoices if one["customer"] and one["customer"]["id"] == payer]
    assert {"id": payer, "object": "customer", "deleted": True} in stubs
    lists = raw.get("/v1/customers", **{"expand[]": ["data.sources", "data.tax_ids"]})["data"]
    assert all(one["sources"]["data"] == one["tax_ids"]["data"] == [] for one in lists)


def test_a_remembered_500_was_done(raw: Any) -> None:
    invoice, head = raw.invoice("open", automatic=False), {"Idempotency-Key": "k1"}
    raw.act("break_next_write")
    answers = [raw.call("POST", f"/v1/invoices/{invoice}/send", headers=head) for _ in range(2)]
    assert [one.status_code for one in answers] == [500, 500]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert [key for key, _ in raw.truth["mails"]].count(invoice) >= 1
