"""The first pull of a Stripe account: exact, counted, and to be resumed anywhere."""

from collections.abc import Callable, Iterator
from typing import Any

from integrations.contract import Books
from receivables.money import by_currency
from receivables.page import Cursor, Page
from receivables.records import Collection, Invoice, InvoiceStatus, Kind, Payment


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
    northwind = connect(invoices=430, customers=200)
    books: Books = northwind.books()
    northwind.save(books.changes(None))
    books.company()
    totals = books.open_totals(northwind.wire.clock.now().date())
    calls, truth = northwind.calls(), northwind.truth()
    open_calls = 2
    listed = {
        "customers": sum(key.startswith("cus_") for key in truth["customers"]),
        "invoices": len(truth["invoices"]),
        "credit_notes": len(truth["credits"]),
        "refunds": len(truth["refunds"]),
        "disputes": len(truth["disputes"]),
    }
    for name, number in listed.items():
        extra = open_calls if name == "invoices" else 0
        assert calls[f"GET /v1/{name}"] == max(1, -(-number // 100)) + extra, name
    assert calls["GET /v1/events"] == 2
    assert calls["GET /v1/account"] == 1
    every_payment = len(northwind.sandbox.twins["stripe"]._ledgers["northwind"].books.invoice_payments)
    assert sum(calls.values()) - 5 == sum(max(1, -(-number // 100)) for number in (*listed.values(), every_payment))
    assert northwind.wire.meter.calls == sum(calls.values())
    assert totals.seen


def test_an_exact_hundred_needs_no_closing_page(connect: Callable[..., Any]) -> None:
    northwind = connect(customers=101)
    assert sum(key.startswith("cus_") for key in northwind.truth()["customers"]) == 100
    northwind.save(northwind.books().changes(None))
    assert northwind.calls()["GET /v1/customers"] == 1


def test_a_first_run_can_be_resumed_from_every_page(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=250)
    pages = list(northwind.books().changes(None))
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
    northwind.save(northwind.books().changes(pages[2].cursor))
    assert sum(northwind.calls().values()) == whole - 1 - 3


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
    first: Page = next(northwind.books().changes(None))
    northwind.take(first)
    northwind.act("delete_customer", customer=first.records[-1].ref.id)
    northwind.save(northwind.books().changes(first.cursor))
    agrees(northwind)


def test_customers_that_are_accounts_come_with_their_invoices(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=400)
    northwind.save(northwind.books().changes(None))
    payers = {one.customer.id for one in northwind.of(Kind.INVOICE).values() if one.customer.id.startswith("acct_")}
    assert len(payers) == 1
    customer = northwind.of(Kind.CUSTOMER)[payers.pop()]
    assert customer.emails
    assert customer.name
