"""The first pull of a Stripe account: exact, counted, and to be resumed anywhere."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from integrations.contract import Books
from integrations.errors import TryLater
from receivables.money import by_currency
from receivables.page import Cursor
from receivables.records import Collection, Invoice, InvoiceStatus, Kind, Payment
from sandbox.faults import Fault

STATUSES = ("open", "uncollectible", "draft", "paid", "void")


def agrees(northwind: Any) -> None:
    """Every invoice, customer, payment, credit note, refund and dispute is here as the twin has it."""
    truth = northwind.truth()
    ours = northwind.of(Kind.INVOICE)
    assert {key: _figures(one) for key, one in ours.items()} == {
        key: (one["number"], one["status"], one["currency"], one["total"], one["open"], one["customer"])
        for key, one in truth["invoices"].items()
    }
    for kind, name in (
        (Kind.CUSTOMER, "customers"),
        (Kind.PAYMENT, "payments"),
        (Kind.CREDIT, "credits"),
        (Kind.OTHER, "refunds"),
        (Kind.CHARGEBACK, "disputes"),
    ):
        assert sorted(northwind.of(kind)) == sorted(truth[name]), name


def _figures(one: Invoice) -> tuple[object, ...]:
    return one.number, one.status.value, one.total.currency, one.total.minor, one.open.minor, one.customer.id


def test_everything_arrives_exactly_as_it_is(connect: Callable[..., Any]) -> None:
    northwind = connect(customers=90, invoices=300)
    paid = next(key for key, one in northwind.truth()["invoices"].items() if one["status"] == "paid" and one["paid"])
    payments = northwind.truth()["payments"]
    northwind.act("refund", payment=payments[0], amount=100)
    northwind.act("dispute", payment=payments[1])
    northwind.save(northwind.books().changes(None))
    agrees(northwind)
    invoices = northwind.of(Kind.INVOICE)
    assert all(one.balances() for one in invoices.values())
    assert set(by_currency(one.total for one in invoices.values())) == {"JPY", "KWD", "USD"}
    assert invoices[paid].paid.minor == northwind.truth()["invoices"][paid]["paid"]
    assert {one.status for one in invoices.values()} >= set(InvoiceStatus) - {
        InvoiceStatus.DELETED,
        InvoiceStatus.OTHER,
    }


def test_payments_add_up_to_what_invoices_say_was_paid(northwind: Any) -> None:
    northwind.save(northwind.books().changes(None))
    sums: dict[str, int] = {}
    payment: Payment
    for payment in northwind.of(Kind.PAYMENT).values():
        assert payment.applied() <= payment.amount
        for part in payment.applications:
            sums[part.to.id] = sums.get(part.to.id, 0) + part.amount.minor
    invoices = northwind.of(Kind.INVOICE)
    assert sums == {key: one.paid.minor for key, one in invoices.items() if one.paid}


def test_what_the_balance_paid_is_called_adjusted(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=600)
    northwind.save(northwind.books().changes(None))
    adjusted = [one for one in northwind.of(Kind.INVOICE).values() if one.adjusted]
    assert adjusted
    for one in adjusted:
        assert one.total == one.open + one.paid + one.credited + one.adjusted
    assert any(one.credited for one in northwind.of(Kind.INVOICE).values())


def test_automatic_invoices_say_so_and_when_they_are_tried_again(northwind: Any) -> None:
    northwind.save(northwind.books().changes(None))
    truth = northwind.truth()["invoices"]
    invoices = northwind.of(Kind.INVOICE)
    automatic = {key for key, one in invoices.items() if one.collection is Collection.AUTOMATIC}
    assert automatic == {key for key, one in truth.items() if one["automatic"]}
    assert all(invoices[key].due_on is None for key in automatic)


def test_pages_are_exactly_as_many_as_hundreds(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=270, customers=200)
    books: Books = northwind.books()
    northwind.save(books.changes(None))
    books.company()
    totals = books.open_totals(northwind.wire.clock.now().date())
    calls, truth = northwind.calls(), northwind.truth()
    statuses = Counter(one["status"] for one in truth["invoices"].values())
    listed = {
        "customers": hundreds(sum(key.startswith("cus_") for key in truth["customers"])),
        "invoices": sum(hundreds(statuses[status]) for status in STATUSES) + 2,
        "invoice_payments": hundreds(
            len(northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.invoice_payments)
        ),
        "credit_notes": hundreds(len(truth["credits"])),
        "refunds": hundreds(len(truth["refunds"])),
        "disputes": hundreds(len(truth["disputes"])),
    }
    assert statuses["paid"] > 200
    assert calls == {
        **{f"GET /v1/{name}": number for name, number in listed.items()},
        "GET /v1/events": 2,
        "GET /v1/account": 1,
    }
    assert northwind.wire.meter.calls == sum(calls.values())
    assert totals.seen


def hundreds(number: int) -> int:
    """The pages a list of this length takes; an empty one has to be looked at too."""
    return max(1, -(-number // 100))


def test_an_exact_hundred_needs_no_closing_page(connect: Callable[..., Any]) -> None:
    northwind = connect(customers=101)
    assert sum(key.startswith("cus_") for key in northwind.truth()["customers"]) == 100
    northwind.save(northwind.books().changes(None))
    assert northwind.calls()["GET /v1/customers"] == 1


def test_a_first_run_can_be_resumed_from_every_page(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=620, customers=150)
    pages = list(northwind.books().changes(None))
    assert max(page.cursor.value.count('"paid"') for page in pages if page.cursor) == 2, "two places of one list"
    for stop, page in enumerate(pages):
        northwind.saved.clear()
        for earlier in pages[: stop + 1]:
            northwind.take(earlier)
        northwind.save(northwind.books().changes(page.cursor))
        agrees(northwind)


def test_a_resumed_run_asks_for_nothing_twice(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=250)
    pages = list(northwind.books().changes(None))
    whole = sum(northwind.calls().values())
    later = list(northwind.books().changes(pages[2].cursor))
    assert sum(northwind.calls().values()) <= whole - 1 - 3
    before, after = (
        {record.ref for page in some for record in page.records if record.ref.kind is not Kind.CUSTOMER}
        for some in (pages[:3], later)
    )
    assert before
    assert not before & after


def test_open_invoices_and_their_customers_come_first_and_are_called_usable_once(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=2400, customers=150)
    pages = list(northwind.books().changes(None))
    flagged = [number for number, page in enumerate(pages) if page.usable]
    assert len(flagged) == 1
    for page in pages[: flagged[0] + 1]:
        assert page.stream == "invoices"
        northwind.take(page)
    open_ones = {key: one for key, one in northwind.truth()["invoices"].items() if one["status"] == "open"}
    assert len(open_ones) > 100
    assert {key: one.open.minor for key, one in northwind.of(Kind.INVOICE).items()} == {
        key: one["open"] for key, one in open_ones.items()
    }
    assert set(northwind.of(Kind.CUSTOMER)) == {one["customer"] for one in open_ones.values()}
    met = [one.ref for page in pages[: flagged[0] + 1] for one in page.records if one.ref.id.startswith("cus_")]
    assert len(met) == len(set(met)), "each customer comes along once"
    for number in (flagged[0] - 1, flagged[0]):
        later = list(northwind.books().changes(pages[number].cursor))
        assert sum(page.usable for page in later) == flagged[0] - number


def test_a_long_list_is_read_from_several_places_for_few_calls_more(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=2400, customers=20)
    northwind.save(northwind.books().changes(None))
    agrees(northwind)
    statuses = Counter(one["status"] for one in northwind.truth()["invoices"].values())
    least = sum(hundreds(statuses[status]) for status in STATUSES)
    assert 0 < northwind.calls()["GET /v1/invoices"] - least <= 4


def test_in_live_mode_other_lists_do_not_wait_for_the_open_invoices(connect: Callable[..., Any]) -> None:
    """There every endpoint has a limit of its own; in test mode one holds for all."""
    northwind = connect(invoices=5, customers=4)
    live = replace(northwind.account, details={**northwind.account.details, "livemode": "true"})
    first = []
    for account in (northwind.account, live):
        northwind.sandbox.book.add(Fault("stripe", "slow", path="/v1/invoices", seconds=0.5))
        first.append(next(northwind.books(account).changes(None)).stream)
        northwind.calls()
    assert first[0] == "invoices"
    assert first[1] != "invoices"


def test_the_first_trouble_is_raised_once_and_the_others_end(northwind: Any) -> None:
    northwind.wire = replace(northwind.wire, attempts=1)
    for path in ("/v1/customers", "/v1/refunds", "/v1/disputes", "/v1/credit_notes"):
        northwind.sandbox.book.add(Fault("stripe", "500", path=path, times=9))
    with pytest.raises(TryLater, match="HTTP 500"):
        list(northwind.books().changes(None))
    assert [one.name for one in threading.enumerate() if one.name.startswith("reading")] == []


def test_what_changes_between_pages_is_not_lost(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=250)
    drafts = [key for key, one in northwind.truth()["invoices"].items() if one["status"] == "draft"]
    invoices = northwind.truth()["invoices"].items()
    unpaid = [key for key, one in invoices if one["status"] == "open" and not one["paid"]]
    acts: Iterator[tuple[str, dict[str, object]]] = iter(
        [
            ("pay", {"invoice": unpaid[0]}),
            ("pay", {"invoice": unpaid[-1], "amount": 500}),
            ("void", {"invoice": unpaid[-2]}),
            ("delete", {"invoice": drafts[-1]}),
            ("new_draft", {"customer": northwind.truth()["customers"][0], "amount": 12300}),
            ("rename_customer", {"customer": northwind.truth()["customers"][3], "name": "Changed"}),
        ]
    )
    cursor: Cursor | None = None
    for page in northwind.books().changes(None):
        northwind.take(page)
        cursor = page.cursor
        name, given = next(acts, ("", {}))
        if name:
            northwind.act(name, **given)
    agrees(northwind)
    northwind.save(northwind.books().changes(cursor))
    agrees(northwind)


def test_the_record_at_the_cursor_may_be_deleted_meanwhile(connect: Callable[..., Any]) -> None:
    northwind = connect(customers=150)
    for page in northwind.books().changes(None):
        northwind.take(page)
        if page.stream == "customers":
            break
    northwind.act("delete_customer", customer=page.records[-1].ref.id)
    northwind.save(northwind.books().changes(page.cursor))
    agrees(northwind)


def test_customers_that_are_accounts_come_with_their_invoices(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=400)
    northwind.save(northwind.books().changes(None))
    payers = {one.customer.id for one in northwind.of(Kind.INVOICE).values() if one.customer.id.startswith("acct_")}
    assert len(payers) == 1
    customer = northwind.of(Kind.CUSTOMER)[payers.pop()]
    assert customer.emails
    assert customer.name
