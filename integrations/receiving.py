"""Books that record payments: what a write answers, what is to stand in the books, and where. See `tills.py` as well.

What a call may raise is in `errors.py`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from integrations.errors import Refused
from receivables.money import Money, sum_money
from receivables.records import Ref

WORDS = re.compile(r"[\w-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that a write was done: the platform's id for it (may be empty) and when it said so."""

    id: str
    at: datetime | None = None


class Lookup(StrEnum):
    """What `found` answers when there is no receipt."""

    NOT_THERE = "not_there"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Clearing:
    """An account of the ledger into which taken money can be booked until it is paid out.

    `unusable` says for people why it cannot be used; empty when it can.
    """

    id: str
    name: str
    currency: str
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """Taken money as it is to stand in the books: gross, on the day the customer paid by the company's time.

    `payment` is the till's own id of it, `account` the ledger's clearing account (empty where till and books are one).
    `on` says how much is for which invoice: all of one customer, in one currency, none above what is open.
    `unapplied` is what was paid beyond them, to be kept on the customer's account (`customer` where `on` is empty).
    """

    payment: str
    received_on: date
    on: tuple[tuple[Ref, Money], ...]
    account: str = ""
    text: str = ""
    unapplied: Money | None = None
    customer: Ref | None = None


def sum_of(received: Received) -> Money:
    """All that was paid. Raises Refused unless it is money of one currency, every part of it more than nothing."""
    parts = [amount for _, amount in received.on] + ([received.unapplied] if received.unapplied is not None else [])
    if not parts or any(one.minor <= 0 for one in parts):
        raise Refused("a payment is recorded only when every part of it is more than nothing")
    if len({one.currency for one in parts}) > 1:
        raise Refused("the parts of a payment are in several currencies; record each currency as a payment of its own")
    return sum_money(parts, parts[0].currency)


def names(text: str | None, payment: str) -> bool:
    """Does a memo or reference say this payment's id, as a word of its own?"""
    return payment in WORDS.findall(text or "")


class Receiving(Protocol):
    """Books that record payments. What is locked, closed or forbidden is Refused with the platform's own words.

    Where `together` is False a payment for several invoices is recorded one invoice at a time.
    """

    together: bool

    def clearing_accounts(self, currency: str) -> tuple[Clearing, ...]:
        """Accounts that could clear this currency, the usable ones first. None where till and books are one."""
        ...

    def make_clearing_account(self, name: str, currency: str, *, key: str) -> Clearing:
        """A new account for clearing, which somebody has consented to."""
        ...

    def record_payment(self, received: Received, *, key: str) -> Receipt:
        """Book it; the receipt's id is the payment's in these books. The same key books nothing twice."""
        ...

    def found_payment(self, received: Received, key: str, *, since: datetime) -> Receipt | Lookup:
        """Was it booked under this key? Asked after a reply was lost, and before any repeat."""
        ...

    def reverse_payment(self, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
        """Take a booked payment back, so that its invoices are open again: by an entry dated `on` where its own
        period is closed. Unsupported where a paid invoice cannot be opened again."""
        ...

    def found_reversal(self, payment: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """Was it taken back under this key?"""
        ...
