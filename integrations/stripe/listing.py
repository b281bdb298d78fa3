"""Walks Stripe's lists a page of a hundred at a time, and does not trust them to end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from integrations.errors import NotThere, Refused, TryLater
from integrations.stripe.client import StripeClient
from integrations.stripe.mapping import Seen
from integrations.stripe.streams import Listing, Stream

PAGE = 100


@dataclass(frozen=True)
class Lists:
    """Reads one account's lists and single records for one connection of ours."""

    client: StripeClient
    connection: str
    zone: tzinfo

    def seen_now(self) -> Seen:
        """For records about to be read: taken before the request, so that no later change can hide behind it."""
        return Seen(self.connection, self.client.wire.clock.now(), self.zone)

    def page(self, stream: Stream[Any], params: Mapping[str, Any]) -> Listing:
        """One page. An empty one that promises more, or the same one twice, is trouble and not the end."""
        seen = self.seen_now()

        def decode(body: bytes) -> Listing:
            listing = stream.listing(body, seen)
            if listing.has_more and not (listing.ids and listing.ids[-1]):
                raise TryLater(f"Stripe broke off its list of {stream.name}")
            if params.get("starting_after") in listing.ids:
                raise TryLater(f"Stripe sent the same page of {stream.name} again")
            return listing

        return self.client.get(f"/v1/{stream.name}", decode, {"limit": PAGE, **params})

    def pages(
        self, stream: Stream[Any], params: Mapping[str, Any], *, after: str = "", at: int = 0
    ) -> Iterator[Listing]:
        """Newest first, from the top or from behind the record `after`, created `at`, which may be gone by now."""
        more = True
        while more:
            listing = self._behind(stream, params, after, at)
            yield listing
            more = listing.has_more
            after, at = (listing.ids[-1], listing.last_created) if listing.ids else (after, at)

    def _behind(self, stream: Stream[Any], params: Mapping[str, Any], after: str, at: int) -> Listing:
        if not after:
            return self.page(stream, params)
        try:
            return self.page(stream, {**params, "starting_after": after})
        except NotThere:
            # The record at the cursor was deleted meanwhile: go on from its second, meeting a few again.
            return self.page(stream, {**params, "created": {"lte": at}})

    def one(self, stream: Stream[Any], key: str) -> tuple[Seen, bytes]:
        """A single record's bytes, and since when they are true. Raises NotThere."""
        require_id(stream, key)
        seen = self.seen_now()
        return seen, self.client.get(f"/v1/{stream.name}/{key}", bytes)


def is_id(stream: Stream[Any], key: str) -> bool:
    """Does `key` look like an id of this stream?"""
    bare = next((key[len(prefix) :] for prefix in stream.prefixes if key.startswith(prefix)), "")
    return bare.isascii() and bare.replace("_", "").isalnum()


def require_id(stream: Stream[Any], key: str) -> str:
    """Raises Refused unless `key` looks like an id of this stream: an empty one would call the whole list."""
    if not is_id(stream, key):
        raise Refused(f"{key[:40]!r} is not an id of Stripe's {stream.name}")
    return key
