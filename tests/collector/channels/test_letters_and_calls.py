"""Letters are made once, whole, and for the window; calls become one to-do each."""

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from collector.channels.call import CallCarrier, CallTask
from collector.channels.letter import InTray, LetterCarrier, Letterhead, address_lines, printed
from collector.channels.port import Parcel, WrongAddress
from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater
from receivables.records import Address

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
HOME = Address(("5 High Street",), "Bath", "", "BA1 1AA", "GB")
PARCEL = Parcel(
    "c1/ann",
    (),
    "Invoice INV-1",
    "Dear Ann,\n\nINV-1 is due.\n\nKind regards,\nRobin\n",
    name="Ann's Bakery",
    postal=HOME,
    country="GB",
    day_on=date(2026, 3, 10),
)
HEAD = Letterhead(("Northwind Ltd", "1 Quay", "London"), "GB")


def tray(folder: Path) -> LetterCarrier:
    return LetterCarrier(folder / "letters", HEAD)


def test_a_letter_lies_in_the_tray_once_and_leaves_it_when_it_was_posted(tmp_path: Path) -> None:
    carrier = tray(tmp_path)
    assert carrier.found("k1", NOW) is Lookup.NOT_THERE

    receipt = carrier.deliver(PARCEL, key="k1", now=NOW)

    file = tmp_path / "letters" / "k1.pdf"
    assert receipt == carrier.found("k1", NOW) == Receipt("k1.pdf")
    assert file.read_bytes().startswith(b"%PDF-")
    assert carrier.letters() == [InTray("k1", "Ann's Bakery", "Invoice INV-1", date(2026, 3, 10), file, posted=False)]
    made = file.stat().st_mtime_ns
    assert carrier.deliver(replace(PARCEL, text="other"), key="k1", now=NOW) == receipt
    assert file.stat().st_mtime_ns == made

    carrier.mark_posted("k1")

    assert carrier.letters() == []
    assert [one.posted for one in carrier.letters(posted=True)] == [True]
    assert carrier.found("k1", NOW) == receipt
    assert carrier.deliver(PARCEL, key="k1", now=NOW) == receipt
    assert carrier.letters() == []
    with pytest.raises(NotThere):
        carrier.mark_posted("k1")


def test_what_was_never_finished_is_no_letter(tmp_path: Path) -> None:
    carrier = tray(tmp_path)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / ".k1.pdf.77").write_bytes(b"%PDF-1.7 half")
    (tmp_path / "letters" / "k1.json").write_text(json.dumps({"to": "x", "subject": "y", "made_on": "2026-03-10"}))

    assert carrier.found("k1", NOW) is Lookup.NOT_THERE
    assert carrier.letters() == []
    carrier.deliver(PARCEL, key="k1", now=NOW)
    assert [one.to for one in carrier.letters()] == ["Ann's Bakery"]


