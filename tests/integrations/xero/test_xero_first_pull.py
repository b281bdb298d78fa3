"""The first pull of a Xero organisation: everything, exactly, in the calls that were promised."""

from collections.abc import Callable
from typing import Any

import pytest

from integrations.errors import BadCursor
from receivables.page import Cursor, Gone
from receivables.records import (
    Answer,
    Credit,
    CreditKind,
    Customer,
    Invoice,
    InvoiceStatus,
    OtherEntry,
    OtherKind,
    Payment,
    PaymentStatus,
)

LISTS = ("Contacts", "Invoices", "CreditNotes", "Prepayments", "Overpayments", "Payments")


def as_told(ours: Any) -> dict[str, Any]:
    return {
        id_: (one.number, one.customer.id, one.status, one.total.currency, one.total.minor, one.open.minor)
        for id_, one in ours.of(Invoice).items()
    }


def as_it_is(truth: dict[str, Any]) -> dict[str, Any]:
    return {
        id_: (one["number"], one["customer"], one["status"], one["currency"], one["total"], one["open"])
        for id_, one in truth["invoices"].items()
    }


def open_in(truth: dict[str, Any]) -> set[str]:
    return {id_ for id_, one in truth["invoices"].items() if one["status"] == "open"}


def test_first_pull_is_the_ledger_itself(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=500, customers=40)
    ours, truth = shelf().take(desk.books.changes(None)), desk.truth
    assert as_told(ours) == as_it_is(truth)
    assert {one[3] for one in as_told(ours).values()} == {"GBP", "JPY", "KWD"}
    assert set(ours.of(Customer)) == set(truth["customers"])
    assert {ref.id: one.became.id for ref, one in ours.gone.items()} == truth["merged"]
    by_status = {PaymentStatus.SETTLED: truth["payments"], PaymentStatus.VOID: truth["deleted_payments"]}
    for status, ids in by_status.items():
        assert {id_ for id_, one in ours.of(Payment).items() if one.status is status} == set(ids)
        assert ids
    assert {id_: one.remaining.minor for id_, one in ours.of(Credit).items()} == truth["remaining"]
    assert set(ours.of(OtherEntry)) == set(truth["refunds"])
    assert truth["refunds"]
    assert not ours.odd


def test_every_record_adds_up(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=500, customers=40)
    desk.act("hand_over", customer=desk.truth["customers"][0], amount="75.00", kind="RECEIVE-PREPAYMENT")
    ours = shelf().take(desk.books.changes(None))
    invoices = ours.of(Invoice).values()
    assert all(one.balances() for one in invoices)
    assert any(one.adjusted for one in invoices), "no invoice with tax withheld: the history is too tame"
    void = [one for one in invoices if one.status is InvoiceStatus.VOID]
    assert void
    assert all(one.total and not one.open and not one.paid and not one.adjusted for one in void)
    credits = ours.of(Credit).values()
    assert {one.kind for one in credits} == {CreditKind.CREDIT_NOTE, CreditKind.PREPAYMENT, CreditKind.OVERPAYMENT}
    for credit in credits:
        assert sum(part.amount.minor for part in credit.applications) <= credit.amount.minor
    for payment in ours.of(Payment).values():
        whole = payment.amount.minor if payment.status is PaymentStatus.SETTLED else 0
        assert payment.applied().minor + payment.unapplied.minor == whole


def test_refund_of_a_credit_note_is_no_payment(desk: Any, shelf: Callable[[], Any]) -> None:
    invoice = desk.invoice("open", paid=False)
    note = desk.act("credit", invoice=invoice, amount="20.00")["credit"]
    prepayment = desk.act("hand_over", customer=desk.truth["invoices"][invoice]["customer"], amount="50.00")["credit"]
    refund = desk.act("refund", credit=prepayment, amount="15.00")
    ours = shelf().take(desk.books.changes(None))
    assert refund["type"] == "ARPREPAYMENTPAYMENT"
    entry = ours.of(OtherEntry)[refund["payment"]]
    assert (entry.kind, entry.amount.minor > 0) == (OtherKind.REFUND, True)
    assert refund["payment"] not in ours.of(Payment)
    assert {part.to.id for part in ours.of(Credit)[note].applications} == {invoice}
    assert ours.of(Credit)[prepayment].applications == ()


def test_bills_and_supplier_credits_are_left_out(desk: Any, shelf: Callable[[], Any]) -> None:
    ours = shelf().take(desk.books.changes(None))
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    payable = {id_ for id_, one in ledger.invoices.items() if one.type == "ACCPAY"}
    payable |= {id_ for id_, one in ledger.credits.items() if one.type.startswith(("ACCPAY", "SPEND"))}
    payable |= {id_ for id_, one in ledger.payments.items() if one.type.startswith(("ACCPAY", "AP"))}
    assert len(payable) == 10
    assert not payable & {ref.id for ref in ours.records}


