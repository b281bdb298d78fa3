"""What people have to do: found and brought in step by their causes, done, put off and handed on by people."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select, update

from receivables.money import Money
from receivables.records import Kind, Ref
from receivables.todo import Todo, TodoKind, TodoState
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import among, differs, insert_into
from storage.ids import new_id

REFRESHED = ("title", "amount_minor", "currency", "note")


def add_todos(tx: Tx, business: str, found: Sequence[Todo], *, now: datetime) -> None:
    """Keep them, each key once. One that is open takes what changed about it, and keeps its day, owner and rest.

    One that was no longer needed and is found again is open again; what a person has done stays done.
    """
    for todo in found:
        tx.execute(_new_or_fresh(tx, business, todo, now))
    _open_again(tx, business, found, now)


def _new_or_fresh(tx: Tx, business: str, todo: Todo, now: datetime) -> Any:
    table = tables.todo
    statement = insert_into(tx, table).values(_row(business, todo, now))
    return statement.on_conflict_do_update(
        index_elements=["business_id", "key"],
        set_={name: statement.excluded[name] for name in REFRESHED},
        where=(table.c.state != TodoState.DONE.value) & differs(statement, table, REFRESHED),
    )


def _open_again(tx: Tx, business: str, found: Sequence[Todo], now: datetime) -> None:
    table, days = tables.todo, {todo.key: todo.due_on for todo in found}
    gone = (table.c.business_id == business, table.c.state == TodoState.GONE.value)
    known = tx.execute(select(table.c.key).where(*gone, among(tx, table.c.key, list(days)))).scalars().all()
    for key in known:
        values = {"state": TodoState.OPEN.value, "at": now, "due_on": days[key], "snoozed_to_on": None, "done_at": None}
        tx.execute(update(table).where(*gone, table.c.key == key).values(values))


def bring_in_step(
    tx: Tx, business: str, found: Sequence[Todo], *, now: datetime, debtors: Collection[str] | None = None
) -> int:
    """Let the open to-dos be those found: new ones come, and those whose cause is gone are no longer needed.

    With `debtors`, only theirs are touched. How many were closed is given back.
    """
    add_todos(tx, business, found, now=now)
    known = _open_keys(tx, business, debtors)
    lost = sorted(known - {todo.key for todo in found})
    table = tables.todo
    for key in lost:
        mine = (table.c.business_id == business, table.c.key == key)
        tx.execute(update(table).where(*mine).values(state=TodoState.GONE.value, done_at=now))
    return len(lost)


def _open_keys(tx: Tx, business: str, debtors: Collection[str] | None) -> set[str]:
    table = tables.todo
    wanted = select(table.c.key).where(table.c.business_id == business, table.c.state == TodoState.OPEN.value)
    wanted = wanted.where(table.c.debtor.in_(list(debtors))) if debtors is not None else wanted
    return set(tx.execute(wanted).scalars())


def todos(
    tx: Tx,
    businesses: Collection[str],
    *,
    on: date | None = None,
    kinds: Collection[TodoKind] = (),
    debtor: str | None = None,
    states: Collection[TodoState] = (TodoState.OPEN,),
) -> list[tuple[str, Todo]]:
    """To-dos with their business, by owner, day and amount; with `on`, without those that are snoozed beyond it."""
    table = tables.todo
    wanted = select(table).where(table.c.business_id.in_(list(businesses)))
    wanted = wanted.where(table.c.state.in_([state.value for state in states]))
    wanted = wanted.where(table.c.kind.in_([kind.value for kind in kinds])) if kinds else wanted
    wanted = wanted.where(table.c.debtor == debtor) if debtor is not None else wanted
    wanted = wanted.where(or_(table.c.snoozed_to_on.is_(None), table.c.snoozed_to_on <= on)) if on else wanted
    found = [(str(row.business_id), _todo(row)) for row in tx.execute(wanted)]
    return sorted(found, key=lambda pair: in_order(pair[1]))


def in_order(todo: Todo) -> tuple[Any, ...]:
    """By owner, day and amount, the largest first."""
    amount = todo.amount.amount if todo.amount else 0
    return todo.assigned_to.casefold(), todo.due_on, -amount, todo.title, todo.id


def todo(tx: Tx, business: str, id: str) -> Todo | None:
    """One by its id, whatever its state."""
    row = tx.execute(select(tables.todo).where(*_mine(business, id))).one_or_none()
    return None if row is None else _todo(row)


def todo_by_key(tx: Tx, business: str, key: str) -> Todo | None:
    """One by its permanent key, whatever its state."""
    table = tables.todo
    row = tx.execute(select(table).where(table.c.business_id == business, table.c.key == key)).one_or_none()
    return None if row is None else _todo(row)


def finish(tx: Tx, business: str, id: str, *, by: str, now: datetime) -> bool:
    """A person has done it; False when it is not open."""
    return _change(tx, business, id, state=TodoState.DONE.value, done_by=by, done_at=now)


def snooze(tx: Tx, business: str, id: str, to_on: date) -> bool:
    """Put off until that day; False when it is not open."""
    return _change(tx, business, id, snoozed_to_on=to_on)


def assign(tx: Tx, business: str, id: str, to: str) -> bool:
    """Somebody else's, or with an empty name nobody's; False when it is not open."""
    return _change(tx, business, id, assigned_to=to)


def _change(tx: Tx, business: str, id: str, **values: object) -> bool:
    still = tables.todo.c.state == TodoState.OPEN.value
    return tx.execute(update(tables.todo).where(*_mine(business, id), still).values(values)).rowcount > 0


def _mine(business: str, id: str) -> tuple[Any, ...]:
    return tables.todo.c.business_id == business, tables.todo.c.id == id


def _row(business: str, todo: Todo, now: datetime) -> dict[str, object]:
    return {
        "business_id": business,
        "id": new_id(),
        "key": todo.key,
        "kind": todo.kind.value,
        "title": todo.title,
        "debtor": todo.debtor,
        "connection_id": todo.invoice.connection if todo.invoice else todo.connection,
        "invoice_id": todo.invoice.id if todo.invoice else "",
        "due_on": todo.due_on,
        "amount_minor": todo.amount.minor if todo.amount else None,
        "currency": todo.amount.currency if todo.amount else "",
        "assigned_to": todo.assigned_to,
        "state": TodoState.OPEN.value,
        "note": todo.note,
        "by": todo.by,
        "at": now,
    }


def _todo(row: AnyRow) -> Todo:
    return Todo(
        key=row.key,
        kind=TodoKind.of(row.kind),
        title=row.title,
        due_on=row.due_on or row.at.date(),
        debtor=row.debtor,
        connection=row.connection_id,
        invoice=Ref(row.connection_id, Kind.INVOICE, row.invoice_id) if row.invoice_id else None,
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        assigned_to=row.assigned_to,
        note=row.note,
        by=row.by,
        state=TodoState(row.state),
        snoozed_to_on=row.snoozed_to_on,
        id=row.id,
        at=row.at,
        done_by=row.done_by,
        done_at=row.done_at,
    )
