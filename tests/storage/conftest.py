"""Both databases for every test: a SQLite file copied from a template, and a PostgreSQL from a wheel, swept clean."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.businesses import add_business
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.schema import upgrade
from storage.tables import metadata
from tests.conftest import Postgres
from tests.storage.amber import BUSINESS, CONNECTION, NOW


def _sweep(server: Postgres) -> str:
    """Making a database for each test would take most of the tests' time, and so would a call for each table."""
    with server.shared.write() as tx:
        tx.exec_driver_sql("; ".join(f'DELETE FROM "{table.name}"' for table in reversed(metadata.sorted_tables)))
    _furnish(server.shared)
    return server.address()


def _furnish(database: Database) -> None:
    with database.write() as tx:
        add_business(tx, "Amber Joinery", now=NOW, business=BUSINESS)
        connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g1", "Amber", id=CONNECTION), now=NOW)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, one business and one connection."""
    path = tmp_path_factory.mktemp("template") / "duewell.db"
    database = Database.open(f"sqlite:///{path}")
    upgrade(database)
    _furnish(database)
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a furnished database of this test's own."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return _sweep(server)
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
