"""Who may sign in. Password hashes are made elsewhere; here they are only kept."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, update

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into
from storage.ids import new_id


@dataclass(frozen=True, slots=True)
class Owner:
    """A person with a login."""

    id: str
    name: str
    email: str
    password_hash: str = field(repr=False)
    created_at: datetime


def add_owner(tx: Tx, email: str, *, name: str, password_hash: str, now: datetime) -> str | None:
    """A new login; its id, or None when the address has one. Addresses are compared without case."""
    row = {
        "id": new_id(),
        "name": name,
        "email": _same(email),
        "password_hash": password_hash,
        "created_at": now,
    }
    statement = insert_into(tx, tables.owner).values(row).on_conflict_do_nothing()
    added: str | None = tx.execute(statement.returning(tables.owner.c.id)).scalar()
    return added


def owner_by_email(tx: Tx, email: str) -> Owner | None:
    """Who signs in with this address."""
    row = tx.execute(select(tables.owner).where(tables.owner.c.email == _same(email))).one_or_none()
    return None if row is None else _owner(row)


def owner(tx: Tx, owner: str) -> Owner | None:
    """By id."""
    row = tx.execute(select(tables.owner).where(tables.owner.c.id == owner)).one_or_none()
    return None if row is None else _owner(row)


def owners_count(tx: Tx) -> int:
    """How many logins there are."""
    return int(tx.execute(select(func.count()).select_from(tables.owner)).scalar_one())


def set_password(tx: Tx, owner: str, password_hash: str) -> bool:
    """Another password; False for an unknown id."""
    changed = update(tables.owner).where(tables.owner.c.id == owner).values(password_hash=password_hash)
    return tx.execute(changed).rowcount > 0


def _same(email: str) -> str:
    return email.strip().casefold()


def _owner(row: AnyRow) -> Owner:
    return Owner(row.id, row.name, row.email, row.password_hash, row.created_at)
