"""`duewell letters`: what waits, what was posted, and a key that is none."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from collector.channels.port import Parcel
from duewell.businesses import the_business
from duewell.cli import group
from duewell.config import load
from duewell.owning import begin_business
from duewell.ways import letters
from duewell.wiring import build
from integrations.errors import NotThere
from receivables.records import Address

HOME = Address(("5 High Street",), "Bath", "", "BA1 1AA", "GB")
PARCEL = Parcel("c1/ann", (), "Invoice INV-1", "Dear Ann", name="Ann", postal=HOME, day_on=date(2026, 3, 10))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "duewell.toml"
    file.write_text(f'data = "{tmp_path / "data"}"\n[letters]\nsender_lines = ["Northwind"]\n', encoding="utf-8")
    house = build(load(file, {}))
    business = begin_business(house, "Northwind", sender_name="Robin")
    tray = letters(house, the_business(house, business))
    tray.deliver(PARCEL, key="abc123", now=house.clock.now())
    house.close()
    return file


def told(config: Path, *words: str) -> str:
    answer = CliRunner().invoke(group, ["--config", str(config), "letters", *words], catch_exceptions=False)
    assert answer.exit_code == 0
    return answer.output


def test_a_letter_is_listed_until_it_was_posted(config: Path) -> None:
    assert "abc123  2026-03-10  Ann: Invoice INV-1" in told(config)
    assert "duewell letters --posted KEY" in told(config)
    assert "No letter was posted yet." in told(config, "--done")

    assert "abc123 was posted" in told(config, "--posted", "abc123")

    assert "No letter waits to be printed." in told(config)
    assert '"key": "abc123"' in told(config, "--done", "--json")
    with pytest.raises(NotThere, match="no letter 'abc123' in the tray"):
        told(config, "--posted", "abc123")
