"""One door to the database: short transactions on SQLite or PostgreSQL, and errors that tell no secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from storage.errors import BadAddress, Unreachable

Tx = Connection
AnyRow = Row[*tuple[Any, ...]]
BUSY_MILLISECONDS = 30_000
WRITES = "duewell_writes"
SERVER_DUTIES = ("fsync", "full_page_writes", "synchronous_commit")
PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Of libpq, which by itself waits for ever for a server that died: seconds, and the last one milliseconds."""


class Database:
    """A SQLite file or a PostgreSQL database. Thread-safe; not to be carried across a fork."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `sqlite:///path` or `postgresql://…`. Raises BadAddress or Unreachable; the schema is not looked at."""
        database = cls(_engine(_address(url)))
        try:
            with database.read():
                pass
        except DBAPIError as error:
            database.close()
            raise Unreachable(f"{database.name} cannot be reached: {_first_line(error.orig)}") from None
        return database

    @property
    def sqlite(self) -> bool:
        """Is it a SQLite file?"""
        return self.engine.dialect.name == "sqlite"

    @property
    def name(self) -> str:
        """The database's name for people, without user or password."""
        return _name(self.engine.url)

    def careless(self) -> list[str]:
        """What its server does by which a power cut could take back what it said it had committed."""
        if self.sqlite:
            return []
        with self.read() as tx:
            found = [f"{name} = {tx.exec_driver_sql(f'SHOW {name}').scalar()}" for name in SERVER_DUTIES]
        return [one for one in found if one.endswith("= off")]

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """One consistent view of everything; writing in it is refused."""
        options = {} if self.sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect() as plain:
            tx = plain.execution_options(**options)
            with tx.begin():
                yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A short transaction, durable when the block ends, undone when it raises. Never call a network in it."""
        with self.engine.connect() as plain:
            tx = plain.execution_options(**{WRITES: True})
            with tx.begin():
                yield tx

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise BadAddress("the database address is not a URL like sqlite:///data/duewell.db") from None
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadAddress(f"{address.drivername!r} is not a database Duewell knows; use sqlite or postgresql")
    if address.drivername == "sqlite":
        _check_file(address)
    return address


def _check_file(address: URL) -> None:
    """A file in a folder that is there, its owner's only. In memory every thread would see a database of its own."""
    if not address.database or address.database == ":memory:":
        raise BadAddress("the SQLite address names no file; write it like sqlite:///data/duewell.db")
    if not Path(address.database).parent.is_dir():
        raise BadAddress(f"the folder for {_name(address)} does not exist")
    try:
        Path(address.database).touch(mode=0o600)
    except OSError as error:
        raise BadAddress(f"{_name(address)} cannot be written: {error.strerror}") from None


def _engine(address: URL) -> Engine:
    try:
        if address.drivername == "sqlite":
            return _sqlite(address)
        engine = _postgresql(address)
    except (NoSuchModuleError, ImportError, ArgumentError):
        raise BadAddress(f"the driver for {_name(address)} is not installed") from None
    event.listen(engine, "handle_error", _hush)
    return engine


def _postgresql(address: URL) -> Engine:
    """The address may say otherwise about how long to wait."""
    arguments = {name: value for name, value in PATIENCE.items() if name not in address.query}
    engine = create_engine(address, hide_parameters=True, connect_args=arguments, pool_pre_ping=True, pool_size=10)
    event.listen(engine, "connect", _wait_for_the_disk)
    return engine


def _wait_for_the_disk(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """Whatever server, database or role are set to: a commit that may be lost lets a message leave twice.

    Outside a transaction, since rolling that back would take the setting with it.
    """
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.autocommit = False


def _sqlite(address: URL) -> Engine:
    arguments = {"timeout": BUSY_MILLISECONDS / 1000}
    engine = create_engine(address, hide_parameters=True, connect_args=arguments, pool_size=10)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """FULL, since with NORMAL a power cut can take back a claim after its message has left."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(tx: Connection) -> None:
    """The sqlite3 module begins late and deferred, so that a reader turning writer could fail: begin by hand."""
    writes = bool(tx.get_execution_options().get(WRITES))
    tx.exec_driver_sql(f"PRAGMA query_only = {0 if writes else 1}")
    tx.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _hush(context: ExceptionContext) -> None:
    """PostgreSQL's DETAIL line quotes the row: keep only the first line, which names the rule that was broken."""
    short = _first_line(context.original_exception)
    context.original_exception.args = (short,)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (short,)


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]


def _name(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return f"the SQLite file {address.database}"
    return f"the PostgreSQL database {address.database!r} at {address.host or 'the local socket'}"