def test_a_tray_that_cannot_be_written_to_is_tried_later(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("in the way")

    with pytest.raises(TryLater, match="could not be put into the tray") as trouble:
        tray(tmp_path).deliver(PARCEL, key="k1", now=NOW)

    assert not trouble.value.may_have_acted
    assert [one.name for one in tmp_path.iterdir()] == ["letters"]


def test_a_tray_that_cannot_be_read_is_asked_later(tmp_path: Path) -> None:
    """An error of the system's own would end the follow-up of everything else."""
    (tmp_path / "letters").mkdir()
    os.mknod(tmp_path / "letters" / "k1.pdf", stat.S_IFSOCK)  # no file to open
    with pytest.raises(TryLater, match="the tray of letters cannot be read"):
        tray(tmp_path).found("k1", NOW)


def test_what_is_told_of_a_letter_is_on_the_disk_by_then(tmp_path: Path, synced: list[str]) -> None:
    """In the tray, found there, and posted: else a power cut would lose it, or have it posted twice."""
    carrier = tray(tmp_path)
    carrier.deliver(PARCEL, key="k1", now=NOW)
    assert [name for name in synced if not name.startswith(".")] == [tmp_path.name, "letters", "letters"]
    synced.clear()
    carrier.found("k1", NOW)
    assert synced == ["k1.pdf", "letters"]
    synced.clear()
    carrier.mark_posted("k1")
    assert synced == ["posted", "letters"]


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is synced, in order."""
    names: list[str] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        names.append(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return names


def test_what_a_dead_worker_left_half_written_is_gone_once_the_letter_is_there(tmp_path: Path) -> None:
    carrier, folder = tray(tmp_path), tmp_path / "letters"
    (folder / "k1.json").mkdir(parents=True)  # in the way, so that the new one cannot take its name

    with pytest.raises(TryLater):
        carrier.deliver(PARCEL, key="k1", now=NOW)

    assert [one.name for one in folder.iterdir()] == ["k1.json"]
    (folder / "k1.json").rmdir()
    (folder / ".k1.pdf.new").write_bytes(b"%PDF-1.7 half, by a worker that died")
    carrier.deliver(PARCEL, key="k1", now=NOW)
    assert sorted(one.name for one in folder.iterdir()) == ["k1.json", "k1.pdf"]


def test_a_key_is_no_path(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        tray(tmp_path).deliver(PARCEL, key="../k1", now=NOW)


def test_words_are_never_markup() -> None:
    hostile = replace(PARCEL, text='#panic("x") $1 = *2*$\n\n#import "/etc/passwd"', subject="*[x] #sys", name="#x <y>")

    assert printed(hostile, HEAD, key="k1").startswith(b"%PDF-")
    assert printed(replace(PARCEL, country="US"), replace(HEAD, country="US", window="right"), key="k1")


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (HOME, ["Ann", "5 High Street", "Bath, BA1 1AA"]),
        (Address(("Weg 1",), "Bonn", "", "53111", "DE"), ["Ann", "Weg 1", "53111 Bonn", "GERMANY"]),
        (
            Address(("1 Main St", "Suite 2"), "Reno", "NV", "89501", "US"),
            ["Ann", "1 Main St", "Suite 2", "Reno, NV 89501", "UNITED STATES"],
        ),
        (Address(("1 Main St",), "", "", "89501", "US"), ["Ann", "1 Main St", "89501", "UNITED STATES"]),
        (Address(("1\nRd\u202e", *"abcdef"), "Bath", "", "", "GB"), ["Ann", "1 Rd", "a", "b", "c", "Bath"]),
    ],
)
def test_an_address_is_written_as_its_country_writes_it(address: Address, lines: list[str]) -> None:
    assert address_lines("Ann", address, "GB") == lines


@pytest.mark.parametrize("address", [Address(), Address(("5 High Street",)), Address((), "Bath", "", "BA1")])
def test_half_an_address_is_none(address: Address) -> None:
    with pytest.raises(WrongAddress, match="no postal address with a street and a town"):
        address_lines("Ann", address, "GB")


class Noted:
    """To-dos in memory."""

    def __init__(self) -> None:
        self.tasks: dict[str, CallTask] = {}

    def add(self, task: CallTask, _: datetime) -> str:
        self.tasks.setdefault(task.key, task)
        return f"id of {task.key}"

    def known(self, key: str) -> str:
        return f"id of {key}" if key in self.tasks else ""


def test_a_call_becomes_one_to_do_with_the_number_and_the_script() -> None:
    noted = Noted()
    carrier = CallCarrier(noted.add, noted.known)
    parcel = replace(PARCEL, to=(("Ann", "none"), ("Ann", "020 7946 0018")))
    assert carrier.found("k1", NOW) is Lookup.NOT_THERE

    for _ in range(2):
        assert carrier.deliver(parcel, key="k1", now=NOW).id == "id of call:k1"

    (task,) = noted.tasks.values()
    assert (task.number, task.script, task.due_on) == ("+442079460018", PARCEL.text, date(2026, 3, 10))
    assert task.title == "Call Ann's Bakery"
    assert carrier.found("k1", NOW) == Receipt("id of call:k1")
    with pytest.raises(WrongAddress, match="no telephone number"):
        carrier.deliver(PARCEL, key="k2", now=NOW)
