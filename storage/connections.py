"""Connected companies: what they are, how they fare, how far they were read, and their webhook secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from receivables.page import Cursor
from receivables.records import Company
from storage import tables
from storage.database import AnyRow, Tx
from storage.ids import new_id
from storage.seals import Seal


class Role(StrEnum):
    """What a connection is for."""

    BOOKS = "books"
    TILL = "till"
    BOTH = "both"


class State(StrEnum):
    """How a connection fares."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    PARKED = "parked"
    DISCONNECTED = "disconnected"


@dataclass(frozen=True, slots=True)
class Connected:
    """One connected company of a business. `trouble` is a sentence for people; the webhook secret is kept apart."""

    business: str
    id: str
    platform: str
    external_id: str
    label: str
    role: Role
    grant_id: str
    details: Mapping[str, str]
    created_at: datetime
    cursor: Cursor | None = None
    state: State = State.HEALTHY
    trouble: str = ""
    trouble_since: datetime | None = None
    parked_until: datetime | None = None
    first_pull_done_at: datetime | None = None
    last_pull_at: datetime | None = None
    last_agreed_at: datetime | None = None
    company: Company | None = None
    has_webhook_secret: bool = False
    usable_at: datetime | None = None

    def resting(self, now: datetime) -> bool:
        """Is it to be left alone until later?"""
        return self.parked_until is not None and now < self.parked_until

    @property
    def books(self) -> bool:
        """Is it a ledger whose invoices are owed?"""
        return self.role in (Role.BOOKS, Role.BOTH)


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when a connection is left alone. `asked` says that the platform named that hour; else the rest is ours,
    and a person may try sooner."""

    until: datetime
    asked: bool = False


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What is known of a company at connect."""

    platform: str
    external_id: str
    grant_id: str
    label: str = ""
    role: Role = Role.BOTH
    details: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


def connect(tx: Tx, business: str, fresh: NewConnection, *, now: datetime) -> str:
    """Connect a company; our id for it. One that was connected before is taken up again under its old id.

    Its cursor and records stay, so that nobody is reminded twice because of a reconnect.
    """
    known = _latest(tx, business, fresh)
    values = {
        "label": fresh.label,
        "role": fresh.role.value,
        "grant_id": fresh.grant_id,
        "details": _json(fresh.details),
        **_well(),
    }
    if known is not None:
        _set(tx, business, known, values)
        return known
    own = {"business_id": business, "id": fresh.id or new_id(), "created_at": now}
    row = own | values | {"platform": fresh.platform, "external_id": fresh.external_id}
    tx.execute(insert(tables.connection), [row])
    return str(own["id"])


def connections(tx: Tx, business: str, *, disconnected: bool = False) -> list[Connected]:
    """The business's connections, oldest first, those that ended only when asked for."""
    table = tables.connection
    wanted = select(table).where(table.c.business_id == business).order_by(table.c.created_at, table.c.id)
    if not disconnected:
        wanted = wanted.where(table.c.state != State.DISCONNECTED.value)
    return [_connected(row) for row in tx.execute(wanted)]


def companies(tx: Tx) -> dict[str, list[Company]]:
    """What is known of the companies connected to each business, oldest connection first, those that ended left out."""
    table = tables.connection
    alive = (table.c.company.is_not(None), table.c.state != State.DISCONNECTED.value)
    wanted = select(table.c.business_id, table.c.company).where(*alive).order_by(table.c.created_at, table.c.id)
    found: dict[str, list[Company]] = {}
    for row in tx.execute(wanted):
        found.setdefault(row.business_id, []).append(msgspec.json.decode(row.company, type=Company))
    return found


def connection(tx: Tx, business: str, connection: str) -> Connected | None:
    """One connection, or None."""
    row = tx.execute(select(tables.connection).where(*_mine(business, connection))).one_or_none()
    return None if row is None else _connected(row)


def routed(tx: Tx, platform: str, *, external_id: str = "", connection: str = "") -> list[Connected]:
    """Whom a webhook is for, by our id or by the platform's: the same company may be connected to several businesses.

    The only question that does not start with the business, since its answer is the business.
    """
    table = tables.connection
    wanted = select(table).where(table.c.platform == platform, table.c.state != State.DISCONNECTED.value)
    if connection:
        wanted = wanted.where(table.c.id == connection)
    if external_id:
        wanted = wanted.where(table.c.external_id == external_id)
    if not (connection or external_id):
        return []
    return [_connected(row) for row in tx.execute(wanted.order_by(table.c.business_id, table.c.id))]


_ADDRESSED = (
    select(tables.connection.c.details, tables.connection.c.webhook_secret)
    .where(tables.connection.c.id == bindparam("its_id"), tables.connection.c.platform == bindparam("its_platform"))
    .where(tables.connection.c.state != State.DISCONNECTED.value)
)


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """A living connection's own webhook address: its details, and the secret that signs there, or empty."""

    details: Mapping[str, str]
    secret: str = field(repr=False)


def webhook_address(tx: Tx, platform: str, connection: str, *, seal: Seal) -> WebhookAddress | None:
    """Who is behind a webhook's address; None for nobody. Asked at every delivery, so the statement is kept.

    Raises BadKey when no key opens the secret.
    """
    row = tx.execute(_ADDRESSED, {"its_id": connection, "its_platform": platform}).one_or_none()
    if row is None:
        return None
    secret = "" if row.webhook_secret is None else seal.open(row.webhook_secret).decode()
    return WebhookAddress(msgspec.json.decode(row.details), secret)


