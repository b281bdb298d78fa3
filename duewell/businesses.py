"""Businesses and their connections as everything here looks them up, and the time of day it is where they are."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from duewell.wiring import House
from receivables.records import Company
from storage import connections
from storage.businesses import Business, businesses
from storage.businesses import business as business_of
from storage.connections import Connected
from storage.errors import StorageError


def all_businesses(house: House) -> list[Business]:
    """Every business here."""
    with house.database.read() as tx:
        return businesses(tx)


def the_business(house: House, business: str) -> Business:
    """The business. Raises StorageError for a stranger."""
    with house.database.read() as tx:
        found = business_of(tx, business)
    if found is None:
        raise StorageError(f"there is no business {business!r}")
    return found


def living(house: House, business: str) -> list[Connected]:
    """The business's connections that have not ended."""
    with house.database.read() as tx:
        return connections.connections(tx, business)


def resting(house: House, connected: Connected) -> bool:
    """Is it to be left alone for now, because the platform asked or because it has been in trouble for a while?"""
    return connected.resting(house.clock.now())


def zone_of(house: House, business: Business) -> ZoneInfo:
    """The business's own time zone: as set, else its first company's, else UTC."""
    return zone_among(business, [one.company for one in living(house, business.id) if one.company])


def zone_among(business: Business, companies: Iterable[Company]) -> ZoneInfo:
    """The same, when its companies are known."""
    zones = [company.time_zone for company in companies if company.time_zone]
    name = str(business.settings.get("time_zone") or (zones[0] if zones else "UTC"))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
