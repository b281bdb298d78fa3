"""Saving a page: its records, what is gone, what was odd, and the cursor, all or nothing, and nothing twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, update

from receivables.page import Cursor, Odd, Page
from receivables.records import Kind, Record
from storage import tables
from storage.bulk import put_rows
from storage.columns import micros
from storage.database import Tx
from storage.desk import Desk
from storage.gone import bury, latest_by_kind
from storage.oddities import set_aside
from storage.records import KINDS, TABLES, DoesNotFit, Entry, Fate, entry, weigh


@dataclass(frozen=True, slots=True)
class Saved:
    """How many records of a page were what. Only `new`, `changed`, `gone` and `odd` are news."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    gone: int = 0
    odd: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


def save_page(tx: Tx, business: str, connection: str, page: Page, *, now: datetime) -> Saved:
    """Save one page in the transaction `tx`; a page that is known already writes nothing at all.

    Guarded by `storage.records.weigh`. Raises UnknownConnection, and ValueError for another connection's record.
    Saves of one connection wait for each other until their transactions end.
    """
    desk = Desk(tx, business, connection, now)
    bookmark = desk.enter()
    entries, misfits = _entries(desk, page.records)
    odd = [*page.odd, *misfits]
    saved = Saved(odd=len(odd))
    for kind, fresh in entries.items():
        saved += _save_kind(desk, kind, fresh)
    for kind, gone in latest_by_kind(desk, page.gone).items():
        buried, stale = bury(desk, kind, gone)
        saved += Saved(gone=buried, stale=stale, unchanged=len(gone) - buried - stale)
    set_aside(desk, odd, understood=(one.ref for one in (*page.records, *page.gone)))
    if page.cursor is not None and page.cursor.value != bookmark:
        _move(desk, page.cursor)
    return saved


def _entries(desk: Desk, records: Iterable[Record]) -> tuple[dict[Kind, list[Entry]], list[Odd]]:
    """The rows by kind, the newest of each record; what no column can hold is odd and does not lose the page."""
    newest: dict[Kind, dict[str, Entry]] = {}
    misfits: list[Odd] = []
    seen = micros(desk.now)
    for record in records:
        desk.check(record.ref)
        try:
            fresh = entry(desk.business, record, seen)
        except DoesNotFit as error:
            misfits.append(Odd(record.ref, str(error)))
        else:
            _keep_newest(newest.setdefault(KINDS[type(record)], {}), fresh)
    return {kind: list(by_id.values()) for kind, by_id in newest.items()}, misfits


def _keep_newest(by_id: dict[str, Entry], fresh: Entry) -> None:
    twin = by_id.get(fresh.id)
    if twin is None or (fresh.changed, fresh.version) >= (twin.changed, twin.version):
        by_id[fresh.id] = fresh


def _save_kind(desk: Desk, kind: Kind, entries: Sequence[Entry]) -> Saved:
    known = desk.known(kind, [fresh.id for fresh in entries])
    fates: dict[Fate, list[Entry]] = {fate: [] for fate in Fate}
    now = micros(desk.now)
    for fresh in entries:
        fates[weigh(known.get(fresh.id), fresh, now)].append(fresh)
    desk.remember(kind, [fresh.id for fresh in fates[Fate.CHANGED]])
    news = [*fates[Fate.NEW], *fates[Fate.CHANGED]]
    put_rows(desk.tx, TABLES[kind], [fresh.row for fresh in news])
    _note_change(desk, kind, fates[Fate.MOVED])
    return Saved(
        new=len(fates[Fate.NEW]),
        changed=len(fates[Fate.CHANGED]),
        unchanged=len(fates[Fate.UNCHANGED]) + len(fates[Fate.MOVED]),
        stale=len(fates[Fate.STALE]),
    )


def _note_change(desk: Desk, kind: Kind, entries: Sequence[Entry]) -> None:
    """Only the instant moved: written in place, with the body that holds it."""
    if entries:
        table = TABLES[kind]
        statement = (
            update(table)
            .where(*desk.mine(table), table.c.id == bindparam("its_id"))
            .values(changed_at=bindparam("moved_to", type_=BigInteger), body=bindparam("fresh_body"))
        )
        rows = [{"its_id": one.id, "moved_to": one.changed, "fresh_body": one.row[-1]} for one in entries]
        desk.tx.execute(statement, rows)


def _move(desk: Desk, cursor: Cursor) -> None:
    desk.tx.execute(_MOVE, {**desk.whose(), "moved_to": cursor.value})


_MOVE = (
    update(tables.connection)
    .where(tables.connection.c.business_id == bindparam("its_business"))
    .where(tables.connection.c.id == bindparam("its_connection"))
    .values(cursor=bindparam("moved_to"))
)
