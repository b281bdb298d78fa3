"""Deliveries for an installation: signed as each platform signs, handed in as they would arrive."""

import json
from typing import Any

from sqlalchemy import select

from duewell.desk.desk import Desk
from sandbox.quickbooks.webhooks import sign as sign_quickbooks
from sandbox.stripe.announcing import signature as sign_stripe
from sandbox.xero.webhooks import signature as sign_xero
from storage import tables
from storage.connections import webhook_address
from storage.database import AnyRow
from tests.scenarios.playing import Play


def quickbooks_body(play: Play, *named: tuple[str, str, str], nonce: str = "") -> bytes:
    """CloudEvents: entity, id and operation each; a merge is written `merged:<loser>`."""
    events = []
    for entity, id, operation in named:
        verb, _, loser = operation.partition(":")
        events.append(
            {
                "specversion": "1.0",
                "id": f"{entity}-{id}-{operation}-{nonce}",
                "type": f"qbo.{entity}.{verb}.v1",
                "time": "2026-03-10T16:31:00.123456789Z",
                "intuitentityid": id,
                "intuitaccountid": play.connected("cedar").external_id,
                "data": {"deletedid": loser} if loser else {},
            }
        )
    return json.dumps(events).encode()


def xero_body(play: Play, key: str, *invoices: str, category: str = "INVOICE") -> bytes:
    """Thin events of one organisation."""
    tenant = play.connected(key).external_id
    events = [
        {
            "resourceId": id,
            "tenantId": tenant,
            "eventCategory": category,
            "eventType": "UPDATE",
            "eventDateUtc": "2026-03-10T16:31:00.000",
        }
        for id in invoices
    ]
    return json.dumps({"events": events, "firstEventSequence": 1, "lastEventSequence": len(events)}).encode()


def stripe_body(kind: str, object: str, id: str, **said: Any) -> bytes:
    """A snapshot event about one record."""
    told = {"id": f"evt_{id}", "object": "event", "type": kind, "livemode": False, "created": 1773160000}
    return json.dumps({**told, "data": {"object": {"id": id, "object": object}}, **said}).encode()


def hand_in(play: Play, desk: Desk, slug: str, body: bytes, *, secret: str = "") -> int:
    """The status that the platform would see. Without `secret`, it is signed with the right one."""
    if slug == "stripe":
        connected = play.connected("northwind")
        with play.house.database.read() as tx:
            address = webhook_address(tx, slug, connected.id, seal=play.house.seal)
        assert address is not None
        secret = secret or address.secret
        signed = sign_stripe(body, [secret], int(play.house.clock.now().timestamp()))
        return desk.receive(slug, connected.id, {"stripe-signature": signed}, body)
    secret = secret or play.house.app(slug).webhook_secrets[0]
    if slug == "xero":
        return desk.receive(slug, "", {"x-xero-signature": sign_xero(body, secret)}, body)
    return desk.receive(slug, "", {"intuit-signature": sign_quickbooks(body, secret)}, body)


def inbox_rows(play: Play) -> list[AnyRow]:
    """Everything that was ever stored, oldest first."""
    with play.house.database.read() as tx:
        return list(tx.execute(select(tables.inbox).order_by(tables.inbox.c.id)))


def still_waiting(play: Play) -> int:
    """How many deliveries are not drained."""
    return sum(row.drained_at is None for row in inbox_rows(play))


def open_ids(play: Play, key: str) -> list[str]:
    """Invoices with something open and nothing paid, in home currency."""
    return [
        id
        for id, one in sorted(play.invoices(key).items())
        if one.owing and not one.paid and one.open.currency in ("USD", "GBP") and one.collection.value == "sent"
    ]
