"""Reading a company: everything once, exactly; then only what changed."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil

import pytest

from integrations.contract import Wire
from integrations.errors import BadCursor
from integrations.quickbooks.changes import AGAIN
from integrations.quickbooks.statements import PAGE
from receivables.page import Cursor, Page
from receivables.records import Answer, InvoiceStatus, Kind, PaymentStatus
from tests.integrations.quickbooks.conftest import Cedar, Shelf


def queries(cedar: Cedar) -> int:
    return cedar.sandbox.book.calls["quickbooks", "POST /v3/company/*/query"]


def test_the_first_pull_equals_what_the_platform_holds(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=60, invoices=400)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    assert len({invoice.total.currency for invoice in shelf.invoices().values()}) == 3
    assert any(invoice.adjusted for invoice in shelf.invoices().values()), "no deposit in the history"
    assert any(invoice.status is InvoiceStatus.VOID for invoice in shelf.invoices().values())
    assert any(customer.bills_with_parent and customer.parent for customer in shelf.of(Kind.CUSTOMER).values())
    assert any(customer.project for customer in shelf.of(Kind.CUSTOMER).values())
    cedar.agrees(shelf)


def test_a_small_first_pull_takes_one_call_a_stream(cedar: Cedar) -> None:
    cedar.pull()
    assert cedar.calls() == queries(cedar) == 4


def test_the_first_pull_of_a_large_company_reads_each_page_once(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=1100, invoices=2300, months=24)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    truth = cedar.truth()
    for stream, rows in (("Customer", "customers"), ("Invoice", "invoices"), ("Payment", "payments")):
        pages = [page for page in shelf.pages if page.stream == stream]
        assert ceil(len(truth[rows]) / 1000) <= len(pages) <= ceil(len(truth[rows]) / 1000) + 1
    assert queries(cedar) == len(shelf.pages)


def test_a_full_page_is_followed_by_one_closing_page(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    missing = 1000 - len(cedar.truth()["customers"])
    cedar.sandbox.clock.move(timedelta(minutes=1))
    cedar.act("crowd", entity="Customer", count=missing)
    shelf = cedar.pull()
    assert len([page for page in shelf.pages if page.stream == "Customer"]) == 2
    cedar.matches_truth(shelf)


def test_rows_that_share_a_time_with_the_page_edge_are_neither_lost_nor_doubled(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=30)
    for count in (700, 700, 700):
        cedar.sandbox.clock.move(timedelta(minutes=1))
        cedar.act("crowd", entity="Invoice", count=count)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    read = [record.ref for page in shelf.pages for record in page.records]
    assert len(read) == len(set(read)), "a row of the boundary was given twice"
    assert len([page for page in shelf.pages if page.stream == "Invoice"]) == ceil(2130 / 1000)


def test_one_time_that_fills_pages_is_read_by_positions_inside_it(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    cedar.sandbox.clock.move(timedelta(minutes=1))
    cedar.act("crowd", entity="Customer", count=2500)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    pages = [page for page in shelf.pages if page.stream == "Customer"]
    assert len(pages) <= ceil(2510 / 1000) + 1


def test_rows_that_leave_such_a_time_between_two_pages_push_nobody_off_the_edge(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    cedar.sandbox.clock.move(timedelta(minutes=1))
    cedar.act("crowd", entity="Customer", count=2500)
    shelf, changed = Shelf(), [0]

    def meddling(pages: object) -> object:
        for page in pages:  # type: ignore[attr-defined]
            yield page
            if page.stream == "Customer" and changed[0] < AGAIN:
                changed[0] += 5
                seen = [record.ref.id for record in page.records if record.name.startswith("Imported")]
                cedar.sandbox.clock.move(timedelta(minutes=1))
                for row_id in seen[:5]:
                    cedar.act("touch", entity="Customer", id=row_id)

    shelf.save(meddling(cedar.books.changes(None)))  # type: ignore[arg-type]
    assert changed[0] >= 5
    assert set(shelf.of(Kind.CUSTOMER)) == set(cedar.truth()["customers"])


def test_rows_that_change_between_pages_are_met_again(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=30, invoices=1500)
    shelf = Shelf()
    pages = cedar.books.changes(None)
    for page in pages:
        shelf.save([page])
        if page.stream == "Invoice" and len(page.records) == PAGE:
            break
    read = [one for one, invoice in shelf.invoices().items() if invoice.owing][:3]
    fresh = [one for one in cedar.truth()["invoices"] if one not in shelf.invoices()][:2]
    for row_id in (*read, *fresh):
        cedar.act("change_due", invoice=row_id, due_on="2027-01-01")
    shelf.save(pages)
    assert set(shelf.invoices()) == set(cedar.truth()["invoices"])
    assert all(str(shelf.invoices()[one].due_on) == "2027-01-01" for one in (*read, *fresh))


def test_a_first_run_goes_on_from_any_of_its_cursors(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=30, invoices=1500)
    whole: list[Page] = list(cedar.books.changes(None))
    assert len(whole) >= 5
    for stop in range(1, len(whole) + 1):
        shelf = Shelf().save(whole[:stop])
        if stop < len(whole):
            cedar.pull(shelf)
        cedar.matches_truth(shelf)


def test_a_change_during_the_first_run_is_found_by_the_next_reading(cedar: Cedar) -> None:
    shelf = Shelf()
    pages = cedar.books.changes(None)
    while "Invoice" not in {page.stream for page in shelf.pages}:
        shelf.save([next(pages)])
    cedar.act("delete", invoice=cedar.an_open_invoice())
    cedar.act("pay", invoice=cedar.an_open_invoice())
    shelf.save(pages)
    cedar.pull(shelf)
    cedar.matches_truth(shelf)
    cedar.agrees(shelf)


def test_a_night_is_one_call_for_changes_and_one_for_totals(cedar: Cedar) -> None:
    shelf = cedar.pull()
    paid, voided, deleted = (cedar.an_open_invoice(at) for at in range(3))
    cedar.sandbox.clock.move(timedelta(hours=8))
    cedar.act("pay", invoice=paid, amount="3.50", unapplied="2.25")
    cedar.act("void", invoice=voided)
    cedar.act("delete", invoice=deleted)
    cedar.count_from_here()
    cedar.pull(shelf)
    cedar.agrees(shelf)
    assert dict(cedar.sandbox.book.calls) == {
        ("quickbooks", "GET /v3/company/*/cdc"): 1,
        ("quickbooks", "POST /v3/company/*/query"): 1,
    }
    cedar.matches_truth(shelf)
    assert shelf.invoices()[voided].status is InvoiceStatus.VOID
    assert deleted not in shelf.invoices()
    assert cedar.ref(Kind.INVOICE, deleted) in shelf.gone


def test_reading_again_overlaps_and_changes_nothing(cedar: Cedar) -> None:
    shelf = cedar.pull()
    cedar.sandbox.clock.move(timedelta(minutes=2))
    cedar.act("touch", entity="Invoice", id=cedar.an_open_invoice())
    first, again = cedar.pull(Shelf(cursor=shelf.cursor)), cedar.pull(Shelf(cursor=shelf.cursor))
    assert first.records == again.records
    assert len(first.records) == 1
    assert cedar.pull(Shelf(cursor=first.cursor)).records == first.records, "the overlap is not read again"


def test_a_payment_taken_back_opens_its_invoice(cedar: Cedar) -> None:
    shelf = cedar.pull()
    first, second = cedar.an_open_invoice(), cedar.an_open_invoice(1)
    voided = cedar.act("pay", invoice=first)["payment"]
    deleted = cedar.act("pay", invoice=second)["payment"]
    cedar.pull(shelf)
    assert not shelf.invoices()[first].owing
    cedar.act("void_payment", payment=voided)
    cedar.act("delete_payment", payment=deleted)
    cedar.pull(shelf)
    cedar.matches_truth(shelf)
    assert shelf.invoices()[first].owing
    assert shelf.invoices()[second].owing
    assert shelf.of(Kind.PAYMENT)[voided].status is PaymentStatus.VOID
    assert cedar.ref(Kind.PAYMENT, deleted) in shelf.gone


def test_a_merged_customer_is_gone_and_its_documents_belong_to_the_survivor(cedar: Cedar) -> None:
    shelf = cedar.pull()
    invoice = cedar.an_open_invoice()
    loser = shelf.invoices()[invoice].customer.id
    alone = [one for one, row in shelf.of(Kind.CUSTOMER).items() if not row.parent and row.currency == "USD"]
    survivor = next(one for one in alone if one != loser)
    cedar.act("merge", loser=loser, survivor=survivor)
    cedar.pull(shelf)
    assert shelf.invoices()[invoice].customer.id == survivor
    assert cedar.ref(Kind.CUSTOMER, loser) in shelf.gone
    cedar.matches_truth(shelf)
    cedar.agrees(shelf)


def test_a_customer_that_was_made_inactive_is_still_read(cedar: Cedar) -> None:
    customer = cedar.truth()["customers"][0]
    cedar.act("deactivate", customer=customer)
    shelf = cedar.pull()
    assert shelf.of(Kind.CUSTOMER)[customer].active is False
    cedar.agrees(shelf)


def test_one_odd_record_is_set_aside_and_its_page_goes_on(cedar: Cedar) -> None:
    bent = {
        cedar.an_open_invoice(0): {"TotalAmt": "12,50"},
        cedar.an_open_invoice(1): {"Balance": 1.005},
        cedar.an_open_invoice(2): {"CurrencyRef": {"value": "DOUBLOON"}},
        cedar.an_open_invoice(3): {"CustomerRef": None},
        cedar.an_open_invoice(4): {"MetaData": None},
    }
    for row_id, fields in bent.items():
        cedar.act("bend", entity="Invoice", id=row_id, fields=fields)
    shelf = cedar.pull()
    assert {odd.ref.id for odd in shelf.odd} == set(bent)
    assert set(shelf.invoices()) == set(cedar.truth()["invoices"]) - set(bent)
    told = " ".join(odd.why for odd in shelf.odd)
    assert "12,50" not in told
    assert "1.005" not in told
    assert "decimals" in told


def test_words_that_nobody_knows_cost_nothing(cedar: Cedar) -> None:
    row_id = cedar.an_open_invoice()
    cedar.act(
        "bend",
        entity="Invoice",
        id=row_id,
        fields={
            "EmailStatus": "Telepathy",
            "DeliveryInfo": {"DeliveryType": "Owl"},
            "NewField": [1],
            "LinkedTxn": None,
        },
    )
    shelf = cedar.pull()
    assert shelf.odd == []
    assert shelf.invoices()[row_id].sent_at is None


def test_more_changes_than_one_answer_holds_are_all_read(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=20, invoices=200)
    shelf = cedar.pull()
    cedar.sandbox.clock.move(timedelta(hours=8))
    deleted = cedar.an_open_invoice()
    cedar.act("delete", invoice=deleted)
    cedar.sandbox.clock.move(timedelta(seconds=2))
    cedar.act("crowd", entity="Customer", count=600)
    cedar.act("crowd", entity="Invoice", count=600)
    cedar.count_from_here()
    cedar.pull(shelf)
    assert dict(cedar.sandbox.book.calls) == {("quickbooks", "GET /v3/company/*/cdc"): 5}
    cedar.matches_truth(shelf)
    assert cedar.ref(Kind.INVOICE, deleted) in shelf.gone


def test_until_all_of_a_cut_off_answer_is_saved_the_cursor_stays(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=20, invoices=100)
    shelf = cedar.pull()
    before = shelf.cursor
    cedar.sandbox.clock.move(timedelta(hours=1))
    cedar.act("crowd", entity="Customer", count=600)
    cedar.act("crowd", entity="Invoice", count=600)
    pages = list(cedar.books.changes(before))
    assert {page.cursor for page in pages[:-1]} == {before}
    for stop in range(1, len(pages)):
        half = Shelf(records=dict(shelf.records), cursor=before).save(pages[:stop])
        cedar.matches_truth(cedar.pull(half))


def test_a_kind_that_alone_is_too_many_is_queried_and_its_deletions_are_swept(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=20, invoices=200)
    shelf = cedar.pull()
    cedar.sandbox.clock.move(timedelta(hours=8))
    deleted, kept = cedar.an_open_invoice(), cedar.an_open_invoice(1)
    cedar.act("delete", invoice=deleted)
    cedar.sandbox.clock.move(timedelta(seconds=2))
    cedar.act("crowd", entity="Invoice", count=1300)
    books = cedar.books
    shelf.save(books.changes(shelf.cursor))
    assert deleted in shelf.invoices(), "queries should not be able to show this"
    known = [invoice.ref for invoice in shelf.invoices().values() if invoice.owing]
    cedar.count_from_here()
    shelf.save(books.sweep(known))
    assert cedar.calls() == 3
    assert kept in shelf.invoices()
    cedar.matches_truth(shelf)
    assert list(books.sweep(known)) == []


def test_a_gap_is_still_swept_after_a_crash_between_reading_and_sweeping(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=20, invoices=100)
    shelf = cedar.pull()
    deleted = cedar.an_open_invoice()
    cedar.act("delete", invoice=deleted)
    cedar.sandbox.clock.move(timedelta(days=31))
    cedar.pull(shelf)
    assert deleted in shelf.invoices()
    books = cedar.books
    shelf.save(books.changes(shelf.cursor))
    shelf.save(books.sweep([invoice.ref for invoice in shelf.invoices().values() if invoice.owing]))
    cedar.matches_truth(shelf)
    assert "gap" not in (shelf.cursor or Cursor("")).value


def test_an_ordinary_night_sweeps_nothing(cedar: Cedar) -> None:
    shelf = cedar.pull()
    books = cedar.books
    shelf.save(books.changes(shelf.cursor))
    cedar.count_from_here()
    assert list(books.sweep([invoice.ref for invoice in shelf.invoices().values()])) == []
    assert cedar.calls() == 0


def test_a_cursor_older_than_25_days_reads_by_queries_from_where_it_was(cedar: Cedar) -> None:
    shelf = cedar.pull()
    cedar.sandbox.move(timedelta(days=26))
    cedar.count_from_here()
    cedar.pull(shelf)
    assert ("quickbooks", "GET /v3/company/*/cdc") not in cedar.sandbox.book.calls
    deleted = set(shelf.invoices()) - set(cedar.truth()["invoices"])
    shelf.save([cedar.books.fetch([cedar.ref(Kind.INVOICE, one) for one in deleted])])
    assert set(shelf.invoices()) == set(cedar.truth()["invoices"])
    read = sum(len(page.records) for page in shelf.pages[4:])
    assert read < len(shelf.records), "everything was read again"


def test_ninety_days_of_nights_agree_to_the_cent(cedar: Cedar) -> None:
    shelf = cedar.pull()
    for _ in range(9):
        cedar.sandbox.move(timedelta(days=10))
        cedar.pull(shelf)
    cedar.matches_truth(shelf)
    cedar.agrees(shelf)


def test_a_journal_that_no_call_shows_is_a_difference_of_one_customer(cedar: Cedar) -> None:
    shelf = cedar.pull()
    customer = next(one for one, row in cedar.truth()["balances"].items() if row["currency"] == "USD" and row["open"])
    cedar.act("journal", customer=customer, amount="12.34")
    cedar.pull(shelf)
    totals = cedar.books.open_totals(cedar.sandbox.clock.now().date())
    ours = shelf.owed()
    differing = {
        one.about.id: one.open.minor - ours[one.about].minor for one in totals.figures if one.open != ours[one.about]
    }
    assert differing == {customer: 1234}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"is":"follow"}',
        '{"is":"follow","since":"yesterday"}',
        '{"is":"follow","since":"2026-03-10T10:00:00"}',
        '{"is":"run","streams":[]}',
        '{"is":"run","streams":["Bill"]}',
        '{"is":"run","position":0}',
        '{"is":"run","after":"soon"}',
        '{"is":"backwards"}',
        "\ud800",
    ],
)
def test_a_cursor_that_is_not_ours_says_so_before_any_call(cedar: Cedar, text: str) -> None:
    with pytest.raises(BadCursor, match="read it from the start again"):
        next(cedar.books.changes(Cursor(text)))
    assert cedar.calls() == 0


def test_the_company_says_what_quickbooks_knows_and_what_was_asked(cedar: Cedar) -> None:
    company = cedar.books.company()

    assert ("Net 30", 30) in [(one.name, one.days) for one in company.terms]
    assert (company.name, company.base_currency, company.country) == ("Cedar Ridge Builders", "USD", "US")
    assert str(company.locked_until_on) == "2025-12-31"
    assert company.multicurrency
    assert (company.time_zone, company.own_reminders) == ("", Answer.UNKNOWN)
    assert cedar.calls() == 3


def test_changed_since_keeps_its_offset(cedar: Cedar) -> None:
    """The SDK drops offsets of aware times: a shelf read at 15:00Z would be asked for from 15:00 local."""
    shelf = cedar.pull()
    cedar.sandbox.clock.move(timedelta(minutes=20))
    cedar.act("touch", entity="Invoice", id=cedar.an_open_invoice())
    cedar.sandbox.clock.move(timedelta(minutes=20))
    later = cedar.pull(Shelf(cursor=shelf.cursor))
    assert len(later.records) == 1


def test_bytes_are_counted_as_on_the_wire(cedar: Cedar) -> None:
    cedar.pull()
    wire: Wire = cedar.wire
    counts = cedar.sandbox.book.counts()
    assert wire.meter.calls == 4  # type: ignore[attr-defined]
    assert wire.meter.received_bytes == counts["bytes_sent"]["quickbooks"]  # type: ignore[attr-defined]
    assert counts["bytes_sent"]["quickbooks"] * 4 < counts["bytes_raw"]["quickbooks"], "gzip is not asked for"
