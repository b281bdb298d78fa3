"""The local Stripe speaks as the real one does: keys, errors, paging, filters, idempotency."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

ROOMS = ("customers", "invoices", "invoice_payments", "credit_notes", "refunds", "disputes", "events")


def refused(answer: requests.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error.get("code", ""), error.get("param", "")


def test_who_asks_without_a_good_key_is_told_so(raw: Any) -> None:
    for header, words in (("", "did not provide"), ("Bearer rk_test_unknown000000", "Invalid API Key")):
        answer = raw.call("GET", "/v1/customers", headers={"Authorization": header})
        assert answer.status_code == 401
        assert words in answer.json()["error"]["message"]
    assert requests.get(f"{raw.sandbox.addresses['stripe']}/v1/account", auth=(raw.key, ""), timeout=5).ok
    raw.act("expire_token")
    assert refused(raw.call("GET", "/v1/customers"))[:2] == (401, "api_key_expired")


def test_a_lacking_permission_is_named(raw: Any) -> None:
    key = raw.act("make_key", without=["rak_dispute_read"])["api_key"]
    answer = raw.call("GET", "/v1/disputes", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 403
    assert "'rak_dispute_read'" in answer.json()["error"]["message"]
    assert raw.call("GET", "/v1/refunds", headers={"Authorization": f"Bearer {key}"}).ok


def test_every_answer_has_a_request_id_and_the_asked_version(raw: Any) -> None:
    answer = raw.call("GET", "/v1/customers", headers={"Stripe-Version": "2026-10-28.endive"})
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert raw.call("GET", "/v1/customers/cus_none").headers["Request-Id"]
    assert raw.call("GET", "/v1/plans").status_code == 404


@pytest.mark.parametrize(
    ("path", "params", "status", "code", "param"),
    [
        ("invoices", {"limit": "0"}, 400, "parameter_invalid_integer", "limit"),
        ("invoices", {"limit": "101"}, 400, "parameter_invalid_integer", "limit"),
        ("invoices", {"limit": "ten"}, 400, "parameter_invalid_integer", "limit"),
        ("invoices", {"sort": "created"}, 400, "parameter_unknown", "sort"),
        ("invoices", {"updated[gte]": "1"}, 400, "parameter_unknown", "updated"),
        ("invoices", {"created[from]": "1"}, 400, "parameter_unknown", "from"),
        ("invoices", {"starting_after": "in_none"}, 404, "resource_missing", "starting_after"),
        ("invoices", {"status": "open,paid"}, 400, "", "status"),
        ("invoices", {"expand[]": "payments"}, 400, "", "expand"),
        ("invoices", {"expand[]": "data.lines.data.price.product"}, 400, "", "expand"),
        ("disputes", {"status": "lost"}, 400, "parameter_unknown", "status"),
        ("events", {f"types[{n}]": "invoice.paid" for n in range(21)}, 400, "", "types"),
        ("events", {"type": "invoice.paid", "types[]": "invoice.paid"}, 400, "", ""),
        ("events", {"ending_before": "evt_none"}, 404, "resource_missing", "ending_before"),
    ],
)
def test_what_stripe_refuses_is_refused(
    raw: Any, path: str, params: dict[str, str], status: int, code: str, param: str
) -> None:
    assert refused(raw.call("GET", f"/v1/{path}", params=params)) == (status, code, param)


def test_both_cursors_at_once_are_refused(raw: Any) -> None:
    first = raw.get("/v1/invoices")["data"][0]["id"]
    answer = raw.call("GET", "/v1/invoices", params={"starting_after": first, "ending_before": first})
    assert answer.status_code == 400


@pytest.mark.parametrize("room", ROOMS)
def test_lists_page_newest_first_in_both_directions(start: Callable[..., Any], room: str) -> None:
    raw = start(invoices=330, months=6)
    down: list[dict[str, Any]] = []
    more = True
    after: dict[str, str] = {}
    while more:
        page = raw.get(f"/v1/{room}", limit=37, **after)
        down += page["data"]
        more, after = page["has_more"], {"starting_after": down[-1]["id"]} if down else {}
    assert (page["object"], page["url"]) == ("list", f"/v1/{room}")
    assert len({one["id"] for one in down}) == len(down)
    if len(down) < 3:
        return
    up = [down[-1]]
    more = True
    while more:
        page = raw.get(f"/v1/{room}", limit=41, ending_before=up[0]["id"])
        up = page["data"] + up
        more = page["has_more"]
    assert [one["id"] for one in up] == [one["id"] for one in down]
    assert len(raw.get(f"/v1/{room}")["data"]) == min(10, len(down))


def test_filters_narrow_a_list(raw: Any) -> None:
    every = raw.get("/v1/invoices", limit=100)["data"]
    middle = every[50]["created"]
    found = raw.get("/v1/invoices", limit=100, **{"created[gte]": middle})["data"]
    assert [one["id"] for one in found] == [one["id"] for one in every if one["created"] >= middle]
    for status in ("open", "draft", "paid"):
        found = raw.get("/v1/invoices", limit=100, status=status)["data"]
        assert found
        assert {one["status"] for one in found} == {status}
    customer = every[0]["customer"]
    assert {one["customer"] for one in raw.get("/v1/invoices", customer=customer)["data"]} == {customer}
    invoice = raw.truth["payments"] and raw.get("/v1/invoice_payments", status="paid")["data"][0]["invoice"]
    assert {one["invoice"] for one in raw.get("/v1/invoice_payments", invoice=invoice)["data"]} == {invoice}


def test_payments_come_only_when_expanded(raw: Any) -> None:
    invoice = raw.invoice("paid")
    assert not {"payments", "amount_paid_off_stripe"} & set(raw.get(f"/v1/invoices/{invoice}"))
    shown = raw.get(f"/v1/invoices/{invoice}", **{"expand[]": ["payments", "amount_paid_off_stripe"]})
    assert shown["payments"]["object"] == "list"
    assert shown["amount_paid_off_stripe"] == 0
    listed = raw.get("/v1/invoices", **{"expand[0]": "data.payments"})["data"]
    assert all("payments" in one for one in listed)


def test_an_idempotency_key_gives_the_first_answer_for_a_day(raw: Any) -> None:
    invoice = raw.invoice("open", automatic=False)
    path, head = f"/v1/invoices/{invoice}", {"Idempotency-Key": "k1"}
    first = raw.call("POST", path, data={"metadata[a]": "1"}, headers=head)
    raw.call("POST", path, data={"metadata[b]": "2"})
    second = raw.call("POST", path, data={"metadata[a]": "1"}, headers=head)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.json()["metadata"] == {"a": "1"}
    other = raw.call("POST", path, data={"metadata[a]": "9"}, headers=head)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    raw.sandbox.move(timedelta(hours=25), quiet=True)
    assert raw.call("POST", path, data={"metadata[a]": "9"}, headers=head).json()["metadata"] == {"a": "9", "b": "2"}


def test_refused_parameters_are_not_remembered_and_a_running_request_conflicts(raw: Any) -> None:
    invoice, head = raw.invoice("open"), {"Idempotency-Key": "k1"}
    path = f"/v1/invoices/{invoice}"
    assert raw.call("POST", path, data={"colour": "red"}, headers=head).status_code == 400
    assert raw.call("POST", path, data={"metadata[a]": "1"}, headers=head).ok
    raw.act("hold_idempotency_key", key="busy")
    answer = raw.call("POST", path, data={"metadata[a]": "1"}, headers={"Idempotency-Key": "busy"})
    assert refused(answer)[:2] == (409, "idempotency_key_in_use")


def test_metadata_has_its_limits(raw: Any) -> None:
    path = f"/v1/invoices/{raw.invoice('open')}"
    assert raw.call("POST", path, data={f"metadata[k{n}]": "x" for n in range(50)}).ok
    assert raw.call("POST", path, data={"metadata[one_more]": "x"}).status_code == 400
    assert raw.call("POST", path, data={"metadata[k0]": "", "metadata[one_more]": "x"}).ok
    assert raw.call("POST", path, data={"metadata[k1]": "x" * 501}).status_code == 400
    assert raw.call("POST", path, data={f"metadata[{'n' * 41}]": "x"}).status_code == 400
    assert raw.call("POST", path, data={"metadata": ""}).json()["metadata"] == {}
    assert raw.call("POST", path, data={"description": "seen by customers"}).status_code == 400


def test_the_same_seed_gives_the_same_account(start: Callable[..., Any]) -> None:
    one, two, other = start(seed=4), start(seed=4), start(seed=5)
    assert one.truth == two.truth
    assert one.key == two.key
    assert one.truth != other.truth


def test_an_endpoint_tells_its_secret_once(raw: Any) -> None:
    fields = {"url": "http://127.0.0.1:9/x", "enabled_events[0]": "invoice.paid"}
    made = raw.call("POST", "/v1/webhook_endpoints", data=fields).json()
    assert made["secret"].startswith("whsec_")
    assert "secret" not in raw.get(f"/v1/webhook_endpoints/{made['id']}")
    assert refused(raw.call("POST", "/v1/webhook_endpoints", data={"url": "x"})) == (
        400, "parameter_missing", "enabled_events",
    )  # fmt: skip
    assert raw.call("DELETE", f"/v1/webhook_endpoints/{made['id']}").json()["deleted"] is True
    assert raw.call("DELETE", f"/v1/webhook_endpoints/{made['id']}").status_code == 404
