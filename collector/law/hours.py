"""Hours that rules allow: is now inside all of them in every plausible zone, and when is the next moment that is?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector.law.rule import Hours, Rule

LOOKED_AHEAD_DAYS = 31


@dataclass(frozen=True, eq=False, slots=True)
class Window:
    """A rule's hours, and the places whose public holidays count: country and subdivision, which may be empty."""

    rule: Rule
    hours: Hours
    places: tuple[tuple[str, str], ...] = ()

    def open(self, local: datetime) -> bool:
        """Is contact fine at this local time?"""
        opens, closes = self.hours.days[local.weekday()]
        if not opens <= local.hour * 60 + local.minute < closes:
            return False
        return self.hours.holidays or not self.on_holiday(local.date())

    def on_holiday(self, day: date) -> bool:
        """Is it a public holiday in one of its places?"""
        return any(day in public_holidays(*place, day.year) for place in self.places)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ValueError with a sentence for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; use a name like Europe/Berlin or America/New_York") from None


@cache
def public_holidays(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """The public holidays of a country or one of its parts ("ON"); none where the calendar is not known."""
    import holidays  # only who plans pays for it

    known = holidays.list_supported_countries()
    if country not in known:
        return {}
    part = subdivision if subdivision in known[country] else None
    return dict(holidays.country_holidays(country, subdiv=part, years=year))


@lru_cache(maxsize=4096)
def local_times(zones: tuple[str, ...], at: datetime) -> tuple[datetime, ...]:
    """The instant on the clock of every zone."""
    return tuple(at.astimezone(zone(name)) for name in zones)


@lru_cache(maxsize=8192)
def open_at(window: Window, zones: tuple[str, ...], at: datetime) -> bool:
    """Is it open in every zone? A plan asks this of every customer for the same moment."""
    return all(window.open(local) for local in local_times(zones, at))


def all_open(windows: Iterable[Window], locals: Sequence[datetime]) -> bool:
    """Is every window open on every clock?"""
    return all(window.open(local) for window in windows for local in locals)


@lru_cache(maxsize=4096)
def next_open(windows: tuple[Window, ...], zones: tuple[str, ...], at: datetime) -> datetime | None:
    """The first instant from `at` on that lies in all windows, in every zone; None when the next month has none.

    Such a stretch begins where one of the windows opens, so only those moments are tried.
    """
    if all_open(windows, local_times(zones, at)):
        return at
    moments = sorted({moment for name in zones for moment in _openings(windows, name, at)})
    return next((one for one in moments if all_open(windows, _on_clocks(zones, one))), None)


def _on_clocks(zones: tuple[str, ...], at: datetime) -> tuple[datetime, ...]:
    return tuple(at.astimezone(zone(name)) for name in zones)


def _openings(windows: Iterable[Window], name: str, at: datetime) -> Iterable[datetime]:
    """When any of the windows opens in a zone, after `at`."""
    first = at.astimezone(zone(name)).date()
    for ahead in range(LOOKED_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        for window in windows:
            moment = start_of(day, name, window.hours.days[day.weekday()][0])
            if moment > at:
                yield moment


def start_of(day: date, name: str, minute: int = 0) -> datetime:
    """The instant, in UTC, when a zone's clock shows that minute of the day; if it is skipped, as much later."""
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone(name))
    return local.astimezone(UTC)
