"""Where one connection's records are being saved: the lock, what is known already, and what becomes history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Table, bindparam, func, literal, select, type_coerce

from receivables.records import Kind, Ref
from storage import tables
from storage.database import Tx
from storage.dialects import among, insert_into, listed, unrolled
from storage.errors import UnknownConnection
from storage.records import BELONGS_TO, TABLES, Known


@dataclass(frozen=True, slots=True)
class Desk:
    """One connection's place in the transaction, and the instant at which it is worked on."""

    tx: Tx
    business: str
    connection: str
    now: datetime

    def enter(self) -> str | None:
        """Wait for whoever is saving this connection; its cursor. Raises UnknownConnection.

        An advisory lock, since locking the row itself would write to PostgreSQL's log on every unchanged pull.
        """
        if self.tx.dialect.name == "postgresql":
            self.tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(self.connection, 0))))
        found = self.tx.execute(_CURSOR, self.whose()).one_or_none()
        if found is None:
            raise UnknownConnection(f"the business has no connection {self.connection!r}")
        cursor: str | None = found.cursor
        return cursor

    def whose(self) -> dict[str, str]:
        """The parameters of statements that are built once, since building one costs as much as running it."""
        return {"its_business": self.business, "its_connection": self.connection}

    def check(self, ref: Ref) -> None:
        """Raises ValueError for a record of another connection."""
        if ref.connection != self.connection:
            raise ValueError(f"a record of connection {ref.connection!r} is on a page of {self.connection!r}")

    def mine(self, table: Table, ids: Iterable[str] | None = None) -> list[ColumnElement[bool]]:
        """The condition for this connection's rows, all or those of `ids`."""
        own = [table.c.business_id == self.business, table.c.connection_id == self.connection]
        return own if ids is None else [*own, among(self.tx, table.c.id, ids)]

    def known(self, kind: Kind, ids: Sequence[str]) -> Mapping[str, Known]:
        """What is stored of these records, by id."""
        if not ids:
            return {}
        named = {**self.whose(), "its_ids": listed(self.tx, ids)}
        found = (Known(*row) for row in self.tx.execute(_known(kind, self.tx.dialect.name), named))
        return {one.id: one for one in found}

    def remember(self, kind: Kind, ids: Sequence[str]) -> None:
        """Copy the versions about to be replaced into history, but for those that lasted no time at all."""
        if not ids:
            return
        table, history = TABLES[kind], tables.history
        old = select(
            table.c.business_id,
            table.c.connection_id,
            literal(kind.value),
            table.c.id,
            table.c.seen_at,
            literal(self.now, table.c.seen_at.type),
            table.c[BELONGS_TO[kind]],
            table.c.gone_at.is_not(None),
            table.c.body,
        ).where(*self.mine(table, ids), table.c.body.is_not(None), table.c.seen_at < self.now)
        names = [column.name for column in history.columns]
        self.tx.execute(insert_into(self.tx, history).from_select(names, old).on_conflict_do_nothing())


_CURSOR = select(tables.connection.c.cursor).where(
    tables.connection.c.business_id == bindparam("its_business"), tables.connection.c.id == bindparam("its_connection")
)


@cache
def _known(kind: Kind, dialect: str) -> Select[Any]:
    """In the order of Known."""
    table = TABLES[kind]
    instants = (type_coerce(table.c[name], BigInteger).label(name) for name in ("changed_at", "gone_at"))
    columns = (table.c.id, table.c.version, table.c.hash, table.c.became, *instants)
    mine = (table.c.business_id == bindparam("its_business"), table.c.connection_id == bindparam("its_connection"))
    return select(*columns).where(*mine, table.c.id.in_(unrolled(dialect, "its_ids")))
