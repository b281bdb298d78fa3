"""Reading a company: everything once, exactly; then only what changed."""

from collections.abc import Callable
from datetime import timedelta
from math import ceil

import pytest

from integrations.contract import Wire
from integrations.errors import BadCursor
from integrations.quickbooks.chains import AGAIN
from integrations.quickbooks.cursor import CHAINS
from integrations.quickbooks.statements import PAGE
from receivables.page import Cursor
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


def test_a_small_first_pull_takes_one_call_a_list_and_one_for_what_changed_meanwhile(cedar: Cedar) -> None:
    cedar.pull()
    assert dict(cedar.sandbox.book.calls) == {
        ("quickbooks", "POST /v3/company/*/query"): len(CHAINS),
        ("quickbooks", "GET /v3/company/*/cdc"): 1,
    }
    assert len(CHAINS) == 5


def rows_of(cedar: Cedar) -> dict[str, int]:
    """How many rows each list has."""
    truth = cedar.truth()
    unpaid = sum(row["open"] > 0 for row in truth["invoices"].values())
    return {
        "open": unpaid,
        "settled": len(truth["invoices"]) - unpaid,
        **{name: len(truth[name]) for name in ("customers", "credits", "payments")},
    }


def test_the_first_pull_of_a_large_company_wastes_at_most_one_call_where_two_ends_meet(
    connect: Callable[..., Cedar],
) -> None:
    cedar = connect(customers=1100, invoices=3300, months=24)
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    least = sum(rows // 1000 + 1 for rows in rows_of(cedar).values())
    long = sum(rows >= 1000 for rows in rows_of(cedar).values())
    assert long >= 3
    assert least <= queries(cedar) <= least + long
    read = [record.ref for page in shelf.pages[:-1] for record in page.records]
    assert len(read) == len(set(read)), "where two ends meet a row was given twice"


def test_a_full_page_is_followed_by_one_closing_page(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    cedar.act("crowd", entity="Customer", count=1000 - len(cedar.truth()["customers"]))
    cedar.sandbox.clock.move(timedelta(hours=1))
    shelf = cedar.pull()
    assert len([page for page in shelf.pages if page.stream == "Customer"]) == 2
    cedar.matches_truth(shelf)


def test_rows_that_share_a_time_with_the_page_edge_are_neither_lost_nor_doubled(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=30)
    for count in (700, 700, 700, 700, 700):
        cedar.sandbox.clock.move(timedelta(minutes=1))
        cedar.act("crowd", entity="Invoice", count=count)
    cedar.sandbox.clock.move(timedelta(hours=1))
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    read = [record.ref for page in shelf.pages for record in page.records]
    assert len(read) == len(set(read)), "a row of the boundary was given twice"
    assert 4 <= len([page for page in shelf.pages if page.stream == "Invoice"]) - 1 <= 5


def test_one_time_that_fills_pages_is_read_by_positions_inside_it(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    for _ in range(2):
        cedar.act("crowd", entity="Customer", count=2500)
        cedar.sandbox.clock.move(timedelta(hours=1))
    shelf = cedar.pull()
    cedar.matches_truth(shelf)
    pages = [page for page in shelf.pages if page.stream == "Customer"]
    assert len(pages) <= ceil(5010 / 980) + 2
    assert queries(cedar) <= len(CHAINS) - 1 + len(pages) + 1


def test_rows_that_leave_such_a_time_between_two_pages_push_nobody_off_the_edge(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=10)
    cedar.act("crowd", entity="Customer", count=2500)
    cedar.sandbox.clock.move(timedelta(hours=1))
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


def test_trap_17_a_list_is_read_beyond_its_first_hundred_rows(cedar: Cedar) -> None:
    """The SDK's own lists end there without a word."""
    cedar.act("crowd", entity="Customer", count=130)
    cedar.sandbox.clock.move(timedelta(hours=1))
    assert len(cedar.pull().of(Kind.CUSTOMER)) == len(cedar.truth()["customers"]) > 130


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


@pytest.mark.planted
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


@pytest.mark.planted
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
        '{"is":"run","streams":["Invoice"],"began":"2026-03-10T10:00:00+00:00"}',
        '{"is":"chains"}',
        '{"is":"chains","spans":{}}',
        '{"is":"chains","spans":{"bills":{}}}',
        '{"is":"chains","spans":{"open":{"low":{"position":0}}}}',
        '{"is":"chains","spans":{"open":{"high":{"time":"soon"}}}}',
        '{"is":"chains","spans":{"open":{}},"floor":"2026-03-10"}',
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


def test_trap_19_changed_since_keeps_its_offset(cedar: Cedar) -> None:
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
    assert wire.meter.calls == 6  # type: ignore[attr-defined]
    assert wire.meter.received_bytes == counts["bytes_sent"]["quickbooks"]  # type: ignore[attr-defined]
    assert counts["bytes_sent"]["quickbooks"] * 4 < counts["bytes_raw"]["quickbooks"], "gzip is not asked for"
