"""The creditors: who owns the books, how they want to be spoken for, and whether sending is automatic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from storage import tables
from storage.database import AnyRow, Tx
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Business:
    """A creditor. `settings` are plain JSON values; not `automatic` means draft: a person approves each message."""

    id: str
    name: str
    automatic: bool
    settings: Mapping[str, Any]
    created_at: datetime


def add_business(
    tx: Tx, name: str, *, now: datetime, settings: Mapping[str, Any] | None = None, business: str = ""
) -> str:
    """A new business in draft; its id (`business` if given)."""
    fresh = business or new_id()
    row = {"id": fresh, "name": name, "settings": _json(settings or {}), "automatic": False, "created_at": now}
    tx.execute(insert(tables.business), [row])
    return fresh


def businesses(tx: Tx) -> list[Business]:
    """All of them, oldest first."""
    table = tables.business
    return [_business(row) for row in tx.execute(select(table).order_by(table.c.created_at, table.c.id))]


def business(tx: Tx, business: str) -> Business | None:
    """One business, or None."""
    row = tx.execute(select(tables.business).where(tables.business.c.id == business)).one_or_none()
    return None if row is None else _business(row)


def set_automatic(tx: Tx, business: str, automatic: bool) -> None:
    """Let ordinary messages go by themselves, or have a person approve each."""
    tx.execute(update(tables.business).where(tables.business.c.id == business).values(automatic=automatic))


def change_business(
    tx: Tx, business: str, *, name: str | None = None, settings: Mapping[str, Any] | None = None
) -> None:
    """Give it another name, other settings (all of them: they replace the old), or both."""
    values: dict[str, Any] = {} if name is None else {"name": name}
    if settings is not None:
        values["settings"] = _json(settings)
    if values:
        tx.execute(update(tables.business).where(tables.business.c.id == business).values(values))


def _json(settings: Mapping[str, Any]) -> str:
    return msgspec.json.encode(settings).decode()


def _business(row: AnyRow) -> Business:
    return Business(row.id, row.name, row.automatic, msgspec.json.decode(row.settings), row.created_at)
