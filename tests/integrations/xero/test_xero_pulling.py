"""The pull under fire: open first, side by side, within the limits, and true wherever it is cut off."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from werkzeug.wrappers import Request

from integrations.budget import Budgets
from integrations.contract import Per
from integrations.errors import TryLater
from integrations.xero.platform import PLATFORM
from integrations.xero.streams import NAMES
from receivables.page import Page
from receivables.records import Customer, Invoice
from sandbox.server import Sandbox, Setup
from sandbox.storm import EVERYWHERE
from sandbox.xero.troubles import Troubles

PRESENT = ("contacts", "open_invoices")


def as_told(ours: Any) -> dict[str, Any]:
    return {
        id_: (one.number, one.customer.id, str(one.status), one.total.minor, one.open.minor)
        for id_, one in ours.of(Invoice).items()
    }


def as_it_is(truth: dict[str, Any]) -> dict[str, Any]:
    return {
        id_: (one["number"], one["customer"], one["status"], one["total"], one["open"])
        for id_, one in truth["invoices"].items()
    }


def within(desk: Any, **queue: float) -> Any:
    """The desk's books, with the budget that the platform's own limits ask for."""
    budget = Budgets(desk.clock, **queue).of("app", desk.account.id, PLATFORM.limits(desk.account))
    return PLATFORM.open(replace(desk.wire, budget=budget), desk.account, desk.token)


def counts(desk: Any) -> dict[str, Any]:
    told: dict[str, Any] = desk.sandbox.world.limits.counts()["xero"]
    return told


@pytest.fixture(scope="module")
def large() -> Iterator[Sandbox]:
    """Two pages of invoices and more; tests of this file that change nothing share it."""
    with Sandbox(Setup(platforms=("xero",), invoices=1100, customers=20)) as sandbox:
        yield sandbox


@pytest.fixture
def shared(large: Sandbox, desk_of: Callable[..., Any]) -> Any:
    """Its books, counted from zero."""
    desk = desk_of(large, "brightwater", base_currency="GBP")
    desk.reset()
    large.world.limits.clear()
    return desk


@pytest.fixture(scope="module")
def little() -> Iterator[Sandbox]:
    """Few of everything, for troubles that change nothing."""
    with Sandbox(Setup(platforms=("xero",), invoices=60, customers=10)) as sandbox:
        yield sandbox


@pytest.fixture
def small(little: Sandbox, desk_of: Callable[..., Any]) -> Any:
    """Its books, counted from zero."""
    desk = desk_of(little, "brightwater", base_currency="GBP")
    desk.reset()
    return desk


def test_what_is_open_and_who_owes_it_comes_first(shared: Any, shelf: Callable[[], Any]) -> None:
    pages = list(shared.books.changes(None))
    (at,) = (number for number, page in enumerate(pages) if page.usable)
    present = shelf().take(pages[: at + 1])
    opened = {id_: one for id_, one in as_it_is(shared.truth).items() if one[2] == "open"}
    assert opened
    assert {id_: one for id_, one in as_told(present).items() if one[2] == "open"} == opened
    assert {one[1] for one in opened.values()} <= set(present.of(Customer))
    assert at == 1, "two pages here, whatever the past holds"
    assert {page.stream for page in pages[at + 1 :]} == set(NAMES) - {"contacts"}


def test_usable_is_said_once_wherever_the_pull_is_taken_up_again(shared: Any) -> None:
    pages = list(shared.books.changes(None))
    for at, page in enumerate(pages):
        rest = list(PLATFORM.open(shared.wire, shared.account, shared.token).changes(page.cursor))
        assert sum(one.usable for one in [*pages[: at + 1], *rest]) == 1
    assert not any(page.usable for page in shared.books.changes(pages[-1].cursor))


def test_the_pull_goes_on_from_every_page(shared: Any, shelf: Callable[[], Any]) -> None:
    whole = shelf().take(shared.books.changes(None))
    for at, page in enumerate(whole.pages[:-1]):
        ours = shelf().take(whole.pages[: at + 1])
        shared.reset()
        ours.take(shared.books.changes(page.cursor))
        assert ours.records == whole.records
        assert shared.meter.calls <= len(whole.pages) - at - 1 + 6, "what was saved is not read again"
    assert as_told(whole) == as_it_is(shared.truth)


def test_a_pull_that_was_cut_off_ends_with_the_books_of_today(
    open_desk: Callable[..., Any], shelf: Callable[[], Any]
) -> None:
    """Its first lists were read last week."""
    desk = open_desk()
    whole = list(desk.books.changes(None))
    for at in (1, 3, 5):
        ours = shelf().take(whole[: at + 1])
        desk.sandbox.move(timedelta(days=1), quiet=True)
        desk.act("pay", invoice=desk.invoice("open"))
        desk.reset()
        ours.take(desk.books.changes(whole[at].cursor))
        assert as_told(ours) == as_it_is(desk.truth)
        assert desk.calls()["GET /api.xro/2.0/Contacts"] == 1


def test_not_more_than_four_of_the_five_at_once(open_desk: Callable[..., Any]) -> None:
    desk = open_desk(invoices=1100, latency=0.03)
    list(desk.books.changes(None))
    (most,) = counts(desk)["most"]["concurrent"].values()
    assert 2 <= most <= 4


def test_no_limit_is_run_into_that_could_be_foreseen(open_desk: Callable[..., Any]) -> None:
    """Nine pulls of seven calls are more than the sixty of a minute."""
    desk = open_desk(limits=True, invoices=20, customers=5)
    books = within(desk)
    for _ in range(9):
        assert len(list(books.changes(None))) == 7
    assert sum(counts(desk)["calls"].values()) == 63
    assert "refused" not in counts(desk)
    assert sum(desk.clock.slept) > 10


def test_a_limit_of_our_own_is_raised_as_what_it_is(open_desk: Callable[..., Any]) -> None:
    """Not as the silence of Xero: the transport must not take it for an answer that is missing."""
    desk = open_desk(limits=True, invoices=20, customers=5)
    books = within(desk, queue=0.0)
    for _ in range(8):
        list(books.changes(None))
    with pytest.raises(TryLater, match=r"limit of 60 calls \(minute\) is used up") as caught:
        list(books.changes(None))
    assert caught.value.after is not None
    assert not caught.value.may_have_acted
    assert 55 <= sum(counts(desk)["calls"].values()) <= 60
    assert "refused" not in counts(desk)


def test_the_limits_are_the_published_ones_by_the_names_that_xero_calls_them(desk: Any) -> None:
    limits = PLATFORM.limits(desk.account)
    assert {(one.name, one.calls, one.seconds, one.per) for one in limits} == {
        ("minute", 60, 60.0, Per.COMPANY),
        ("day", 5000, 86_400.0, Per.COMPANY),
        ("concurrent", 5, 0.0, Per.COMPANY),
        ("app", 10_000, 60.0, Per.APP),
    }
    twin = desk.sandbox.twins["xero"]
    for kind in ("429", "429_day", "429_concurrent", "429_app"):
        problem = twin.fail(kind, "/api.xro/2.0/Invoices").headers["X-Rate-Limit-Problem"]
        assert sum(problem.startswith(one.name) for one in limits) == 1
    told = {one.remaining for one in limits if one.remaining}
    url = f"{desk.sandbox.addresses['xero']}/api.xro/2.0/Organisation"
    keys = twin.credentials()["businesses"]["brightwater"]
    sent = {"Authorization": f"Bearer {keys['access_token']}", "xero-tenant-id": keys["tenant_id"]}
    assert told == {
        name.lower() for name in requests.get(url, headers=sent, timeout=5).headers if name.endswith("-Remaining")
    }


def test_a_smaller_day_than_we_thought_parks_the_connection(open_desk: Callable[..., Any]) -> None:
    """The Starter tier has 1,000 calls a day; only the headers say what is left."""
    desk = open_desk(limits=True, invoices=20, customers=5)
    cursor = list(desk.books.changes(None))[-1].cursor
    desk.act("limits", day=9)
    books = within(desk)
    assert len(list(books.changes(cursor))) == 6
    with pytest.raises(TryLater, match=r"\(day\) is used up"):
        list(books.changes(cursor))
    assert sum(counts(desk)["calls"].values()) == 9
    assert "refused" not in counts(desk)


def test_a_trouble_among_several_calls_is_told_once_after_what_came_before(shared: Any) -> None:
    shared.fault("429_day", path="/Payments", times=99)
    pages: list[Page] = []
    with pytest.raises(TryLater, match="day limit"):
        pages.extend(shared.books.changes(None))
    assert shared.calls()["GET /api.xro/2.0/Payments"] == 1
    shared.reset()
    shared.fault("429_day", path="/Contacts", times=99)
    with pytest.raises(TryLater, match="day limit"):
        list(shared.books.changes(None))
    begun = {route.rpartition("/")[2]: calls for route, calls in shared.calls().items()}
    assert begun == {"Contacts": 1, "Invoices": 1}, "the past waits for the present"


def test_an_abandoned_pull_ends_its_calls(shared: Any) -> None:
    pages = shared.books.changes(None)
    next(pages)
    pages.close()
    before = shared.meter.calls
    assert before <= 4
    assert shared.books.company().name
    assert shared.meter.calls == before + 3


def test_a_page_read_too_early_is_read_again(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    """A row joins after page three was read and before page two is: the one between them slides out of sight."""
    desk = open_desk(invoices=2050, customers=20)
    twin, third_is_read, joined = desk.sandbox.twins["xero"], threading.Event(), threading.Event()
    answer, caller = twin.gate.answer, twin.caller

    def answered(request: Request, rest: str) -> Any:
        response = answer(request, rest)
        if _is_page(request, "3"):
            third_is_read.set()
        return response

    def let_in(request: Request) -> Any:
        if _is_page(request, "2") and not joined.is_set():
            assert third_is_read.wait(10)
            joined.set()
            sell_as_the_first(desk)
        return caller(request)

    twin.gate.answer, twin.caller = answered, let_in
    ours = shelf().take(desk.books.changes(None))
    assert desk.calls()["GET /api.xro/2.0/Invoices"] == 1 + 3 + 1
    assert len(ours.of(Invoice)) == len(desk.truth["invoices"]) - 1
    ours.take(desk.books.changes(ours.cursor))
    assert as_told(ours) == as_it_is(desk.truth)


def _is_page(request: Request, number: str) -> bool:
    whole_list = request.path.endswith("/Invoices") and "Statuses" not in request.args
    return whole_list and request.args.get("page") == number


def sell_as_the_first(desk: Any) -> None:
    """A sale whose id stands before all others."""
    with desk.sandbox.world.lock:
        sold = desk.act("sell", customer=desk.truth["customers"][0], amount="10.00")["invoice"]
        ledger = desk.sandbox.twins["xero"].organisations[0].ledger
        invoice = ledger.invoices.pop(sold)
        invoice.id = f"00000000{sold[8:]}"
        ledger.invoices[invoice.id] = invoice
        ledger.edited()


def test_stirred_between_pages_nothing_is_lost_or_doubled(
    open_desk: Callable[..., Any], shelf: Callable[[], Any]
) -> None:
    desk = open_desk(invoices=1100, customers=20)
    for number in range(5):
        desk.fault("stir", path="/api.xro/", times=2, dice=number / 7)
    ours = shelf().take(desk.books.changes(None))
    for number in range(6):
        desk.fault("stir", path="/api.xro/", dice=number / 11)
    ours.take(desk.books.changes(ours.cursor))
    ours.take(desk.books.changes(ours.cursor))
    ours.take(desk.books.sweep([]))
    assert as_told(ours) == as_it_is(desk.truth)
    seen = [record.ref.id for page in ours.pages[:8] if page.stream == "invoices" for record in page.records]
    assert len(seen) - len(set(seen)) <= 10, "at most one row for every sale between two pages comes twice"


def kinds() -> list[str]:
    """All that may strike here; the ones of the line are every platform's."""
    return [*Troubles.STORM, *(kind for kind in EVERYWHERE if kind != "stir")]


