"""Fetching single records, and QuickBooks' own totals."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from integrations.errors import TryLater
from receivables.money import Money
from receivables.page import Page, Scope
from receivables.records import Customer, Kind
from tests.integrations.quickbooks.conftest import Cedar


def test_records_are_fetched_by_kind_in_one_call_each(cedar: Cedar) -> None:
    truth = cedar.truth()
    wanted = [
        *(cedar.ref(Kind.INVOICE, one) for one in list(truth["invoices"])[:30]),
        *(cedar.ref(Kind.CUSTOMER, one) for one in truth["customers"][:5]),
        *(cedar.ref(Kind.CREDIT, one) for one in truth["credits"][:2]),
        cedar.ref(Kind.PAYMENT, truth["payments"][0]),
    ]
    page = cedar.books.fetch([*wanted, wanted[0]])
    assert {record.ref for record in page.records} == set(wanted)
    assert (page.gone, page.odd, page.cursor) == ((), (), None)
    assert cedar.calls() == 4


def test_what_is_no_more_comes_back_as_gone(cedar: Cedar) -> None:
    deleted, kept = cedar.an_open_invoice(0), cedar.an_open_invoice(1)
    cedar.act("delete", invoice=deleted)
    page = cedar.books.fetch([cedar.ref(Kind.INVOICE, one) for one in (deleted, kept, "999999")])
    assert [record.ref.id for record in page.records] == [kept]
    assert [gone.ref.id for gone in page.gone] == [deleted, "999999"]
    assert abs((page.gone[0].at - cedar.wire.clock.now()).total_seconds()) < 60


def test_an_inactive_customer_is_not_gone(cedar: Cedar) -> None:
    customer = cedar.truth()["customers"][0]
    cedar.act("deactivate", customer=customer)
    page = cedar.books.fetch([cedar.ref(Kind.CUSTOMER, customer)])
    assert [record.ref.id for record in page.records] == [customer]


def tags(page: Page) -> dict[str, tuple[str, ...]]:
    return {one.ref.id: one.tags for one in page.records if isinstance(one, Customer) and one.tags}


def test_a_customer_type_is_a_tag_and_its_names_are_asked_for_once(cedar: Cedar) -> None:
    staff, other = cedar.truth()["customers"][:2]
    cedar.act("classify", customer=staff, called="Staff")
    books = cedar.books

    for _ in range(2):
        page = books.fetch([cedar.ref(Kind.CUSTOMER, staff), cedar.ref(Kind.CUSTOMER, other)])
        assert tags(page) == {staff: ("Staff",)}
    assert cedar.calls() == 3
    cedar.act("classify", customer=staff, called="")
    assert tags(cedar.books.fetch([cedar.ref(Kind.CUSTOMER, staff)])) == {}


def test_another_name_of_a_customer_type_comes_with_the_next_comparison(cedar: Cedar) -> None:
    staff = cedar.truth()["customers"][0]
    kind = cedar.act("classify", customer=staff, called="Staff")["type"]
    shelf = cedar.pull()
    assert shelf.of(Kind.CUSTOMER)[staff].tags == ("Staff",)

    cedar.act("rename_type", type=kind, called="Family", active=False)

    assert shelf.save(cedar.agrees(shelf).seen).of(Kind.CUSTOMER)[staff].tags == ("Family",)


def test_customer_types_that_cannot_be_read_are_asked_for_again(cedar: Cedar) -> None:
    staff = cedar.truth()["customers"][0]
    kind = cedar.act("classify", customer=staff, called="Staff")["type"]
    cedar.act("bend", entity="CustomerType", id=kind, fields={"Name": 7})

    with pytest.raises(TryLater, match="did not tell its CustomerType"):
        cedar.books.fetch([cedar.ref(Kind.CUSTOMER, staff)])


@pytest.mark.planted
def test_an_odd_record_is_neither_gone_nor_fatal(cedar: Cedar) -> None:
    odd, fine = cedar.an_open_invoice(0), cedar.an_open_invoice(1)
    cedar.act("bend", entity="Invoice", id=odd, fields={"TotalAmt": {"value": 3}})
    page = cedar.books.fetch([cedar.ref(Kind.INVOICE, odd), cedar.ref(Kind.INVOICE, fine)])
    assert [one.ref.id for one in page.odd] == [odd]
    assert [record.ref.id for record in page.records] == [fine]
    assert page.gone == ()


def test_kinds_that_quickbooks_does_not_have_cost_no_call(cedar: Cedar) -> None:
    page = cedar.books.fetch([cedar.ref(Kind.CHARGEBACK, "1"), cedar.ref(Kind.OTHER, "2")])
    assert (page.records, page.gone) == ((), ())
    assert cedar.calls() == 0


def test_trap_18_an_id_cannot_break_out_of_its_query(cedar: Cedar) -> None:
    """The SDK escapes quotes but not backslashes: `x\\'` would end the literal."""
    tricky = ["x\\') STARTPOSITION 1 MAXRESULTS 1000", "it's", "\\"]
    page = cedar.books.fetch([cedar.ref(Kind.INVOICE, one) for one in tricky])
    assert page.records == ()
    assert [gone.ref.id for gone in page.gone] == tricky


def test_many_records_are_fetched_in_chunks(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=450)
    refs = [cedar.ref(Kind.INVOICE, one) for one in cedar.truth()["invoices"]]
    page = cedar.books.fetch(refs)
    assert {record.ref for record in page.records} == set(refs)
    assert cedar.calls() == -(-len(refs) // 200)


def test_totals_are_each_customers_own_balance(cedar: Cedar) -> None:
    totals = cedar.books.open_totals(date(2026, 3, 10))
    truth = {one: row for one, row in cedar.truth()["balances"].items() if row["open"]}
    assert {figure.about.id: figure.open for figure in totals.figures} == {
        one: Money(row["open"], row["currency"]) for one, row in truth.items()
    }
    assert totals.basis.scope is Scope.CUSTOMER
    assert (totals.basis.net, totals.basis.with_children, totals.basis.re_read) == (True, False, False)
    assert totals.as_at_on == date(2026, 3, 10)
    assert sum(len(page.records) for page in totals.seen) == len(cedar.truth()["customers"])
    assert totals.not_comparable == {}
    assert cedar.calls() == 1


def test_totals_of_many_customers_take_one_call_a_thousand(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    cedar.act("crowd", entity="Customer", count=2300)
    totals = cedar.books.open_totals(date(2026, 3, 10))
    assert sum(len(page.records) for page in totals.seen) == len(cedar.truth()["customers"])
    assert cedar.calls() == 3


@pytest.mark.planted
def test_a_balance_that_cannot_be_read_is_not_comparable(cedar: Cedar) -> None:
    customers = cedar.truth()["customers"]
    cedar.act("bend", entity="Customer", id=customers[0], fields={"Balance": 0.001})
    cedar.act("bend", entity="Customer", id=customers[1], fields={"Balance": "lots"})
    totals = cedar.books.open_totals(date(2026, 3, 10))
    assert {ref.id for ref in totals.not_comparable} == {customers[0], customers[1]}
    assert not {figure.about.id for figure in totals.figures} & {customers[0], customers[1]}
    assert "0.001" not in " ".join(totals.not_comparable.values())


def test_a_company_that_leaves_its_only_currency_out_is_asked_for_it_once(cedar: Cedar) -> None:
    """Single-currency companies may omit CurrencyRef: the home currency is meant."""
    rows = [cedar.an_open_invoice(at) for at in range(3)]
    for row_id in rows:
        cedar.act("bend", entity="Invoice", id=row_id, fields={"CurrencyRef": None})
    books = cedar.books
    page = books.fetch([cedar.ref(Kind.INVOICE, one) for one in rows])
    assert {record.total.currency for record in page.records} == {"USD"}  # type: ignore[union-attr]
    books.fetch([cedar.ref(Kind.INVOICE, one) for one in rows])
    assert cedar.calls() == 3


def test_sent_bytes_are_counted_as_bytes(cedar: Cedar) -> None:
    meter: Any = cedar.wire.meter
    sent = []
    for row_id in ("日本", "abcdef"):
        before = meter.sent_bytes
        cedar.books.fetch([cedar.ref(Kind.INVOICE, row_id)])
        sent.append(meter.sent_bytes - before)
    assert sent[0] == sent[1] > 6
