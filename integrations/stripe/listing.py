"""Walks Stripe's lists a page of a hundred at a time, and does not trust them to end."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, TypeVar

from msgspec import structs

from integrations.errors import NotThere, Refused, TryLater
from integrations.stripe.client import StripeClient
from integrations.stripe.cursor import Span
from integrations.stripe.mapping import Seen
from integrations.stripe.payloads import Payload
from integrations.stripe.streams import BY_NAME, Sheet, Stream

P = TypeVar("P", bound=Payload)

PAGE = 100


@dataclass(frozen=True)
class Lists:
    """Reads one account's lists and single records for one connection of ours."""

    client: StripeClient
    connection: str
    zone: tzinfo

    def now(self) -> datetime:
        """The present instant by Stripe's clock, as far as it is known."""
        return self.client.by_stripe(self.client.wire.clock.now())

    def seen_now(self) -> Seen:
        """For what is known at this moment."""
        return Seen(self.connection, self.now(), self.zone)

    def seen_at_latest(self, at: datetime) -> Seen:
        """For what became known by an event that happened at `at` by Stripe's clock, and not after now."""
        client = self.client
        return Seen(self.connection, min(at, client.at_latest(client.wire.clock.now())), self.zone)

    def seen_since(self, asked_at: datetime) -> Seen:
        """For records that were asked for at this instant of our clock, before the request: no later change can hide
        behind them. The answer may have told how far the clocks are apart."""
        return Seen(self.connection, self.client.by_stripe(asked_at), self.zone)

    def sheet(self, stream: Stream[P], params: Mapping[str, Any]) -> tuple[Seen, Sheet[P]]:
        """One page, and since when it is true. An empty one that promises more, or the same one twice, is trouble and
        not the end."""
        asked_at = self.client.wire.clock.now()
        after = params.get("starting_after")

        def decode(body: bytes) -> Sheet[P]:
            sheet = stream.sheet(body)
            if sheet.has_more and not sheet.last.id:
                raise TryLater(f"Stripe broke off its list of {stream.name}")
            if after and any(one.id == after for one in sheet.dated):
                raise TryLater(f"Stripe sent the same page of {stream.name} again")
            return sheet

        sheet = self.client.get(f"/v1/{stream.name}", decode, {"limit": PAGE, **params})
        return self.seen_since(asked_at), sheet

    def span(self, span: Span, more: Mapping[str, Any] | None = None) -> tuple[Seen, Sheet[Any]]:
        """The next page of a part of a list. The record it goes on behind may have been deleted meanwhile: then from
        its second on, which meets a few again."""
        stream, asked = BY_NAME[span.stream], {**(more or {}), **({"status": span.status} if span.status else {})}
        above = {"gt": span.above} if span.above else {}
        if span.after:
            with suppress(NotThere):
                return self.sheet(stream, {**asked, **_created(above), "starting_after": span.after})
        upto = {"lte": span.upto} if span.upto else {}
        return self.sheet(stream, {**asked, **_created({**above, **upto})})

    def all_of(self, span: Span) -> Iterator[tuple[Seen, Sheet[Any]]]:
        """Every page of a part of a list, newest first."""
        more = True
        while more:
            seen, sheet = self.span(span)
            yield seen, sheet
            span, more = behind(span, sheet), sheet.has_more

    def one(self, stream: Stream[Any], key: str) -> tuple[Seen, bytes]:
        """A single record's bytes, and since when they are true. Raises NotThere."""
        require_id(stream, key)
        asked_at = self.client.wire.clock.now()
        body = self.client.get(f"/v1/{stream.name}/{key}", bytes)
        return self.seen_since(asked_at), body


def _created(bounds: Mapping[str, int]) -> dict[str, Mapping[str, int]]:
    return {"created": bounds} if bounds else {}


def behind(span: Span, sheet: Sheet[Any]) -> Span:
    """What is left of a part of a list once this page of it was read."""
    last = sheet.last
    return structs.replace(span, upto=last.created, after=last.id)


def is_id(stream: Stream[Any], key: str) -> bool:
    """Does `key` look like an id of this stream?"""
    bare = next((key[len(prefix) :] for prefix in stream.prefixes if key.startswith(prefix)), "")
    return bare.isascii() and bare.replace("_", "").isalnum()


def require_id(stream: Stream[Any], key: str) -> str:
    """Raises Refused unless `key` looks like an id of this stream: an empty one would call the whole list."""
    if not is_id(stream, key):
        raise Refused(f"{key[:40]!r} is not an id of Stripe's {stream.name}")
    return key
