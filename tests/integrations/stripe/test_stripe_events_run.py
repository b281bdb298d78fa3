"""What changed since: the events list with overlap, and when it no longer reaches back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integrations.errors import BadCursor
from receivables.page import Cursor
from receivables.records import Invoice, InvoiceStatus, Kind, Payment, PaymentStatus


def agrees(northwind: Any) -> None:
    """Status and open amount of every invoice, and all customers, payments and credit notes."""
    truth = northwind.truth()
    ours = northwind.of(Kind.INVOICE)
    assert {key: (one.status.value, one.open.minor) for key, one in ours.items()} == {
        key: (one["status"], one["open"]) for key, one in truth["invoices"].items()
    }
    for kind, name in ((Kind.CUSTOMER, "customers"), (Kind.PAYMENT, "payments"), (Kind.CREDIT, "credits")):
        assert sorted(northwind.of(kind)) == sorted(truth[name]), name


def pulled(northwind: Any) -> Cursor:
    cursor: Cursor = northwind.save(northwind.books().changes(None))
    northwind.calls()
    return cursor


def again(northwind: Any, cursor: Cursor) -> Cursor:
    later: Cursor = northwind.save(northwind.books().changes(cursor))
    return later


def test_every_sort_of_change_arrives_in_one_call(northwind: Any) -> None:
    cursor = pulled(northwind)
    invoices = northwind.truth()["invoices"].items()
    unpaid = [key for key, one in invoices if one["status"] == "open" and not one["paid"]]
    draft = northwind.invoice("draft").id
    northwind.act("pay", invoice=unpaid[0])
    paid = northwind.act("pay", invoice=unpaid[1], amount=700)["payment"]
    northwind.act("void", invoice=unpaid[2])
    northwind.act("mark_uncollectible", invoice=unpaid[3])
    note = northwind.act("credit", invoice=unpaid[4], amount=300)["credit_note"]
    northwind.act("delete", invoice=draft)
    northwind.act("refund", payment=paid, amount=100)
    northwind.act("dispute", payment=paid)
    northwind.act("change_due", invoice=unpaid[5], due_on="2026-05-01")
    northwind.act("rename_customer", customer=northwind.truth()["customers"][0], name="New Name")
    northwind.act("label", customer=northwind.truth()["customers"][1], metadata={"kind": "staff"})
    cursor = again(northwind, cursor)
    assert northwind.calls() == {"GET /v1/events": 1}
    agrees(northwind)
    assert northwind.of(Kind.INVOICE)[unpaid[5]].due_on.isoformat() == "2026-05-01"
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][0]].name == "New Name"
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][1]].tags == ("kind=staff",)
    northwind.act("void_credit", credit_note=note)
    again(northwind, cursor)
    agrees(northwind)
    assert northwind.of(Kind.CREDIT)[note].status is InvoiceStatus.VOID


def test_nothing_new_costs_one_call_and_brings_nothing_again(northwind: Any) -> None:
    cursor = pulled(northwind)
    northwind.act("pay", invoice=northwind.invoice("open").id)
    cursor = again(northwind, cursor)
    northwind.calls()
    pages = list(northwind.books().changes(cursor))
    assert northwind.calls() == {"GET /v1/events": 1}
    assert [(page.records, page.gone, page.odd) for page in pages] == [((), (), ())]
    assert pages[0].cursor is not None


def test_many_events_are_read_a_hundred_at_a_time_oldest_first(northwind: Any) -> None:
    cursor = pulled(northwind)
    customer = northwind.truth()["customers"][0]
    for number in range(230):
        northwind.act("rename_customer", customer=customer, name=f"Name {number}")
    pages = list(northwind.books().changes(cursor))
    assert northwind.calls() == {"GET /v1/events": 3}
    assert [[one.name for one in page.records] for page in pages] == [["Name 99"], ["Name 199"], ["Name 229"]]
    midway = pages[0].cursor
    later = list(northwind.books().changes(midway))
    assert [one.name for page in later for one in page.records][-1] == "Name 229"


def test_ninety_days_of_life_agree_night_by_night(northwind: Any) -> None:
    cursor = pulled(northwind)
    for _ in range(9):
        northwind.sandbox.move(timedelta(days=10))
        cursor = again(northwind, cursor)
        assert set(northwind.calls()) == {"GET /v1/events"}
    agrees(northwind)
    assert all(one.balances() for one in northwind.of(Kind.INVOICE).values())


def test_a_cursor_older_than_29_days_reads_everything_again(northwind: Any) -> None:
    cursor = pulled(northwind)
    northwind.sandbox.move(timedelta(days=31))
    again(northwind, cursor)
    calls = northwind.calls()
    assert calls["GET /v1/customers"] == 1
    agrees(northwind)


def test_an_event_stripe_no_longer_knows_means_everything_again(northwind: Any) -> None:
    cursor = pulled(northwind)
    place = json.loads(cursor.value)
    northwind.act("void", invoice=northwind.invoice("open").id)
    again(northwind, Cursor(json.dumps({**place, "anchor": "evt_unknown00000000000"})))
    assert northwind.calls()["GET /v1/customers"] == 1
    agrees(northwind)


def test_a_quiet_account_without_events_goes_on_by_time(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=3, months=3)
    northwind.sandbox.move(timedelta(days=40), quiet=True)
    cursor = pulled(northwind)
    assert "anchor" not in json.loads(cursor.value)
    northwind.sandbox.move(timedelta(days=20), quiet=True)
    northwind.act("rename_customer", customer=northwind.truth()["customers"][0], name="Awake")
    cursor = again(northwind, cursor)
    assert northwind.calls() == {"GET /v1/events": 1}
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][0]].name == "Awake"
    northwind.sandbox.move(timedelta(days=1), quiet=True)
    northwind.act("rename_customer", customer=northwind.truth()["customers"][1], name="Too")
    again(northwind, cursor)
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][1]].name == "Too"


def test_events_that_come_late_are_found_within_the_overlap(northwind: Any) -> None:
    cursor = pulled(northwind)
    for _ in range(2):
        northwind.sandbox.move(timedelta(hours=1), quiet=True)
        northwind.act("rename_customer", customer=northwind.truth()["customers"][0], name="Again")
        cursor = again(northwind, cursor)
    assert "trail" in json.loads(cursor.value)
    late_by(northwind, minutes=9)
    again(northwind, cursor)
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][1]].name == "Late"


def test_an_event_that_comes_late_is_found_after_a_first_run_too(northwind: Any) -> None:
    northwind.sandbox.move(timedelta(hours=1), quiet=True)
    northwind.act("rename_customer", customer=northwind.truth()["customers"][0], name="Newest")
    cursor = pulled(northwind)
    late_by(northwind, minutes=9)
    again(northwind, cursor)
    assert northwind.of(Kind.CUSTOMER)[northwind.truth()["customers"][1]].name == "Late"


def late_by(northwind: Any, *, minutes: int) -> None:
    """A change whose event is listed only now, as if it had stood there for some minutes."""
    ledger = northwind.sandbox.twins["stripe"]._ledgers["northwind"]
    customer = ledger.books.customers.get(northwind.truth()["customers"][1])
    customer.name, customer.business_name = "Late", ""
    northwind.saved.pop(northwind.ref(Kind.CUSTOMER, customer.id))
    ledger.emit("customer.updated", customer, northwind.wire.clock.now() - timedelta(minutes=minutes))


def test_events_of_an_old_version_are_fetched_again(northwind: Any) -> None:
    cursor = pulled(northwind)
    northwind.act("age_events")
    invoice = northwind.invoice("open")
    northwind.act("pay", invoice=invoice.id)
    northwind.act("delete", invoice=northwind.invoice("draft").id)
    again(northwind, cursor)
    calls = northwind.calls()
    assert calls["GET /v1/events"] == 1
    assert calls["GET /v1/invoices/*"] == 1
    agrees(northwind)


def test_a_payload_is_true_since_its_event_and_a_fetched_record_since_before_the_call(northwind: Any) -> None:
    cursor = pulled(northwind)
    northwind.sandbox.move(timedelta(hours=3), quiet=True)
    invoice = northwind.invoice("open")
    northwind.act("pay", invoice=invoice.id)
    happened = northwind.wire.clock.now()
    northwind.sandbox.move(timedelta(hours=3), quiet=True)
    again(northwind, cursor)
    changed_at = northwind.saved[invoice].changed_at
    assert abs(changed_at - happened) < timedelta(seconds=2)
    before = northwind.wire.clock.now()
    [record] = northwind.books().fetch([invoice]).records
    assert before <= record.changed_at <= northwind.wire.clock.now()


def test_a_change_within_the_second_of_a_reading_still_wins(northwind: Any) -> None:
    for _ in range(3):
        cursor = pulled(northwind)
        northwind.act("pay", invoice=northwind.invoice("open").id)
        again(northwind, cursor)
        agrees(northwind)


@pytest.mark.planted
def test_one_odd_record_is_set_aside_and_the_rest_goes_on(northwind: Any) -> None:
    bad = northwind.invoice("open")
    northwind.act("make_odd", invoice=bad.id)
    pages = list(northwind.books().changes(None))
    odd = [one for page in pages for one in page.odd]
    assert {one.ref for one in odd} == {bad}
    assert "$.total" in odd[0].why
    assert str(northwind.truth()["invoices"][bad.id]["total"]) not in odd[0].why
    northwind.save(iter(pages))
    assert set(northwind.truth()["invoices"]) - set(northwind.of(Kind.INVOICE)) == {bad.id}
    assert northwind.books().fetch([bad]).odd[0].ref == bad
    assert bad in northwind.books().open_totals(northwind.wire.clock.now().date()).not_comparable


@pytest.mark.planted
def test_an_unreadable_event_loses_nothing_else(northwind: Any) -> None:
    cursor = pulled(northwind)
    invoice = northwind.invoice("open")
    northwind.act("make_odd", invoice=northwind.invoice("open", automatic=True).id)
    twin = northwind.sandbox.twins["stripe"]._ledgers["northwind"]
    twin.emit_shape("evt_broken000000000000", "invoice.paid", {"object": "invoice"}, northwind.wire.clock.now())
    event = twin.books.events.get("evt_broken000000000000")
    event.body = event.body.replace(b'"created"', b'"made"')
    northwind.act("pay", invoice=invoice.id)
    pages = list(northwind.books().changes(cursor))
    assert len([one for page in pages for one in page.odd]) == 2
    assert invoice in {one.ref for page in pages for one in page.records}


@pytest.mark.planted
def test_words_nobody_knows_yet_become_other(northwind: Any) -> None:
    cursor = pulled(northwind)
    invoice = northwind.invoice("open")
    northwind.act("set_status", invoice=invoice.id, status="on_hold")
    again(northwind, cursor)
    record: Invoice = northwind.saved[invoice]
    assert record.status is InvoiceStatus.OTHER
    assert not record.open


def test_a_bank_debit_under_way_is_pending_until_it_is_there(northwind: Any) -> None:
    invoice = northwind.invoice("open", automatic=False)
    payment = northwind.act("attach_processing", invoice=invoice.id, amount=900)["payment"]
    cursor = pulled(northwind)
    record: Payment = northwind.of(Kind.PAYMENT)[payment]
    assert record.status is PaymentStatus.PENDING
    assert [part.to for part in record.applications] == [invoice]
    northwind.act("settle", payment=payment)
    again(northwind, cursor)
    record = northwind.of(Kind.PAYMENT)[payment]
    assert (record.status, record.applications[0].to, record.amount.minor) == (PaymentStatus.SETTLED, invoice, 900)
    agrees(northwind)


def test_a_failed_refund_and_all_ten_words_of_disputes_arrive(northwind: Any) -> None:
    cursor = pulled(northwind)
    payment = northwind.truth()["payments"][0]
    refund = northwind.act("refund", payment=payment, amount=100)["refund"]
    cursor = again(northwind, cursor)
    assert northwind.of(Kind.OTHER)[refund].amount.minor == 100
    northwind.act("fail_refund", refund=refund)
    dispute = northwind.act("dispute", payment=payment)["dispute"]
    words = (
        "warning_needs_response warning_under_review warning_closed needs_response under_review won lost prevented "
        "appeal_needs_response appeal_under_review"
    ).split()
    for word in words:
        northwind.act("move_dispute", dispute=dispute, status=word)
        cursor = again(northwind, cursor)
        assert northwind.of(Kind.CHARGEBACK)[dispute].status == word
    assert northwind.of(Kind.OTHER)[refund].amount.minor == 0


@pytest.mark.parametrize(
    "value", ["", "nonsense", "[]", "{}", '{"read_at":"x"}', '{"read_at":1e300}', '{"read_at":1,"run":"sideways"}']
)
def test_a_cursor_that_is_not_ours_is_refused_in_words(northwind: Any, value: str) -> None:
    with pytest.raises(BadCursor, match="read from the start"):
        list(northwind.books().changes(Cursor(value)))


@pytest.mark.parametrize("rest", [{"run": "lists", "todo": [["plans"]]}, {"run": "full", "stream": "customers"}])
def test_a_first_runs_cursor_for_an_unknown_list_or_of_an_earlier_version_is_refused(
    northwind: Any, rest: dict[str, Any]
) -> None:
    northwind.calls()
    now = int(northwind.wire.clock.now().timestamp())
    with pytest.raises(BadCursor):
        list(northwind.books().changes(Cursor(json.dumps({"read_at": now, **rest}))))
    assert northwind.calls() == {}


def test_a_customer_that_is_an_account_is_known_by_its_invoices_alone(connect: Callable[..., Any]) -> None:
    """Of two sources the one that was read last would win, and another reading would end otherwise."""
    northwind = connect(invoices=120)
    cursor = pulled(northwind)
    [account] = [key for key in northwind.of(Kind.CUSTOMER) if key.startswith("acct_")]
    before = northwind.of(Kind.CUSTOMER)[account]
    ledger = northwind.sandbox.twins["stripe"]._ledgers["northwind"]
    customer = next(one for one in ledger.parties.values() if one.id == account)
    ledger.emit("customer.updated", customer, northwind.wire.clock.now())
    pages = list(northwind.books().changes(cursor))
    northwind.save(iter(pages))
    assert northwind.of(Kind.CUSTOMER)[account] == before
    assert not [odd for page in pages for odd in page.odd]
