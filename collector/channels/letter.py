"""Letters on paper: a print-ready PDF in a tray, named by its key. Somebody prints it and puts it into an envelope.

A letter that is in the tray, or was posted from it, is never made again: its file is its proof.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date

from collector.channels.port import Parcel, WrongAddress
from collector.reaching import can_be_posted
from collector.wording.writing import one_line
from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater
from receivables.records import Address

TEMPLATE = Path(__file__).with_name("letter.typ")
POSTED = "posted"
# Where paper is Letter and not A4.
US_LETTER = {"US", "CA", "MX", "PH", "CL", "CO", "VE", "GT", "PR"}
POSTCODE_FIRST = {"DE", "AT", "CH", "NL", "BE", "FR", "ES", "IT", "LU", "DK", "SE", "NO", "FI", "PL", "PT", "CZ"}
LINES_MAX = 6


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes: the lines above the address in the window. The country is the company's."""

    lines: tuple[str, ...]
    country: str = ""
    window: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class InTray:
    """One letter in the tray: to whom, about what, and since when. `posted` once somebody has put it into the post."""

    key: str
    to: str
    subject: str
    made_on: date
    file: Path
    posted: bool


@dataclass(frozen=True, slots=True)
class LetterCarrier:
    """The port's letters: a folder."""

    tray: Path
    head: Letterhead

    def deliver(self, parcel: Parcel, *, key: str, now: datetime) -> Receipt:
        """Put the letter into the tray, whole or not at all. Raises Refused, or TryLater when the disk will not (with
        `may_have_acted` when it lies there, but nobody knows whether it would outlive a power cut)."""
        if kept := self._there(key):
            return Receipt(id=kept.name)
        pdf = printed(parcel, self.head, key=key)
        told = {"to": parcel.name, "subject": one_line(parcel.subject), "made_on": _day_of(parcel, now).isoformat()}
        try:
            self.tray.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync(self.tray.parent)
            _put(self._file(key).with_suffix(".json"), json.dumps(told).encode())
            _put(self._file(key), pdf)
        except OSError as error:
            reason = f"the letter could not be put into the tray ({error.strerror})"
            raise TryLater(reason, may_have_acted=self._there(key) is not None) from None
        return Receipt(id=self._file(key).name)

    def found(self, key: str, since: datetime, *, to: Sequence[str] = ()) -> Receipt | Lookup:
        """The file is there, and will be after a power cut, or it is not: it takes its name only when it is whole.

        Raises TryLater while the tray cannot be read.
        """
        del since, to
        try:
            if (kept := self._there(key)) is None:
                return Lookup.NOT_THERE
            _sync(kept)
            _sync(kept.parent)
        except OSError as error:
            raise TryLater(f"the tray of letters cannot be read ({error.strerror})") from None
        return Receipt(id=kept.name)

    def letters(self, *, posted: bool = False) -> list[InTray]:
        """What waits to be printed, or what was posted; oldest first."""
        folder = self.tray / POSTED if posted else self.tray
        found = [self._listed(file, posted=posted) for file in folder.glob("*.pdf")] if folder.is_dir() else []
        return sorted(found, key=lambda one: (one.made_on, one.key))

    def mark_posted(self, key: str) -> None:
        """Somebody has posted it: it leaves the list and stays as proof. Raises NotThere."""
        if self._file(key) not in self.tray.glob("*.pdf"):
            raise NotThere(f"there is no letter {key!r} in the tray; see `duewell letters`")
        (self.tray / POSTED).mkdir(exist_ok=True, mode=0o700)
        for file in (self._file(key).with_suffix(".json"), self._file(key)):
            if file.exists():
                file.rename(self.tray / POSTED / file.name)
        for folder in (self.tray / POSTED, self.tray):  # back in the tray, it would be posted twice
            _sync(folder)

    def _file(self, key: str) -> Path:
        if not key.isalnum():
            raise Refused("the key of a letter may hold letters and digits only")
        return self.tray / f"{key}.pdf"

    def _there(self, key: str) -> Path | None:
        file = self._file(key)
        return next((one for one in (file, self.tray / POSTED / file.name) if one.exists()), None)

    def _listed(self, file: Path, *, posted: bool) -> InTray:
        beside = file.with_suffix(".json")
        told = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
        made_on = date.fromisoformat(told["made_on"]) if told else date.min
        return InTray(file.stem, told.get("to", ""), told.get("subject", ""), made_on, file, posted)


def _put(file: Path, content: bytes) -> None:
    """Durable, and never half there: written beside, then given its name. What a dead worker left is written over."""
    beside = file.with_name(f".{file.name}.new")
    try:
        with beside.open("wb") as made:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())
        beside.replace(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    _sync(file.parent)


def _sync(path: Path) -> None:
    """Make a file's content, or a folder's names, outlive a power cut."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def printed(parcel: Parcel, head: Letterhead, *, key: str) -> bytes:
    """The letter as PDF. Raises WrongAddress when there is nowhere to post it to."""
    import typst

    data = {
        "paper": "us-letter" if head.country in US_LETTER else "a4",
        "window": head.window,
        "sender": [one_line(line) for line in head.lines],
        "to": address_lines(parcel.name, parcel.postal, head.country),
        "date": _date_words(parcel),
        "subject": one_line(parcel.subject),
        "paragraphs": [part.splitlines() for part in parcel.text.strip().split("\n\n") if part.strip()],
        "language": parcel.language[:2] or "en",
        "mark": key,
    }
    told = {"letter": json.dumps(data)}
    try:
        pdf = typst.compile(TEMPLATE, format="pdf", sys_inputs=told, ignore_system_fonts=True)
    except typst.TypstError as error:
        raise Refused(f"the letter cannot be printed ({error.message})") from None
    assert isinstance(pdf, bytes), "one document makes one file"
    return pdf


def address_lines(name: str, postal: Address, from_country: str) -> list[str]:
    """As it stands in the window: the country in English capitals, and only when it is another one than ours.

    Raises WrongAddress when street or town are missing.
    """
    if not can_be_posted(postal):
        raise WrongAddress("there is no postal address with a street and a town for this customer; add it in the books")
    lines = [one_line(line) for line in (name, *postal.lines)]
    town = _town(postal)
    country = "" if postal.country in ("", from_country) else _country_name(postal.country)
    whole = [line for line in lines if line][: LINES_MAX - 1 - bool(country)]
    return [*whole, *([town] if town else []), *([country] if country else [])]


def _town(postal: Address) -> str:
    city, region, postcode = (one_line(part) for part in (postal.city, postal.region, postal.postcode))
    if postal.country in POSTCODE_FIRST:
        return f"{postcode} {city}".strip()
    if postal.country in ("US", "CA", "AU"):
        return f"{city}, {region} {postcode}".strip(" ,") if region else f"{city} {postcode}".strip()
    return ", ".join(part for part in (city, postcode) if part)


def _country_name(code: str) -> str:
    return str(Locale("en").territories.get(code, code)).upper()


def _date_words(parcel: Parcel) -> str:
    if parcel.day_on is None:
        return ""
    for name in (f"{parcel.language[:2]}_{parcel.country}", parcel.language[:2], "en"):
        try:
            return str(format_date(parcel.day_on, format="long", locale=Locale.parse(name)))
        except (UnknownLocaleError, ValueError):
            continue
    return parcel.day_on.isoformat()


def _day_of(parcel: Parcel, now: datetime) -> date:
    return parcel.day_on or now.date()
