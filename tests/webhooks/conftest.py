"""An installation whose books are read, and its desk."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from duewell.desk.desk import Desk
from sandbox.server import Sandbox
from tests.scenarios.playing import Play, settle_in


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Callable[..., Play]]:
    """Begins plays with their books read: `plays(platforms=("xero",))`; all is closed afterwards."""
    begun: list[Play] = []

    def begin(*, read: bool = True, **setup: object) -> Play:
        size = {"invoices": 24, "customers": 8, **setup}
        begun.append(settle_in(sandboxes(**size), tmp_path / str(len(begun))))
        if read:
            begun[-1].sync()
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()


@pytest.fixture
def desk_of() -> Iterator[Callable[[Play], Desk]]:
    """The desk of a play; closed afterwards."""
    desks: list[Desk] = []

    def open_(play: Play) -> Desk:
        desks.append(Desk(play.house, reads=False))
        return desks[-1]

    yield open_
    for desk in desks:
        desk.close()