def using_grant(tx: Tx, grant_id: str) -> list[Connected]:
    """The living connections that one authorisation serves, across businesses: the last one out ends it."""
    table = tables.connection
    alive = table.c.state != State.DISCONNECTED.value
    return [_connected(row) for row in tx.execute(select(table).where(table.c.grant_id == grant_id, alive))]


def well(tx: Tx, business: str, connection: str) -> bool:
    """It works (again); whether that is news."""
    troubled = tables.connection.c.state.in_([State.UNHEALTHY.value, State.PARKED.value])
    changed = tx.execute(update(tables.connection).where(*_mine(business, connection), troubled).values(_well()))
    return changed.rowcount > 0


def unwell(tx: Tx, business: str, connection: str, trouble: str, *, now: datetime, rest: Rest | None = None) -> bool:
    """It does not work, for this reason, and is left alone for a while; whether that is news.

    The first trouble's instant stays. Without a `rest` it may be tried again at once.
    """
    known = _state(tx, business, connection)
    if known is None or known.state == State.DISCONNECTED:
        return False
    news: bool = known.state == State.HEALTHY
    values = {
        "state": (State.PARKED if rest is not None and rest.asked else State.UNHEALTHY).value,
        "trouble": trouble,
        "trouble_since": now if news else known.trouble_since,
        "parked_until": rest.until if rest is not None else None,
    }
    if tuple(known) != tuple(values.values()):
        _set(tx, business, connection, values)
    return news


def disconnect(tx: Tx, business: str, connection: str) -> None:
    """It ended. Its records stay for the case files; its webhook secret goes."""
    gone = {**_well(), "state": State.DISCONNECTED.value, "webhook_secret": None}
    _set(tx, business, connection, gone)


def pulled(tx: Tx, business: str, connection: str, *, now: datetime) -> None:
    """A pull came to its end. The first one marks where this connection's known past begins."""
    table = tables.connection
    tx.execute(update(table).where(*_mine(business, connection)).values(last_pull_at=now))
    first = (*_mine(business, connection), table.c.first_pull_done_at.is_(None))
    tx.execute(update(table).where(*first).values(first_pull_done_at=now))
    usable(tx, business, connection, now=now)


def usable(tx: Tx, business: str, connection: str, *, now: datetime) -> None:
    """Everything open is read for the first time; the past may still be missing."""
    table = tables.connection
    first = (*_mine(business, connection), table.c.usable_at.is_(None))
    tx.execute(update(table).where(*first).values(usable_at=now))


def agreed(tx: Tx, business: str, connection: str, *, now: datetime) -> None:
    """Its books were compared and agreed."""
    _set(tx, business, connection, {"last_agreed_at": now})


def start_over(tx: Tx, business: str, connection: str) -> None:
    """Forget the cursor, so that the next pull reads everything."""
    _set(tx, business, connection, {"cursor": None})


def save_company(tx: Tx, business: str, company: Company) -> bool:
    """Keep what the platform says of the creditor; whether it was news. Nothing is written otherwise."""
    body = msgspec.json.encode(company).decode()
    table = tables.connection
    other = table.c.company.is_distinct_from(body)
    changed = tx.execute(update(table).where(*_mine(business, company.connection), other).values(company=body))
    return changed.rowcount > 0


def change_details(tx: Tx, business: str, connection: str, details: Mapping[str, str]) -> None:
    """Replace what was learnt or asked at connect."""
    _set(tx, business, connection, {"details": _json(details)})


def keep_webhook_secret(tx: Tx, business: str, connection: str, secret: str, *, seal: Seal) -> None:
    """Seal and keep the signing secret of this connection's own webhook endpoint."""
    _set(tx, business, connection, {"webhook_secret": seal.close(secret.encode())})


def _mine(business: str, connection: str) -> tuple[Any, ...]:
    return tables.connection.c.business_id == business, tables.connection.c.id == connection


def _set(tx: Tx, business: str, connection: str, values: Mapping[str, Any]) -> None:
    tx.execute(update(tables.connection).where(*_mine(business, connection)).values(values))


def _state(tx: Tx, business: str, connection: str) -> AnyRow | None:
    table = tables.connection
    columns = (table.c.state, table.c.trouble, table.c.trouble_since, table.c.parked_until)
    return tx.execute(select(*columns).where(*_mine(business, connection)).with_for_update()).one_or_none()


def _well() -> dict[str, Any]:
    return {"state": State.HEALTHY.value, "trouble": "", "trouble_since": None, "parked_until": None}


def _latest(tx: Tx, business: str, fresh: NewConnection) -> str | None:
    table = tables.connection
    same = (
        table.c.business_id == business,
        table.c.platform == fresh.platform,
        table.c.external_id == fresh.external_id,
    )
    found: str | None = tx.execute(
        select(table.c.id).where(*same).order_by(table.c.state == "disconnected", table.c.created_at.desc())
    ).scalar()
    return found


def _json(details: Mapping[str, str]) -> str:
    return msgspec.json.encode(details).decode()


def _connected(row: AnyRow) -> Connected:
    return Connected(
        business=row.business_id,
        id=row.id,
        platform=row.platform,
        external_id=row.external_id,
        label=row.label,
        role=Role(row.role),
        grant_id=row.grant_id,
        details=msgspec.json.decode(row.details),
        created_at=row.created_at,
        cursor=None if row.cursor is None else Cursor(row.cursor),
        state=State(row.state),
        trouble=row.trouble,
        trouble_since=row.trouble_since,
        parked_until=row.parked_until,
        first_pull_done_at=row.first_pull_done_at,
        last_pull_at=row.last_pull_at,
        last_agreed_at=row.last_agreed_at,
        company=None if row.company is None else msgspec.json.decode(row.company, type=Company),
        has_webhook_secret=row.webhook_secret is not None,
        usable_at=row.usable_at,
    )
