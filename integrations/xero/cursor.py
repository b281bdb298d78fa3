"""The reading place: the next page of every list still to be read, since when, and from when the next run asks."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from integrations.errors import BadCursor
from receivables.page import Cursor

# what changed while the first page was being made may carry an earlier time than the reply; Xero compares
# whole seconds. Reading a row twice changes nothing
OVERLAP = timedelta(minutes=3)


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on: `left` is the next page by list, without the lists that are done. With none left the run is
    complete and the next one asks `since`.

    `since` and `started` are ISO instants in UTC; `since` is empty in a first run, `started` before its first page.
    A cursor of the shape before this one is a BadCursor: that connection is read from the start, once.
    """

    left: dict[str, int]
    since: str = ""
    started: str = ""

    @property
    def first(self) -> bool:
        """Is this the first run, which reads everything?"""
        return not self.since

    @property
    def taken_up_again(self) -> bool:
        """Was a page of this run saved before?"""
        return bool(self.started)


def read(cursor: Cursor | None, first: tuple[str, ...], later: tuple[str, ...]) -> Place:
    """The place a cursor stands for; the start when there is none. Raises BadCursor.

    `first` and `later` name the lists of a first and of any later run.
    """
    if cursor is None:
        return Place(dict.fromkeys(first, 1))
    try:
        place = msgspec.json.decode(cursor.value.encode(), type=Place)
        for moment in (place.since, place.started):
            if moment:
                _instant(moment)
    except (msgspec.DecodeError, UnicodeEncodeError, ValueError):
        raise BadCursor from None
    names = first if place.first else later
    if not set(place.left) <= set(names) or min(place.left.values(), default=1) < 1:
        raise BadCursor
    if not place.left and place.first:
        raise BadCursor
    return place if place.left else following(place, later)


def following(place: Place, later: tuple[str, ...]) -> Place:
    """The start of the run after a complete one."""
    return Place(dict.fromkeys(later, 1), since=place.since)


def write(place: Place) -> Cursor:
    """The cursor that will be saved with its page."""
    return Cursor(msgspec.json.encode(place).decode())


def after(place: Place, name: str, *, more: bool, told_at: datetime) -> Place:
    """What is left after a page of list `name`; `told_at` is Xero's own time in the page's reply.

    The next run asks from the earliest of these times: pages that are read side by side may come in any order.
    """
    told = told_at.astimezone(UTC)
    started = min(_instant(place.started), told) if place.started else told
    left = _without(place.left, name)
    if more:
        left = {**place.left, name: place.left[name] + 1}
    if not left:
        return Place({}, since=(started - OVERLAP).isoformat())
    return Place(left, place.since, started.isoformat())


def _without(left: Mapping[str, int], name: str) -> dict[str, int]:
    return {other: page for other, page in left.items() if other != name}


def modified_since(place: Place) -> str:
    """The If-Modified-Since header: UTC, whole seconds (rounded down), no offset; empty in a first run."""
    return f"{_instant(place.since):%Y-%m-%dT%H:%M:%S}" if place.since else ""


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return moment.astimezone(UTC)
