"""A night of a Xero organisation: what changed, the sweep of the open set, balances, and single records again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integrations.errors import Refused
from integrations.xero.platform import PLATFORM
from receivables.money import Money
from receivables.page import Scope
from receivables.records import Credit, Customer, Invoice, InvoiceStatus, Kind, OtherEntry, Payment, PaymentStatus, Ref

TODAY = date(2026, 3, 10)


def pulled(desk: Any, shelf: Callable[[], Any]) -> Any:
    ours = shelf().take(desk.books.changes(None))
    desk.reset()
    return ours


def open_refs(ours: Any) -> list[Ref]:
    return [one.ref for one in ours.of(Invoice).values() if one.status is InvoiceStatus.OPEN]


def test_an_unchanged_night_brings_nothing_old(desk: Any, shelf: Callable[[], Any]) -> None:
    ours = pulled(desk, shelf)
    desk.clock.sleep(600)
    again = list(desk.books.changes(ours.cursor))
    assert [len(page.records) for page in again] == [0] * 6
    assert desk.meter.calls == 6


def test_a_night_with_changes_is_one_page_a_stream(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=1200, customers=20)
    ours = pulled(desk, shelf)
    desk.clock.sleep(600)
    paid, void = desk.invoice("open", paid=False), desk.invoice("open", paid=False, nth=1)
    desk.act("pay", invoice=paid)
    desk.act("void", invoice=void)
    undone = desk.truth["payments"][0]
    desk.act("unpay", payment=undone)
    ours.take(desk.books.changes(ours.cursor))
    assert desk.meter.calls == 6
    list(desk.books.sweep(open_refs(ours)))
    desk.books.open_totals(TODAY)
    assert desk.meter.calls == 6 + 1 + 1
    invoices = ours.of(Invoice)
    assert (invoices[paid].status, invoices[void].status) == (InvoiceStatus.PAID, InvoiceStatus.VOID)
    assert invoices[void].total.minor
    assert ours.of(Payment)[undone].status is PaymentStatus.VOID
    assert {id_: one.open.minor for id_, one in invoices.items()} == {
        id_: one["open"] for id_, one in desk.truth["invoices"].items()
    }


def test_changes_at_the_very_second_of_the_run_are_read_again(desk: Any, shelf: Callable[[], Any]) -> None:
    """If-Modified-Since knows whole seconds, and what was being saved while we read may carry an earlier time."""
    invoice = desk.invoice("open", paid=False)
    ours = pulled(desk, shelf)
    desk.act("silent_edit", record=invoice, fields={"reference": "late", "due_on": "2026-12-24"})
    moment = desk.clock.now() - timedelta(seconds=90)
    desk.act("touch", record=invoice, at=moment.isoformat())
    ours.take(desk.books.changes(ours.cursor))
    assert str(ours.of(Invoice)[invoice].due_on) == "2026-12-24"


def test_a_wrong_clock_of_ours_does_not_move_the_mark(desk: Any, shelf: Callable[[], Any]) -> None:
    class Ahead:
        sleep, monotonic = desk.clock.sleep, desk.clock.monotonic

        def now(self) -> datetime:
            moment: datetime = desk.clock.now() + timedelta(days=2)
            return moment

    class InHand:
        refresh = ""

        def current(self) -> str:
            return str(desk.grants.load("g1").access)

        def renewed(self, rejected: str) -> str:
            raise AssertionError(rejected)

    books = PLATFORM.open(replace(desk.wire, clock=Ahead()), desk.account, InHand())
    ours = shelf().take(books.changes(None))
    invoice = desk.invoice("open", paid=False)
    desk.act("pay", invoice=invoice)
    ours.take(books.changes(ours.cursor))
    assert ours.of(Invoice)[invoice].status is InvoiceStatus.PAID


def test_the_sweep_finds_what_the_feed_hides(desk: Any, shelf: Callable[[], Any]) -> None:
    invoice = desk.invoice("open", paid=False)
    desk.act("pay", invoice=invoice, amount="1.00")
    desk.clock.sleep(600)
    ours = pulled(desk, shelf)
    desk.clock.sleep(600)
    assert desk.act("change_due", invoice=invoice, due_on="2026-11-30") == {"bumped": False}
    ours.take(desk.books.changes(ours.cursor))
    assert str(ours.of(Invoice)[invoice].due_on) != "2026-11-30"
    ours.take(desk.books.sweep(open_refs(ours)))
    assert str(ours.of(Invoice)[invoice].due_on) == "2026-11-30"


def test_absence_from_the_sweep_closes_nothing(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=700, customers=20)
    ours = pulled(desk, shelf)
    known = open_refs(ours)
    paid = [desk.invoice("open", nth=0) for _ in range(1)]
    desk.act("pay", invoice=paid[0])
    stranger = desk.ref(Kind.INVOICE, "00000000-0000-4000-8000-000000000000")
    others = [one.ref for one in ours.of(Invoice).values() if one.status is InvoiceStatus.PAID][:60]
    pages = list(desk.books.sweep([*known, *others, stranger]))
    assert {page.stream for page in pages} == {"sweep"}
    assert all(page.cursor is None for page in pages)
    found = shelf().take(pages)
    assert found.of(Invoice)[paid[0]].status is InvoiceStatus.PAID
    assert all(found.records[ref].status is InvoiceStatus.PAID for ref in others)
    assert list(found.gone) == [stranger]
    # 62 were not among the open ones: two calls of at most fifty ids, and the stranger by its own address
    assert desk.calls() == {"GET /api.xro/2.0/Invoices": 1 + 2, "GET /api.xro/2.0/Invoices/*": 1}


def test_more_ids_than_fit_would_be_answered_with_nothing(desk: Any, shelf: Callable[[], Any]) -> None:
    ours = pulled(desk, shelf)
    refs = list(ours.records)
    page = desk.books.fetch(refs)
    assert {one.ref for one in page.records} == set(refs)
    assert not page.gone
    assert desk.calls()["GET /api.xro/2.0/Invoices"] == -(-len(ours.of(Invoice)) // 50)
    assert desk.calls()["GET /api.xro/2.0/Contacts"] == -(-len(ours.of(Customer)) // 50)


def test_a_refused_list_of_ids_makes_nothing_gone(desk: Any) -> None:
    desk.act("ids_max", most=1)
    refs = [desk.ref(Kind.INVOICE, id_) for id_ in list(desk.truth["invoices"])[:2]]
    with pytest.raises(Refused, match="did not answer a list of ids"):
        desk.books.fetch(refs)


def test_fetch_says_what_is_gone(desk: Any) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    kinds = (Kind.INVOICE, Kind.CUSTOMER, Kind.CREDIT, Kind.PAYMENT, Kind.OTHER)
    page = desk.books.fetch([desk.ref(kind, nowhere) for kind in kinds])
    assert {one.ref.kind for one in page.gone} == set(kinds)
    assert page.records == ()
    assert page.cursor is None


def test_fetch_of_nothing_costs_nothing(desk: Any) -> None:
    desk.books.fetch([])
    assert desk.meter.calls == 0


def test_a_fetched_bill_is_neither_ours_nor_gone(desk: Any) -> None:
    ledger = desk.sandbox.twins["xero"].organisations[0].ledger
    bill = next(one.id for one in ledger.invoices.values() if one.type == "ACCPAY")
    page = desk.books.fetch([desk.ref(Kind.INVOICE, bill)])
    assert (page.records, page.gone) == ((), ())


def our_figures(ours: Any) -> dict[str, Money]:
    """What contact balances should say: open invoices, less what remains of credits; voided credits have none."""
    sums: dict[str, Money] = {}

    def add(customer: str, amount: Money) -> None:
        sums[customer] = sums.get(customer, Money.zero(amount.currency)) + amount

    for invoice in ours.of(Invoice).values():
        if invoice.status is InvoiceStatus.OPEN:
            add(invoice.customer.id, invoice.open)
    for credit in ours.of(Credit).values():
        add(credit.customer.id, -credit.remaining)
    return {customer: amount for customer, amount in sums.items() if amount}


@pytest.mark.parametrize("days", [0, 90])
def test_balances_agree_with_our_own_sums(open_desk: Callable[..., Any], shelf: Callable[[], Any], days: int) -> None:
    desk = open_desk(invoices=400, customers=40)
    for currency, amount in (("JPY", "12000.00"), ("KWD", "45.25")):
        customer = next(one["customer"] for one in desk.truth["invoices"].values() if one["currency"] == currency)
        desk.act("sell", customer=customer, amount=amount)
    ours = shelf().take(desk.books.changes(None))
    for _ in range(days // 30):
        # a refresh token dies after sixty days without use, so ninety in one go would need a new consent
        desk.sandbox.move(timedelta(days=30))
        ours.take(desk.books.changes(ours.cursor))
        ours.take(desk.books.sweep(open_refs(ours)))
    totals = desk.books.open_totals(TODAY)
    assert {figure.about.id: figure.open for figure in totals.figures} == our_figures(ours)
    assert len(totals.figures) > 5
    assert {figure.open.currency for figure in totals.figures} == {"GBP", "JPY", "KWD"}
    assert (totals.basis.scope, totals.basis.net, totals.basis.re_read) == (Scope.CUSTOMER, True, False)
    assert totals.as_at_on == TODAY
    assert not totals.not_comparable
    assert shelf().take(totals.seen).of(Customer).keys() == ours.of(Customer).keys()


def test_a_planted_difference_shows(desk: Any, shelf: Callable[[], Any]) -> None:
    ours = pulled(desk, shelf)
    before = our_figures(ours)
    customer = next(iter(before))
    desk.act("journal", customer=customer, amount="12.34")
    figures = {one.about.id: one.open for one in desk.books.open_totals(TODAY).figures}
    assert figures[customer] - before[customer] == Money.of(Decimal("12.34"), before[customer].currency)
    assert {key: value for key, value in figures.items() if key != customer} == {
        key: value for key, value in before.items() if key != customer
    }


@pytest.mark.planted
def test_a_balance_in_an_unknown_currency_is_not_comparable(desk: Any) -> None:
    customer = next(iter(desk.truth["outstanding"]))
    balances = {"AccountsReceivable": {"Outstanding": 5}}
    desk.act("distort", record=customer, fields={"DefaultCurrency": "ZZZ", "Balances": balances})
    totals = desk.books.open_totals(TODAY)
    assert {ref.id: why for ref, why in totals.not_comparable.items()} == {
        customer: "'ZZZ' is not an ISO 4217 currency"
    }


def test_the_base_currency_is_asked_for_only_when_unknown(desk: Any) -> None:
    desk.books.open_totals(TODAY)
    assert "GET /api.xro/2.0/Organisation" not in desk.calls()


def test_records_of_every_kind_come_again_as_they_were(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=400, customers=30)
    ours = pulled(desk, shelf)

    def some(type_: type[Any]) -> Sequence[Ref]:
        return [one.ref for one in list(ours.of(type_).values())[:4]]

    refs = [ref for type_ in (Invoice, Customer, Credit, Payment, OtherEntry) for ref in some(type_)]
    page = desk.books.fetch(refs)
    assert {one.ref: one for one in page.records} == {ref: ours.records[ref] for ref in refs}
