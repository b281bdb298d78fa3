"""Our reading place in a company's books, to and from the text that is saved with each page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from integrations.errors import BadCursor
from integrations.quickbooks.mapping import KINDS, NotUnderstood, instant
from receivables.page import Cursor

STREAMS = tuple(KINDS)
OVERLAP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Chain:
    """A list of records that is read by itself: all of one kind, or those that a condition picks."""

    entity: str
    condition: str = ""


CHAINS: Mapping[str, Chain] = {
    "open": Chain("Invoice", "Balance > '0'"),
    "customers": Chain("Customer"),
    "settled": Chain("Invoice", "Balance <= '0'"),
    "credits": Chain("CreditMemo"),
    "payments": Chain("Payment"),
}
FIRST = frozenset({"open", "customers"})


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far one end of a chain is read: up to `time`, and inside that time up to before `position`."""

    time: str = ""
    position: int = 1

    def to(self, other: "Edge") -> timedelta:
        """How far it is to another one; nothing when one of them has no time."""
        if not self.time or not other.time:
            return timedelta()
        return abs(instant(other.time) - instant(self.time))


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is still unread of a chain: from `low` to `high`. An end without a time is the chain's own end."""

    low: Edge = Edge()
    high: Edge = Edge()

    def empty(self) -> bool:
        """Have the ends passed each other?"""
        if not self.low.time or not self.high.time:
            return False
        return instant(self.low.time) > instant(self.high.time)

    def narrower_than(self, width: timedelta) -> bool:
        """Are both ends known, and no further apart than this?"""
        return bool(self.low.time and self.high.time) and self.low.to(self.high) <= width

    def within_one_time(self) -> bool:
        """Is only a single time left, which is read by positions and so from one end?"""
        return bool(self.low.time and self.high.time) and instant(self.low.time) == instant(self.high.time)


class Run(msgspec.Struct, tag="chains", tag_field="is", frozen=True, omit_defaults=True):
    """In the middle of reading by queries: `spans` by the names of the chains that are not read yet. `floor` is where
    every chain starts; empty reads it all. `began` is QuickBooks' own time when the run began."""

    spans: dict[str, Span] = msgspec.field(default_factory=dict)
    began: str = ""
    floor: str = ""


class Follow(msgspec.Struct, tag="follow", tag_field="is", frozen=True, omit_defaults=True):
    """Everything up to `since` is read. `gap` says that queries had to fill in, which show no deletions."""

    since: str
    gap: bool = False


_DECODER = msgspec.json.Decoder(Run | Follow)


def run_over(entities: Iterable[str] = STREAMS, *, began: str = "", floor: str = "") -> Run:
    """A run that has everything before it."""
    wanted = set(entities)
    spans = {name: Span(low=Edge(floor)) for name, chain in CHAINS.items() if chain.entity in wanted}
    return Run(spans, began, floor)


def write(place: Run | Follow) -> Cursor:
    """The text to save."""
    return Cursor(msgspec.json.encode(place).decode())


def read(cursor: Cursor) -> Run | Follow:
    """The place again. Raises BadCursor for anything that is not ours, and for what older versions of us wrote in the
    middle of a run."""
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
    edges = [edge for span in place.spans.values() for edge in (span.low, span.high)]
    if not place.spans or not place.spans.keys() <= CHAINS.keys() or any(edge.position < 1 for edge in edges):
        raise ValueError("chains or positions")
    for text in (place.began, place.floor, *(edge.time for edge in edges)):
        if text:
            instant(text)


def followed(server_time: str, *, gap: bool = False) -> Follow:
    """Where to go on after all that QuickBooks had at its own `server_time`, with some overlap."""
    return Follow((instant(server_time) - OVERLAP).isoformat(), gap)


def older_than(place: Follow, now: datetime, days: int) -> bool:
    """Is the place further back than changed data can be trusted to reach?"""
    return now - instant(place.since) > timedelta(days=days)
