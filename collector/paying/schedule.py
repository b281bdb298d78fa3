"""Lays a sum out over days: equal parts, or a first payment and equal parts, exact to the cent. Pure."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice

from receivables.money import Money
from receivables.plans import Part
from receivables.records import Word


class Rhythm(Word):
    """How far apart the parts are."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    OTHER = "other"


DAYS = {Rhythm.WEEKLY: 7, Rhythm.FORTNIGHTLY: 14}


def equal_parts(
    total: Money, parts: int, *, first_on: date, rhythm: Rhythm, first: Money | None = None
) -> tuple[Part, ...]:
    """`parts` parts from `first_on` on that add up to `total` exactly; the first may be a sum of its own.

    Raises ValueError for no part at all, and for a first payment that leaves nothing for the others.
    """
    if parts < 1:
        raise ValueError("a plan has at least one part")
    if first is None:
        amounts = total.allocate([1] * parts)
    elif parts < 2 or not Money.zero(total.currency) < first < total:
        raise ValueError(f"a first payment of {first} leaves nothing to spread of {total}")
    else:
        amounts = [first, *(total - first).allocate([1] * (parts - 1))]
    return tuple(
        Part(number, day, amount)
        for number, (day, amount) in enumerate(zip(_days(first_on, rhythm), amounts, strict=False), start=1)
    )


def _days(first_on: date, rhythm: Rhythm) -> Iterator[date]:
    if rhythm is Rhythm.MONTHLY:
        return _months(first_on)
    return (first_on + timedelta(days=DAYS[rhythm] * at) for at in count())


def _months(first_on: date) -> Iterator[date]:
    """The same day of each month, or the month's last where it is shorter."""
    for at in count():
        year, month = divmod(first_on.year * 12 + first_on.month - 1 + at, 12)
        yield date(year, month + 1, min(first_on.day, monthrange(year, month + 1)[1]))


def months_after(day: date, months: int) -> date:
    """So many months later, on the same day of the month or the last before it."""
    return next(islice(_months(day), months, None))
