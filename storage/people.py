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
    """How many logins there are."""
    return int(tx.execute(select(func.count()).select_from(tables.person)).scalar_one())


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


def _same(email: str) -> str:
    return email.strip().casefold()


def _person(row: AnyRow) -> Person:
    return Person(row.id, row.name, row.email, row.password_hash, row.created_at, row.left_at)