def test_calls_of_the_first_pull_are_pages_and_nothing_more(open_desk: Callable[..., Any]) -> None:
    desk = open_desk(invoices=2300, customers=30)
    pages = list(desk.books.changes(None))
    sales, now_open = len(desk.truth["invoices"]), len(open_in(desk.truth))
    counted = {route.rpartition("/")[2]: calls for route, calls in desk.calls().items()}
    payments = next(page.expected for page in pages if page.stream == "payments")
    expected = dict.fromkeys(LISTS, 1) | {
        "Invoices": -(-now_open // 1000) + -(-sales // 1000),
        "Payments": -(-payments // 1000),
    }
    assert counted == expected
    assert expected["Invoices"] == 1 + 3
    assert desk.meter.calls == sum(expected.values())


def test_an_exact_thousand_needs_no_closing_page(open_desk: Callable[..., Any]) -> None:
    desk = open_desk(invoices=990, customers=20)
    customer = desk.truth["customers"][0]
    while len(desk.truth["invoices"]) < 1000:
        desk.act("sell", customer=customer, amount="10.00")
    pages = [page for page in desk.books.changes(None) if page.stream == "invoices"]
    assert [len(page.records) for page in pages] == [1000]
    assert pages[0].expected == 1000


def test_rows_that_change_between_pages_are_not_lost(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    """With Xero's default order, or a filter by status, edited rows slide and others are skipped for good."""
    desk = open_desk(invoices=2100, customers=30)
    ours, seen = shelf(), 0
    for page in desk.books.changes(None):
        ours.take([page])
        if page.stream == "invoices" and seen < 2:
            seen += 1
            for nth in range(12):
                desk.act("pay", invoice=desk.invoice("open", nth=nth))
    ours.take(desk.books.changes(ours.cursor))
    assert as_told(ours) == as_it_is(desk.truth)
    assert seen == 2


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"left":{"bills":1}}',
        '{"left":{"invoices":0}}',
        '{"left":{"invoices":2},"since":"yesterday"}',
        '{"left":{},"since":"2026-03-10T10:00:00"}',
        '{"left":{"open_invoices":2},"since":"2026-03-10T10:00:00+00:00"}',
        # as it was written before lists were read side by side
        '{"stream":"invoices","page":2,"since":"","started":"2026-03-10T10:00:00+00:00"}',
        '{"since":"2026-03-10T10:00:00+00:00","of":"another platform"}',
        "\ud800",
    ],
)
def test_an_unreadable_cursor_is_refused_before_any_call(desk: Any, value: str) -> None:
    with pytest.raises(BadCursor, match="read this connection from the start again"):
        list(desk.books.changes(Cursor(value)))
    assert desk.meter.calls == 0


def test_company(desk: Any) -> None:
    desk.act("lock", until="2025-12-31")
    company = desk.books.company()
    assert (company.name, company.base_currency, company.country) == ("Brightwater Studio", "GBP", "GB")
    assert company.time_zone == "Europe/London"
    assert str(company.locked_until_on) == "2025-12-31"
    assert company.own_reminders is Answer.NO
    assert company.multicurrency
    assert company.short_code.startswith("!")
    assert desk.meter.calls == 3
    desk.act("reminders", enabled=True)
    assert desk.books.company().own_reminders is Answer.YES


@pytest.mark.planted
def test_unknown_time_zone_and_reminders_are_told_as_unknown(desk: Any) -> None:
    desk.act("distort", record="organisation", fields={"Timezone": "ATLANTISSTANDARDTIME", "Class": "GALACTIC"})
    desk.sandbox.twins["xero"].organisations[0].reminders = None
    company = desk.books.company()
    assert (company.time_zone, company.own_reminders) == ("", Answer.UNKNOWN)


def test_contacts_carry_who_is_addressed(desk: Any, shelf: Callable[[], Any]) -> None:
    customers = shelf().take(desk.books.changes(None)).of(Customer).values()
    several = [one for one in customers if len(one.emails) == 3]
    assert several
    assert [mail.addressed for mail in several[0].emails] == [True, True, False]
    assert all(one.address.country == "GB" for one in several)
    assert any(one.tags == ("Monthly accounts",) for one in customers)
    assert all(one.phones for one in several)


def test_contacts_carry_the_numbers_they_are_registered_under(desk: Any, shelf: Callable[[], Any]) -> None:
    first, second = desk.truth["customers"][:2]
    desk.act("edit_contact", customer=first, fields={"tax_number": "GB 123 4567 82", "company_number": "01234567"})
    customers = shelf().take(desk.books.changes(None)).of(Customer)
    assert (customers[first].tax_number, customers[first].company_number) == ("GB 123 4567 82", "01234567")
    assert (customers[second].tax_number, customers[second].company_number) == ("", "")


def test_archived_contacts_are_read_too(desk: Any, shelf: Callable[[], Any]) -> None:
    customer = desk.truth["customers"][1]
    desk.act("archive", customer=customer)
    assert shelf().take(desk.books.changes(None)).of(Customer)[customer].active is False


def test_merged_contacts_point_to_the_survivor(desk: Any, shelf: Callable[[], Any]) -> None:
    loser, survivor = desk.truth["customers"][1:3]
    desk.act("merge", loser=loser, survivor=survivor)
    ours = shelf().take(desk.books.changes(None))
    gone = ours.gone[next(ref for ref in ours.gone if ref.id == loser)]
    assert isinstance(gone, Gone)
    assert gone.became is not None
    assert gone.became.id == survivor
    assert as_told(ours) == as_it_is(desk.truth)
