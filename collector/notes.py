"""The note left on the platform for the bookkeeper: planned when a message has gone, left soon after."""

import json
from datetime import datetime

from integrations.contract import Act, Capability
from integrations.registry import platform
from storage import actions
from storage.actions import Action, Plan
from storage.connections import connection as connection_of
from storage.database import Tx
from sync.source import Source

NOTE = Act.LEAVE_NOTE.value
HOW = {
    "mail": "by e-mail",
    "platform": "by having the invoice mailed again from here",
    "sms": "by text message",
    "letter": "by a letter",
    "call": "by asking somebody to call",
}


def plan_notes(source: Source, tx: Tx, message: Action, now: datetime) -> None:
    """Plan one note for each invoice the sent reminder spoke of, where the platform takes notes."""
    if message.act not in HOW:
        return
    for speaks, held in actions.spoken(tx, source.business, debtor=message.debtor):
        if held.key == message.key and _takes_notes(source, tx, speaks.invoice.connection):
            payload = json.dumps({"text": note_text(message, speaks.step)})
            wanted = Plan(NOTE, note_key(speaks.key), about=speaks.invoice, payload=payload)
            actions.plan(tx, source.business, wanted, now=now)


def _takes_notes(source: Source, tx: Tx, connection: str) -> bool:
    """One message may speak of invoices in several books."""
    slug = source.platform
    if connection != source.connection:
        other = connection_of(tx, source.business, connection)
        slug = other.platform if other else ""
    return bool(slug) and Capability.LEAVE_NOTE in platform(slug).capabilities


def note_key(step_key: str) -> str:
    """A note belongs to one invoice's step; its key is that step's, marked."""
    return f"n{step_key[1:]}"


def note_text(message: Action, step: str) -> str:
    """What the bookkeeper reads. No addresses: notes travel further than mails."""
    day = f"{message.local_day:%-d %B %Y}" if message.local_day else "today"
    how = HOW.get(message.act, "in another way")
    return f"Duewell reminded the customer on {day} {how} (step: {step.replace('-', ' ')}).{_left_out(message)}"


def _left_out(message: Action) -> str:
    """The files of the invoice that should have gone along."""
    left = [f"{one['name']} ({one['why']})" for one in json.loads(message.payload or "{}").get("left_out", ())]
    return f" Not sent along: {', '.join(left)}." if left else ""
