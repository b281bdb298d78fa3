"""Where a customer may be: countries, the part of a country, the city, and every plausible time zone. Pure."""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from receivables.records import Address, Company, Customer

REGIONS = Path(__file__).parent / "regions.toml"
NEW_YORK_CITY = ("100", "101", "102", "103", "104", "111", "112", "113", "114", "116")
"""How the postcodes of its five boroughs begin; those that Queens shares with its neighbours are left out."""
PROBED_FROM, PROBED_WEEKS = datetime(2026, 1, 1, 12, tzinfo=UTC), 104


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Everything plausible, as `Facts` wants it: ISO 3166 countries and subdivisions, a plain city, IANA zones."""

    countries: tuple[str, ...]
    subdivisions: tuple[str, ...]
    city: str
    zones: tuple[str, ...]


def whereabouts(customer: Customer, company: Company) -> Whereabouts:
    """From the postal address and the telephone numbers; where they say nothing, where the company is.

    The address's zones and the number's own zones are both plausible.
    """
    return where(customer.address, customer.phones, company.country, company.time_zone)


def where(address: Address, phones: tuple[str, ...], country: str, time_zone: str) -> Whereabouts:
    """The same from its parts; `country` and `time_zone` are the company's, either may be empty."""
    home = address.country or country
    called = [_called(number, home) for number in phones if number]
    countries = tuple(dict.fromkeys(one for one in (home, *(place for place, _ in called)) if one))
    part = subdivision(home, address.region)
    zones = [*(zones_of(home, part) if address.country else ()), *(zone for _, zones in called for zone in zones)]
    return Whereabouts(
        countries=countries,
        subdivisions=(f"{home}-{part}",) if part else (),
        city=_city(home, part, address),
        zones=distinct(tuple(zones)) or _company_zone(time_zone),
    )


def plain(text: str) -> str:
    """As names of cities and regions are compared: small letters, no accents, no full stops, single blanks."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).replace(".", "").split())


def subdivision(country: str, region: str) -> str:
    """The code of a part of a country by its code or its name: MA for Massachusetts; empty when it is not known."""
    return _codes(country).get(plain(region), "")


@cache
def zones_of(country: str, part: str) -> tuple[str, ...]:
    """Every zone of a country, or of a part of it that is known."""
    parts = _regions().get(country, {})
    if part in parts:
        return distinct(tuple(parts[part][1:]))
    if parts:
        return distinct(tuple(zone for row in parts.values() for zone in row[1:]))
    return distinct(tuple(_zones_by_country().get(country, ())))


@lru_cache(maxsize=4096)
def distinct(zones: tuple[str, ...]) -> tuple[str, ...]:
    """One zone for each clock that differs from the others at some time; unknown names are dropped."""
    clocks: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        clocks.setdefault(_clock(zone), zone)
    clocks.pop((), None)
    return tuple(clocks.values())


@cache
def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """How far the clock is from UTC, every week of two years; nothing for a name that is no zone."""
    try:
        own = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ()
    return tuple((PROBED_FROM + timedelta(weeks=week)).astimezone(own).utcoffset() for week in range(PROBED_WEEKS))


@cache
def _regions() -> Mapping[str, Mapping[str, list[str]]]:
    return tomllib.loads(REGIONS.read_text(encoding="utf-8"))


@cache
def _codes(country: str) -> Mapping[str, str]:
    parts = _regions().get(country, {})
    named = {plain(row[0]): code for code, row in parts.items()}
    short = {plain(code): code for code in parts}
    return named | short | {f"{country.lower()}-{word}": code for word, code in short.items()}


@cache
def _zones_by_country() -> Mapping[str, list[str]]:
    zones: dict[str, list[str]] = {}
    known = get_global("zone_territories")
    for zone in sorted(known, key=lambda one: (_far_off(one), one)):
        if "/" in zone:
            zones.setdefault(known[zone], []).append(zone)
    return zones


def _far_off(zone: str) -> bool:
    """Islands and enclaves come last, so that a clock is named after Madrid and not after Ceuta."""
    return zone.startswith(("Africa/", "Atlantic/", "Indian/", "Arctic/", "Antarctica/"))


def _city(country: str, part: str, address: Address) -> str:
    if (country, part) == ("US", "NY") and address.postcode.strip().startswith(NEW_YORK_CITY):
        return "new york"
    return plain(address.city)


def _company_zone(name: str) -> tuple[str, ...]:
    return distinct((name,) if name else ()) or ("UTC",)


@lru_cache(maxsize=65536)
def _called(number: str, country: str) -> tuple[str, tuple[str, ...]]:
    """The country and the zones of a telephone number; nothing for one that cannot be read."""
    import phonenumbers  # only who plans pays for it
    from phonenumbers import timezone

    try:
        read = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return "", ()
    if not phonenumbers.is_possible_number(read):
        return "", ()
    return phonenumbers.region_code_for_number(read) or "", _known(timezone.time_zones_for_number(read))


def _known(zones: Iterable[str]) -> tuple[str, ...]:
    return distinct(tuple(zone for zone in zones if "/" in zone and not zone.startswith("Etc/")))
