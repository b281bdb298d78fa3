"""When plans were made, and what was known then that nothing else remembers: a replay judges at the same instants."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec
from sqlalchemy import func, select

from storage import tables
from storage.database import Tx
from storage.dialects import insert_into


class Unanswered(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of which it was not yet known whether it went. One that did not gives everything back later."""

    debtor: str
    at: datetime
    day_on: date
    channel: str
    steps: tuple[tuple[str, str], ...] = ()


class Coming(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was being paid for an invoice; `ends_at` is of a page that was open and not paid."""

    invoice: str
    minor: int
    currency: str
    ends_at: datetime | None = None


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one connection: its last good sync, its own reminders, and the customers whose balance was in doubt.

    `till` is one that is no ledger, of which nothing else is told. `only` names the one debtor who was judged, where it
    was not everybody. `country` and `time_zone` are the
    company's; `operator`, `automatic` and the `channels` that were set up are the business's. `last_receipt_on`,
    `usual_gap_days` and `usual` (minor units by currency) are its habits; those of each customer follow from the
    books as they were at `habits_at`. `steps` of what is `unanswered` are pairs of an invoice's id and a step. `coming`
    was being paid for the connection's invoices, or was and stood in no book yet.
    """

    till: bool = False
    synced_at: datetime | None = None
    own_reminders: str = ""
    reminder_days: tuple[int, ...] = ()
    differing: tuple[str, ...] = ()
    only: str = ""
    country: str = ""
    time_zone: str = ""
    operator: str = ""
    automatic: bool = False
    last_receipt_on: date | None = None
    usual_gap_days: int | None = None
    usual: Mapping[str, int] = msgspec.field(default_factory=dict)
    habits_at: datetime | None = None
    unanswered: tuple[Unanswered, ...] = ()
    coming: tuple[Coming, ...] = ()
    channels: tuple[str, ...] = ()


def planned(tx: Tx, business: str, known: Mapping[str, Known], *, at: datetime) -> None:
    """A plan is made at this instant; `known` is by connection."""
    row = {"business_id": business, "at": at, "known": msgspec.json.encode(known).decode()}
    tx.execute(insert_into(tx, tables.planning).values(row).on_conflict_do_nothing())


def plannings(tx: Tx, business: str, *, since: datetime, until: datetime) -> list[tuple[datetime, dict[str, Known]]]:
    """Every plan from `since` up to, not with, `until`, oldest first."""
    table = tables.planning
    mine = (table.c.business_id == business, table.c["at"] >= since, table.c["at"] < until)
    found = tx.execute(select(table.c["at"], table.c.known).where(*mine).order_by(table.c["at"]))
    return [(row.at, msgspec.json.decode(row.known, type=dict[str, Known])) for row in found]


def first_planned_at(tx: Tx, business: str) -> datetime | None:
    """When the very first plan was made; None before it."""
    table = tables.planning
    first: datetime | None = tx.execute(
        select(func.min(table.c["at"], type_=table.c["at"].type)).where(table.c.business_id == business)
    ).scalar()
    return first
