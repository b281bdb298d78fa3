"""Records that could not be understood: set aside where a person sees them, and forgotten once they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, tuple_

from receivables.page import Odd
from receivables.records import Kind, Ref
from storage import tables
from storage.database import Tx
from storage.desk import Desk
from storage.dialects import put


@dataclass(frozen=True, slots=True)
class SetAside:
    """An odd record, why it is odd, and since when."""

    ref: Ref
    why: str
    seen_at: datetime


def set_aside(desk: Desk, odd: Sequence[Odd], *, understood: Iterable[Ref]) -> None:
    """Keep what is odd and drop what is understood by now; nothing is written when both are known."""
    known = {(row.kind, row.id): row.why for row in desk.tx.execute(_OF_CONNECTION, desk.whose())}
    still_odd = {(one.ref.kind.value, one.ref.id): one for one in odd}
    cleared = [key for key in _keys(understood if known else ()) if key in known and key not in still_odd]
    if cleared:
        mine = desk.mine(tables.odd)
        desk.tx.execute(delete(tables.odd).where(*mine, tuple_(tables.odd.c.kind, tables.odd.c.id).in_(cleared)))
    put(desk.tx, tables.odd, [_row(desk, one) for key, one in still_odd.items() if known.get(key) != one.why])


def oddities(tx: Tx, business: str, connection: str) -> list[SetAside]:
    """What is set aside at the moment, by kind and id."""
    found = tx.execute(_OF_CONNECTION, {"its_business": business, "its_connection": connection})
    return [SetAside(Ref(connection, Kind(row.kind), row.id), row.why, row.seen_at) for row in found]


def _keys(refs: Iterable[Ref]) -> set[tuple[str, str]]:
    return {(ref.kind.value, ref.id) for ref in refs}


_OF_CONNECTION = (
    select(tables.odd.c.kind, tables.odd.c.id, tables.odd.c.why, tables.odd.c.seen_at)
    .where(tables.odd.c.business_id == bindparam("its_business"))
    .where(tables.odd.c.connection_id == bindparam("its_connection"))
    .order_by("kind", "id")
)


def _row(desk: Desk, odd: Odd) -> dict[str, Any]:
    return {
        "business_id": desk.business,
        "connection_id": desk.connection,
        "kind": odd.ref.kind.value,
        "id": odd.ref.id,
        "why": odd.why,
        "seen_at": desk.now,
    }
