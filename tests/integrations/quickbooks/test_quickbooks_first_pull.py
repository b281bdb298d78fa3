"""A first pull, quick and under fire: what is open first, within the limits, from any cursor, whatever moves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.budget import Budgets
from integrations.contract import Per
from integrations.errors import Reconnect, TryLater
from integrations.quickbooks.cursor import CHAINS
from integrations.quickbooks.platform import PLATFORM
from receivables.page import Page
from receivables.records import Kind
from sandbox.server import Sandbox, Setup
from tests.conftest import SandboxClock
from tests.integrations.quickbooks.conftest import Cedar, Shelf, connected


@pytest.fixture(scope="module")
def long() -> Iterator[Cedar]:
    """A company whose settled invoices and payments fill pages; nothing changes in its books."""
    with Sandbox(Setup(platforms=("quickbooks",), customers=30, invoices=2600)) as sandbox:
        yield connected(sandbox)


def reading() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "reading"]


class WallClock(SandboxClock):
    """Waits in earnest: several threads that move the sandbox's clock would push each other's calls together."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def with_budget(cedar: Cedar, *, spent_this_month: int = 0) -> Cedar:
    clock, limits = WallClock(cedar.sandbox), PLATFORM.limits(cedar.account)
    budgets = Budgets(clock)
    budgets.used("app", cedar.account.id, limits[-1], calls=spent_this_month, since=clock.now().timestamp())
    wire = replace(cedar.wire, clock=clock, budget=budgets.of("app", cedar.account.id, limits))
    return replace(cedar, wire=wire)


def test_what_is_open_and_who_owes_it_comes_first_and_is_said_once(long: Cedar) -> None:
    long.fault("slow", path="/query", times=2, seconds=0.3)
    pages = list(long.books.changes(None))
    (at,) = (number for number, page in enumerate(pages) if page.usable)
    early = Shelf().save(pages[: at + 1])
    unpaid = {one for one, row in long.truth()["invoices"].items() if row["open"]}
    assert {one for one, row in early.invoices().items() if row.owing} == unpaid
    assert set(early.of(Kind.CUSTOMER)) == set(long.truth()["customers"])
    assert {page.stream for page in pages[: at + 1]} == {"Invoice", "Customer"}
    assert set(early.invoices()) == unpaid, "the settled ones did not wait"


def test_a_pull_that_goes_on_says_it_only_when_it_was_not_yet_saved(long: Cedar) -> None:
    pages = list(long.books.changes(None))
    at = next(number for number, page in enumerate(pages) if page.usable)
    for saved, times in ((at, 1), (at + 1, 0)):
        assert sum(page.usable for page in long.books.changes(pages[saved - 1].cursor)) == times, saved


def test_every_cursor_on_the_way_loses_nothing(long: Cedar) -> None:
    pages = list(long.books.changes(None))
    assert {page.stream for page in pages[:-1]} == {chain.entity for chain in CHAINS.values()}
    assert len(pages) >= 9
    for stop in range(1, len(pages)):
        long.matches_truth(long.pull(Shelf().save(pages[:stop])))


def test_a_pull_that_is_killed_again_and_again_ends_all_the_same(long: Cedar) -> None:
    shelf, rounds = Shelf(), 0
    while not (shelf.cursor and "follow" in shelf.cursor.value):
        pages = long.books.changes(shelf.cursor)
        shelf.save([next(pages)])
        pages.close()  # type: ignore[attr-defined]
        rounds += 1
    assert rounds >= 8
    long.matches_truth(shelf)
    assert reading() == []


def test_what_moves_between_the_lists_while_they_are_read_is_found_in_the_same_pull(cedar: Cedar) -> None:
    shelf, pages = Shelf(), cedar.books.changes(None)
    while not any(page.usable for page in shelf.pages):
        shelf.save([next(pages)])
    settled, taken_back = next(
        (application.to.id, payment.ref.id)
        for payment in cedar.books.fetch([cedar.ref(Kind.PAYMENT, one) for one in cedar.truth()["payments"]]).records
        for application in payment.applications  # type: ignore[union-attr]
        if application.to.kind is Kind.INVOICE
    )
    paid = cedar.an_open_invoice()
    cedar.act("void_payment", payment=taken_back)
    cedar.act("pay", invoice=paid)
    cedar.act("delete", invoice=cedar.an_open_invoice(1))
    shelf.save(pages)
    cedar.matches_truth(shelf)
    assert shelf.invoices()[settled].owing
    assert not shelf.invoices()[paid].owing


