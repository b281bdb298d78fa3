"""A night: how often it asks the database, and trouble in its later parts told once like any other."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event
from structlog.testing import capture_logs

from integrations.contract import Books
from integrations.errors import TryLater
from receivables.page import OpenTotals, Page
from receivables.records import Ref
from sandbox.server import Sandbox
from storage.connections import State
from storage.database import WRITES, Database
from sync.night import night
from tests.scenarios.playing import Play, settle_in

Plays = Callable[..., Play]


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Plays]:
    begun: list[Play] = []

    def begin(slug: str) -> Play:
        begun.append(settle_in(sandboxes(platforms=(slug,), invoices=20, customers=5), tmp_path / str(len(begun))))
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()


@contextmanager
def counted(play: Play) -> Iterator[tuple[Database, Counter[str]]]:
    """A door of the night's own, so that nobody else's transactions count: those that read and those that write."""
    database = Database.open(str(play.house.database.engine.url))
    begun: Counter[str] = Counter()

    def count(tx: Connection) -> None:
        begun["write" if tx.get_execution_options().get(WRITES) else "read"] += 1

    event.listen(database.engine, "begin", count)
    yield database, begun
    database.close()


@pytest.mark.parametrize("slug", ["quickbooks", "xero", "stripe"])
def test_a_quiet_night_asks_the_database_for_nothing_twice(plays: Plays, slug: str) -> None:
    play = plays(slug)
    key = play.connected_keys()[0]
    play.sync(key)
    play.move(quiet=True, minutes=90)

    with play.house.source(play.connected(key)) as source, counted(play) as (database, begun):
        found = night(replace(source, database=database))

    assert found.agreement is not None
    assert found.agreement.agrees
    # the connection, what is open, what is odd, what differed before, our figures; twice whether it was in trouble
    assert begun["read"] <= 7
    # a lease taken and given back, what was read, that it was read, what else was seen, how the books agree
    assert begun["write"] <= 7


@dataclass
class Failing:
    """Books that break off in one part of the night."""

    books: Books
    part: str

    def sweep(self, known_open: Sequence[Ref]) -> Iterator[Page]:
        self._break("sweep")
        return self.books.sweep(known_open)

    def open_totals(self, as_at_on: date) -> OpenTotals:
        self._break("open_totals")
        return self.books.open_totals(as_at_on)

    def _break(self, part: str) -> None:
        if part == self.part:
            raise TryLater("gone away")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)


@pytest.mark.parametrize("part", ["sweep", "open_totals"])
def test_trouble_in_the_later_parts_is_noted_once_and_over_with_the_next_night(plays: Plays, part: str) -> None:
    play = plays("xero")
    play.sync("harbour")
    play.move(quiet=True, minutes=5)

    with (
        capture_logs() as told,
        play.house.source(play.connected("harbour")) as source,
        pytest.raises(TryLater, match="gone away"),
    ):
        night(replace(source, books=Failing(source.books, part)))

    assert [one["event"] for one in told if "trouble" in one["event"]] == ["connection in trouble"]
    assert play.connected("harbour").state is State.UNHEALTHY
    assert not play.sync("harbour")["harbour"].trouble
    assert play.connected("harbour").state is State.HEALTHY
