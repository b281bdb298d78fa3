"""Reads everything once by queries, then what changed by one call a time."""

from collections.abc import Generator, Iterator
from dataclasses import replace

import msgspec

from integrations.contract import Clock
from integrations.quickbooks import cursor as places
from integrations.quickbooks.chains import Fetched, Reading, Seen, not_given, reached, with_edge
from integrations.quickbooks.client import Envelope
from integrations.quickbooks.cursor import CHAINS, FIRST, STREAMS, Follow, Run
from integrations.quickbooks.reader import Reader, said_at, server_time
from receivables.page import Cursor, Page

CHANGED_MAX = 1000
LOOK_BACK_DAYS = 25


def changes(reader: Reader, since: Cursor | None) -> Iterator[Page]:
    """Pages of what changed since the cursor, everything when it is None.

    A first run ends with what changed while it lasted: its lists are read apart, and a record may have moved from one
    that was still unread to one that was read already.
    """
    place = places.run_over() if since is None else places.read(since)
    if isinstance(place, Follow):
        yield from _followed(reader, place, reader.clock)
        return
    began = yield from _run(reader, place)
    if not place.floor:
        yield from _followed(reader, places.followed(began), reader.clock)


def _followed(reader: Reader, place: Follow, clock: Clock) -> Iterator[Page]:
    reader.gap = place.gap
    if places.older_than(place, clock.now(), LOOK_BACK_DAYS):
        yield from _run(reader, places.run_over(floor=place.since))
        return
    answer = reader.client.changed(STREAMS, place.since)
    rows = {entity: reader.rows(entity, answer) for entity in STREAMS}
    if sum(map(len, rows.values())) < CHANGED_MAX:
        cursor = places.write(places.followed(server_time(answer)))
        yield reader.page(rows, at=said_at(answer), cursor=cursor)
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
        yield reader.page({entity: rows}, at=said_at(answer), cursor=places.write(place), stream=entity)
    began = server_time(whole)
    if cut_off:
        yield from _run(reader, places.run_over(cut_off, began=began, floor=place.since))
    else:
        yield Page(cursor=places.write(places.followed(began, gap=place.gap)))


def _run(reader: Reader, run: Run) -> Generator[Page, None, str]:
    """The chains of a run as their pages come, each page with what is then still unread. Returns when it began."""
    bookmark = Bookmark(run)
    for fetched in Reading(reader, run).pages():
        page = bookmark.page(reader, fetched)
        if page is not None:
            yield page
    return bookmark.run.began


class Bookmark:
    """What is still unread once the pages so far are saved. Fetching is always a little further."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._seen: dict[tuple[str, bool], Seen] = {}

    def page(self, reader: Reader, fetched: Fetched) -> Page | None:
        """The page to save; None for one whose rows the chain's other end gave already."""
        span = self.run.spans.get(fetched.chain)
        if span is None:
            return None
        rows = fetched.rows
        if reached(fetched, span):
            rows = not_given(fetched, span, self._seen.get((fetched.chain, not fetched.down), frozenset()))
        first = FIRST & self.run.spans.keys()
        self._move(fetched)
        usable = bool(first) and not (FIRST & self.run.spans.keys()) and not self.run.floor
        entity = CHAINS[fetched.chain].entity
        page = reader.page({entity: rows}, at=fetched.at, cursor=self._cursor(reader), stream=entity)
        return replace(page, usable=True) if usable else page

    def _move(self, fetched: Fetched) -> None:
        spans = dict(self.run.spans)
        span = spans.pop(fetched.chain)
        moved = None if fetched.edge is None else with_edge(span, fetched.edge, down=fetched.down)
        if moved is not None and not moved.empty():
            spans[fetched.chain] = moved
        self._seen[fetched.chain, fetched.down] = fetched.seen
        began = min(self.run.began or fetched.began, fetched.began)
        self.run = msgspec.structs.replace(self.run, spans=spans, began=began)

    def _cursor(self, reader: Reader) -> Cursor:
        if self.run.spans:
            return places.write(self.run)
        reader.gap = bool(self.run.floor)
        return places.write(places.followed(self.run.began, gap=reader.gap))
