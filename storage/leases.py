"""Leases: one holder at a time, across threads and processes, for a limited time, by one conditional statement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from storage import tables
from storage.database import Database
from storage.dialects import insert_into, overwrite
from storage.ids import new_id


class Leases:
    """Hands out leases judged by `clock_now`. Whoever dies holding one blocks the others until it runs out."""

    def __init__(self, database: Database, clock_now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = clock_now

    @contextmanager
    def hold(self, name: str, *, seconds: float) -> Iterator[bool]:
        """Hold `name` for the block, at most `seconds`; the value says whether we got it."""
        holder = self.take(name, seconds=seconds)
        try:
            yield holder is not None
        finally:
            if holder is not None:
                self.release(name, holder)

    def take(self, name: str, *, seconds: float) -> str | None:
        """The holder's token if the lease was free or had run out, else None."""
        now, holder, table = self._now(), new_id(), tables.lease
        row = {"name": name, "holder": holder, "until": now + timedelta(seconds=seconds)}
        with self._database.write() as tx:
            statement = overwrite(insert_into(tx, table).values(row), table, where=table.c.until <= now)
            return tx.execute(statement.returning(table.c.holder)).scalar()

    def extend(self, name: str, holder: str, *, seconds: float) -> bool:
        """Hold on for `seconds` from now; False when somebody else took over in between."""
        table = tables.lease
        with self._database.write() as tx:
            mine = update(table).where(table.c.name == name, table.c.holder == holder)
            until = self._now() + timedelta(seconds=seconds)
            return tx.execute(mine.values(until=until)).rowcount > 0

    def release(self, name: str, holder: str) -> None:
        """Let go, if it is still ours."""
        table = tables.lease
        with self._database.write() as tx:
            tx.execute(delete(table).where(table.c.name == name, table.c.holder == holder))
