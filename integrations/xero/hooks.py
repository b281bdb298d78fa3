"""Xero's webhooks: is a delivery really Xero's, and which records does it name. Pure."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import msgspec

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from receivables.records import Kind

KINDS = {
    "INVOICE": Kind.INVOICE,
    "CONTACT": Kind.CUSTOMER,
    "CREDITNOTE": Kind.CREDIT,
    "PREPAYMENT": Kind.CREDIT,
    "OVERPAYMENT": Kind.CREDIT,
    "PAYMENT": Kind.PAYMENT,
}


class _Event(msgspec.Struct, rename="camel"):
    resource_id: str
    tenant_id: str
    event_category: str = ""
    event_type: str = ""
    event_date_utc: str = ""


class _Envelope(msgspec.Struct):
    """Xero's own test deliveries have no events and the sequence 0, against its published schema."""

    events: list[msgspec.Raw] = []


def verify(delivery: Delivery) -> None:
    """Raises BadSignature unless x-xero-signature is the HMAC of the raw body under one of the secrets.

    The key looks like base64 and is used as the literal string. Xero signs no time, so none can be judged.
    """
    told = delivery.headers.get("x-xero-signature", "").encode()
    signed = [_signature(delivery.body, secret) for secret in delivery.secrets if secret]
    matches = [hmac.compare_digest(told, one) for one in signed]
    if not any(matches):
        raise BadSignature


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def touched(delivery: Delivery) -> list[Touched]:
    """The records a delivery names. New categories and odd events are left out; the next pull brings their news."""
    try:
        raw = msgspec.json.decode(delivery.body, type=_Envelope).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    found = (_touched(one) for one in raw)
    return [one for one in found if one is not None]


def _touched(raw: msgspec.Raw) -> Touched | None:
    try:
        event = msgspec.json.decode(raw, type=_Event)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    kind = KINDS.get(event.event_category.upper())
    if kind is None or not event.resource_id or not event.tenant_id:
        return None
    name = f"{event.tenant_id}:{event.event_category}:{event.resource_id}:{event.event_date_utc}:{event.event_type}"
    return Touched(event.tenant_id, kind, event.resource_id, event=name, at=_at(event.event_date_utc))


def _at(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
