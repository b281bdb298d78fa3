"""The pull: what is open first, then everything, several pages at once where the order they are read in cannot matter.

Xero's pages are offsets into a live table. Every list is ordered by its id and filtered by nothing that lets a row
leave, so rows only ever join. A page that was read before an earlier page of its list may then miss a row that slid
over the edge between them; the list's own count of its rows tells, and such a page is read again.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from integrations.together import in_order
from integrations.xero import cursor as places
from integrations.xero.cursor import Place
from integrations.xero.decoding import Decoded
from integrations.xero.payloads import Unreadable
from integrations.xero.streams import (
    CONTACTS,
    NAMES,
    OPEN,
    STREAMS,
    Room,
    ask,
    mapped,
    more,
    raw,
    read,
    told_at,
)
from receivables.page import Cursor, Page

# of the five calls that Xero lets a company have under way; the fifth is for whoever answers a person
AT_ONCE = 4
PRESENT = (CONTACTS.name, OPEN.name)
Wanted = tuple[str, int]


def changes(room: Room, since: Cursor | None) -> Iterator[Page]:
    """Pages of every list, each with the cursor that is true once it is saved. Raises BadCursor before any HTTP.

    A first pull reads contacts and open invoices first: with the last page of these two, `usable` is said once.
    """
    place = places.read(since, (*PRESENT, *(name for name in NAMES if name not in PRESENT)), NAMES)
    return _runs(room, place)


def _runs(room: Room, place: Place) -> Iterator[Page]:
    """A run, and what has changed since it began if it was cut off: some of its lists were read who knows when."""
    run = _Pull(room, place, _asked(place))
    yield from run.pages()
    if place.taken_up_again:
        place = places.following(run.place, NAMES)
        yield from _Pull(room, place, _asked(place)).pages()


def _asked(place: Place) -> dict[str, Any]:
    return {} if place.first else {"if_modified_since": places.modified_since(place)}


@dataclass
class _Pull:
    """One run. `lengths` and `rows` are what the lists' latest replies told of their size."""

    room: Room
    place: Place
    asked: dict[str, Any]
    lengths: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def pages(self) -> Iterator[Page]:
        while self.place.left:
            wanted = self._askable()
            for (name, number), body in zip(wanted, self._bodies(wanted), strict=True):
                if name in self.place.left:
                    yield self._page(name, number, body)

    def _askable(self) -> list[Wanted]:
        """Every page known to exist, and the first of lists of unknown length; of the past only once it is known how
        long the present is."""
        left = self.place.left
        present = [name for name in PRESENT if name in left]
        names = list(left) if all(name in self.lengths for name in present) else present
        return [(name, page) for name in names for page in range(left[name], self._last(name) + 1)]

    def _last(self, name: str) -> int:
        return max(self.place.left[name], self.lengths.get(name, 0))

    def _bodies(self, wanted: list[Wanted]) -> Iterator[bytes]:
        """A night has one page a list, and many companies have theirs side by side: nothing to hurry there."""
        calls = [partial(raw, self.room, STREAMS[name], page=page, **self.asked) for name, page in wanted]
        return _in_turn(calls) if self.asked else in_order(calls, at_once=AT_ONCE)

    def _page(self, name: str, number: int, body: bytes) -> Page:
        stream, found = STREAMS[name], self._decoded(name, number, body)
        self.rows[name] = found.paging.itemCount if found.paging else 0
        self.lengths[name] = found.paging.pageCount if found.paging else 0
        self.place = places.after(self.place, name, more=more(found, number), told_at=told_at(self.room, found))
        last_of_present = name in PRESENT and not any(one in self.place.left for one in PRESENT)
        page = mapped(self.room, stream, found)
        # what is odd among the open ones comes again with all of them, and is counted then
        odd = () if stream is OPEN else page.odd
        cursor, usable = places.write(self.place), last_of_present and not self.asked
        return replace(page, odd=odd, cursor=cursor, usable=usable)

    def _decoded(self, name: str, number: int, body: bytes) -> Decoded[Any]:
        stream = STREAMS[name]
        again = partial(ask, self.room, stream, page=number, **self.asked)
        try:
            found = read(self.room, stream, body)
        except Unreadable:
            return again()
        return again() if stream is not OPEN and self._is_older(found, name) else found

    def _is_older(self, found: Decoded[Any], name: str) -> bool:
        """Was the page read before an earlier page of its list, and a row has joined since?"""
        return found.paging is not None and found.paging.itemCount < self.rows.get(name, 0)


def _in_turn(calls: Sequence[Callable[[], bytes]]) -> Iterator[bytes]:
    for call in calls:
        yield call()
