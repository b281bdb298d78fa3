"""On which day a customer's monthly statement goes: a day of the month, or the next business day after it. Pure."""

from calendar import monthrange
from datetime import date, timedelta

from collector.calendar import next_business_day

A_DAY = timedelta(days=1)


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


def _falls_on(day_of_month: int, first: date, country: str) -> date:
    last = monthrange(first.year, first.month)[1]
    return next_business_day(first.replace(day=min(day_of_month, last)) - A_DAY, country)
