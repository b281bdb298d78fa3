"""Webhooks: thin events, signed with the key as a literal string, after an intent-to-receive that is strict."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from sandbox.world import World
from sandbox.xero.consents import Consents
from sandbox.xero.organisation import Organisation

QUARTER = 900.0
LADDER = (0.0, *(QUARTER for _ in range(96)))
KEPT = timedelta(days=31)
ANSWER_SECONDS = 5.0
RESOURCES = {
    "INVOICE": "Invoices",
    "CONTACT": "Contacts",
    "CREDITNOTE": "CreditNotes",
    "PAYMENT": "Payments",
    "PREPAYMENT": "Prepayments",
    "OVERPAYMENT": "Overpayments",
}
Event = dict[str, Any]


def signature(body: bytes, key: str) -> str:
    """base64 of HMAC-SHA256 with the key's own characters, though it looks like base64."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@dataclass
class Subscription:
    """One app's endpoint. Sequences are the app's, across its organisations."""

    app: str
    url: str
    sequence: int = 0
    enabled: bool = True
    missed: list[tuple[datetime, Event]] = field(default_factory=list)


@dataclass
class Webhooks:
    """Who listens, and the events that nobody took yet."""

    world: World
    consents: Consents
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    extra: list[Event] = field(default_factory=list)

    def subscribe(self, app: str, url: str, *, strict: bool = True) -> dict[str, Any]:
        """Enter the address in the portal. Unless the intent-to-receive passes, nothing is ever sent (if `strict`)."""
        tries = [self._intend(app, url, good=good) for good in (True, False, True, False)]
        passed = all(one["passed"] for one in tries)
        if passed or not strict:
            known = self.subscriptions.get(app)
            fresh = Subscription(app, url, known.sequence if known else 0)
            self.subscriptions[app] = fresh
            self._replay(fresh, known.missed if known else [])
        return {"intent_to_receive": "ok" if passed else "failed", "tries": tries}

    def _intend(self, app: str, url: str, *, good: bool) -> dict[str, Any]:
        entropy = self.consents.draw("entropy")[:20].upper()
        body = json.dumps({"events": [], "lastEventSequence": 0, "firstEventSequence": 0, "entropy": entropy}).encode()
        key = self.consents.apps[app].webhook_key if good else "somebody-else"
        headers = {"Content-Type": "application/json", "x-xero-signature": signature(body, key)}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.post(url, data=body, headers=headers, timeout=ANSWER_SECONDS, allow_redirects=False)
            except requests.RequestException:
                return {"good": good, "status": 0, "passed": False}
        bare = not answer.content and "Set-Cookie" not in answer.headers
        passed = answer.status_code == (200 if good else 401) and bare
        return {"good": good, "status": answer.status_code, "passed": passed}

    def tell(self, organisation: Organisation, category: str, id_: str, happened: tuple[str, datetime]) -> None:
        """Queue an event for every app that is connected to the organisation and listens."""
        if not self.subscriptions:
            return
        kind, at = happened
        event = _event(organisation, category, id_, kind=kind, at=at)
        for subscription in self.subscriptions.values():
            app = self.consents.apps[subscription.app]
            connected = self.consents.connected(app.client_id)
            if organisation.tenant in (app.custom_tenant, *connected):
                self._send(subscription, event, at)

    def _send(self, subscription: Subscription, event: Event, at: datetime) -> None:
        if any(parcel.url == subscription.url for parcel in self.world.courier.lost):
            subscription.enabled = False
        if not subscription.enabled:
            subscription.missed.append((at, event))
            return
        self.post(subscription, [event])

    def _replay(self, subscription: Subscription, missed: list[tuple[datetime, Event]]) -> None:
        """Once healthy again, what was missed in the last 31 days comes in order."""
        lost = self.world.courier.lost
        lost[:] = [parcel for parcel in lost if parcel.url != subscription.url]
        recent = [event for at, event in missed if self.world.clock_of("xero").now() - at <= KEPT]
        if recent:
            self.post(subscription, recent)

    def post(self, subscription: Subscription, events: list[Event]) -> None:
        """One delivery with these events."""
        first = subscription.sequence + 1
        subscription.sequence += len(events)
        body = json.dumps(
            {
                "events": [*events, *self.extra],
                "firstEventSequence": first,
                "lastEventSequence": subscription.sequence,
                "entropy": self.consents.draw("entropy")[:20].upper(),
            }
        ).encode()
        key = self.consents.apps[subscription.app].webhook_key
        headers = {"Content-Type": "application/json", "x-xero-signature": signature(body, key)}
        self.world.courier.post("xero", subscription.url, body, headers, ladder=LADDER)


def _event(organisation: Organisation, category: str, id_: str, *, kind: str, at: datetime) -> Event:
    event: Event = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/{RESOURCES[category]}/{id_}",
        "resourceId": id_,
        "eventDateUtc": at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3],
        "eventType": kind,
        "eventCategory": category,
        "tenantId": organisation.tenant,
        "tenantType": "ORGANISATION",
    }
    credit = organisation.ledger.credits.get(id_)
    if credit is not None:
        event["data"] = {"Type": credit.type, "Status": credit.status}
    return event
