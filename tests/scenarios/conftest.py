"""A play on either database: the same stories must end the same way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.scenarios.playing import Play, settle_in


@pytest.fixture(params=["sqlite", "postgresql"])
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
