"""Lots of pages: few transactions for small pages, and nothing that was read is kept back or lost."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from integrations.contract import Books
from integrations.errors import TryLater
from receivables.page import Cursor, Page
from receivables.records import Customer, Kind, Ref
from sandbox.server import Sandbox
from storage.database import WRITES
from storage.pages import Saved
from sync.gathering import RECORDS, SECONDS, gathered
from sync.pull import pull
from tests.conftest import NOON, HandClock
from tests.scenarios.playing import Play, settle_in


def page(number: int, size: int = 100, *, usable: bool = False) -> Page:
    ref = Ref("c", Kind.CUSTOMER, "1")
    return Page((Customer(ref, "One", NOON),) * size, cursor=Cursor(str(number)), usable=usable)


def numbers(lots: Iterator[list[Page]]) -> list[list[int]]:
    return [[int(one.cursor.value) for one in lot if one.cursor] for lot in lots]


def test_small_pages_are_saved_together_and_large_ones_by_themselves() -> None:
    small = [page(number) for number in range(23)]
    large = [page(number, RECORDS) for number in range(3)]

    assert [len(lot) for lot in gathered(small, HandClock())] == [10, 10, 3]
    assert numbers(gathered(small, HandClock()))[0] == list(range(10)), "in their order"
    assert [len(lot) for lot in gathered(large, HandClock())] == [1, 1, 1]
    assert list(gathered([], HandClock())) == []


def test_a_page_that_somebody_waits_for_ends_its_lot() -> None:
    pages = [page(number, usable=number == 2) for number in range(5)]

    assert numbers(gathered(pages, HandClock())) == [[0, 1, 2], [3, 4]]


def test_no_page_waits_longer_than_a_second_while_more_of_them_come() -> None:
    clock = HandClock()

    def slowly() -> Iterator[Page]:
        for number in range(6):
            clock.move(seconds=SECONDS * 0.4)
            yield page(number)

    assert numbers(gathered(slowly(), clock)) == [[0, 1, 2, 3], [4, 5]], "the wait before the first page does not count"


@pytest.mark.parametrize("read", [0, 1, 3, 10])
def test_what_was_read_before_trouble_comes_before_it(read: int) -> None:
    taken: list[Page] = []

    def broken() -> Iterator[Page]:
        yield from (page(number) for number in range(read))
        raise TryLater("gone away")

    with pytest.raises(TryLater, match="gone away"):
        taken.extend(one for lot in gathered(broken(), HandClock()) for one in lot)
    assert len(taken) == read


def test_pages_are_read_no_further_than_the_lot_that_is_saved() -> None:
    asked: list[int] = []

    def endless() -> Iterator[Page]:
        while True:
            asked.append(len(asked))
            yield page(len(asked))

    lots = gathered(endless(), HandClock())
    next(lots)

    assert len(asked) == RECORDS // 100


@pytest.fixture
def play(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Play]:
    found = settle_in(sandboxes(platforms=("stripe",), invoices=130, customers=20), tmp_path)
    yield found
    found.house.close()


@dataclass
class Standing:
    """A clock whose seconds do not pass while something is read, however slow the machine is."""

    clock: Any

    def monotonic(self) -> float:
        return 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clock, name)


@dataclass
class Counting:
    """Books that count the pages they give, and break off before the page `breaks_at`."""

    books: Books
    breaks_at: int = -1
    given: int = 0
    last: Cursor | None = None

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        for one in self.books.changes(since):
            if self.given == self.breaks_at:
                raise TryLater("gone away")
            self.given, self.last = self.given + 1, one.cursor
            yield one

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)


def test_a_pull_of_many_small_pages_is_few_transactions_and_every_page_is_told(play: Play) -> None:
    written: list[Connection] = []
    told: list[tuple[Page, Saved]] = []

    def begun(tx: Connection) -> None:
        if tx.get_execution_options().get(WRITES):
            written.append(tx)

    with play.house.source(play.connected("northwind")) as plain:
        books = Counting(plain.books)
        event.listen(play.house.database.engine, "begin", begun)
        pulled = pull(
            replace(plain, books=books, clock=Standing(plain.clock)), lambda one, saved: told.append((one, saved))
        )
        event.remove(play.house.database.engine, "begin", begun)

    assert pulled.pages == len(told) == books.given >= 8
    assert len(written) == 2 + 4, "up to `usable` and after it; the lease taken and given back, the company, the end"
    assert sum((saved for _, saved in told), Saved()) == pulled.saved
    assert play.connected("northwind").cursor == books.last
    play.sync()
    play.expect_truth()


def test_trouble_saves_the_lot_that_was_being_gathered(play: Play) -> None:
    with play.house.source(play.connected("northwind")) as plain:
        books = Counting(plain.books, breaks_at=6)
        with pytest.raises(TryLater, match="gone away"):
            pull(replace(plain, books=books, clock=Standing(plain.clock)))

    kept = play.connected("northwind")
    assert kept.cursor == books.last
    assert kept.trouble == "gone away"
    play.sync()
    play.expect_truth()
