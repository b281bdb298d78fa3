"""The months of a policy's calendar, as grids of weeks."""

from calendar import Calendar as Weeks
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from collector.policies.calendar import Entry


@dataclass(frozen=True, slots=True)
class Square:
    """One day of a month. `kind` is empty, issued, due or step; `entries` number what happens, from 1."""

    on: date
    kind: str = ""
    entries: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Month:
    """Weeks from Monday to Sunday; None stands where a day is of another month."""

    first_on: date
    weeks: tuple[tuple[Square | None, ...], ...]


def months(entries: Sequence[Entry]) -> tuple[Month, ...]:
    """Every month in which something happens, and none between that is empty left out of sight."""
    if not entries:
        return ()
    by_day: dict[date, list[int]] = {}
    for number, entry in enumerate(entries, 1):
        by_day.setdefault(entry.on, []).append(number)
    kinds = {entry.on: _kind(entry, at == 0) for at, entry in reversed(list(enumerate(entries)))}
    marked = {day: Square(day, kinds[day], tuple(numbers)) for day, numbers in by_day.items()}
    shown = sorted({day.replace(day=1) for day in by_day})
    return tuple(_month(first, marked) for first in shown)


def _kind(entry: Entry, first: bool) -> str:
    return "step" if entry.step else "issued" if first else "due"


def _month(first: date, marked: dict[date, Square]) -> Month:
    weeks = Weeks().monthdatescalendar(first.year, first.month)
    return Month(
        first,
        tuple(
            tuple(marked.get(day, Square(day)) if day.month == first.month else None for day in week) for week in weeks
        ),
    )
