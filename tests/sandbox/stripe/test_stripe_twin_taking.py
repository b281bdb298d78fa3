"""The local Stripe takes money as Stripe does: pages, links, debits, refusals, and what the events say of each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

LINE = {
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "5000",
    "line_items[0][price_data][product_data][name]": "Part 1",
}
PAGE = {**LINE, "mode": "payment", "success_url": "http://127.0.0.1:9/back?s={CHECKOUT_SESSION_ID}"}
GOOD, GOOD_ACCOUNT, BAD_ACCOUNT = "4242424242424242", "000123456789", "000111111116"


@pytest.fixture
def raw(start: Callable[..., Any]) -> Any:
    """A small one."""
    return start(invoices=30, customers=8)


def opened(raw: Any, **more: str) -> Any:
    answer = raw.call("POST", "/v1/checkout/sessions", data={**PAGE, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def pressed(url: str, **form: str) -> requests.Response:
    return requests.post(url, data=form, timeout=5, allow_redirects=False)


def paid(raw: Any, *, account: str = "", **more: str) -> str:
    """The intent of a page on which somebody has just paid."""
    page = opened(raw, **more)
    pressed(page["url"], **({"account": account} if account else {"card": GOOD}))
    return str(raw.get(f"/v1/checkout/sessions/{page['id']}")["payment_intent"])


def told(raw: Any, since: int = 0) -> list[str]:
    """The events, oldest first, that an account that did nothing else has."""
    rows = raw.get("/v1/events", limit=100)["data"]
    return [row["type"] for row in reversed(rows)][since:]


def owing(raw: Any, *, automatic: bool = False) -> tuple[str, dict[str, Any]]:
    for key, one in raw.truth["invoices"].items():
        fits = one["status"] == "open" and one["currency"] == "USD" and one["automatic"] is automatic
        if fits and one["open"] > 5000 and one["customer"].startswith("cus_"):
            return key, one
    raise AssertionError("no such invoice")


def attached(raw: Any, invoice: str, **what: str) -> Any:
    return raw.call("POST", f"/v1/invoices/{invoice}/attach_payment", data=what).json()


def test_a_page_is_complete_when_it_is_paid_and_says_so(raw: Any) -> None:
    before = len(told(raw))
    page = opened(raw, client_reference_id="k1", **{"metadata[plan]": "p", "payment_intent_data[metadata][part]": "1"})
    assert (page["status"], page["payment_intent"], page["adaptive_pricing"]) == ("open", None, {"enabled": True})
    assert pressed(page["url"], card=GOOD).headers["Location"].endswith(page["id"])
    done = raw.get(f"/v1/checkout/sessions/{page['id']}", **{"expand[]": "payment_intent"})
    assert (done["status"], done["payment_status"], done["url"]) == ("complete", "paid", None)
    assert (done["payment_intent"]["metadata"], done["metadata"]) == ({"part": "1"}, {"plan": "p"})
    [listed] = raw.get("/v1/checkout/sessions", payment_intent=done["payment_intent"]["id"])["data"]
    assert listed["client_reference_id"] == "k1"
    assert told(raw, before) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_debit_is_answered_after_days_by_the_clock_alone(raw: Any) -> None:
    before = len(told(raw))
    good, bad = paid(raw, account=GOOD_ACCOUNT), paid(raw, account=BAD_ACCOUNT)
    assert raw.get(f"/v1/payment_intents/{good}")["status"] == "processing"
    raw.sandbox.move(timedelta(days=4), quiet=True)
    assert [raw.truth["intents"][one]["status"] for one in (good, bad)] == ["succeeded", "requires_payment_method"]
    types = told(raw, before)
    assert types.count("checkout.session.completed") == 2
    assert "checkout.session.async_payment_succeeded" in types
    assert types[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


def test_an_act_answers_a_debit_before_its_time_and_only_once(raw: Any) -> None:
    intent = paid(raw, account=GOOD_ACCOUNT)
    assert raw.act("answer_debit", intent=intent, good=False)["status"] == "requires_payment_method"
    raw.sandbox.move(timedelta(days=4), quiet=True)
    assert raw.get(f"/v1/payment_intents/{intent}")["status"] == "requires_payment_method"


def test_a_page_ends_by_the_clock_and_by_request_and_not_when_it_is_complete(raw: Any) -> None:
    before, now = len(told(raw)), int(raw.sandbox.clock.now().timestamp())
    page = opened(raw, expires_at=str(now + 3600))
    raw.sandbox.move(timedelta(hours=1, seconds=5), quiet=True)
    assert raw.truth["sessions"][page["id"]]["status"] == "expired"
    assert told(raw, before) == ["checkout.session.expired"]
    other = opened(raw)
    assert raw.call("POST", f"/v1/checkout/sessions/{other['id']}/expire").json()["status"] == "expired"
    assert "expired" in pressed(other["url"], card=GOOD).text
    refused = raw.call("POST", f"/v1/checkout/sessions/{other['id']}/expire")
    assert (refused.status_code, "status of `expired`" in refused.text) == (400, True)


@pytest.mark.parametrize(
    ("more", "code", "param"),
    [
        ({"payment_method_types[0]": "card"}, "payment_method_types_no_longer_supported", "payment_method_types"),
        ({"allowed_payment_method_types[0]": "sofort"}, None, "allowed_payment_method_types"),
        ({"line_items[0][price_data][unit_amount]": "49"}, "amount_too_small", None),
        ({"expires_at": "1"}, None, "expires_at"),
        ({"mode": "subscription"}, None, "mode"),
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
        ({"metadata[a]": "x" * 501}, None, "metadata"),
        ({"success_url": ""}, "parameter_missing", "success_url"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_what_stripe_would_not_open_is_refused(raw: Any, more: dict[str, str], code: str, param: str) -> None:
    answer = raw.call("POST", "/v1/checkout/sessions", data={**PAGE, **more})
    error = answer.json()["error"]
    assert (answer.status_code, error.get("code"), error.get("param")) == (400, code, param)
    assert raw.truth["sessions"] == {}


def test_only_the_ways_that_are_allowed_are_offered(raw: Any) -> None:
    page = opened(raw, **{"allowed_payment_method_types[0]": "us_bank_account"})
    shown = requests.get(page["url"], timeout=5).text
    assert ("Card number" in shown, "Bank account number" in shown) == (False, True)
    assert page["payment_method_types"] == ["us_bank_account"]


def test_a_link_is_used_up_by_its_limit_even_when_the_debit_fails(raw: Any) -> None:
    limited = {**LINE, "restrictions[completed_sessions][limit]": "1", "metadata[plan]": "p"}
    link = raw.call("POST", "/v1/payment_links", data=limited).json()
    both = [requests.get(link["url"], timeout=5).url for _ in range(2)]
    pressed(both[0], account=BAD_ACCOUNT)
    assert "no longer active" in pressed(both[1], card=GOOD).text
    assert requests.get(link["url"], timeout=5).status_code == 410
    raw.sandbox.move(timedelta(days=4), quiet=True)
    assert requests.get(link["url"], timeout=5).status_code == 410
    rows = raw.get("/v1/checkout/sessions", payment_link=link["id"])["data"]
    assert [(row["status"], row["customer"], row["metadata"]) for row in rows] == [
        ("expired", None, {"plan": "p"}),
        ("complete", None, {"plan": "p"}),
    ]


def test_a_link_may_be_switched_off_but_not_priced_anew(raw: Any) -> None:
    link = raw.call("POST", "/v1/payment_links", data=LINE).json()
    off = {"active": "false", "inactive_message": "Paid, thank you."}
    assert raw.call("POST", f"/v1/payment_links/{link['id']}", data=off).json()["active"] is False
    assert "Paid, thank you." in requests.get(link["url"], timeout=5).text
    assert raw.call("POST", f"/v1/payment_links/{link['id']}", data=LINE).status_code == 400
    assert raw.call("POST", "/v1/payment_links", data={**LINE, "customer": "cus_1"}).status_code == 400


def test_an_attached_payment_is_credited_when_its_money_is_there(raw: Any) -> None:
    key, invoice = owing(raw)
    at_once = paid(raw, customer=invoice["customer"])
    assert attached(raw, key, payment_intent=at_once)["amount_remaining"] == invoice["open"] - 5000
    raw.act("credit", invoice=key, amount=raw.truth["invoices"][key]["open"] - 6000)
    later = paid(raw, account=GOOD_ACCOUNT, customer=invoice["customer"])
    assert attached(raw, key, payment_intent=later)["amount_remaining"] == 6000
    [row] = raw.get("/v1/invoice_payments", **{"payment[type]": "payment_intent", "payment[payment_intent]": later})[
        "data"
    ]
    assert (row["status"], row["amount_paid"], row["amount_requested"]) == ("open", None, 5000)
    raw.act("pay", invoice=key, amount=4000)
    raw.sandbox.move(timedelta(days=4), quiet=True)
    now = raw.get(f"/v1/invoices/{key}")
    assert (now["status"], now["amount_remaining"], now["amount_overpaid"]) == ("paid", 0, 3000)
    assert "invoice.overpaid" in told(raw)


def test_what_cannot_be_attached_is_refused(raw: Any) -> None:
    key, invoice = owing(raw)
    mine = {"customer": invoice["customer"]}
    done = paid(raw, **mine)
    attached(raw, key, payment_intent=done)
    other = next(one["customer"] for one in raw.truth["invoices"].values() if one["customer"] != invoice["customer"])
    stranger = paid(raw, **{"customer" if other.startswith("cus_") else "customer_account": other})
    yen = paid(raw, **mine, **{"line_items[0][price_data][currency]": "jpy"})
    much = paid(raw, **mine, **{"line_items[0][price_data][unit_amount]": str(invoice["total"] * 2)})
    draft = raw.act("new_draft", amount=9000, **mine)["invoice"]
    for where, what, why in (
        (key, {"payment_intent": done}, "already attached"),
        (key, {"payment_intent": stranger}, "belong to the customer"),
        (key, {"payment_intent": yen}, "in jpy"),
        (key, {"payment_intent": much}, "greater than the amount remaining"),
        (draft, {"payment_intent": much}, "open invoices"),
        (key, {}, "exactly one"),
        (key, {"payment_intent": "pi_nobody"}, "No such payment_intent"),
        (key, {"payment[payment_intent]": done}, "unknown parameter"),
    ):
        assert why in attached(raw, where, **what)["error"]["message"]


def test_an_invoice_that_is_drawn_automatically_takes_the_whole_only(raw: Any) -> None:
    customer = owing(raw)[1]["customer"]
    key = raw.act("new_draft", customer=customer, amount=9000)["invoice"]
    raw.twin._ledgers["northwind"].books.invoices.get(key).automatic = True
    raw.act("finalize", invoice=key)
    refused = attached(raw, key, payment_intent=paid(raw, customer=customer))
    assert "only allowed to attach a payment with an amount that matches" in refused["error"]["message"]


def test_money_from_elsewhere_is_reported_and_attached(raw: Any) -> None:
    key, invoice = owing(raw)
    report = {
        "amount_requested[value]": "5000",
        "amount_requested[currency]": "usd",
        "initiated_at": "1773100000",
        "outcome": "guaranteed",
        "guaranteed[guaranteed_at]": "1773100000",
        "payment_method_details[type]": "custom",
        "payment_method_details[custom][display_name]": "Cheque",
        "customer_details[customer]": invoice["customer"],
    }
    record = raw.call("POST", "/v1/payment_records/report_payment", data=report).json()
    assert raw.get(f"/v1/payment_records/{record['id']}")["amount_guaranteed"]["value"] == 5000
    assert attached(raw, key, payment_record=record["id"])["amount_remaining"] == invoice["open"] - 5000
    asked = {"payment[type]": "payment_record", "payment[payment_record]": record["id"]}
    assert [row["status"] for row in raw.get("/v1/invoice_payments", **asked)["data"]] == ["paid"]


def test_what_is_given_or_taken_back_moves_the_balance_and_not_the_invoice(raw: Any) -> None:
    key, invoice = owing(raw)
    intent = paid(raw, customer=invoice["customer"])
    attached(raw, key, payment_intent=intent)
    balance = [raw.truth["balance"]]
    for name, more in (
        ("refund", {"payment": intent, "amount": 1000}),
        ("fail_refund", {"refund": ""}),
        ("dispute", {"payment": intent}),
        ("move_dispute", {"dispute": "", "status": "won"}),
    ):
        rows = {"refund": raw.truth["refunds"], "dispute": raw.truth["disputes"]}
        raw.act(name, **{word: given or rows[word][-1] for word, given in more.items()})
        balance.append(raw.truth["balance"])
    assert [one - balance[0] for one in balance] == [0, -1000, 0, -6500, -1500]
    assert raw.truth["invoices"][key]["open"] == invoice["open"] - 5000
    [dispute] = raw.get("/v1/disputes", payment_intent=intent)["data"]
    assert [line["reporting_category"] for line in dispute["balance_transactions"]] == ["dispute", "dispute_reversal"]
    too_much = pytest.raises(Exception, match="greater than unrefunded")
    with too_much:
        raw.act("refund", payment=intent, amount=5001)


def test_payouts_go_out_by_themselves_and_tell_what_was_in_them(raw: Any) -> None:
    before = len(told(raw))
    intent = paid(raw)
    raw.act("charge_elsewhere", amount=7000)
    raw.sandbox.move(timedelta(days=6), quiet=True)
    [payout] = raw.get("/v1/payouts")["data"]
    inside = raw.get("/v1/balance_transactions", payout=payout["id"], **{"expand[]": "data.source"})["data"]
    assert sum(line["net"] for line in inside) == 0
    assert [line["source"]["object"] for line in inside] == ["payout", "charge", "charge"]
    assert inside[-1]["source"]["payment_intent"] == intent
    assert (payout["status"], payout["reconciliation_status"]) == ("paid", "completed")
    assert told(raw, before)[-3:] == ["payout.created", "payout.paid", "payout.reconciliation_completed"]
    raw.act("charge_elsewhere", amount=100)
    raw.act("pay_out_by_hand")
    raw.sandbox.move(timedelta(days=4), quiet=True)
    by_hand = raw.act("pay_out_by_hand")["payout"]
    refused = raw.call("GET", "/v1/balance_transactions", params={"payout": by_hand})
    assert (refused.status_code, "not manual" in refused.text) == (400, True)


def test_an_invoices_own_page_takes_real_money_too(raw: Any) -> None:
    key, invoice = owing(raw)
    requests.post(raw.get(f"/v1/invoices/{key}")["hosted_invoice_url"], timeout=5)
    [charge] = raw.get("/v1/charges")["data"]
    assert (charge["amount"], charge["customer"]) == (invoice["open"], invoice["customer"])
    assert raw.get(f"/v1/payment_intents/{charge['payment_intent']}")["status"] == "succeeded"


def test_what_lies_behind_takes_its_own_permission(raw: Any) -> None:
    intent = paid(raw)
    weak = raw.act("make_key", without=["rak_balance_transaction_source_read"])["api_key"]
    headers = {"Authorization": f"Bearer {weak}"}
    path, deep = f"/v1/payment_intents/{intent}", {"expand[]": "latest_charge.balance_transaction"}
    assert raw.call("GET", path, headers=headers).status_code == 200
    assert raw.call("GET", path, headers=headers, params=deep).status_code == 403
    assert raw.call("GET", path, params={"expand[]": "customer"}).status_code == 400
