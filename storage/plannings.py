"""When plans were made, and what was known then that nothing else remembers: a replay judges at the same instants."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import select

from storage import tables
from storage.database import Tx
from storage.dialects import insert_into


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one connection: its last good sync, its own reminders, and the customers whose balance was in doubt."""

    synced_at: datetime | None = None
    own_reminders: str = ""
    reminder_days: tuple[int, ...] = ()
    differing: tuple[str, ...] = ()


def planned(tx: Tx, business: str, known: Mapping[str, Known], *, at: datetime) -> None:
    """A plan is made at this instant; `known` is by connection."""
    row = {"business_id": business, "at": at, "known": msgspec.json.encode(known).decode()}
    tx.execute(insert_into(tx, tables.planning).values(row).on_conflict_do_nothing())


def plannings(tx: Tx, business: str, *, since: datetime, until: datetime) -> list[tuple[datetime, dict[str, Known]]]:
    """Every plan from `since` up to, not with, `until`, oldest first."""
    table = tables.planning
    mine = (table.c.business_id == business, table.c["at"] >= since, table.c["at"] < until)
    found = tx.execute(select(table.c["at"], table.c.known).where(*mine).order_by(table.c["at"]))
    return [(row.at, msgspec.json.decode(row.known, type=dict[str, Known])) for row in found]
