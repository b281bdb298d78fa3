"""Tells the app what changed: CloudEvents or the older shape, signed, in order, with QuickBooks' retry ladder."""

import base64
import hashlib
import hmac
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from sandbox.courier import Courier
from sandbox.quickbooks.ledger import Event, Ledger
from sandbox.quickbooks.payloads import render

LADDER = (10.0, 20.0, 30.0, 300.0, 1200.0, 7200.0, 14400.0, 21600.0)
SECRET = "sandbox-verifier-token"  # noqa: S105 - printed by the control port on purpose
EVENTS_MAX = 100
LEGACY_WORDS = {
    "created": "Create",
    "updated": "Update",
    "deleted": "Delete",
    "voided": "Void",
    "merged": "Merge",
    "emailed": "Emailed",
}
CONTENT_TYPES = {"cloudevents": "application/cloudevents+json", "legacy": "application/json"}


class Announcer:
    """One endpoint for the whole app. `data` is what events carry: nothing, alternative ids, or the whole record."""

    def __init__(self, courier: Courier, seed: str) -> None:
        self._courier = courier
        self._random = random.Random(seed)  # noqa: S311 - ids of a play
        self.url = ""
        self.shape = "cloudevents"
        self.void_word = "void"
        self.data = "empty"
        self.secret = SECRET

    def flush(self, ledger: Ledger) -> None:
        """Post what happened in a ledger since the last time; forget it when nobody listens."""
        events, ledger.events = ledger.events, []
        for start in range(0, len(events) if self.url else 0, EVENTS_MAX):
            body = self.body(ledger, events[start : start + EVENTS_MAX])
            headers = {"Content-Type": CONTENT_TYPES[self.shape], "intuit-signature": sign(body, self.secret)}
            self._courier.post("quickbooks", self.url, body, headers, ladder=LADDER, in_order=True)

    def body(self, ledger: Ledger, events: Sequence[Event]) -> bytes:
        """The bytes of one delivery."""
        if self.shape == "legacy":
            entities = [_legacy(event) for event in events]
            notification = {"realmId": ledger.realm, "dataChangeEvent": {"entities": entities}}
            return msgspec.json.encode({"eventNotifications": [notification]})
        written = [self._cloud(ledger, event) for event in events]
        return msgspec.json.Encoder(decimal_format="number").encode(written)

    def _cloud(self, ledger: Ledger, event: Event) -> dict[str, Any]:
        operation = self.void_word if event.operation == "voided" else event.operation
        return {
            "specversion": "1.0",
            "id": self._uuid(),
            "source": "intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",
            "type": f"qbo.{event.entity.lower()}.{operation}.v1",
            "time": nanoseconds(event.at, self._random.randrange(10**9)),
            "intuitentityid": event.id,
            "intuitaccountid": ledger.realm,
            "data": self._data(ledger, event),
        }

    def _data(self, ledger: Ledger, event: Event) -> dict[str, Any]:
        if event.loser:
            return {"deletedid": event.loser}
        if self.data == "alternative_ids":
            return {"alternative_ids": [{"id": f"djQuMTo5:{event.id}", "namespace": "Intuit.sbseg.v4"}]}
        row = ledger.tables.get(event.entity, {}).get(event.id)
        return render(ledger, row) if self.data == "full" and row is not None else {}

    def _uuid(self) -> str:
        digits = f"{self._random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _legacy(event: Event) -> dict[str, str]:
    told = {
        "name": event.entity,
        "id": event.id,
        "operation": LEGACY_WORDS[event.operation],
        "lastUpdated": event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    return told | ({"deletedId": event.loser} if event.loser else {})


def nanoseconds(at: datetime, fraction: int) -> str:
    """A time with nine decimals."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{fraction:09d}Z"


def sign(body: bytes, secret: str) -> str:
    """What stands in the header intuit-signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
