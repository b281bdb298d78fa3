"""Pull and refresh: safe at once, stopped when somebody took over, and the cursor never ahead of what was saved."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from duewell.businesses import living
from duewell.running import sync_one
from duewell.wiring import House, build
from integrations.contract import Books, Clock
from integrations.errors import BadCursor, TryLater
from receivables.page import Cursor, Page
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import tables
from storage.leases import Leases
from storage.oddities import oddities
from sync.pull import LEASE_SECONDS, Pulled, pull
from sync.refresh import refresh
from sync.source import Source
from tests.conftest import CountingMeter
from tests.scenarios.playing import Play, settle_in

Plays = Callable[..., Play]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").make_ready())


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Plays]:
    """Begins plays that have read nothing yet: `plays("stripe", database)`."""
    begun: list[Play] = []

    def begin(slug: str, database: str = "", **setup: object) -> Play:
        size = {"invoices": 130, "customers": 20, **setup}
        begun.append(settle_in(sandboxes(platforms=(slug,), **size), tmp_path / str(len(begun)), database=database))
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()


def count_history(play: Play) -> int:
    """How many old versions were put aside: reading the same twice must make none."""
    with play.house.database.read() as tx:
        return len(list(tx.execute(select(tables.history.c.id))))


@pytest.mark.parametrize("slug", ["stripe", "quickbooks"])
def test_of_pulls_in_threads_one_reads_and_the_others_step_back(plays: Plays, slug: str, database: str) -> None:
    play = plays(slug, database)
    key = play.connected_keys()[0]
    connected, gate = play.connected(key), threading.Barrier(6)

    def one(_: int) -> Pulled:
        with play.house.source(connected) as source:
            gate.wait()
            return pull(source)

    with ThreadPoolExecutor(6) as pool:
        pulled = list(pool.map(one, range(6)))

    readers = [one for one in pulled if not one.busy]
    assert readers
    assert sum(one.saved.new for one in readers) >= len(play.truth(key)["invoices"])
    assert sum(one.saved.changed for one in readers) == 0
    assert all(one.pages == 0 for one in pulled if one.busy)
    play.expect_truth()


def test_of_pulls_in_processes_nothing_is_lost_or_doubled(plays: Plays, database: str) -> None:
    play = plays("stripe", database)
    children = [_pull_in_a_child(play) for _ in range(3)]

    assert {os.waitpid(child, 0)[1] for child in children} == {0}

    play.expect_truth()
    assert count_history(play) == 0


def _pull_in_a_child(play: Play) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            house = build(play.house.settings)
            for connected in living(house, play.business):
                with house.source(connected) as source:
                    pull(source)
            code = 0
        finally:
            os._exit(code)
    return child


@dataclass
class Interrupted:
    """Books whose pages are handed on one by one, with something happening before one of them."""

    books: Books
    before: dict[int, Callable[[], object]]
    pages: list[Page] = field(default_factory=list)

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        for number, page in enumerate(self.books.changes(since)):
            self.before.get(number, lambda: None)()
            self.pages.append(page)
            yield page

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)


@dataclass
class Dawdling:
    """A clock by which a second passes whenever somebody looks, so that every page is saved by itself."""

    clock: Clock
    looks: int = 0

    def monotonic(self) -> float:
        self.looks += 1
        return float(self.looks)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clock, name)


def interrupted(source: Source, before: dict[int, Callable[[], object]]) -> tuple[Source, Interrupted]:
    books = Interrupted(source.books, before)
    return replace(source, books=books, clock=Dawdling(source.clock)), books


def test_a_pull_that_lost_its_lease_stops_and_leaves_the_cursor(plays: Plays) -> None:
    play = plays("stripe")
    key = play.connected_keys()[0]
    leases = Leases(play.house.database, play.house.clock.now)
    name = f"pull:{play.connected(key).id}"

    def taken_over() -> None:
        play.move(quiet=True, seconds=LEASE_SECONDS + 1)
        assert leases.take(name, seconds=60)

    with play.house.source(play.connected(key)) as plain:
        source, books = interrupted(plain, {3: taken_over})
        pulled = pull(source)

    assert (pulled.busy, pulled.pages, len(books.pages)) == (True, 3, 4)
    assert play.connected(key).cursor == books.pages[2].cursor
    assert play.connected(key).first_pull_done_at is None
    assert leases.take(name, seconds=60) is None, "the other one still holds it"
    play.move(quiet=True, seconds=61)
    assert not play.sync()[key].trouble
    play.expect_truth()


def test_the_cursor_never_passes_a_page_that_was_not_saved(plays: Plays, database: str) -> None:
    play = plays("stripe", database)
    key = play.connected_keys()[0]
    engine = play.house.database.engine

    def full(*_: object) -> None:
        raise OSError("the disk is full")

    plain = play.house.open(play.connected(key), CountingMeter())
    source, books = interrupted(plain, {2: lambda: event.listen(engine, "commit", full)})
    with pytest.raises(OSError, match="disk is full"):
        pull(source)
    event.remove(engine, "commit", full)

    assert len(books.pages) == 3
    assert play.connected(key).cursor == books.pages[1].cursor
    saved = {ref.id for page in books.pages[:2] for ref in (record.ref for record in page.records)}
    assert set(play.invoices(key)) <= saved
    play.move(quiet=True, seconds=LEASE_SECONDS + 1)
    assert not play.sync()[key].trouble
    play.expect_truth()


def test_trouble_in_the_middle_keeps_the_pages_before_it(plays: Plays) -> None:
    play = plays("stripe")
    key = play.connected_keys()[0]

    def down() -> None:
        play.sandbox.book.add(Fault("stripe", "429_day", times=100))

    with play.house.source(play.connected(key)) as plain:
        source, books = interrupted(plain, {1: down})
        with pytest.raises(TryLater):
            pull(source)

    kept = play.connected(key)
    assert len(books.pages) >= 2
    assert kept.cursor == books.pages[-1].cursor
    assert (kept.state.value, bool(kept.trouble)) == ("parked", True)
    play.sandbox.book.clear()


def test_a_parked_connection_is_left_alone_until_its_hour(plays: Plays) -> None:
    play = plays("xero")
    play.sandbox.book.add(Fault("xero", "429_day", times=1))
    assert play.sync("brightwater")["brightwater"].trouble
    parked = play.connected("brightwater")
    assert parked.parked_until is not None
    play.sandbox.book.clear()

    for _ in range(3):
        result = sync_one(play.house, play.connected("brightwater"))
        assert (result.night, result.trouble.startswith("parked")) == (None, True)
    assert play.calls("xero") == {}
    assert not play.sync("harbour")["harbour"].trouble, "the others are not parked"
    left = parked.parked_until - play.house.clock.now() + timedelta(seconds=1)
    play.move(quiet=True, seconds=left.total_seconds())
    assert not [one.trouble for one in play.sync().values() if one.trouble]
    assert play.connected("brightwater").state.value == "healthy"
    play.expect_truth()


def odd_of(play: Play, key: str) -> list[str]:
    with play.house.database.read() as tx:
        return [one.ref.id for one in oddities(tx, play.business, play.connected(key).id)]


@pytest.mark.planted
@pytest.mark.parametrize("again", ["pull", "refresh", "night"])
def test_an_odd_record_is_set_aside_counted_and_healed_later(plays: Plays, database: str, again: str) -> None:
    play = plays("quickbooks", database, invoices=40)
    invoice = next(id for id, one in play.truth("cedar")["invoices"].items() if one["open"])
    play.act("bend", "cedar", entity="Invoice", id=invoice, fields={"TotalAmt": "a lot"})

    night = play.sync()["cedar"].night

    assert night is not None
    assert night.pulled.saved.odd
    assert odd_of(play, "cedar") == [invoice]
    assert len(play.invoices("cedar")) == len(play.truth("cedar")["invoices"]) - 1
    play.act("bend", "cedar", entity="Invoice", id=invoice, fields={})
    play.move(quiet=True, minutes=1 if again == "pull" else 60)  # after an hour no feed tells of it again
    if again != "refresh":
        play.sync()
    else:
        with play.house.source(play.connected("cedar")) as source:
            refresh(source, [next(one.ref for one in _odd_refs(play))])
    assert odd_of(play, "cedar") == []
    play.expect_truth()


def _odd_refs(play: Play) -> list[Any]:
    with play.house.database.read() as tx:
        return oddities(tx, play.business, play.connected("cedar").id)


@pytest.mark.parametrize("slug", ["quickbooks", "stripe", "xero"])
def test_a_cursor_nobody_understands_is_said_and_nothing_is_lost(plays: Plays, slug: str) -> None:
    play = plays(slug, invoices=20)
    key = play.connected_keys()[0]
    play.sync(key)
    with play.house.database.write() as tx:
        table = tables.connection
        tx.execute(table.update().where(table.c.id == play.connected(key).id).values(cursor="{nonsense"))

    with play.house.source(play.connected(key)) as source, pytest.raises(BadCursor):
        pull(source)
    assert len(play.invoices(key)) == len(play.truth(key)["invoices"])
    assert play.connected(key).cursor == Cursor("{nonsense")


def test_refreshing_nothing_costs_nothing(plays: Plays) -> None:
    play = plays("quickbooks", invoices=10)
    play.sandbox.book.clear()

    with play.house.source(play.connected("cedar")) as source:
        assert refresh(source, []).new == 0
    assert play.calls("quickbooks") == {}


def test_a_house_of_its_own_sees_what_another_read(plays: Plays, database: str) -> None:
    play = plays("quickbooks", database, invoices=15)
    other: House = build(play.house.settings)

    play.sync()

    (connected,) = living(other, play.business)
    assert connected.first_pull_done_at is not None
    with other.source(connected) as source:
        assert pull(source).saved.new == 0
    other.close()
