"""Webhooks as they came: remembered before the answer, drained afterwards, each once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.sql.dml import ReturningInsert

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_for

ROW = ("platform", "connection_id", "dedupe", "body", "headers", "received_at")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A verified delivery in the inbox. `dedupe` is what makes it the same as another of its platform."""

    platform: str
    dedupe: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    connection: str = ""
    id: int = 0
    received_at: datetime | None = None


def remember(tx: Tx, arrived: Arrived, *, now: datetime) -> bool:
    """Keep a delivery; False when it was here already."""
    row = {
        "platform": arrived.platform,
        "connection_id": arrived.connection or None,
        "dedupe": arrived.dedupe,
        "body": arrived.body,
        "headers": msgspec.json.encode(arrived.headers).decode(),
        "received_at": now,
    }
    return tx.execute(_keeping(tx.dialect.name), row).scalar() is not None


@cache
def _keeping(dialect: str) -> ReturningInsert[Any]:
    """Built once: a platform waits for the answer meanwhile."""
    values: dict[str, Any] = {name: bindparam(name) for name in ROW}
    return insert_for(dialect, tables.inbox).values(values).on_conflict_do_nothing().returning(tables.inbox.c.id)


def undrained(tx: Tx, *, limit: int = 500, after: int = 0) -> list[Arrived]:
    """The oldest deliveries that still wait, or the oldest after the one with that id.

    Take them under a lease: nothing here keeps two drains apart.
    """
    table = tables.inbox
    waiting = select(table).where(table.c.drained_at.is_(None), table.c.id > after).order_by(table.c.id).limit(limit)
    return [_arrived(row) for row in tx.execute(waiting)]


def drained(tx: Tx, ids: Sequence[int], *, now: datetime, outcome: str = "") -> None:
    """They are done with, and this came of it."""
    table = tables.inbox
    tx.execute(update(table).where(table.c.id.in_(ids)).values(drained_at=now, outcome=outcome))


def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """How many deliveries wait, and since when the oldest does."""
    table = tables.inbox
    found = tx.execute(select(func.count(), func.min(table.c.received_at)).where(table.c.drained_at.is_(None))).one()
    return found[0], found[1]


def forget_drained(tx: Tx, *, before: datetime) -> int:
    """Delete what was drained before then; how many. Keep longer than any platform redelivers."""
    table = tables.inbox
    return tx.execute(delete(table).where(table.c.drained_at < before)).rowcount


def _arrived(row: AnyRow) -> Arrived:
    return Arrived(
        platform=row.platform,
        dedupe=row.dedupe,
        body=bytes(row.body),
        headers=msgspec.json.decode(row.headers),
        connection=row.connection_id or "",
        id=row.id,
        received_at=row.received_at,
    )
