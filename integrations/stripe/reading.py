"""What changed at Stripe: everything in a first run; later the events, oldest first, with overlap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from integrations.errors import NotThere, TryLater
from integrations.stripe.client import API_VERSION
from integrations.stripe.cursor import OVERLAP_SECONDS, Place, Trail
from integrations.stripe.events import TYPES, EventPage, event_page, stream_of
from integrations.stripe.first_run import EVERYTHING, FirstRun
from integrations.stripe.listing import PAGE, Lists, is_id
from integrations.stripe.mapping import Seen
from integrations.stripe.payloads import CustomerPayload, EventPayload
from integrations.stripe.streams import BY_NAME, CUSTOMERS, Stream, dated_of
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

    def __init__(self, lists: Lists, *, live: bool) -> None:
        self._lists = lists
        self._live = live
        self._clock = lists.client.wire.clock

    def since(self, place: Place | None) -> Iterator[Page]:
        """Pages from `place` on; from the start when it is None or older than Stripe's events."""
        now = self._lists.now()
        if place is None or place.older_than_events(now):
            yield from self._everything(self._start())
        elif place.run == "lists":
            yield from self._everything(place)
        else:
            yield from self._events(place)

    def _start(self) -> Place:
        """Before anything is listed, note an event: what happened since is read after the lists. Not the newest one, as
        events may come late."""
        asked_at = self._clock.now()
        events = self._events_page({"limit": 1, "created": {"lte": int(asked_at.timestamp()) - OVERLAP_SECONDS}})
        began = self._second(asked_at)
        anchor = events.events[0] if events.events else None
        place = Place(read_at=began, run="lists", todo=EVERYTHING)
        return place if anchor is None else msgspec.structs.replace(place, anchor=anchor.id, anchor_at=anchor.created)

    def _everything(self, place: Place) -> Iterator[Page]:
        yield from FirstRun(self._lists, place, live=self._live).pages()
        yield from self._events(place.read())

    def _events(self, place: Place) -> Iterator[Page]:
        now = self._lists.now()
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
            asked_at = self._clock.now()
            got = self._events_page({"ending_before": before})
            before, more = got.newest or before, got.has_more
            place, page = self._taken(place, got.events[::-1], got.odd, self._second(asked_at))
            yield page

    def _backlog(self, place: Place) -> Page:
        """Without an event to start from: all since the last reading, gathered newest first and then turned round."""
        asked_at = self._clock.now()
        asked: dict[str, Any] = {"created": {"gte": place.read_at - OVERLAP_SECONDS}}
        found: list[EventPayload] = []
        odd: list[str] = []
        after, more = "", True
        while more:
            got = self._events_page(asked | ({"starting_after": after} if after else {}))
            found, odd, after, more = found + got.events, odd + got.odd, got.oldest, got.has_more
        return self._taken(place, found[::-1], odd, self._second(asked_at))[1]

    def _second(self, asked_at: datetime) -> int:
        """When something was asked, by Stripe's clock."""
        return int(self._lists.seen_since(asked_at).at.timestamp())

    def _events_page(self, params: dict[str, Any]) -> EventPage:
        asked = {"limit": PAGE, "types": list(TYPES), **params}

        def decode(body: bytes) -> EventPage:
            page = event_page(body)
            stuck = page.newest in ("", asked.get("ending_before")) or page.oldest == asked.get("starting_after")
            if page.has_more and stuck:
                raise TryLater("Stripe broke off its list of events")
            return page

        return self._lists.client.get("/v1/events", decode, asked)

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
        if stream is CUSTOMERS and key.startswith("acct_"):
            return  # only invoices tell of it: of two sources the one read last would win
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
        return self._lists.seen_at_latest(datetime.fromtimestamp(event.created, UTC) + WITHIN_ITS_SECOND)

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


def _deleted(body: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=CustomerPayload).deleted
    except msgspec.MsgspecError:
        return False
