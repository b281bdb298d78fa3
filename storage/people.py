"""Who signs in, and what they may do for which business."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select, update

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into, overwrite
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login. Who has left keeps their name in what they did."""

    id: str
    name: str
    email: str
    password_hash: str = field(repr=False)
    created_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with a role at a business."""

    business: str
    person: Person
    role: str


def add_person(tx: Tx, email: str, *, name: str, password_hash: str, now: datetime) -> str | None:
    """A new login; its id, or None when the address has one. Addresses are compared without case."""
    row = {
        "id": new_id(),
        "name": name,
        "email": _same(email),
        "password_hash": password_hash,
        "created_at": now,
    }
    statement = insert_into(tx, tables.person).values(row).on_conflict_do_nothing()
    added: str | None = tx.execute(statement.returning(tables.person.c.id)).scalar()
    return added


def person_by_email(tx: Tx, email: str) -> Person | None:
    """Who signs in with this address."""
    row = tx.execute(select(tables.person).where(tables.person.c.email == _same(email))).one_or_none()
    return None if row is None else _person(row)


def person(tx: Tx, person: str) -> Person | None:
    """By id."""
    row = tx.execute(select(tables.person).where(tables.person.c.id == person)).one_or_none()
    return None if row is None else _person(row)


def people_count(tx: Tx) -> int:
    """How many logins there are, without those who have left."""
    here = select(func.count()).select_from(tables.person).where(tables.person.c.left_at.is_(None))
    return int(tx.execute(here).scalar_one())


def people(tx: Tx) -> list[Person]:
    """Everybody who may sign in, by name."""
    who = tables.person
    wanted = select(who).where(who.c.left_at.is_(None)).order_by(who.c.name, who.c.email)
    return [_person(row) for row in tx.execute(wanted)]


def roles(tx: Tx, person: str) -> dict[str, str]:
    """The person's role at each business they were given."""
    table = tables.membership
    wanted = select(table.c.business_id, table.c.role).where(table.c.person_id == person)
    return {row.business_id: row.role for row in tx.execute(wanted)}


def members(tx: Tx, business: str) -> list[Member]:
    """Who has a role at this business, by name."""
    table, who = tables.membership, tables.person
    joined = select(table.c.role, who).join(who, who.c.id == table.c.person_id)
    wanted = joined.where(table.c.business_id == business).order_by(who.c.name, who.c.email)
    return [Member(business, _person(row), row.role) for row in tx.execute(wanted)]


def one_at_a_time(tx: Tx, business: str) -> None:
    """Until `tx` ends nobody else changes who has a role here: two last owners cannot let go of each other at once."""
    mine = select(tables.business.c.id).where(tables.business.c.id == business)
    tx.execute(mine.with_for_update())


def set_password(tx: Tx, person: str, password_hash: str) -> bool:
    """Another password; False for an unknown id."""
    changed = update(tables.person).where(tables.person.c.id == person).values(password_hash=password_hash)
    return tx.execute(changed).rowcount > 0


def give(tx: Tx, business: str, person: str, role: str) -> None:
    """The person's role at this business, instead of any they had."""
    row = {"business_id": business, "person_id": person, "role": role}
    tx.execute(overwrite(insert_into(tx, tables.membership).values(row), tables.membership))


def take(tx: Tx, business: str, person: str) -> bool:
    """No longer a role at this business; False when there was none."""
    table = tables.membership
    gone = delete(table).where(table.c.business_id == business, table.c.person_id == person)
    return tx.execute(gone).rowcount > 0


def rename(tx: Tx, person: str, *, name: str = "", email: str = "") -> bool:
    """Another name, another address, or both; False when somebody else has the address."""
    values = {key: value for key, value in {"name": name, "email": _same(email)}.items() if value}
    taken = person_by_email(tx, email) if email else None
    if taken is not None and taken.id != person:
        return False
    if values:
        tx.execute(update(tables.person).where(tables.person.c.id == person).values(values))
    return True


def leave(tx: Tx, person: str, *, now: datetime) -> None:
    """No role anywhere and no way in any more; the name stays with what was done under it."""
    tx.execute(delete(tables.membership).where(tables.membership.c.person_id == person))
    tx.execute(update(tables.person).where(tables.person.c.id == person).values(left_at=now, password_hash=""))


def come_back(tx: Tx, person: str, *, name: str, password_hash: str) -> None:
    """Who had left signs in again."""
    values = {"name": name, "password_hash": password_hash, "left_at": None}
    tx.execute(update(tables.person).where(tables.person.c.id == person).values(values))


def _same(email: str) -> str:
    return email.strip().casefold()


def _person(row: AnyRow) -> Person:
    return Person(row.id, row.name, row.email, row.password_hash, row.created_at, row.left_at)
