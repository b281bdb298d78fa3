"""QuickBooks' webhooks: believed only when signed, read in both of their shapes, and never an error once signed."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from integrations.contract import Delivery, Touched
from integrations.errors import BadSignature
from receivables.records import Kind

HEADER = "intuit-signature"
KINDS: Mapping[str, Kind] = {
    "customer": Kind.CUSTOMER,
    "invoice": Kind.INVOICE,
    "payment": Kind.PAYMENT,
    "creditmemo": Kind.CREDIT,
}
TYPE_PARTS = 3


def verify(delivery: Delivery) -> None:
    """Raises BadSignature unless one of the secrets signed the very bytes. The time is not signed, so not asked."""
    try:
        signature = base64.b64decode(delivery.headers.get(HEADER, ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadSignature from None
    matches = [
        hmac.compare_digest(hmac.new(secret.encode(), delivery.body, hashlib.sha256).digest(), signature)
        for secret in delivery.secrets
        if secret
    ]
    if not any(matches):
        raise BadSignature


def touched(delivery: Delivery) -> list[Touched]:
    """The records a delivery names. What cannot be read is left out: a refusal would block all later deliveries."""
    try:
        said = msgspec.json.decode(delivery.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if isinstance(said, list):
        return [one for event in said if isinstance(event, dict) for one in _from_cloud_event(event)]
    if isinstance(said, dict) and "eventNotifications" not in said:
        return list(_from_cloud_event(said))
    return [one for realm, entity in _older(said) for one in _from_older(realm, entity)]


def _from_cloud_event(event: Mapping[str, Any]) -> Iterator[Touched]:
    """`qbo.<entity>.<operation>.v1`; the loser of a merge stands in the data."""
    parts = _text(event, "type").lower().split(".")
    if len(parts) < TYPE_PARTS or parts[0] != "qbo":
        return
    data = event.get("data")
    loser = _text(data, "deletedid") if isinstance(data, dict) else ""
    yield from _named(
        _text(event, "intuitaccountid"),
        (parts[1], _text(event, "intuitentityid"), parts[2]),
        loser=loser,
        event=_text(event, "id"),
        at=_text(event, "time"),
    )


def _older(said: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entities of the older shape with their realms."""
    notifications = said.get("eventNotifications") if isinstance(said, dict) else None
    for one in notifications if isinstance(notifications, list) else []:
        change = one.get("dataChangeEvent") if isinstance(one, dict) else None
        entities = change.get("entities") if isinstance(change, dict) else None
        for entity in entities if isinstance(entities, list) else []:
            if isinstance(entity, dict):
                yield _text(one, "realmId"), entity


def _from_older(realm: str, entity: Mapping[str, Any]) -> Iterator[Touched]:
    """These events have no id of their own: what they say is their name."""
    told = tuple(_text(entity, name) for name in ("name", "id", "operation", "lastUpdated"))
    name, row_id, operation, at = told
    yield from _named(
        realm,
        (name.lower(), row_id, operation.lower()),
        loser=_text(entity, "deletedId"),
        event=hashlib.sha256("\n".join((realm, *told)).encode()).hexdigest()[:32],
        at=at,
    )


def _named(realm: str, what: tuple[str, str, str], *, loser: str, event: str, at: str) -> Iterator[Touched]:
    """One record, or two for a merge: the survivor and the one that became it."""
    name, row_id, operation = what
    kind = KINDS.get(name)
    if kind is None or not realm or not row_id:
        return
    when = _instant(at)
    yield Touched(realm, kind, row_id, event, when, gone=operation.startswith("delete"))
    if operation.startswith("merge") and loser and loser != row_id:
        yield Touched(realm, kind, loser, f"{event}/merged" if event else "", when, gone=True, became=row_id)


def _text(of: Mapping[str, Any], name: str) -> str:
    value = of.get(name)
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _instant(text: str) -> datetime | None:
    """Nanoseconds are cut to microseconds; a time without an offset is not known."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
