"""Receive: verify the raw bytes, remember the delivery durably, answer. Nothing else happens in the request."""

import hashlib
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


@dataclass
class Counts:
    """How many deliveries were taken in, known already, or refused for their signature."""

    received: int = 0
    repeated: int = 0
    refused: int = 0


KEPT_HEADERS = ("content-type", "stripe-signature", "intuit-signature", "x-xero-signature")


def receive(platform: Platform, delivery: Delivery, *, now: datetime, remember: Remember, counts: Counts) -> None:
    """Take one delivery in; `remember` returns once it is durable. Raises BadSignature, having stored nothing."""
    try:
        platform.verify(delivery, now)
    except BadSignature:
        counts.refused += 1
        log.warning("webhook refused: wrong signature", platform=platform.slug, refused=counts.refused)
        raise
    kept = {name: delivery.headers[name] for name in KEPT_HEADERS if name in delivery.headers}
    new = remember(Arrived(platform.slug, delivery.connection, _dedupe(platform, delivery), delivery.body, kept, now))
    counts.received += new
    counts.repeated += not new


def _dedupe(platform: Platform, delivery: Delivery) -> str:
    digest = hashlib.sha256(delivery.body).hexdigest()
    return f"{platform.slug}/{delivery.connection}/{digest}"
