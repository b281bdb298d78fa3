"""On which day a customer's monthly statement goes: a day of the month, or the next business day after it. Pure."""

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache

from collector.calendar import known_countries, next_business_day

A_DAY = timedelta(days=1)
CATCH_UP_DAYS = 7
"""So long after its day a monthly statement still goes, where something stood against it before."""
CLOSED_DAYS = 14
"""Nowhere is it no business day for so long."""
EAST, WEST = timedelta(hours=14), timedelta(hours=12)
"""How far local clocks are before and behind UTC."""


def statement_day(day_of_month: int, on: date, country: str) -> date:
    """The last statement day up to and with `on`. A month that is too short has it on its last day.

    `country` (ISO 3166 alpha-2) says whose holidays count.
    """
    first = on.replace(day=1)
    found = _falls_on(day_of_month, first, country)
    while found > on:
        first = (first - A_DAY).replace(day=1)
        found = _falls_on(day_of_month, first, country)
    return found


def begun(day_of_month: int, now: datetime) -> date | None:
    """The day since which statements of a month go, while one may be due anywhere in the world at `now` (aware).

    Since then, whoever got a statement got this month's: it goes on business days only.
    """
    earliest, latest = (now - WEST).date(), (now + EAST).date()
    first = latest.replace(day=1)
    named = _named(day_of_month, first)
    if named > latest:
        first = (first - A_DAY).replace(day=1)
        named = _named(day_of_month, first)
    passed = (earliest - named).days - CATCH_UP_DAYS
    if passed < 0:
        return named
    return named if passed < CLOSED_DAYS and earliest < _last_of_all(day_of_month, first) else None


@cache
def _last_of_all(day_of_month: int, first: date) -> date:
    """When it is too late for the month's statement in every country."""
    return max(_falls_on(day_of_month, first, one) for one in known_countries()) + timedelta(days=CATCH_UP_DAYS)


def _falls_on(day_of_month: int, first: date, country: str) -> date:
    return next_business_day(_named(day_of_month, first) - A_DAY, country)


def _named(day_of_month: int, first: date) -> date:
    return first.replace(day=min(day_of_month, monthrange(first.year, first.month)[1]))
