"""The local Stripe's books: how invoices live, and the events every change leaves behind."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sandbox.stripe.currencies import units


def events_about(raw: Any, key: str) -> list[str]:
    """Types of the events about a record, oldest first."""
    found = [one for one in raw.get("/v1/events", limit=100)["data"] if one["data"]["object"]["id"] == key]
    return [one["type"] for one in reversed(found)]


def customer(raw: Any) -> str:
    first: str = raw.get("/v1/customers", limit=1)["data"][0]["id"]
    return first


def made(raw: Any, amount: int = 10000) -> tuple[str, str]:
    """An open invoice of a customer without a balance."""
    payer = next(one for one in raw.get("/v1/customers", limit=100)["data"] if one["balance"] == 0)
    invoice = raw.act("new_draft", customer=payer["id"], amount=amount)["invoice"]
    raw.call("POST", f"/v1/invoices/{invoice}/finalize")
    return invoice, payer["id"]


def test_a_draft_has_no_number_and_no_links_and_can_be_deleted(raw: Any) -> None:
    invoice = raw.act("new_draft", customer=customer(raw), amount=500)["invoice"]
    shown = raw.get(f"/v1/invoices/{invoice}")
    assert (shown["number"], shown["hosted_invoice_url"], shown["invoice_pdf"]) == (None, None, None)
    assert raw.call("DELETE", f"/v1/invoices/{invoice}").json()["deleted"] is True
    assert raw.call("GET", f"/v1/invoices/{invoice}").status_code == 404
    assert events_about(raw, invoice) == ["invoice.created", "invoice.deleted"]
    assert raw.call("DELETE", f"/v1/invoices/{made(raw)[0]}").status_code == 400


def test_finalising_asks_for_a_first_payment(raw: Any) -> None:
    invoice, _ = made(raw)
    [payment] = raw.get("/v1/invoice_payments", invoice=invoice)["data"]
    assert (payment["is_default"], payment["status"], payment["amount_paid"]) == (True, "open", None)
    assert raw.call("POST", f"/v1/invoices/{invoice}/finalize").status_code == 400


def test_parts_are_payments_of_their_own_and_the_last_closes_it(raw: Any) -> None:
    invoice, _ = made(raw)
    raw.act("pay", invoice=invoice, amount=4000)
    default, part = sorted(
        raw.get("/v1/invoice_payments", invoice=invoice)["data"], key=lambda one: not one["is_default"]
    )
    assert (default["amount_requested"], part["amount_paid"], part["status"]) == (6000, 4000, "paid")
    assert raw.call("POST", f"/v1/invoices/{invoice}/void").status_code == 400
    raw.act("pay", invoice=invoice)
    shown = raw.get(f"/v1/invoices/{invoice}")
    assert (shown["status"], shown["amount_paid"], shown["amount_remaining"]) == ("paid", 10000, 0)
    assert {"invoice.paid", "invoice.payment_succeeded", "invoice.updated"} <= set(events_about(raw, invoice))


def test_too_much_becomes_the_customers_balance_and_pays_for_the_next(raw: Any) -> None:
    invoice, payer = made(raw)
    raw.act("pay", invoice=invoice, amount=13000)
    assert raw.get(f"/v1/invoices/{invoice}")["amount_overpaid"] == 3000
    assert raw.get(f"/v1/customers/{payer}")["balance"] == -3000
    other = raw.act("new_draft", customer=payer, amount=10000)["invoice"]
    raw.act("finalize", invoice=other)
    shown = raw.get(f"/v1/invoices/{other}")
    assert (shown["starting_balance"], shown["amount_due"], shown["ending_balance"]) == (-3000, 7000, 0)
    small = raw.act("new_draft", customer=payer, amount=20)["invoice"]
    assert raw.act("finalize", invoice=small)["status"] == "paid"
    assert raw.get(f"/v1/customers/{payer}")["balance"] == 20


def test_credit_notes_take_off_what_remains_and_then_feed_the_balance(raw: Any) -> None:
    invoice, payer = made(raw)
    pre = raw.act("credit", invoice=invoice, amount=2500)["credit_note"]
    shown = raw.get(f"/v1/invoices/{invoice}")
    assert (shown["pre_payment_credit_notes_amount"], shown["amount_remaining"], shown["total"]) == (2500, 7500, 10000)
    assert raw.get(f"/v1/credit_notes/{pre}")["type"] == "pre_payment"
    mixed = (
        raw.act("pay", invoice=invoice, amount=7000) and raw.act("credit", invoice=invoice, amount=800)["credit_note"]
    )
    assert raw.get(f"/v1/credit_notes/{mixed}")["type"] == "mixed"
    assert raw.get(f"/v1/customers/{payer}")["balance"] == -300
    assert raw.get(f"/v1/invoices/{invoice}")["status"] == "paid"


def test_sending_follows_stripes_rules(raw: Any) -> None:
    invoice, _ = made(raw)
    for _ in range(2):
        assert raw.call("POST", f"/v1/invoices/{invoice}/send").ok
    assert events_about(raw, invoice).count("invoice.sent") == 2
    draft = raw.act("new_draft", customer=customer(raw), amount=500)["invoice"]
    assert raw.call("POST", f"/v1/invoices/{draft}/send").json()["status"] in ("open", "paid")
    automatic = raw.invoice("paid", automatic=True)
    answer = raw.call("POST", f"/v1/invoices/{automatic}/send")
    assert answer.status_code == 400
    assert "collection method is 'send_invoice'" in answer.json()["error"]["message"]
    assert raw.call("POST", f"/v1/invoices/{raw.invoice('paid', automatic=False)}/send").ok
    raw.act("void", invoice=invoice)
    assert raw.call("POST", f"/v1/invoices/{invoice}/send").status_code == 400


def test_an_uncollectible_invoice_can_still_be_paid_and_a_void_one_cannot(raw: Any) -> None:
    invoice, _ = made(raw)
    raw.act("mark_uncollectible", invoice=invoice)
    raw.act("pay", invoice=invoice)
    assert raw.truth["invoices"][invoice]["status"] == "paid"
    other, _ = made(raw)
    raw.act("void", invoice=other)
    with pytest.raises(Exception, match="open invoices"):
        raw.act("pay", invoice=other)


def test_refunds_and_disputes_leave_the_invoice_as_it_is(raw: Any) -> None:
    invoice, _ = made(raw)
    payment = raw.act("pay", invoice=invoice)["payment"]
    raw.act("refund", payment=payment, amount=400)
    raw.act("dispute", payment=payment)
    assert raw.truth["invoices"][invoice]["status"] == "paid"
    assert raw.get("/v1/refunds")["data"][0]["payment_intent"] == raw.get("/v1/disputes")["data"][0]["payment_intent"]


def test_automatic_invoices_are_tried_again_until_stripe_gives_up(start: Callable[..., Any]) -> None:
    raw = start(invoices=240)
    invoice = raw.invoice("open", automatic=True)
    raw.sandbox.move(timedelta(days=12), quiet=True)
    shown = raw.get(f"/v1/invoices/{invoice}")
    assert (shown["attempt_count"], shown["next_payment_attempt"], shown["due_date"]) == (4, None, None)


def test_events_are_kept_for_thirty_days_and_never_change(raw: Any) -> None:
    invoice, _ = made(raw)
    before = raw.get("/v1/events", limit=100)["data"]
    raw.act("age_events")
    raw.act("pay", invoice=invoice)
    after = raw.get("/v1/events", limit=100)["data"]
    assert [one for one in after if one["id"] == before[0]["id"]] == [before[0]]
    paid = next(one for one in after if one["type"] == "invoice.paid")
    assert paid["api_version"] == "2019-12-03"
    assert paid["data"]["object"]["paid"] is True
    assert "parent" not in paid["data"]["object"]
    raw.sandbox.move(timedelta(days=31), quiet=True)
    assert raw.get("/v1/events")["data"] == []
    assert raw.call("GET", f"/v1/events/{paid['id']}").status_code == 404
    assert raw.call("GET", "/v1/events", params={"ending_before": paid["id"]}).status_code == 404


def test_an_event_names_the_request_behind_it(raw: Any) -> None:
    invoice, _ = made(raw)
    raw.call("POST", f"/v1/invoices/{invoice}/send", headers={"Idempotency-Key": "mine"})
    sent = next(one for one in raw.get("/v1/events", type="invoice.*")["data"] if one["type"] == "invoice.sent")
    assert sent["request"]["idempotency_key"] == "mine"


def test_a_deleted_customer_leaves_a_stub_and_its_invoices(raw: Any) -> None:
    _, payer = made(raw)
    raw.act("delete_customer", customer=payer)
    assert raw.get(f"/v1/customers/{payer}") == {"id": payer, "object": "customer", "deleted": True}
    assert raw.get("/v1/invoices", customer=payer)["data"]


def test_one_customer_is_an_account(start: Callable[..., Any]) -> None:
    raw = start(invoices=300, customers=8)
    accounts = [one for one in raw.get("/v1/invoices", limit=100)["data"] if one["customer"] is None]
    assert accounts
    assert {one["customer_account"][:5] for one in accounts} == {"acct_"}


def test_amounts_follow_stripes_own_decimals() -> None:
    from decimal import Decimal

    assert units(Decimal("10.559"), "USD") == 1055
    assert units(Decimal("1055"), "JPY") == 1055
    assert units(Decimal("1.239"), "KWD") == 1230


def test_a_large_history_is_listed_quickly(start: Callable[..., Any]) -> None:
    raw = start(invoices=3000, customers=300)
    began = time.process_time()
    pages, more = 0, True
    after: dict[str, str] = {}
    while more:
        page = raw.get("/v1/invoices", limit=100, status="open", **after)
        pages, more = pages + 1, page["has_more"]
        after = {"starting_after": page["data"][-1]["id"]}
    assert pages > 2
    assert (time.process_time() - began) / pages < 0.5
