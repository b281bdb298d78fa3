"""A first pull and a night with Stripe at its worst: nothing is lost, doubled or taken for something else."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from integrations.contract import Act, Receipt
from integrations.errors import TryLater
from receivables.page import Cursor
from receivables.records import Invoice, Kind
from sandbox.faults import Fault
from sandbox.server import _Handler
from sandbox.storm import EVERYWHERE, Storm


def agrees(northwind: Any, *, unread: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Every invoice as the twin has it, save those that nobody could read; and all payments and customers."""
    truth = northwind.truth()
    ours: dict[str, Invoice] = northwind.of(Kind.INVOICE)
    assert {key: (one.status.value, one.open.minor) for key, one in ours.items() if key not in unread} == {
        key: (one["status"], one["open"]) for key, one in truth["invoices"].items() if key not in unread
    }
    for kind, name in ((Kind.CUSTOMER, "customers"), (Kind.PAYMENT, "payments"), (Kind.CREDIT, "credits")):
        assert set(northwind.of(kind)) - unread == set(truth[name]) - unread, name


def pulled(northwind: Any, cursor: Cursor | None) -> tuple[Cursor | None, set[str], int]:
    """Read on from a cursor until nothing is left, however often it is broken off; and what could not be read."""
    odd: set[str] = set()
    for attempt in range(60):
        try:
            for page in northwind.books().changes(cursor):
                northwind.take(page)
                odd |= {one.ref.id for one in page.odd}
                cursor = page.cursor or cursor
        except TryLater:
            continue
        return cursor, odd, attempt
    raise AssertionError("no end in sixty attempts")


TROUBLES = ("429", "429_silent", "lock_timeout", "500", "503", "html", "plain", "html_200", "empty_page",
            "unknown_enum", "null_field", "missing_field", "new_field", "odd_currency")  # fmt: skip


def test_the_twin_knows_these_troubles_and_no_others(northwind: Any) -> None:
    assert set(northwind.sandbox.twins["stripe"].troubles()) == set(TROUBLES)


@pytest.mark.parametrize("seed", ["a", "b"])
def test_a_storm_of_everything_loses_nothing(connect: Callable[..., Any], seed: str) -> None:
    northwind = connect(invoices=330, customers=30)
    northwind.sandbox.brew(seed, 0.3)
    northwind.sandbox.book.storms["stripe"].slow = 0.01
    cursor, odd, _ = pulled(northwind, None)
    for _ in range(3):
        northwind.sandbox.move(timedelta(days=1))
        cursor, more, _ = pulled(northwind, cursor)
        odd |= more
    northwind.sandbox.book.storms.clear()
    cursor, more, _ = pulled(northwind, cursor)
    page = northwind.books().fetch([northwind.ref(kind_of(key), key) for key in odd | more if kind_of(key)])
    northwind.take(page)
    agrees(northwind)
    assert not page.odd


def kind_of(key: str) -> Kind | None:
    prefixes = {"in": Kind.INVOICE, "inpay": Kind.PAYMENT, "cus": Kind.CUSTOMER, "cn": Kind.CREDIT}
    return prefixes.get(key.partition("_")[0])


@pytest.mark.parametrize("kind", [*EVERYWHERE, *TROUBLES])
def test_every_trouble_is_met_once_and_survived(northwind: Any, kind: str) -> None:
    northwind.sandbox.book.add(Fault("stripe", kind, path="/v1/invoices", seconds=0.01, skip=1, dice=0.7))
    northwind.sandbox.book.add(Fault("stripe", kind, path="/v1/events", seconds=0.01, skip=1, dice=0.7))
    cursor, odd, broken_off = pulled(northwind, None)
    assert all(fault.times == 0 for fault in northwind.sandbox.book._faults)
    assert broken_off == 0
    unreadable = kind in ("null_field", "missing_field", "odd_currency")
    assert bool(odd) is unreadable
    pulled(northwind, cursor)
    agrees(northwind, unread=odd)


