"""Days and sums as people type them: 2026-12-01, friday, in 10 days; 1,250.00 or 1250 GBP. Pure."""

import re
from datetime import date, timedelta
from decimal import Decimal

from integrations.errors import Refused
from receivables.money import Money, TooPrecise, UnknownCurrency

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAMED = {"today": 0, "tomorrow": 1, "yesterday": -1}
AHEAD = re.compile(r"(?:in\s+|\+)?(\d{1,4})\s*(d|day|days|w|week|weeks)")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPELT = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\s+(\d{4})")
SUM = re.compile(r"(?:([A-Z]{3})\s*)?(\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?:\s*([A-Z]{3}))?")


def day(text: str, today: date) -> date:
    """The day that was typed; a weekday is the next one to come. Raises Refused."""
    typed = text.strip().casefold()
    found = _relative(typed, today) or _written(typed)
    if found is None:
        raise Refused(f"“{text.strip()[:40]}” is no day; write it like 2026-12-01, friday, or in 10 days.")
    return found


def _relative(typed: str, today: date) -> date | None:
    if typed in NAMED:
        return today + timedelta(days=NAMED[typed])
    for number, name in enumerate(WEEKDAYS):
        if typed.removeprefix("next ").removeprefix("on ") in (name, name[:3]):
            return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    ahead = AHEAD.fullmatch(typed)
    if ahead:
        return today + timedelta(days=int(ahead[1]) * (7 if ahead[2].startswith("w") else 1))
    return None


def _written(typed: str) -> date | None:
    spelt = SPELT.fullmatch(typed)
    try:
        if spelt and spelt[2][:3] in MONTHS:
            return date(int(spelt[3]), MONTHS.index(spelt[2][:3]) + 1, int(spelt[1]))
        return date.fromisoformat(typed) if re.fullmatch(r"\d{4}-\d\d-\d\d", typed) else None
    except ValueError:
        return None


def money(text: str, currency: str) -> Money:
    """The sum that was typed, in `currency` unless another one was named beside it. Raises Refused."""
    typed = SUM.fullmatch(text.strip().upper())
    if typed is None or (typed[1] and typed[3]):
        raise Refused(f"“{text.strip()[:40]}” is no sum; write it like 1250.00 or 1250.00 GBP, with a point.")
    named = typed[1] or typed[3] or currency
    if not named:
        raise Refused(f"In which currency is {text.strip()}? Write it like {text.strip()} GBP.")
    try:
        return Money.of(Decimal(re.sub(r"[, ]", "", typed[2])), named)
    except TooPrecise:
        raise Refused(f"{text.strip()} has more decimals than {named} has.") from None
    except UnknownCurrency:
        raise Refused(f"{named} is no currency; write its three letters, such as GBP.") from None
