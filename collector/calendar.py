"""Local days: when a customer may be written to, by the customer's own time zone and holidays where known."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from receivables.case import Case


@cache
def _zones_by_country() -> Mapping[str, list[str]]:
    zones: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        if "/" in zone:
            zones.setdefault(country, []).append(zone)
    return zones


@cache
def only_zone(country: str) -> str:
    """The country's time zone when all its zones keep the same time; empty when it has several or is unknown."""
    offsets: dict[tuple[timedelta | None, ...], str] = {}
    for zone in sorted(_zones_by_country().get(country, [])):
        try:
            info = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            continue
        probe = tuple(datetime(2026, month, 1, tzinfo=UTC).astimezone(info).utcoffset() for month in (1, 7))
        offsets.setdefault(probe, zone)
    return next(iter(offsets.values())) if len(offsets) == 1 else ""


def zone_of(case: Case) -> ZoneInfo:
    """The customer's zone if their country has just one, else the company's, else UTC."""
    return zone_named(only_zone(case.head.address.country) or case.company.time_zone or "UTC")


def zone_named(name: str) -> ZoneInfo:
    """The zone; UTC where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def country_of(case: Case) -> str:
    """Whose holidays count: the customer's country, else the company's."""
    return case.head.address.country or case.company.country


@cache
def _holidays(country: str, year: int) -> Mapping[date, str]:
    import holidays  # only who plans pays for it

    if country not in holidays.list_supported_countries():
        return {}
    return dict(holidays.country_holidays(country, years=year))


@cache
def known_countries() -> tuple[str, ...]:
    """The countries (ISO 3166 alpha-2) whose holidays are known."""
    import holidays  # only who plans pays for it

    return tuple(sorted(code for code in holidays.list_supported_countries() if len(code) == 2))


def is_business_day(day: date, country: str) -> bool:
    """Monday to Friday and no national holiday of the country, as far as it is known."""
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def next_business_day(day: date, country: str) -> date:
    """The first business day after `day`."""
    day += timedelta(days=1)
    while not is_business_day(day, country):
        day += timedelta(days=1)
    return day
