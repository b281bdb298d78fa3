"""Late charges posted to a platform as invoices of their own: what became of each, and which invoices they are."""

from collections.abc import Mapping
from datetime import datetime

from receivables.records import Kind, Ref
from storage.actions import Action, ActionState, actions
from storage.database import Tx

CHARGE = "post_charge"
MAY_BE_THERE = (ActionState.CLAIMED, ActionState.AMBIGUOUS, ActionState.PARKED, ActionState.SENT)


def posted_charges(tx: Tx, business: str) -> list[Action]:
    """Those that were posted, or may have been; the oldest first. The receipt is the new invoice's id."""
    return actions(tx, business, act=CHARGE, states=MAY_BE_THERE)[::-1]


def charge_invoices(tx: Tx, business: str) -> Mapping[Ref, datetime]:
    """The invoices that were made of late charges, and since when that is known: they bear none, are chased only if the
    policy says so, and say nothing about how a customer pays."""
    found = (one for one in posted_charges(tx, business) if one.receipt)
    return {Ref(one.connection, Kind.INVOICE, one.receipt): one.finished_at or one.planned_at for one in found}
