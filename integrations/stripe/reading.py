"""What changed at Stripe: everything, newest first, in a first run; later the events, oldest first, with overlap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from integrations.errors import BadCursor, NotThere, TryLater
from integrations.stripe.client import API_VERSION
from integrations.stripe.cursor import OVERLAP_SECONDS, Place, Trail
from integrations.stripe.events import TYPES, EventPage, event_page, stream_of
from integrations.stripe.listing import PAGE, Lists, is_id
from integrations.stripe.mapping import Seen
from integrations.stripe.payloads import CustomerPayload, EventPayload
from integrations.stripe.streams import BY_NAME, CUSTOMERS, STREAMS, Stream, dated_of
from receivables.page import Gone, Odd, Page
from receivables.records import Kind, Record

WITHIN_ITS_SECOND = timedelta(microseconds=999_999)


@dataclass
class Gathered:
    """What a page is made of."""

    records: list[Record] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)

    def page(self, place: Place | None = None, stream: str = "") -> Page:
        """With the cursor that is true once all of it is saved."""
        cursor = place.cursor() if place else None
        return Page(tuple(self.records), tuple(self.gone), tuple(self.odd), cursor, stream)


class Reading:
    """One connection's changes."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self._clock = lists.client.wire.clock

    def since(self, place: Place | None) -> Iterator[Page]:
        """Pages from `place` on; from the start when it is None or older than Stripe's events."""
        now = self._clock.now()
        if place is None or place.older_than_events(now):
            yield from self._everything(self._start())
        elif place.run == "full":
            yield from self._everything(place)
        else:
            yield from self._events(place)

    def _start(self) -> Place:
        """Before anything is listed, note the newest event: what happens from here on is read after the lists."""
        began = int(self._clock.now().timestamp())
        events = self._events_page({"limit": 1})
        anchor = events.events[0] if events.events else None
        place = Place(read_at=began, run="full", stream=STREAMS[0].name)
        return place if anchor is None else msgspec.structs.replace(place, anchor=anchor.id, anchor_at=anchor.created)

    def _everything(self, place: Place) -> Iterator[Page]:
        if place.stream not in BY_NAME:
            raise BadCursor("Stripe's reading place names no list known here; this connection is read from the start")
        names = [stream.name for stream in STREAMS]
        for name in names[names.index(place.stream) :]:
            here = msgspec.structs.replace(place, stream=name)
            resumed = name == place.stream
            yield from self._stream(here if resumed else msgspec.structs.replace(here, after="", after_created=0))
        yield from self._events(_events_place(place))

    def _stream(self, place: Place) -> Iterator[Page]:
        stream = BY_NAME[place.stream]
        for listing in self._lists.pages(stream, {}, after=place.after, at=place.after_created):
            if listing.has_more:
                after, created = listing.ids[-1], listing.last_created
                reached = msgspec.structs.replace(place, after=after, after_created=created)
            else:
                reached = _next_stream(place)
            yield Page(listing.records, (), listing.odd, reached.cursor(), stream.name)

    def _events(self, place: Place) -> Iterator[Page]:
        now = self._clock.now()
        if not place.anchored(now):
            yield self._backlog(place)
            return
        try:
            yield from self._onwards(place)
        except NotThere:
            # The event we stood at is no more: nobody knows what was missed.
            yield from self._everything(self._start())

    def _onwards(self, place: Place) -> Iterator[Page]:
        before, more = place.anchor, True
        while more:
            read_at = int(self._clock.now().timestamp())
            got = self._events_page({"ending_before": before})
            if got.has_more and got.newest in ("", before):
                raise TryLater("Stripe broke off its list of events")
            before, more = got.newest or before, got.has_more
            place, page = self._taken(place, got.events[::-1], got.odd, read_at)
            yield page

    def _backlog(self, place: Place) -> Page:
        """Without an event to start from: all since the last reading, gathered newest first and then turned round."""
        read_at = int(self._clock.now().timestamp())
        asked: dict[str, Any] = {"created": {"gte": place.read_at - OVERLAP_SECONDS}}
        found: list[EventPayload] = []
        odd: list[str] = []
        after, more = "", True
        while more:
            got = self._events_page(asked | ({"starting_after": after} if after else {}))
            if got.has_more and got.oldest in ("", after):
                raise TryLater("Stripe broke off its list of events")
            found, odd, after, more = found + got.events, odd + got.odd, got.oldest, got.has_more
        return self._taken(place, found[::-1], odd, read_at)[1]

    def _events_page(self, params: dict[str, Any]) -> EventPage:
        asked = {"limit": PAGE, "types": list(TYPES), **params}
        return self._lists.client.get("/v1/events", event_page, asked)

    def _taken(
        self, place: Place, events: Sequence[EventPayload], odd: Sequence[str], read_at: int
    ) -> tuple[Place, Page]:
        """Events, oldest first, as a page: each object once, as its newest event has it."""
        known = {key for key, _ in place.trail}
        fresh = [event for event in events if event.id not in known]
        newest = {(stream_of(event).name, dated_of(event.data.object).id): event for event in fresh}
        gathered = Gathered(odd=[self._odd_event(key) for key in odd if key not in known])
        for (name, key), event in newest.items():
            self._take(BY_NAME[name], key, event, gathered)
        trail: Trail = [(event.id, event.created) for event in fresh]
        reached = place.advanced(trail, read_at)
        return reached, gathered.page(reached, "events")

    def _take(self, stream: Stream[Any], key: str, event: EventPayload, gathered: Gathered) -> None:
        seen = self._seen_in(event)
        if event.type.endswith(".deleted"):
            gathered.gone.append(Gone(seen.ref(stream.kind, key), seen.at))
        elif not key:
            gathered.odd.append(stream.odd("", "an event about a record without an id", seen))
        elif event.api_version == API_VERSION:
            stream.read(event.data.object, seen, gathered.records, gathered.odd)
        else:
            self.fetch(stream, key, gathered)

    def _odd_event(self, key: str) -> Odd:
        return Odd(self._lists.seen_now().ref(Kind.OTHER, key), "events: an event that cannot be understood")

    def _seen_in(self, event: EventPayload) -> Seen:
        """True since the event, whose second has begun: its end counts, or a list read earlier in it would win."""
        end = datetime.fromtimestamp(event.created, UTC) + WITHIN_ITS_SECOND
        seen = self._lists.seen_now()
        return Seen(seen.connection, min(end, seen.at), seen.zone)

    def fetch(self, stream: Stream[Any], key: str, gathered: Gathered) -> None:
        """One record as it is now, or gone, or odd."""
        seen = self._lists.seen_now()
        if not is_id(stream, key):
            gathered.odd.append(stream.odd(key, "that is not an id of Stripe's", seen))
            return
        try:
            seen, body = self._lists.one(stream, key)
        except NotThere:
            gathered.gone.append(Gone(seen.ref(stream.kind, key), seen.at))
            return
        if stream is CUSTOMERS and _deleted(body):
            gathered.gone.append(Gone(seen.ref(stream.kind, key), seen.at))
            return
        stream.read(body, seen, gathered.records, gathered.odd)


def _events_place(place: Place) -> Place:
    return Place(read_at=place.read_at, anchor=place.anchor, anchor_at=place.anchor_at)


def _next_stream(place: Place) -> Place:
    names = [stream.name for stream in STREAMS]
    at = names.index(place.stream) + 1
    if at == len(names):
        return _events_place(place)
    return msgspec.structs.replace(place, stream=names[at], after="", after_created=0)


def _deleted(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=CustomerPayload).deleted
    except msgspec.MsgspecError:
        return False
