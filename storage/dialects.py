"""What the two databases say in different words: insert-or-update, and membership of a long list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ARRAY, Column, ColumnElement, Select, Table, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.database import Tx

Insert = sqlite.Insert | postgresql.Insert


def insert_into(tx: Tx, table: Table) -> Insert:
    """An INSERT that knows ON CONFLICT, for the database behind `tx`."""
    return insert_for(tx.dialect.name, table)


def insert_for(dialect: str, table: Table) -> Insert:
    """The same by the dialect's name, for a statement that is built once and kept."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


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


def among(tx: Tx, column: Column[Any], ids: Iterable[str]) -> ColumnElement[bool]:
    """Is the column one of `ids`?

    They travel as one parameter: a thousand would make a statement of their own each time, and PostgreSQL's prepared
    plan would compare every row with every id, costing 200 ms a page.
    """
    return column.in_(unrolled(tx.dialect.name, "wanted", listed(tx, ids)))


def listed(tx: Tx, ids: Iterable[str]) -> Any:
    """Many ids as the one parameter that `unrolled` takes."""
    wanted = list(ids)
    return msgspec.json.encode(wanted).decode() if tx.dialect.name == "sqlite" else wanted


def unrolled(dialect: str, name: str, value: Any = None) -> Select[Any]:
    """A parameter called `name` that holds many ids, as the rows of a subquery; its value may come when it is run."""
    if dialect == "sqlite":
        rows = func.json_each(bindparam(name, value, type_=Text, unique=value is not None)).table_valued("value")
        return select(rows.c.value)
    return select(func.unnest(bindparam(name, value, type_=ARRAY(Text), unique=value is not None)))
