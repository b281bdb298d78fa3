"""What Stripe's error answers mean for the caller, in sentences for people without ids, keys, addresses or links."""

import re
from collections.abc import Mapping

import msgspec

from integrations.contract import Clock
from integrations.errors import IntegrationError, NotThere, Reconnect, Refused, TryLater
from integrations.http import retry_after

PERMISSION = re.compile(r"\brak_[a-z_]+")
PRIVATE = re.compile(r"https?://\S+|\S+@\S+|'[^']*'|\b[a-z]+(?:_[a-z]+)*_(?=\w*[0-9A-Z*])[\w*]{6,}")
BUSY_CODES = frozenset({"rate_limit", "lock_timeout"})


class KeyRejected(Exception):
    """Stripe does not accept the key: a matter between the client and its token, never for the caller."""


class MissingPermission(Refused):
    """The key lacks a permission."""

    def __init__(self, permission: str) -> None:
        super().__init__(f"Stripe's key lacks the permission {permission or 'that is needed here'}")
        self.permission = permission


class KeyUsed(Refused):
    """The idempotency key stands for another request of the last day."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Stripe's error, as far as we read it."""

    type: str = ""
    code: str = ""
    message: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """What an error comes in."""

    error: ErrorBody = ErrorBody()


def told(body: bytes) -> ErrorBody:
    """The error in a body; an empty one when a proxy answered instead of Stripe."""
    try:
        return msgspec.json.decode(body, type=Envelope).error
    except msgspec.MsgspecError:
        return ErrorBody()


def failure(
    status: int, body: bytes, headers: Mapping[str, str], clock: Clock, *, writing: bool
) -> IntegrationError | KeyRejected:
    """The error to raise for an answer with `status`. A 5xx to a write may have acted, a 429 never has."""
    error = told(body)
    after = retry_after(headers, clock)
    if status == 429 or error.code in BUSY_CODES:
        return TryLater("Stripe is busy", after=after)
    if status >= 500:
        return TryLater(f"Stripe is in trouble (HTTP {status})", after=after, may_have_acted=writing)
    if status == 409:
        return TryLater("Stripe is still at work on the same request", after=after, may_have_acted=writing)
    if status == 401:
        return KeyRejected()
    if status == 403:
        return _forbidden(error)
    if status == 404:
        return NotThere("Stripe does not have this record (any more)")
    if error.type == "idempotency_error":
        return KeyUsed("Stripe knows this key of another request")
    return Refused(f"Stripe refused: {for_people(error.message) or f'HTTP {status}'}")


def _forbidden(error: ErrorBody) -> IntegrationError:
    named = PERMISSION.search(error.message)
    if named:
        return MissingPermission(named.group())
    if error.code in ("account_invalid", "platform_api_key_expired"):
        return Reconnect("Stripe no longer lets the key into this account; please connect it again")
    return MissingPermission("")


def for_people(message: str) -> str:
    """Stripe's sentence without ids, keys, quoted values, addresses and links."""
    return PRIVATE.sub("…", message)[:200]
