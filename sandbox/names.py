"""Invented people, businesses and places for the sandbox. Numbers and domains are the ones reserved for fiction."""

import random
import re
from dataclasses import dataclass

FIRST = (
    "Ada Amir Bea Carlos Dana Elif Femi Grace Hugo Ines Jonas Kavya Liam Mara Nils Olga Priya Quinn Rosa Sam Tariq "
    "Uma Vera Wes Yara Zoe"
).split()
LAST = (
    "Abbott Brandt Castillo Dubois Eriksen Fraser Gallo Hussain Ito Jensen Kowalski Lindqvist Mbeki Novak Okafor "
    "Pereira Quist Reyes Sato Turner Ueda Varga Weaver Young Zeman"
).split()
THINGS = (
    "Maple Harbor Granite Willow Copper Juniper Falcon Meadow Lantern Orchard Summit Anchor Cobalt Birch Quarry "
    "Saffron Heron Prairie Beacon Thistle"
).split()
TRADES = (
    "Roofing,Dental,Landscaping,Bakery,Logistics,Studios,Plumbing,Fitness,Print Works,Architects,Foods,Catering,"
    "Electrical,Interiors,Media,Nursery,Cycles,Joinery,Optics,Textiles"
).split(",")


@dataclass(frozen=True, slots=True)
class Place:
    """A street, city, region and postcode."""

    street: str
    city: str
    region: str
    postcode: str


PLACES = {
    "US": (
        Place("Mission Street", "San Francisco", "CA", "94105"),
        Place("Congress Avenue", "Austin", "TX", "78701"),
        Place("Pearl Street", "Boulder", "CO", "80302"),
    ),
    "GB": (
        Place("Park Row", "Leeds", "", "LS1 5HD"),
        Place("Corn Street", "Bristol", "", "BS1 1HT"),
        Place("Deansgate", "Manchester", "", "M3 2BA"),
    ),
}


def trading_name(index: int) -> str:
    """The index-th business; unlike its neighbours for the first four hundred."""
    thing = THINGS[index % len(THINGS)]
    trade = TRADES[(index // len(THINGS) + index) % len(TRADES)]
    return f"{thing} {trade}"


def person(draw: random.Random) -> str:
    """A first and a last name."""
    return f"{draw.choice(FIRST)} {draw.choice(LAST)}"


def email_of(contact: str, business: str) -> str:
    """An address at a domain that can never exist."""
    domain = re.sub(r"[^a-z]+", "-", business.lower()).strip("-")
    return f"{contact.split()[0].lower()}@{domain}.example"


def phone(draw: random.Random, country: str) -> str:
    """A number from the ranges kept for fiction."""
    if country == "GB":
        return f"+44 20 7946 0{draw.randrange(100, 999)}"
    return f"+1 415 555 01{draw.randrange(0, 99):02d}"


def place(draw: random.Random, country: str) -> Place:
    """Somewhere in the country."""
    return draw.choice(PLACES.get(country, PLACES["US"]))
