"""The reading place: which stream and page comes next, since when, and from when the next run will ask."""

from datetime import UTC, datetime, timedelta

import msgspec

from integrations.errors import BadCursor
from receivables.page import Cursor

# what changed while the first page was being made may carry an earlier time than the reply; Xero compares
# whole seconds. Reading a row twice changes nothing
OVERLAP = timedelta(minutes=3)


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on. An empty `stream` means the run is complete and the next one asks `since`.

    `since` and `started` are ISO instants in UTC; `since` is empty in a first run, `started` before its first page.
    """

    stream: str = ""
    page: int = 1
    since: str = ""
    started: str = ""


def read(cursor: Cursor | None, streams: tuple[str, ...]) -> Place:
    """The place a cursor stands for; the start when there is none. Raises BadCursor."""
    if cursor is None:
        return Place(streams[0])
    try:
        place = msgspec.json.decode(cursor.value.encode(), type=Place)
        for moment in (place.since, place.started):
            if moment:
                _instant(moment)
    except (msgspec.DecodeError, UnicodeEncodeError, ValueError):
        raise BadCursor from None
    if place.page < 1 or place.stream not in ("", *streams) or not (place.since or place.stream):
        raise BadCursor
    return place if place.stream else Place(streams[0], since=place.since)


def write(place: Place) -> Cursor:
    """The cursor that will be saved with its page."""
    return Cursor(msgspec.json.encode(place).decode())


def after(place: Place, streams: tuple[str, ...], *, more: bool, told_at: datetime) -> Place:
    """What comes after this page; `told_at` is Xero's own time in the page's reply."""
    started = place.started or told_at.astimezone(UTC).isoformat()
    if more:
        return Place(place.stream, place.page + 1, place.since, started)
    following = streams.index(place.stream) + 1
    if following < len(streams):
        return Place(streams[following], 1, place.since, started)
    return Place(since=(_instant(started) - OVERLAP).isoformat())


def modified_since(place: Place) -> str:
    """The If-Modified-Since header: UTC, whole seconds (rounded down), no offset; empty in a first run."""
    return f"{_instant(place.since):%Y-%m-%dT%H:%M:%S}" if place.since else ""


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(UTC)
