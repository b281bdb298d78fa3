"""A play on either database: the same stories must end the same way.

Every SQL statement has tests of its own on both; which of the two a story is told on is drawn by its name. Those whose
subject is what a database keeps are marked `both_databases`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest

from sandbox.server import Sandbox
from tests.scenarios.playing import Play, settle_in

DATABASES = ("sqlite", "postgresql")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Draw the database of a story that names none itself."""
    named = any("database_url" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "database_url" in metafunc.fixturenames and not named:
        both = metafunc.definition.get_closest_marker("both_databases") is not None
        drawn = DATABASES[crc32(metafunc.function.__name__.encode()) % 2]
        metafunc.parametrize("database_url", DATABASES if both else [drawn], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """Empty for the embedded SQLite file, else a fresh PostgreSQL database."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").make_ready())


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], database_url: str, tmp_path: Path) -> Iterator[Callable[..., Play]]:
    """Begins plays: `plays(platforms=("xero",), invoices=50)`; all is closed afterwards."""
    begun: list[Play] = []

    def begin(*, connect: bool = True, **setup: object) -> Play:
        sandbox = sandboxes(**setup)
        begun.append(settle_in(sandbox, tmp_path / str(len(begun)), database=database_url, connect=connect))
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()