@pytest.mark.parametrize("kind", kinds())
def test_every_trouble_of_a_storm_is_survived(small: Any, shelf: Callable[[], Any], kind: str) -> None:
    """What could not be understood is set aside by name, and is there when it is asked for again."""
    for path in ("/Contacts", "/Invoices", "/CreditNotes", "/Payments"):
        small.fault(kind, path=path, seconds=0.01)
    ours = shelf().take(small.books.changes(None))
    ours.take([small.books.fetch([one.ref for one in ours.odd])])
    assert as_told(ours) == as_it_is(small.truth)
    assert set(ours.of(Customer)) == set(small.truth["customers"])
    assert small.meter.calls == sum(small.calls().values())


def test_a_page_of_a_thousand_is_small_on_the_wire(shared: Any) -> None:
    pages = [page for page in shared.books.changes(None) if page.stream == "invoices"]
    assert len(pages[0].records) == 1000
    book = shared.sandbox.book
    assert book.bytes_out["xero"] <= 0.15 * book.bytes_raw["xero"]


@pytest.mark.parametrize("ahead", [-900.0, 900.0])
def test_clocks_may_disagree(open_desk: Callable[..., Any], shelf: Callable[[], Any], ahead: float) -> None:
    desk = open_desk(skews={"xero": ahead}, invoices=40, customers=8)
    ours = shelf().take(desk.books.changes(None))
    for _ in range(3):
        desk.act("pay", invoice=desk.invoice("open"))
        desk.sandbox.move(timedelta(hours=1))
        ours.take(desk.books.changes(ours.cursor))
        assert as_told(ours) == as_it_is(desk.truth)


def test_a_reply_without_a_time_moves_the_mark_back_not_forth(desk: Any, shelf: Callable[[], Any]) -> None:
    """Our clock may be ahead of Xero's, and what changes there between the two would be lost."""
    gate = desk.sandbox.twins["xero"].gate
    answer = gate.answer

    def timeless(request: Request, rest: str) -> Any:
        response = answer(request, rest)
        response.set_data(re.sub(rb'"DateTimeUTC": "[^"]*",', b"", response.get_data(), count=1))
        return response

    gate.answer = timeless
    ours = shelf().take(desk.books.changes(None))
    invoice = desk.invoice("open", paid=False)
    desk.act("pay", invoice=invoice)
    desk.act("touch", record=invoice, at=(desk.clock.now() - timedelta(hours=12)).isoformat())
    ours.take(desk.books.changes(ours.cursor))
    assert as_told(ours) == as_it_is(desk.truth)
