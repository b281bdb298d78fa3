"""Our reading place in a company's books, to and from the text that is saved with each page."""

from datetime import datetime, timedelta

import msgspec

from integrations.errors import BadCursor
from integrations.quickbooks.mapping import KINDS, NotUnderstood, instant
from receivables.page import Cursor

STREAMS = tuple(KINDS)
OVERLAP = timedelta(minutes=5)


class Run(msgspec.Struct, tag="run", tag_field="is", frozen=True, omit_defaults=True):
    """In the middle of reading by queries: `streams` are still to be read, the first of them from the time `after`
    on, skipping to `position` when one time fills pages. `floor` is where every stream starts; empty reads it all.
    `began` is QuickBooks' own time when the run began."""

    streams: tuple[str, ...] = STREAMS
    began: str = ""
    floor: str = ""
    after: str = ""
    position: int = 1


class Follow(msgspec.Struct, tag="follow", tag_field="is", frozen=True, omit_defaults=True):
    """Everything up to `since` is read. `gap` says that queries had to fill in, which show no deletions."""

    since: str
    gap: bool = False


_DECODER = msgspec.json.Decoder(Run | Follow)


def write(place: Run | Follow) -> Cursor:
    """The text to save."""
    return Cursor(msgspec.json.encode(place).decode())


def read(cursor: Cursor) -> Run | Follow:
    """The place again. Raises BadCursor for anything that is not ours."""
    try:
        place: Run | Follow = _DECODER.decode(cursor.value)
        _check(place)
    except (msgspec.DecodeError, NotUnderstood, ValueError):
        raise BadCursor(
            "the saved reading place of this QuickBooks company cannot be understood; read it from the start again"
        ) from None
    return place


def _check(place: Run | Follow) -> None:
    if isinstance(place, Follow):
        instant(place.since)
        return
    if not place.streams or not set(place.streams) <= set(STREAMS) or place.position < 1:
        raise ValueError("streams or position")
    for text in (place.began, place.floor, place.after):
        if text:
            instant(text)


def followed(server_time: str, *, gap: bool = False) -> Follow:
    """Where to go on after all that QuickBooks had at its own `server_time`, with some overlap."""
    return Follow((instant(server_time) - OVERLAP).isoformat(), gap)


def older_than(place: Follow, now: datetime, days: int) -> bool:
    """Is the place further back than changed data can be trusted to reach?"""
    return now - instant(place.since) > timedelta(days=days)
