"""Payers' links: what each is about, until when, and the hash by which it is found. What opens one is never kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, case, literal, or_, select, update

from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into
from storage.ids import new_id

TABLE = tables.link
CHANGING = ("generation", "key_id", "digest", "expires_at", "revoked_by")


class About(StrEnum):
    """What a link opens: everything somebody owes, one invoice (`connection/id`), or one plan."""

    DEBTOR = "debtor"
    INVOICE = "invoice"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Aim:
    """Whose link it is and what it opens; `id` is empty where it is everything they owe."""

    debtor: str
    about: About = About.DEBTOR
    id: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """`generation` is raised to revoke it; `key_id` names the key its token is derived with."""

    business: str
    id: str
    aim: Aim
    generation: int
    key_id: str
    digest: str
    made_at: datetime
    expires_at: datetime
    revoked_by: str = ""


def link_to(tx: Tx, business: str, aim: Aim) -> Link | None:
    """The one link to this, or None when there is none yet."""
    row = tx.execute(select(TABLE).where(*_to(business, aim))).one_or_none()
    return None if row is None else _link(row)


def new_link_id() -> str:
    """A name for a link to be, from which its token is derived."""
    return new_id()


def keep_link(tx: Tx, made: Link) -> bool:
    """Keep a link with its digest; False when somebody made one to the same meanwhile."""
    row = {
        "business_id": made.business,
        "id": made.id,
        "debtor": made.aim.debtor,
        "about_kind": made.aim.about.value,
        "about_id": made.aim.id,
        "made_at": made.made_at,
        **_changing(made),
    }
    statement = insert_into(tx, TABLE).values(row).on_conflict_do_nothing()
    return tx.execute(statement.returning(TABLE.c.id)).one_or_none() is not None


def renew_link(tx: Tx, known: Link, fresh: Link) -> bool:
    """The link lives longer, or gets another token, which ends the one before. False when it has changed meanwhile."""
    mine = (TABLE.c.business_id == known.business, TABLE.c.id == known.id, TABLE.c.generation == known.generation)
    return tx.execute(update(TABLE).where(*mine).values(_changing(fresh))).rowcount > 0


def link_by_digest(tx: Tx, digest: str) -> Link | None:
    """The link a token opens, whatever its age; one query whether there is one or not."""
    row = tx.execute(select(TABLE).where(TABLE.c.digest == digest)).one_or_none()
    return None if row is None else _link(row)


def link_called(tx: Tx, business: str, id: str) -> Link | None:
    """The link of this id."""
    row = tx.execute(select(TABLE).where(TABLE.c.business_id == business, TABLE.c.id == id)).one_or_none()
    return None if row is None else _link(row)


def links_of(tx: Tx, business: str, debtors: Collection[str]) -> list[Link]:
    """Every link of somebody, oldest first."""
    wanted = select(TABLE).where(TABLE.c.business_id == business, TABLE.c.debtor.in_(list(debtors)))
    return [_link(row) for row in tx.execute(wanted.order_by(TABLE.c.made_at, TABLE.c.id))]


def links_of_debtors(tx: Tx, business: str) -> dict[str, Link]:
    """By debtor, the link to everything they owe, whatever its age."""
    wanted = select(TABLE).where(TABLE.c.business_id == business, TABLE.c.about_kind == About.DEBTOR.value)
    return {row.debtor: _link(row) for row in tx.execute(wanted)}


def count_try(tx: Tx, link: Link, *, most: int, within: timedelta, now: datetime) -> bool:
    """One more try at the second fact of this link; False when there were `most` of them since `within` ago."""
    over = or_(TABLE.c.tries_from.is_(None), TABLE.c.tries_from <= now - within)
    began = literal(now, TABLE.c.tries_from.type)
    fresh = {
        "tries": case((over, 1), else_=TABLE.c.tries + 1),
        "tries_from": case((over, began), else_=TABLE.c.tries_from),
    }
    mine = update(TABLE).where(*_mine(link), or_(over, TABLE.c.tries < most))
    return tx.execute(mine.values(fresh)).rowcount > 0


def keep_code(tx: Tx, link: Link, digest: str, until: datetime) -> None:
    """A code was mailed, which takes the place of any before; only its digest is kept."""
    tx.execute(update(TABLE).where(*_mine(link)).values(code_digest=digest, code_until=until))


def use_code(tx: Tx, link: Link, digest: str, now: datetime) -> bool:
    """Was it the code that was mailed, and in time? It opens nothing a second time."""
    good = (TABLE.c.code_digest == digest, TABLE.c.code_until >= now)
    used = update(TABLE).where(*_mine(link), *good).values(code_digest="", code_until=None)
    return tx.execute(used).rowcount > 0


def _mine(link: Link) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.business_id == link.business, TABLE.c.id == link.id


def _changing(link: Link) -> dict[str, object]:
    return {name: getattr(link, name) for name in CHANGING}


def _to(business: str, aim: Aim) -> tuple[ColumnElement[bool], ...]:
    return (
        TABLE.c.business_id == business,
        TABLE.c.debtor == aim.debtor,
        TABLE.c.about_kind == aim.about.value,
        TABLE.c.about_id == aim.id,
    )


def _link(row: AnyRow) -> Link:
    return Link(
        business=row.business_id,
        id=row.id,
        aim=Aim(row.debtor, About(row.about_kind), row.about_id),
        made_at=row.made_at,
        **{name: getattr(row, name) for name in CHANGING},
    )
