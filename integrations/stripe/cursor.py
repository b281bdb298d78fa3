"""Where a reading of Stripe stands, as the JSON inside our cursor."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import msgspec

from integrations.errors import BadCursor
from receivables.page import Cursor

EVENTS_LAST = timedelta(days=29)
OVERLAP_SECONDS = 600
TRAIL_MAX = 500

Trail = list[tuple[str, int]]


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A part of a list that is still to be read, newest first.

    Records of one `status` ("" for any), created after `above` and not after `upto` (epoch seconds, 0 for no bound),
    and behind the record `after` when some were read already.
    """

    stream: str
    status: str = ""
    above: int = 0
    upto: int = 0
    after: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In a first run: what is still to be read of the lists. Always: the events read so far.

    Everything that happened before `read_at` (epoch seconds) is known. `anchor` is an event at least ten minutes
    older than the newest we know, where the next reading starts; `trail` are the ones since, which it will meet again
    and skip. A longer trail is cut: what is met again then is only read twice.
    """

    read_at: int
    run: str = "events"
    todo: tuple[Span, ...] = ()
    anchor: str = ""
    anchor_at: int = 0
    trail: Trail = []

    def cursor(self) -> Cursor:
        """As it is kept."""
        return Cursor(msgspec.json.encode(self).decode())

    def with_todo(self, todo: Iterable[Span]) -> "Place":
        """In a first run, with this much still to be read; over when it is nothing."""
        left = tuple(todo)
        return msgspec.structs.replace(self, todo=left) if left else self.read()

    def read(self) -> "Place":
        """Once all lists are read: on with the events since the run began."""
        return Place(read_at=self.read_at, anchor=self.anchor, anchor_at=self.anchor_at)

    def older_than_events(self, now: datetime) -> bool:
        """Too old to go on from: Stripe keeps events for thirty days."""
        return datetime.fromtimestamp(self.read_at, UTC) < now - EVENTS_LAST

    def anchored(self, now: datetime) -> bool:
        """Is there an event to read on from that Stripe still has?"""
        return bool(self.anchor) and datetime.fromtimestamp(self.anchor_at, UTC) >= now - EVENTS_LAST

    def advanced(self, fresh: Trail, read_at: int) -> "Place":
        """After more events were read, oldest first: the overlap moves along."""
        trail = [*self.trail, *fresh]
        if not trail:
            return msgspec.structs.replace(self, read_at=read_at)
        newest = trail[-1][1]
        settled = list(takewhile(lambda one: one[1] <= newest - OVERLAP_SECONDS, trail))
        anchor, anchor_at = settled[-1] if settled else (self.anchor, self.anchor_at)
        kept = trail[len(settled) :][-TRAIL_MAX:]
        return Place(read_at=read_at, anchor=anchor, anchor_at=anchor_at, trail=kept)


def read(cursor: Cursor) -> Place:
    """The place a cursor names. Raises BadCursor for anything that is not one of ours."""
    try:
        place = msgspec.json.decode(cursor.value, type=Place)
        datetime.fromtimestamp(place.read_at, UTC)
        datetime.fromtimestamp(place.anchor_at, UTC)
    except (msgspec.MsgspecError, OverflowError, ValueError, OSError):
        raise BadCursor("Stripe's reading place cannot be understood; this connection is read from the start") from None
    # "full" was the run of earlier versions, which read the lists one after the other.
    if place.run not in ("lists", "events"):
        raise BadCursor("Stripe's reading place is of a kind not known here; this connection is read from the start")
    return place
