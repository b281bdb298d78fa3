"""Who may sign in, what they are at which business, and that no business is left without an owner."""

import re
from collections.abc import Mapping

import structlog
from argon2 import PasswordHasher

from duewell.access import Member, Person, Role
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from storage import people as kept
from storage.businesses import business as business_of
from storage.database import Tx

HASHER = PasswordHasher()
log = structlog.get_logger(__name__)

OWNER_LOGIN = "owner"
"""What the first owner signs in with until an e-mail address was given."""
PASSWORD_LENGTH_MIN = 12
NAME_LENGTH_MAX = 100
EMAIL_LENGTH_MAX = 254
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def who_is(house: House, person: str) -> Person | None:
    """By id, with every role; None for somebody who has left or never was."""
    with house.database.read() as tx:
        return _person(tx, kept.person(tx, person))


def who_signs_in(house: House, email: str) -> Person | None:
    """By e-mail address."""
    with house.database.read() as tx:
        return _person(tx, kept.person_by_email(tx, email))


def anybody(house: House) -> bool:
    """Has `duewell init` set a password yet?"""
    with house.database.read() as tx:
        return kept.people_count(tx) > 0


def everybody(house: House) -> tuple[Person, ...]:
    """Everybody who may sign in, by name, with every role."""
    with house.database.read() as tx:
        return tuple(found for one in kept.people(tx) if (found := _person(tx, one)))


def members(house: House, business: str) -> tuple[Member, ...]:
    """Who has a role at this business, by name."""
    with house.database.read() as tx:
        known = kept.members(tx, business)
    return tuple(Member(one.person.id, one.person.name, one.person.email, Role(one.role)) for one in known)


def add(house: House, business: str, email: str, *, name: str, role: Role, password: str) -> bool:
    """Give somebody a role at a business; True when a login was made for it.

    Who signs in here for another business already keeps name and password: an owner here must not be able to come in
    as somebody there. Raises Refused.
    """
    address = checked_email(email)
    with house.database.read() as tx:
        known = _person(tx, kept.person_by_email(tx, address))
    hashed = "" if known else hashed_password(password)
    called = "" if known else checked_name(name)
    with house.database.write() as tx:
        kept.one_at_a_time(tx, business)
        id = _known(tx, known.id).id if known else _fresh(tx, house, address, name=called, hashed=hashed)
        if business in kept.roles(tx, id):
            raise Refused(f"{address} has a role at {_name(tx, business)} already; change it in the list instead.")
        kept.give(tx, business, id, role.value)
    log.info("role given", business=business, person=id, role=role.value)
    return known is None


def _fresh(tx: Tx, house: House, email: str, *, name: str, hashed: str) -> str:
    """A login of their own; who had left comes back under it, with a new password."""
    left = kept.person_by_email(tx, email)
    if left is None:
        added = kept.add_person(tx, email, name=name, password_hash=hashed, now=house.clock.now())
        assert added is not None, "looked for in this transaction"
        return added
    if left.left_at is None:
        raise Refused(f"{email} was given a login this very moment; please try again.")
    kept.come_back(tx, left.id, name=name, password_hash=hashed)
    return left.id


def give(house: House, business: str, person: str, role: Role) -> None:
    """Another role for somebody, or their first here. Raises NotThere, or Refused for the last owner."""
    with house.database.write() as tx:
        kept.one_at_a_time(tx, business)
        found = _known(tx, person)
        if role is not Role.OWNER:
            _keep_an_owner(tx, business, found)
        kept.give(tx, business, person, role.value)
    log.info("role given", business=business, person=person, role=role.value)


def take(house: House, business: str, person: str) -> bool:
    """No longer a role here; True when that was their last, so that they can no longer sign in.

    Raises NotThere, or Refused for the last owner.
    """
    with house.database.write() as tx:
        kept.one_at_a_time(tx, business)
        found = _known(tx, person)
        if business not in kept.roles(tx, person):
            raise NotThere(f"{found.name} has no role at {_name(tx, business)}.")
        _keep_an_owner(tx, business, found)
        kept.take(tx, business, person)
        last = not kept.roles(tx, person)
        if last:
            kept.leave(tx, person, now=house.clock.now())
    log.info("role taken", business=business, person=person, left=last)
    return last


def remove(house: House, person: str) -> None:
    """No role anywhere and no way in. Raises NotThere, or Refused when some business would lose its last owner."""
    with house.database.write() as tx:
        found = _known(tx, person)
        for business in sorted(kept.roles(tx, person)):
            kept.one_at_a_time(tx, business)
            _keep_an_owner(tx, business, found)
        kept.leave(tx, person, now=house.clock.now())
    log.info("person removed", person=person)


def change_password(house: House, person: str, password: str) -> None:
    """Another password; whoever is signed in with the old one is out at once. Raises NotThere or Refused."""
    hashed = hashed_password(password)
    with house.database.write() as tx:
        kept.set_password(tx, _known(tx, person).id, hashed)


def hashed_password(password: str) -> str:
    """Its argon2 hash, which is all that is kept. Raises Refused for one that is too short."""
    return HASHER.hash(checked_password(password))


def checked_password(password: str) -> str:
    """The password itself. Raises Refused for one that is too short."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise Refused(f"the password needs at least {PASSWORD_LENGTH_MIN} characters")
    return password


def checked_email(email: str) -> str:
    """The address as it is kept. Raises Refused."""
    address = email.strip()
    if len(address) > EMAIL_LENGTH_MAX or not address.isprintable() or not EMAIL.fullmatch(address):
        raise Refused(f"“{address[:60]}” is not an e-mail address; write it like ann@example.com")
    return address


def checked_name(name: str) -> str:
    """The name as it is kept and shown beside what they do. Raises Refused."""
    called = " ".join(name.split())
    if not called or len(called) > NAME_LENGTH_MAX or not called.isprintable():
        raise Refused(f"a name of 1 to {NAME_LENGTH_MAX} characters is needed: it stands beside everything they do")
    return called


def checked_role(role: str) -> Role:
    """One of the three. Raises Refused."""
    if role not in set(Role):
        raise Refused(f"there is no role “{role[:60]}”; a person is a viewer, a bookkeeper or an owner")
    return Role(role)


def _keep_an_owner(tx: Tx, business: str, person: kept.Person) -> None:
    owners = [one.person.id for one in kept.members(tx, business) if one.role == Role.OWNER]
    if owners == [person.id]:
        raise Refused(f"{person.name} is the only owner of {_name(tx, business)}; make somebody else an owner first.")


def _known(tx: Tx, person: str) -> kept.Person:
    found = kept.person(tx, person)
    if found is None or found.left_at is not None:
        raise NotThere("There is no such person here.")
    return found


def _person(tx: Tx, found: kept.Person | None) -> Person | None:
    if found is None or found.left_at is not None:
        return None
    return Person(found.id, found.name, found.email, found.password_hash, _roles(kept.roles(tx, found.id)))


def _roles(told: Mapping[str, str]) -> dict[str, Role]:
    """A role that a newer version knows and this one does not opens nothing."""
    return {business: Role(role) for business, role in told.items() if role in set(Role)}


def _name(tx: Tx, business: str) -> str:
    found = business_of(tx, business)
    return found.name if found else business