def test_books_that_are_stirred_between_pages_agree_after_the_pull(connect: Callable[..., Cedar]) -> None:
    cedar = connect(customers=10, invoices=1300)
    cedar.fault("stir", path="/query", times=5)
    cedar.matches_truth(cedar.pull())


@pytest.mark.parametrize("garbled", ["expired", "html"])
def test_the_first_error_is_raised_once_and_nobody_goes_on(long: Cedar, garbled: str) -> None:
    long.sandbox.book.clear()
    long.fault(garbled, path="/query", skip=3, times=1000)
    with pytest.raises(Reconnect if garbled == "expired" else TryLater):
        list(long.books.changes(None))
    assert reading() == []
    calls = long.calls()
    assert calls <= 3 + 2 * 4 * len(CHAINS)
    long.sandbox.book.clear()
    assert long.calls() == 0


def test_one_renewal_serves_all_reads_that_were_refused(long: Cedar) -> None:
    long.sandbox.book.clear()
    long.act("expire_token")
    long.fault("slow", path="/oauth2", seconds=0.3)
    long.pull()
    assert long.sandbox.book.calls["quickbooks", "POST /oauth2/v1/tokens/bearer"] == 1


def test_not_one_call_too_many_where_the_limits_hold(long: Cedar) -> None:
    long.sandbox.book.clear()
    long.sandbox.world.limits.clear()
    long.sandbox.world.limits.enforced.add("quickbooks")
    try:
        with_budget(long).pull()
    finally:
        long.sandbox.world.limits.enforced.clear()
    told = long.sandbox.world.limits.counts()["quickbooks"]
    assert "refused" not in told
    assert told["most"]["second"][f"{long.account.external_id}/ABsandboxCedarClient"] <= 10
    assert told["billed"][long.account.external_id] == {"CorePlus": long.calls()}


def test_without_a_budget_calls_are_refused(long: Cedar) -> None:
    """The measure of the one before; small calls, so that a slow machine makes enough of them within a second."""
    long.sandbox.world.limits.clear()
    long.sandbox.world.limits.enforced.add("quickbooks")
    with suppress(TryLater):
        for _ in range(60):
            long.books.company()
    long.sandbox.world.limits.enforced.clear()
    assert long.sandbox.world.limits.counts()["quickbooks"]["refused"]["second"] > 0


def test_a_budget_that_is_used_up_is_told_as_it_is(cedar: Cedar) -> None:
    spent = with_budget(cedar, spent_this_month=500_000)
    with pytest.raises(TryLater, match="limit of 500,000 calls") as told:
        spent.pull()
    assert told.value.after is not None
    assert told.value.after > 29 * 86_400
    assert (cedar.calls(), reading()) == (0, [])


def test_the_limits_are_the_published_ones(cedar: Cedar) -> None:
    told = {one.name: (one.calls, one.seconds, one.per) for one in PLATFORM.limits(cedar.account)}
    assert told == {
        "second": (10, 1.0, Per.COMPANY),
        "minute": (500, 60.0, Per.COMPANY),
        "month": (500_000, 31 * 86_400.0, Per.APP),
    }


def test_a_page_crosses_the_wire_in_a_seventh_of_its_size(long: Cedar) -> None:
    long.sandbox.book.clear()
    long.pull()
    counts = long.sandbox.book.counts()
    assert counts["bytes_raw"]["quickbooks"] > 3_000_000
    assert counts["bytes_sent"]["quickbooks"] <= 0.15 * counts["bytes_raw"]["quickbooks"]


def test_old_gaps_are_filled_by_the_same_chains_without_saying_usable(long: Cedar) -> None:
    """A cursor too old for changed data."""
    shelf = long.pull()
    long.sandbox.clock.move(timedelta(days=26))
    pages: list[Page] = list(long.books.changes(shelf.cursor))
    assert not any(page.usable for page in pages)
    assert len(pages) == len(CHAINS)
    assert '"gap":true' in (pages[-1].cursor or pages[0].cursor).value  # type: ignore[union-attr]
