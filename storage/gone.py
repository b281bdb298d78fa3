"""Records that are no more: marked, never deleted, and alive again when they come back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, update

from receivables.page import Gone
from receivables.records import Kind, Ref
from storage.columns import micros
from storage.desk import Desk
from storage.records import TABLES, Known


def bury(desk: Desk, kind: Kind, gone: Sequence[Gone]) -> tuple[int, int]:
    """Mark what is gone, unless it changed since then; how many are newly gone, and how many are stale.

    What was never seen is marked too, lest a straggling page bring it in later.
    """
    known = desk.known(kind, [one.ref.id for one in gone])
    unseen = [one for one in gone if one.ref.id not in known]
    dying = [one for one in gone if _dies(known, one)]
    again = [one for one in gone if _more_is_known(known, one)]
    desk.remember(kind, [one.ref.id for one in dying])
    _mark_unseen(desk, kind, unseen)
    _mark(desk, kind, dying, newly=True)
    _mark(desk, kind, again, newly=False)
    alive_before = [one for one in gone if one.ref.id in known and known[one.ref.id].gone_at is None]
    return len(unseen) + len(dying), len(alive_before) - len(dying)


def latest_by_kind(desk: Desk, gone: Iterable[Gone]) -> dict[Kind, list[Gone]]:
    """The last word on each record, by kind."""
    latest: dict[Ref, Gone] = {}
    for one in sorted(gone, key=lambda one: one.at):
        desk.check(one.ref)
        latest[one.ref] = one
    by_kind: dict[Kind, list[Gone]] = {}
    for one in latest.values():
        by_kind.setdefault(one.ref.kind, []).append(one)
    return by_kind


def _dies(known: Mapping[str, Known], gone: Gone) -> bool:
    row = known.get(gone.ref.id)
    return row is not None and row.gone_at is None and row.changed_at <= micros(gone.at)


def _more_is_known(known: Mapping[str, Known], gone: Gone) -> bool:
    row = known.get(gone.ref.id)
    if row is None or row.gone_at is None:
        return False
    return micros(gone.at) > row.gone_at or (gone.became is not None and gone.became.id != row.became)


def _mark_unseen(desk: Desk, kind: Kind, gone: Sequence[Gone]) -> None:
    if gone:
        rows = [
            {
                "business_id": desk.business,
                "connection_id": desk.connection,
                "id": one.ref.id,
                "changed_at": one.at,
                "version": 0,
                "hash": b"",
                "seen_at": desk.now,
                "gone_at": one.at,
                "became": one.became.id if one.became else None,
            }
            for one in gone
        ]
        desk.tx.execute(insert(TABLES[kind]), rows)


def _mark(desk: Desk, kind: Kind, gone: Sequence[Gone], *, newly: bool) -> None:
    if not gone:
        return
    table = TABLES[kind]
    changes: dict[str, Any] = {
        "gone_at": bindparam("its_end"),
        "became": func.coalesce(bindparam("survivor", type_=table.c.became.type), table.c.became),
    }
    if newly:
        changes["seen_at"] = desk.now
    statement = update(table).where(*desk.mine(table), table.c.id == bindparam("its_id")).values(changes)
    rows = [{"its_id": o.ref.id, "its_end": o.at, "survivor": o.became.id if o.became else None} for o in gone]
    desk.tx.execute(statement, rows)
