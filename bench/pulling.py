"""`python -m bench.pulling FOLDER [again] [plan] [pages]`: one pull by the application's own rooms, and what it cost.

`again` forgets the cursor first, so that the whole books are read once more. `plan` makes a plan as soon as what is
open is known, and `counts=ADDRESS` asks the sandbox's control port how many calls that took. `pages` reads once more
and saves the pages alone, without the pull's own bookkeeping.
"""

import json
import sqlite3
import sys
import time
import urllib.request
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click
from sqlalchemy import text

from bench.installing import only, opened
from bench.processes import most_memory_mib
from duewell.connecting import Uncounted
from duewell.running import make_plan
from duewell.wiring import House
from receivables.page import Page
from storage.connections import Connected, start_over
from storage.pages import Saved, save_page
from sync.pull import pull
from sync.source import Source


@dataclass
class Usable:
    """Notes when what is open was known and a plan made, in seconds since the pull began."""

    house: House
    connected: Connected
    plans: bool
    control: str = ""
    began: float = field(default_factory=time.monotonic)
    saved_at: float | None = None
    planned_at: float | None = None
    planned: int = 0
    calls: int = 0

    def told(self, page: Page, saved: Saved) -> None:
        """A page was saved."""
        del saved
        if page.usable:
            self.saved_at = time.monotonic() - self.began
            self.calls = self._calls()
            if self.plans:
                self.planned = len(make_plan(self.house, self.connected.business))
                self.planned_at = time.monotonic() - self.began

    def _calls(self) -> int:
        if not self.control:
            return 0
        with urllib.request.urlopen(f"{self.control}/counts", timeout=60) as answer:  # noqa: S310 - this machine's
            return sum(json.load(answer)["calls"].get(self.connected.platform, {}).values())


def main() -> None:
    """Pull, and say what it cost."""
    folder, words = Path(sys.argv[1]), sys.argv[2:]
    house = opened(folder)
    connected = only(house)
    if "again" in words:
        with house.database.write() as tx:
            start_over(tx, connected.business, connected.id)
    wal = Wal(house)
    wal.empty()
    with house.source(connected) as source:
        told = _pulled(source, Usable(house, connected, "plan" in words, _control(words)))
        told["wal"] = wal.size()
    if "pages" in words:
        wal.empty()
        alone = _pages_alone(house.open(connected, Uncounted()))
        told["pages_alone"] = {**alone, "wal": wal.size()}
    told["memory"] = most_memory_mib()
    house.close()
    click.echo(json.dumps(told))


def _control(words: list[str]) -> str:
    return next((word.removeprefix("counts=") for word in words if word.startswith("counts=")), "")


def _pulled(source: Source, usable: Usable) -> dict[str, Any]:
    began, cpu = time.monotonic(), time.process_time()
    usable.began = began
    pulled = pull(source, usable.told)
    cpu, wall = time.process_time() - cpu, time.monotonic() - began
    times = {"usable": usable.saved_at, "plan": usable.planned_at, "planned": usable.planned}
    times["calls_until_usable"] = usable.calls
    return {"cpu": cpu, "wall": wall, "pages": pulled.pages, "saved": asdict(pulled.saved), **times}


def _pages_alone(source: Source) -> dict[str, Any]:
    saved, now = Saved(), source.clock.now()
    for page in source.books.changes(None):
        with source.database.write() as tx:
            saved += save_page(tx, source.business, source.connection, replace(page, cursor=None), now=now)
    return asdict(saved)


@dataclass
class Wal:
    """The write-ahead log. SQLite's is looked at while the database is open: closing folds it into the file."""

    house: House
    begun: int = 0

    def empty(self) -> None:
        """Count from here; SQLite's is folded into the database file."""
        if not self.house.database.sqlite:
            self.begun = self._written()
            return
        with closing(sqlite3.connect(str(self.house.database.engine.url.database))) as plain:
            plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        """Bytes since then."""
        if not self.house.database.sqlite:
            return self._written() - self.begun
        file = Path(f"{self.house.database.engine.url.database}-wal")
        return file.stat().st_size if file.exists() else 0

    def _written(self) -> int:
        with self.house.database.read() as tx:
            return int(tx.execute(text("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")).scalar_one())


if __name__ == "__main__":
    main()
