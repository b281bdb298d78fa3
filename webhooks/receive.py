"""Receive: verify the raw bytes, remember the delivery durably, answer. Nothing else happens in the request."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from integrations.contract import Delivery, Platform
from integrations.errors import BadSignature

log = structlog.get_logger(__name__)

BODY_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery to be remembered. `dedupe` is equal for the same bytes at the same address."""

    platform: str
    connection: str
    dedupe: str
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


Remember = Callable[[Arrived], bool]


class Counts(Counter[str]):
    """How many deliveries were received, repeated (known already) or refused for their signature. Thread-safe."""

    def __init__(self) -> None:
        super().__init__(received=0, repeated=0, refused=0)
        self._lock = threading.Lock()

    def note(self, what: str) -> int:
        """One more; how many it is now."""
        with self._lock:
            self[what] += 1
            return self[what]


KEPT_HEADERS = ("content-type",)


def receive(platform: Platform, delivery: Delivery, *, now: datetime, remember: Remember, counts: Counts) -> None:
    """Take one delivery in; `remember` returns once it is durable. Raises BadSignature, having stored nothing."""
    try:
        platform.verify(delivery, now)
    except BadSignature:
        refused = counts.note("refused")
        log.warning("webhook refused: wrong signature", platform=platform.slug, refused=refused)
        raise
    names = (*KEPT_HEADERS, platform.signature_header)
    kept = {name: delivery.headers[name] for name in names if name in delivery.headers}
    new = remember(Arrived(platform.slug, delivery.connection, _dedupe(platform, delivery), delivery.body, kept, now))
    counts.note("received" if new else "repeated")


def _dedupe(platform: Platform, delivery: Delivery) -> str:
    digest = hashlib.sha256(delivery.body).hexdigest()
    return f"{platform.slug}/{delivery.connection}/{digest}"
