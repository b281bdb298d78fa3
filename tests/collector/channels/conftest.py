"""A furnished SQLite database, copied from one that is made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.businesses import add_business
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.schema import upgrade
from tests.storage.amber import BUSINESS, CONNECTION, NOW


@pytest.fixture(scope="session")
def channels_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "duewell.db"
    database = Database.open(f"sqlite:///{path}")
    upgrade(database)
    with database.write() as tx:
        add_business(tx, "Amber Joinery", now=NOW, business=BUSINESS)
        connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g1", "Amber", id=CONNECTION), now=NOW)
    database.close()
    return path


@pytest.fixture
def database(channels_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Business b1 with the connection c1."""
    path = tmp_path / "duewell.db"
    shutil.copy(channels_template, path)
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    opened.close()