def test_books_that_change_between_any_two_pages_agree_in_the_end(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=620, customers=20)
    storm = Storm("between", 1.0, ("stir",))
    northwind.sandbox.book.storms["stripe"] = storm
    cursor, _, _ = pulled(northwind, None)
    assert storm.met["stir"] > 20
    storm.calm = True
    pulled(northwind, cursor)
    agrees(northwind)


def test_records_of_one_second_are_neither_lost_nor_doubled(connect: Callable[..., Any]) -> None:
    """A cut between two places of a list falls on a second that many records share."""
    northwind = connect(invoices=12, customers=4)
    payer = next(key for key in northwind.truth()["customers"] if key.startswith("cus_"))
    for second in range(42):
        for number in range(4 if second < 40 else 160):
            northwind.act("new_draft", customer=payer, amount=1000 + number)
        northwind.sandbox.move(timedelta(seconds=1), quiet=True)
    northwind.sandbox.move(timedelta(hours=1), quiet=True)
    pages = list(northwind.books().changes(None))
    met = Counter(record.ref for page in pages for record in page.records)
    assert max(page.cursor.value.count('"draft"') for page in pages if page.cursor) == 2, "read from two places"
    drafts = {key for key, one in northwind.truth()["invoices"].items() if one["status"] == "draft"}
    assert len(drafts) >= 460
    assert {met[northwind.ref(Kind.INVOICE, key)] for key in drafts} == {1}


@pytest.fixture
def one_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers tell the platform's time, and the server's own machine does not add its."""
    monkeypatch.setattr(_Handler, "send_response", BaseHTTPRequestHandler.send_response_only)


@pytest.mark.usefixtures("one_date")
@pytest.mark.parametrize("ahead", [-240.0, 240.0, -3.0])
def test_a_clock_of_stripes_that_disagrees_costs_no_change(connect: Callable[..., Any], ahead: float) -> None:
    northwind = connect(invoices=60, customers=8, skews={"stripe": ahead})
    cursor, _, _ = pulled(northwind, None)
    for status in ("open", "open"):
        northwind.act("pay", invoice=northwind.invoice(status, automatic=False).id)
        cursor, _, _ = pulled(northwind, cursor)
        agrees(northwind)
    paid = northwind.invoice("open", automatic=False)
    northwind.take(northwind.books().fetch([paid]))
    northwind.act("pay", invoice=paid.id)
    pulled(northwind, cursor)
    agrees(northwind)


def test_a_page_of_a_hundred_crosses_the_wire_at_a_seventh_of_its_size(connect: Callable[..., Any]) -> None:
    northwind = connect(invoices=330, customers=20)
    northwind.sandbox.book.clear()
    books: Any = northwind.books()
    page = books._lists.client.get("/v1/invoices", bytes, {"limit": 100})
    book = northwind.sandbox.book
    assert book.bytes_raw["stripe"] == len(page) > 250_000
    assert book.bytes_out["stripe"] <= 0.15 * book.bytes_raw["stripe"]
    assert northwind.wire.meter.received_bytes == book.bytes_out["stripe"]


def test_a_500_that_stripe_remembers_is_not_taken_for_a_mail_that_was_not_sent(northwind: Any) -> None:
    """It was done, and the same key gets the same 500 for a day: only its event tells."""
    invoice = northwind.invoice("open", automatic=False)
    since = northwind.wire.clock.now()
    northwind.act("break_next_write")
    for _ in range(2):
        with pytest.raises(TryLater) as ambiguous:
            northwind.books().send_invoice(invoice, key="k1")
        assert ambiguous.value.may_have_acted
    assert sum(key == invoice.id for key, _ in northwind.truth()["mails"]) >= 1
    found = northwind.books().found(Act.SEND_INVOICE, invoice, "k1", since=since)
    assert isinstance(found, Receipt)
