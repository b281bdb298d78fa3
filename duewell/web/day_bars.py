"""The geometry of messages per day: one column a day, in whole units, so that no style is written into the page."""

from dataclasses import dataclass, replace
from datetime import date

from collector.replay.told import Report

STEP, BAR, TALL = 10, 7, 100


@dataclass(frozen=True, slots=True)
class Column:
    """One day: where it stands, how tall it is (nothing sent: 0), and what it says to a pointer."""

    x: int
    y: int
    width: int
    height: int
    day: date
    messages: int
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All columns, the room they take, the most messages of a day, and where the days begin that were not
    reconstructed (None: all of them are known)."""

    columns: tuple[Column, ...]
    width: int
    height: int
    most: int
    known_from: int | None


def chart(report: Report) -> Chart:
    """Every day of the report; with another policy two narrower columns a day."""
    days = (report.to_on - report.from_on).days + 1
    runs = [("run", dict(report.run.per_day))]
    runs += [("other", dict(report.other.per_day))] if report.other else []
    most = max((count for _, run in runs for count in run.values()), default=0)
    width = BAR // len(runs)
    columns = [
        _column(Column((day - report.from_on).days * STEP + side * width, TALL, width, 0, day, count, kind), most)
        for side, (kind, run) in enumerate(runs)
        for day, count in run.items()
    ]
    until = report.reconstructed_until
    known_from = None if until is None else ((until - report.from_on).days + 1) * STEP
    return Chart(tuple(columns), days * STEP, TALL, most, known_from)


def _column(flat: Column, most: int) -> Column:
    height = max(flat.messages * TALL // most, 2)
    return replace(flat, y=TALL - height, height=height)
