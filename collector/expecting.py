"""The day a customer promised, written where the platform keeps one: planned when it is recorded, done soon after."""

import json
from datetime import date, datetime

from integrations.contract import Act, Capability
from integrations.registry import platform
from receivables.said import Said, Saying
from storage import actions
from storage.actions import Action, Plan
from storage.connections import Connected
from storage.database import Tx

EXPECTED = Act.SET_EXPECTED_DATE.value


def plan_expected(tx: Tx, connected: Connected, promise: Said, id: str, *, now: datetime) -> bool:
    """Plan it for a promise about exactly one invoice, where the platform can; whether it will be written there.

    `id` is the promise's own: another promise of the same day is another act.
    """
    if promise.kind is not Saying.PROMISE or promise.invoice is None or promise.until_on is None:
        return False
    if Capability.SET_EXPECTED_DATE not in platform(connected.platform).capabilities:
        return False
    payload = json.dumps({"on": promise.until_on.isoformat()})
    wanted = Plan(EXPECTED, f"x{id}", about=promise.invoice, payload=payload)
    return actions.plan(tx, connected.business, wanted, now=now)


def expected_on(act: Action) -> date:
    """The day that is to be written."""
    return date.fromisoformat(json.loads(act.payload)["on"])
