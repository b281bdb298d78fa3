"""Insert-or-update in the words of either database."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Tx

Insert = sqlite.Insert | postgresql.Insert


def insert_into(tx: Tx, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, for the database behind `tx`."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def overwrite(statement: Insert, table: Table, *, only: Sequence[str] = (), where: Any = None) -> Insert:
    """Let a conflict on the primary key overwrite the other columns (or `only` these), if `where` allows."""
    keys = [column.name for column in table.primary_key]
    names = only or [column.name for column in table.columns if column.name not in keys]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in names}, where=where
    )


def put(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write whole rows, new or over the old ones, by primary key."""
    if rows:
        tx.execute(overwrite(insert_into(tx, table), table), rows)


def differs(statement: Insert, table: Table, names: Sequence[str]) -> ColumnElement[bool]:
    """Is any of the named columns about to change? Nulls are values like others."""
    first, *rest = (table.c[name].is_distinct_from(statement.excluded[name]) for name in names)
    for other in rest:
        first = first | other
    return first
