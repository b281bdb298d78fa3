"""What may go wrong with a good answer, and what may happen in the books between two of them; the dice decide."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sandbox.stripe import posting
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.records import Invoice

# Without one of these a record cannot be read. Of a customer only the id is needed, without which nobody could ask for
# it again: there nothing is missed.
NEEDED = {
    "customer": ("shipping", "discount", "test_clock"),
    "invoice": ("currency", "total", "amount_paid", "amount_remaining"),
    "invoice_payment": ("currency", "invoice", "amount_requested"),
    "credit_note": ("currency", "total", "invoice"),
    "refund": ("currency", "amount"),
    "dispute": ("currency", "amount"),
    "checkout.session": ("currency", "amount_total", "expires_at", "status"),
    "payment_intent": ("currency", "amount", "status"),
    "balance_transaction": ("currency", "amount", "fee"),
    "payout": ("currency", "amount", "status"),
}
# Words that say nothing about what is owed: new ones may come any day.
DECORATIVE = {
    "customer": "tax_exempt",
    "invoice": "billing_reason",
    "credit_note": "reason",
    "refund": "reason",
    "dispute": "reason",
}


def twisted(kind: str, document: Any, dice: random.Random) -> bool:
    """Garble one record of an answer in place; False when there is none, or the kind is not known."""
    twist = KINDS.get(kind)
    known = [one for one in _records(document) if one.get("object") in NEEDED and not one.get("deleted")]
    return twist is not None and bool(known) and twist(dice.choice(known), dice)


def _records(document: Any) -> list[dict[str, Any]]:
    """The objects in a list, in an event, in a list of events; or the answer itself."""
    if not isinstance(document, dict):
        return []
    if document.get("object") == "list":
        return [one for row in document.get("data", []) for one in _records(row)]
    if document.get("object") == "event":
        return _records(document["data"]["object"])
    return [document]


def _unknown_enum(one: dict[str, Any], dice: random.Random) -> bool:
    name = DECORATIVE.get(one["object"], "")
    one[name or "kind"] = f"word_of_{dice.randrange(2027, 2100)}"
    return True


def _null_field(one: dict[str, Any], dice: random.Random) -> bool:
    one[dice.choice(NEEDED[one["object"]])] = None
    return True


def _missing_field(one: dict[str, Any], dice: random.Random) -> bool:
    del one[dice.choice(NEEDED[one["object"]])]
    return True


def _new_field(one: dict[str, Any], dice: random.Random) -> bool:
    one["field_of_tomorrow"] = {"object": "surprise", "amount": dice.random(), "id": None}
    return True


def _odd_currency(one: dict[str, Any], dice: random.Random) -> bool:
    """One that ISO does not know; a customer has none that amounts are in."""
    if one["object"] == "customer":
        return False
    one["currency"] = dice.choice(("zzz", "btc", ""))
    return True


KINDS: dict[str, Callable[[dict[str, Any], random.Random], bool]] = {
    "unknown_enum": _unknown_enum,
    "null_field": _null_field,
    "missing_field": _missing_field,
    "new_field": _new_field,
    "odd_currency": _odd_currency,
}
TWISTS = tuple(KINDS)


def stirred(ledger: Ledger, dice: random.Random, now: datetime) -> None:
    """What a bookkeeper might do, by the same rules as anybody; nothing when Stripe would refuse it."""
    owing = [one for one in ledger.books.invoices if one.status == "open" and one.remaining]
    if not owing or dice.random() < 0.2:
        _sell(ledger, dice, now)
        return
    act = dice.choice((_pay, _pay_part, _void, _credit, _redate))
    with suppress(posting.NotAllowed):
        act(ledger, dice.choice(owing), dice, now)


def _sell(ledger: Ledger, dice: random.Random, now: datetime) -> None:
    payers = list(ledger.parties.values())
    if not payers:
        return
    payer = dice.choice(payers)
    created = posting.second(now)
    due = created + dice.choice((14, 30)) * 86400
    amount = dice.randrange(10, 5000) * 100
    invoice = Invoice(ledger.ids.new("in"), created, payer, payer.currency, amount, automatic=False, due_date=due)
    posting.draft(ledger, invoice, now)
    posting.finalize(ledger, invoice, now)


def _pay(ledger: Ledger, invoice: Invoice, dice: random.Random, now: datetime) -> None:  # noqa: ARG001
    posting.pay(ledger, invoice, invoice.remaining, now)


def _pay_part(ledger: Ledger, invoice: Invoice, dice: random.Random, now: datetime) -> None:
    posting.pay(ledger, invoice, _part(invoice, dice), now)


def _void(ledger: Ledger, invoice: Invoice, dice: random.Random, now: datetime) -> None:  # noqa: ARG001
    posting.void(ledger, invoice, now)


def _credit(ledger: Ledger, invoice: Invoice, dice: random.Random, now: datetime) -> None:
    posting.credit(ledger, invoice, _part(invoice, dice), now)


def _part(invoice: Invoice, dice: random.Random) -> int:
    """Something of what remains, in tens: amounts of three decimals must end in 0."""
    return max(10, invoice.remaining * dice.randrange(1, 10) // 100 * 10)


def _redate(ledger: Ledger, invoice: Invoice, dice: random.Random, now: datetime) -> None:
    if invoice.due_date is not None:
        invoice.due_date += int(timedelta(days=dice.randrange(1, 15)).total_seconds())
        ledger.emit("invoice.updated", invoice, now)
