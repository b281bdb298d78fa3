"""What each connection costs a day in calls and bytes, where a person can see it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from storage import tables
from storage.database import Database, Tx
from storage.dialects import insert_into

FLUSH_AFTER = 50


@dataclass(frozen=True, slots=True)
class Reading:
    """One day of one connection; bytes are as on the wire. The day is UTC's."""

    connection: str
    day: date
    calls: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


def add_reading(tx: Tx, business: str, reading: Reading) -> None:
    """Add to the day's figures."""
    table = tables.meter
    row = {
        "business_id": business,
        "connection_id": reading.connection,
        "day": reading.day,
        "calls": reading.calls,
        "sent_bytes": reading.sent_bytes,
        "received_bytes": reading.received_bytes,
    }
    statement = insert_into(tx, table).values(row)
    sums = {name: table.c[name] + statement.excluded[name] for name in ("calls", "sent_bytes", "received_bytes")}
    tx.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums))


def readings(tx: Tx, business: str, *, since: date, connection: str = "") -> list[Reading]:
    """The days from `since` on, newest first."""
    table = tables.meter
    wanted = select(table).where(table.c.business_id == business, table.c.day >= since)
    wanted = wanted.where(table.c.connection_id == connection) if connection else wanted
    newest_first = wanted.order_by(table.c.day.desc(), table.c.connection_id)
    return [
        Reading(row.connection_id, row.day, row.calls, row.sent_bytes, row.received_bytes)
        for row in tx.execute(newest_first)
    ]


def calls_since(tx: Tx, platform: str, since: date) -> int:
    """How many calls all connections of a platform have made since that day, across businesses: an app's own count."""
    table, connected = tables.meter, tables.connection
    whose = (table.c.business_id == connected.c.business_id) & (table.c.connection_id == connected.c.id)
    summed = select(func.coalesce(func.sum(table.c.calls), 0)).select_from(table.join(connected, whose))
    return int(tx.execute(summed.where(connected.c.platform == platform, table.c.day >= since)).scalar_one())


class StoredMeter:
    """Counts in memory and writes now and then. Shaped like the Meter of the integrations' contract. Thread-safe."""

    def __init__(
        self, database: Database, business: str, connection: str, *, clock_now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._business = business
        self._connection = connection
        self._now = clock_now
        self._lock = threading.Lock()
        self._counted = (0, 0, 0)

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Add one exchange; written after every fiftieth call and by `flush`."""
        with self._lock:
            before = self._counted
            self._counted = (before[0] + calls, before[1] + sent_bytes, before[2] + received_bytes)
            full = self._counted[0] >= FLUSH_AFTER
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what was counted since the last time; nothing when there is nothing."""
        with self._lock:
            counted, self._counted = self._counted, (0, 0, 0)
        if any(counted):
            with self._database.write() as tx:
                add_reading(tx, self._business, Reading(self._connection, self._now().date(), *counted))
