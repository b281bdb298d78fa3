"""Reads everything once by queries, then what changed by one call a time."""

from collections.abc import Iterator

import msgspec

from integrations.contract import Clock
from integrations.quickbooks import cursor as places
from integrations.quickbooks.client import Envelope
from integrations.quickbooks.cursor import STREAMS, Follow, Run
from integrations.quickbooks.mapping import NotUnderstood, instant
from integrations.quickbooks.payloads import Row, Unreadable
from integrations.quickbooks.reader import Reader, Rows, server_time
from integrations.quickbooks.statements import PAGE, literal, select
from receivables.page import Cursor, Page

AGAIN = 20
CHANGED_MAX = 1000
LOOK_BACK_DAYS = 25
Mark = tuple[str, str, str]
Seen = frozenset[Mark]


def changes(reader: Reader, since: Cursor | None) -> Iterator[Page]:
    """Pages of what changed since the cursor, everything when it is None."""
    place = Run() if since is None else places.read(since)
    if isinstance(place, Follow):
        yield from _followed(reader, place, reader.clock)
    else:
        yield from _run(reader, place)


def _followed(reader: Reader, place: Follow, clock: Clock) -> Iterator[Page]:
    reader.gap = place.gap
    if places.older_than(place, clock.now(), LOOK_BACK_DAYS):
        yield from _run(reader, Run(floor=place.since, after=place.since))
        return
    answer = reader.client.changed(STREAMS, place.since)
    rows = {entity: reader.rows(entity, answer) for entity in STREAMS}
    if sum(map(len, rows.values())) < CHANGED_MAX:
        yield reader.page(rows, answer, cursor=places.write(places.followed(server_time(answer))))
        return
    yield from _one_by_one(reader, place, answer)


def _one_by_one(reader: Reader, place: Follow, whole: Envelope) -> Iterator[Page]:
    """The answer was cut off: ask for each kind alone, then query for whichever is still too many.

    Until all of it is saved, the cursor stays where it was.
    """
    cut_off: list[str] = []
    for entity in STREAMS:
        answer = reader.client.changed((entity,), place.since)
        rows = reader.rows(entity, answer)
        if len(rows) >= CHANGED_MAX:
            cut_off.append(entity)
        yield reader.page({entity: rows}, answer, cursor=places.write(place), stream=entity)
    began = server_time(whole)
    if cut_off:
        yield from _run(reader, Run(tuple(cut_off), began=began, floor=place.since, after=place.since))
    else:
        yield Page(cursor=places.write(places.followed(began, gap=place.gap)))


def _run(reader: Reader, run: Run) -> Iterator[Page]:
    """Stream after stream, ordered by time of change; each page starts at the last time of the one before, so that
    rows which move between pages are met again instead of pushing others off the edge."""
    seen: Seen = frozenset()
    while run.streams:
        entity = run.streams[0]
        answer = reader.client.query(_statement(entity, run))
        rows = reader.rows(entity, answer)
        fresh = [row for row in rows if _mark(row) not in seen]
        began = run.began or server_time(answer)
        run, seen = _advanced(msgspec.structs.replace(run, began=began), rows, seen)
        yield reader.page({entity: fresh}, answer, cursor=_cursor(reader, run), stream=entity)


def _cursor(reader: Reader, run: Run) -> Cursor:
    if run.streams:
        return places.write(run)
    reader.gap = bool(run.floor)
    return places.write(places.followed(run.began, gap=reader.gap))


def _statement(entity: str, run: Run) -> str:
    conditions = (f"MetaData.LastUpdatedTime >= {literal(run.after)}",) if run.after else ()
    return select(entity, *conditions, order_by="MetaData.LastUpdatedTime", start=run.position)


def _advanced(run: Run, rows: Rows, seen: Seen) -> tuple[Run, Seen]:
    """Where to go on: at the last time seen. Positions are only used inside that time, and a few of its rows are read
    again, in case some moved away in the meantime."""
    if len(rows) < PAGE:
        return msgspec.structs.replace(run, streams=run.streams[1:], after=run.floor, position=1), frozenset()
    times = [row.changed for row in rows if _readable(row.changed)]
    if not times:
        return msgspec.structs.replace(run, position=run.position + PAGE), seen
    last = times[-1]
    boundary = frozenset(_mark(row) for row in rows if row.changed == last)
    inside = len(boundary)
    if run.after and instant(run.after) == instant(times[0]) == instant(last):
        inside, boundary = run.position - 1 + len(rows), boundary | seen
    return msgspec.structs.replace(run, after=last, position=max(1, inside - AGAIN + 1)), boundary


def _mark(row: Row | Unreadable) -> Mark:
    """One version of one record: two changes within a second share their time."""
    return row.id, row.changed, "" if isinstance(row, Unreadable) else row.sync_token or ""


def _readable(text: str) -> bool:
    try:
        instant(text)
    except NotUnderstood:
        return False
    return True
