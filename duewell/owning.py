"""The owner and the businesses: who may sign in first, for whom messages go out, and who operates."""

from collections.abc import Mapping
from typing import Any

from duewell.access import Role
from duewell.businesses import all_businesses
from duewell.people import OWNER_LOGIN, hashed_password
from duewell.wiring import House
from integrations.errors import Refused
from storage import people as kept
from storage.businesses import Business, add_business, businesses
from storage.database import Tx

OPERATORS = {"business": "the business itself", "bookkeeper": "its bookkeeper", "agency": "an agency"}
"""Who writes to the customers. Rules treat an agency as a third party."""


def owner_login(house: House, business: str, email: str) -> str:
    """Whom `init` is about: as said, else the first owner, else the only one there could be. Raises Refused."""
    with house.database.read() as tx:
        here = kept.people(tx)
        if email or not here or any(one.email == OWNER_LOGIN for one in here):
            return email or OWNER_LOGIN
        ids = [one.id for one in businesses(tx) if one.name == business]
        owners = [one.person for id in ids for one in kept.members(tx, id) if one.role == Role.OWNER]
    for likely in (owners, here):
        if len(likely) == 1:
            return likely[0].email
    raise Refused("several people sign in here; say whose password it is with --email")


def set_owner_password(house: House, password: str, *, email: str = OWNER_LOGIN, name: str = "") -> str:
    """Set or change it; only its argon2 hash is kept. The person's id. The very first one owns what is there."""
    hashed = hashed_password(password)
    with house.database.write() as tx:
        first = kept.people_count(tx) == 0
        id = _login(tx, house, email, name=name, hashed=hashed)
        for known in businesses(tx) if first else []:
            kept.give(tx, known.id, id, Role.OWNER.value)
    return id


def _login(tx: Tx, house: House, email: str, *, name: str, hashed: str) -> str:
    known = kept.person_by_email(tx, email)
    if known is None:
        fresh = name or ("Owner" if email == OWNER_LOGIN else email.partition("@")[0])
        added = kept.add_person(tx, email, name=fresh, password_hash=hashed, now=house.clock.now())
        assert added is not None, "looked for in this transaction"
        return added
    kept.come_back(tx, known.id, name=name or known.name, password_hash=hashed)
    return known.id


def name_first_owner(house: House, business: str, email: str) -> None:
    """Who has signed in as “owner” so far does so by e-mail from now on, if it is that business's owner."""
    with house.database.write() as tx:
        first = kept.person_by_email(tx, OWNER_LOGIN)
        if first is None or kept.person_by_email(tx, email) is not None:
            return
        owned = kept.roles(tx, first.id)
        if any(one.name == business and owned.get(one.id) == Role.OWNER for one in businesses(tx)):
            kept.rename(tx, first.id, email=email)


def begin_business(
    house: House, name: str, *, sender_name: str = "", time_zone: str = "", operator: str = "", owner: str = ""
) -> str:
    """A new business in draft, or the one that has this name already; its id. `owner` is a person's id."""
    known = next((one.id for one in all_businesses(house) if one.name == name), "")
    told = {"sender_name": sender_name, "time_zone": time_zone, "in_name_of": sender_name or name}
    settings = {key: value for key, value in told.items() if value} | {"operator": operator or "business"}
    with house.database.write() as tx:
        business = known or add_business(tx, name, now=house.clock.now(), settings=settings)
        if not owner and not known and (first := kept.person_by_email(tx, OWNER_LOGIN)):
            owner = first.id
        if owner:
            kept.give(tx, business, owner, Role.OWNER.value)
    return business


def operator_of(settings: Mapping[str, Any]) -> str:
    """Who operates, by the business's settings: business, bookkeeper or agency."""
    said = str(settings.get("operator", ""))
    return said if said in OPERATORS else "business"


def in_name_of(business: Business) -> str:
    """In whose name messages go, for people."""
    return str(business.settings.get("in_name_of") or business.settings.get("sender_name") or business.name)
