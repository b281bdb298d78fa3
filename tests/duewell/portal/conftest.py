"""Amber's books once, and a copy of them for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from duewell.wiring import House
from tests.duewell.amber_house import furnishing, moved_in
from tests.duewell.portal.payers import BOOKS, NOW, Payer, payer


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("payers")
    with furnishing(folder, *BOOKS, now=NOW):
        pass
    return folder


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    """An installation of the test's own, at a time that is moved by hand."""
    with moved_in(furnished, tmp_path / "data", now=NOW) as opened:
        yield opened


@pytest.fixture
def ann(house: House) -> Payer:
    """Ann Lee, with her link."""
    return payer(house)
