"""An installation that has read nothing yet."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from tests.scenarios.playing import Play, settle_in


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Callable[..., Play]]:
    """Begins plays: `plays("quickbooks")`; nothing is read yet."""
    begun: list[Play] = []

    def begin(*slugs: str, connected: bool = True, database: str = "", **setup: object) -> Play:
        sandbox = sandboxes(**{"platforms": slugs, "invoices": 25, "customers": 8, **setup})
        folder = tmp_path / str(len(begun))
        begun.append(settle_in(sandbox, folder, connect=connected, database=database))
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()
