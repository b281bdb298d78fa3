"""Sends events to webhook endpoints: snapshot or thin, signed with every secret that is valid, and sent
again: for three days in live mode, three times in test mode."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import SkewedClock
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.records import Endpoint, Event
from sandbox.stripe.rendering import PINNED, Here, rendered
from sandbox.world import World

HOUR = 3600.0
LADDER = (60.0, 300.0, 1800.0, 2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR)
TEST_LADDER = (300.0, HOUR, 3 * HOUR)


class SignedAtDelivery(Mapping[str, str]):
    """Headers whose signature is made when they are read: Stripe signs every try anew, with that moment's time."""

    def __init__(self, clock: SkewedClock, body: bytes, secrets: list[str]) -> None:
        self._clock = clock
        self._body = body
        self._secrets = secrets
        self._fixed = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0"}

    def __getitem__(self, name: str) -> str:
        if name == "Stripe-Signature":
            return signature(self._body, self._secrets, int(self._clock.now().timestamp()))
        return self._fixed[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._fixed, "Stripe-Signature"))

    def __len__(self) -> int:
        return len(self._fixed) + 1


def signature(body: bytes, secrets: list[str], at: int) -> str:
    """The Stripe-Signature header: one v1 per valid secret, over the time, a dot and the body."""
    told = f"{at}.".encode() + body
    made = [hmac.new(secret.encode(), told, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={one}" for one in made), "v0=" + "0" * 64])


class Announcer:
    """Posts one account's events to its endpoints."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world = world
        self._ledger = ledger

    def __call__(self, event: Event, whole: dict[str, Any], old: bool) -> None:
        """Deliver to every enabled endpoint that asked for this type."""
        for endpoint in self._ledger.books.webhook_endpoints:
            if endpoint.status == "enabled" and ({event.type, "*"} & set(endpoint.enabled_events)):
                body = self._body(endpoint, event, whole, old=old)
                headers = SignedAtDelivery(self._world.clock_of("stripe"), body, endpoint.secrets)
                ladder = LADDER if self._ledger.live else TEST_LADDER
                self._world.courier.post("stripe", endpoint.url, body, headers, ladder=ladder)

    def _body(self, endpoint: Endpoint, event: Event, whole: dict[str, Any], *, old: bool) -> bytes:
        if endpoint.thin:
            return self._ledger.in_mode(thin(event, whole))
        if endpoint.api_version and endpoint.api_version != whole["api_version"]:
            return self._ledger.in_mode(json.dumps({**whole, **self._pinned(whole, old=old)}).encode())
        return event.body

    def _pinned(self, whole: dict[str, Any], *, old: bool) -> dict[str, Any]:
        invoice = self._ledger.books.invoices.get(whole["data"]["object"]["id"]) if old else None
        shape = whole["data"]["object"]
        if invoice is not None:
            shape = rendered(invoice, Here(self._ledger.base, whole["created"]))
        return {"api_version": PINNED, "data": {"object": shape}}


def thin(event: Event, whole: dict[str, Any]) -> bytes:
    """The same as a thin event: names only, and the snapshot event it stands beside."""
    about = whole["data"]["object"]
    path = f"/v1/{about['object'].replace('.', '/')}s/{about['id']}"
    told = {
        "id": f"evt_thin{event.id[8:]}",
        "object": "v2.core.event",
        "type": f"v1.{event.type}",
        "created": datetime.fromtimestamp(event.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "context": None,
        "reason": None,
        "related_object": {"id": about["id"], "type": about["object"], "url": path},
        "snapshot_event": event.id,
    }
    return json.dumps(told).encode()
