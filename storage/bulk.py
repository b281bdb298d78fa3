"""Many whole rows written at once, past the per-row work of building each statement's parameters anew."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Date, LargeBinary, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from storage.columns import Instant
from storage.database import Tx
from storage.dialects import Insert, differs, insert_for, overwrite

PlainRow = tuple[Any, ...]


def put_rows(tx: Tx, table: Table, rows: Sequence[PlainRow], *, only_changed: bool = False) -> None:
    """Write whole rows, new or over the old ones, by primary key; equal ones are written too unless `only_changed`.

    Every row holds all of the table's columns in their order, as plain values: instants in microseconds, dates as
    ISO text.
    """
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql(_row_by_row(table, tx.dialect, only_changed), list(rows))
        return
    names = _names(table)
    document = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])
    tx.execute(_as_one_document(table, only_changed), {"rows": document.decode()})


@cache
def _names(table: Table) -> tuple[str, ...]:
    return tuple(one.name for one in table.columns)


@cache
def _row_by_row(table: Table, dialect: Dialect, only_changed: bool) -> str:
    """SQLite's driver is quickest with one statement and a list of tuples."""
    statement = _over_the_old(insert_for(dialect.name, table), table, only_changed)
    return str(statement.compile(dialect=dialect, column_keys=list(_names(table))))


@cache
def _as_one_document(table: Table, only_changed: bool) -> Insert:
    """PostgreSQL takes all rows as one JSON text: its driver escapes every text of an array in Python."""
    read = [column(one.name, _as_told(one.type)) for one in table.columns]
    told = func.json_to_recordset(cast(bindparam("rows", type_=Text), postgresql.JSON))
    rows = told.table_valued(*read, name="told").render_derived(with_types=True)
    values = [_as_stored(rows.c[one.name], one.type) for one in table.columns]
    statement = insert_for("postgresql", table).from_select(list(_names(table)), select(*values))
    return _over_the_old(statement, table, only_changed)


def _over_the_old(statement: Insert, table: Table, only_changed: bool) -> Insert:
    facts = [one.name for one in table.columns if not one.primary_key]
    return overwrite(statement, table, where=differs(statement, table, facts) if only_changed else None)


def _as_told(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """How a column is written in JSON."""
    if isinstance(kind, Instant | BigInteger):
        return BigInteger()
    return Date() if isinstance(kind, Date) else Text()


def _as_stored(told: Any, kind: TypeEngine[Any]) -> Any:
    return func.decode(told, "base64") if isinstance(kind, LargeBinary) else told
