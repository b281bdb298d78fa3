"""The owner and the businesses: who may sign in, and for whom messages go out."""

from argon2 import PasswordHasher

from duewell.desk import OWNER
from duewell.jobs import all_businesses
from duewell.wiring import House
from storage.businesses import add_business, businesses, set_automatic
from storage.people import add_person, give, person_by_email, set_password


def set_owner_password(house: House, password: str) -> None:
    """Set or change it; only its argon2 hash is kept."""
    hashed = PasswordHasher().hash(password)
    with house.database.write() as tx:
        known = person_by_email(tx, OWNER)
        if known is None:
            added = add_person(tx, OWNER, name="Owner", password_hash=hashed, now=house.clock.now())
            for known_business in businesses(tx) if added else []:
                give(tx, known_business.id, str(added), "owner")
        else:
            set_password(tx, known.id, hashed)


def begin_business(house: House, name: str, *, sender_name: str = "", time_zone: str = "") -> str:
    """A new business in draft, or the one that has this name already; its id."""
    for known in all_businesses(house):
        if known.name == name:
            return known.id
    settings = {key: value for key, value in {"sender_name": sender_name, "time_zone": time_zone}.items() if value}
    with house.database.write() as tx:
        business = add_business(tx, name, now=house.clock.now(), settings=settings)
        if owner := person_by_email(tx, OWNER):
            give(tx, business, owner.id, "owner")
    return business


def choose_automatic(house: House, business: str, *, automatic: bool) -> None:
    """Let ordinary messages go by themselves, or have a person send each day's plan."""
    with house.database.write() as tx:
        set_automatic(tx, business, automatic)
