"""What leaves the building: planned, claimed before the call, and what came of it. The truth about every act.

planned → claimed → sent | failed | ambiguous → sent | failed | parked. A claim holds one key for each invoice the
message speaks of, and the debtor's day; failing provably or being cancelled gives them back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, exists, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from receivables.records import Kind, Ref
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into
from storage.ids import new_id


class ActionState(StrEnum):
    """Where an act stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    AMBIGUOUS = "ambiguous"
    PARKED = "parked"
    CANCELLED = "cancelled"


class Claim(StrEnum):
    """What became of a wish to act."""

    MINE = "mine"
    NOT_FREE = "not_free"
    KEY_TAKEN = "key_taken"
    DAY_TAKEN = "day_taken"


CLAIMABLE = (ActionState.PLANNED.value, ActionState.FAILED.value)
# From which states a state may be reached by `mark`.
BEFORE: Mapping[ActionState, tuple[ActionState, ...]] = {
    ActionState.SENT: (ActionState.CLAIMED, ActionState.AMBIGUOUS, ActionState.PARKED),
    ActionState.FAILED: (ActionState.CLAIMED, ActionState.AMBIGUOUS, ActionState.PARKED),
    ActionState.AMBIGUOUS: (ActionState.CLAIMED,),
    ActionState.PARKED: (ActionState.PLANNED, ActionState.CLAIMED, ActionState.AMBIGUOUS),
    ActionState.CANCELLED: (ActionState.PLANNED, ActionState.FAILED, ActionState.PARKED),
}
GIVES_BACK = (ActionState.FAILED, ActionState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Plan:
    """An act to be. `key` names it for ever; `payload` is text, usually JSON; `debtor` may be empty."""

    act: str
    key: str
    debtor: str = ""
    connection: str = ""
    about: Ref | None = None
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Speaks:
    """One invoice a message speaks of, at which step, and the permanent key that says so."""

    key: str
    invoice: Ref
    step: str = ""
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """An act as it stands."""

    id: str
    act: str
    key: str
    debtor: str
    local_day: date | None
    connection: str
    about: Ref | None
    state: ActionState
    payload: str
    planned_at: datetime
    claimed_at: datetime | None
    claimed_by: str
    finished_at: datetime | None
    attempts: int
    receipt: str
    reason: str


def plan(tx: Tx, business: str, wanted: Plan, *, now: datetime, revive: bool = True) -> bool:
    """Note an act to be, or bring a planned one up to date; False when it was claimed already, whatever came of it.

    One that was cancelled is planned again, unless it is not to be revived.
    """
    row = {
        "business_id": business,
        "id": new_id(),
        "act": wanted.act,
        "key": wanted.key,
        "debtor": wanted.debtor,
        "connection_id": wanted.about.connection if wanted.about else wanted.connection,
        "about_kind": wanted.about.kind.value if wanted.about else "",
        "about_id": wanted.about.id if wanted.about else "",
        "state": ActionState.PLANNED.value,
        "payload": wanted.payload,
        "planned_at": now,
    }
    table = tables.action
    statement = insert_into(tx, table).values(row)
    fresh = {name: statement.excluded[name] for name in row if name not in ("business_id", "id", "key")}
    again = statement.on_conflict_do_update(
        index_elements=["business_id", "key"],
        set_=fresh | {"reason": ""},
        where=table.c.state.in_([*CLAIMABLE, ActionState.CANCELLED.value] if revive else CLAIMABLE),
    )
    return tx.execute(again.returning(table.c.id)).scalar() is not None


def claim(
    tx: Tx,
    business: str,
    key: str,
    *,
    by: str,
    now: datetime,
    speaks: Sequence[Speaks] = (),
    local_day: date | None = None,
) -> Claim:
    """Take a planned (or provably failed) act, with all its invoices' keys and the debtor's day, or nothing.

    Give a `local_day` only for messages to a debtor: it is that debtor's one message of the day.

    The claim counts once the transaction has ended: only then make the call.
    """
    step = tx.begin_nested()
    try:
        outcome = _claim(tx, business, key, by=by, now=now, local_day=local_day, speaks=speaks)
    except IntegrityError:
        outcome = Claim.DAY_TAKEN
    if outcome is Claim.MINE:
        step.commit()
    else:
        step.rollback()
    return outcome


def _claim(
    tx: Tx,
    business: str,
    key: str,
    *,
    by: str,
    now: datetime,
    local_day: date | None,
    speaks: Sequence[Speaks],
) -> Claim:
    table = tables.action
    free = (*_mine(business, key), table.c.state.in_(CLAIMABLE))
    values = {
        "state": ActionState.CLAIMED.value,
        "claimed_at": now,
        "claimed_by": by,
        "finished_at": None,
        "local_day": local_day,
        "attempts": table.c.attempts + 1,
        "reason": "",
    }
    action_id = tx.execute(update(table).where(*free).values(values).returning(table.c.id)).scalar()
    if action_id is None:
        return Claim.NOT_FREE
    return Claim.MINE if _hold_keys(tx, business, action_id, speaks) else Claim.KEY_TAKEN


def _hold_keys(tx: Tx, business: str, action_id: str, speaks: Sequence[Speaks]) -> bool:
    """In order of the keys, so that two claims that share some wait for each other instead of deadlocking."""
    rows = [
        {
            "business_id": business,
            "key": one.key,
            "action_id": action_id,
            "connection_id": one.invoice.connection,
            "invoice_id": one.invoice.id,
            "step": one.step,
            "occurrence": one.occurrence,
        }
        for one in sorted(speaks, key=lambda one: one.key)
    ]
    if not rows:
        return True
    statement = insert_into(tx, tables.action_on).values(rows).on_conflict_do_nothing()
    return len(tx.execute(statement.returning(tables.action_on.c.key)).all()) == len(rows)


def mark(
    tx: Tx,
    business: str,
    key: str,
    state: ActionState,
    *,
    now: datetime,
    by: str = "",
    receipt: str = "",
    reason: str = "",
) -> bool:
    """Say what came of an act; False when it is not in a state from which that can be (see BEFORE).

    With `by`, only for the one who claimed it. `reason` is for people and holds no secret.
    """
    table = tables.action
    allowed = [*_mine(business, key), table.c.state.in_([one.value for one in BEFORE[state]])]
    if by:
        allowed.append(table.c.claimed_by == by)
    values: dict[str, Any] = {"state": state.value, "finished_at": now, "reason": reason}
    values |= {"receipt": receipt} if receipt else {}
    values |= {"local_day": None} if state in GIVES_BACK else {}
    action_id = tx.execute(update(table).where(*allowed).values(values).returning(table.c.id)).scalar()
    if action_id is not None and state in GIVES_BACK:
        keys = tables.action_on
        tx.execute(delete(keys).where(keys.c.business_id == business, keys.c.action_id == action_id))
    return action_id is not None


def at_work(tx: Tx, business: str) -> list[str]:
    """Who holds a claim that is not finished."""
    table = tables.action
    mine = (table.c.business_id == business, table.c.state == ActionState.CLAIMED.value)
    return list(tx.execute(select(table.c.claimed_by).where(*mine).distinct()).scalars())


def abandoned(tx: Tx, business: str, *, before: datetime, now: datetime, workers: Collection[str] = ()) -> list[Action]:
    """Claims made before then, or by these workers, and never finished: nobody knows whether they acted, so they turn
    ambiguous."""
    table = tables.action
    over = (table.c.claimed_at < before) | table.c.claimed_by.in_(list(workers))
    old = (table.c.business_id == business, table.c.state == ActionState.CLAIMED.value, over)
    values = {
        "state": ActionState.AMBIGUOUS.value,
        "finished_at": now,
        "reason": "whoever was doing it stopped in the middle",
    }
    return [_action(row) for row in tx.execute(update(table).where(*old).values(values).returning(*table.columns))]


def action(tx: Tx, business: str, key: str) -> Action | None:
    """One act by its key."""
    row = tx.execute(select(tables.action).where(*_mine(business, key))).one_or_none()
    return None if row is None else _action(row)


def actions(
    tx: Tx,
    business: str,
    *,
    states: Sequence[ActionState] | None = None,
    debtor: str | None = None,
    act: str = "",
    invoice: Ref | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[Action]:
    """Acts, newest plan first; every condition that is given must hold."""
    table = tables.action
    wanted = select(table).where(table.c.business_id == business)
    wanted = wanted.where(table.c.state.in_([state.value for state in states])) if states is not None else wanted
    wanted = wanted.where(table.c.debtor == debtor) if debtor is not None else wanted
    wanted = wanted.where(table.c.act == act) if act else wanted
    wanted = wanted.where(table.c.planned_at >= since) if since else wanted
    wanted = wanted.where(_speaks_of(invoice)) if invoice else wanted
    newest_first = wanted.order_by(table.c.planned_at.desc(), table.c.id).limit(limit)
    return [_action(row) for row in tx.execute(newest_first)]


def about_what_is_open(tx: Tx, business: str, connection: str, act: str) -> list[Action]:
    """Acts of this kind about invoices of a connection on which something is open, oldest plan first."""
    table, invoice = tables.action, tables.invoice
    mine = (table.c.business_id == business, table.c.connection_id == connection, table.c.act == act)
    still_open = exists().where(
        invoice.c.business_id == business,
        invoice.c.connection_id == connection,
        invoice.c.id == table.c.about_id,
        invoice.c.open_minor != 0,
    )
    found = tx.execute(select(table).where(*mine, still_open).order_by(table.c.planned_at, table.c.id))
    return [_action(row) for row in found]


def counted(tx: Tx, business: str) -> dict[tuple[str, ActionState], int]:
    """How many acts of each kind stand where."""
    table = tables.action
    wanted = select(table.c.act, table.c.state, func.count()).where(table.c.business_id == business)
    found = tx.execute(wanted.group_by(table.c.act, table.c.state))
    return {(act, ActionState(state)): int(number) for act, state, number in found}


def sent_on(tx: Tx, business: str, acts: Sequence[str], *, since: date) -> dict[date, int]:
    """How many of these acts went out, or may have, on each day from then on."""
    table = tables.action
    mine = (table.c.business_id == business, table.c.act.in_(acts), table.c.local_day >= since)
    found = tx.execute(select(table.c.local_day, func.count()).where(*mine).group_by(table.c.local_day))
    return {day: int(number) for day, number in found}


def spoken(
    tx: Tx, business: str, *, debtor: str | None = None, invoices: Sequence[Ref] = ()
) -> list[tuple[Speaks, Action]]:
    """What was said of which invoice, oldest first: every key held, with the act that holds it.

    With a debtor, what was said to them, and what was said of these invoices to anybody: a merge of two customers
    moves invoices to the survivor, but not what the loser was told.
    """
    keys, table = tables.action_on, tables.action
    both = keys.join(table, (keys.c.business_id == table.c.business_id) & (keys.c.action_id == table.c.id))
    on = (keys.c.key.label("on_key"), keys.c.connection_id.label("on_connection"), keys.c.invoice_id)
    wanted = select(table, *on, keys.c.step, keys.c.occurrence).select_from(both)
    wanted = wanted.where(keys.c.business_id == business).order_by(table.c.claimed_at, keys.c.key)
    if debtor is not None:
        about = tuple_(keys.c.connection_id, keys.c.invoice_id).in_([(one.connection, one.id) for one in invoices])
        wanted = wanted.where((table.c.debtor == debtor) | about)
    return [(_speaks(row), _action(row)) for row in tx.execute(wanted)]


def _speaks(row: AnyRow) -> Speaks:
    return Speaks(row.on_key, Ref(row.on_connection, Kind.INVOICE, row.invoice_id), row.step, row.occurrence)


def _speaks_of(invoice: Ref) -> Any:
    keys = tables.action_on
    return exists().where(
        keys.c.business_id == tables.action.c.business_id,
        keys.c.action_id == tables.action.c.id,
        keys.c.connection_id == invoice.connection,
        keys.c.invoice_id == invoice.id,
    )


def _mine(business: str, key: str) -> tuple[Any, ...]:
    return tables.action.c.business_id == business, tables.action.c.key == key


def _action(row: AnyRow) -> Action:
    about = Ref(row.connection_id, Kind.of(row.about_kind), row.about_id) if row.about_id else None
    return Action(
        id=row.id,
        act=row.act,
        key=row.key,
        debtor=row.debtor,
        local_day=row.local_day,
        connection=row.connection_id,
        about=about,
        state=ActionState(row.state),
        payload=row.payload,
        planned_at=row.planned_at,
        claimed_at=row.claimed_at,
        claimed_by=row.claimed_by,
        finished_at=row.finished_at,
        attempts=row.attempts,
        receipt=row.receipt,
        reason=row.reason,
    )
