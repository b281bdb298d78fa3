"""The counter: where one business's customers pay, with everything that opening a page and recording money needs."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime

from collector.once import Hand
from integrations.errors import Refused
from integrations.receiving import Receiving
from integrations.tills import Till
from receivables.money import Money
from receivables.records import Ref
from sync.source import Source

JUST_PAID = "A payment for this has just been made; nothing more has to be done."


class PaidAlready(Refused):
    """Nothing of it is open any more."""


class OnTheWay(Refused):
    """Money for it has been sent and is not there yet."""


class TryAgain(Refused):
    """Not now, and nothing happened; a moment later it may."""


class NotByLink(Refused):
    """It has to be paid another way: nobody has said where this money is to be booked."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Books in which a payment is recorded: for the till's own invoices they are the till's own.

    `clearing` is by currency the account into which taken money is booked; none where till and books are one.
    """

    source: Source
    books: Receiving
    clearing: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counter:
    """`source` is the till's connection; `ledger` opens the books an invoice stands in.

    `hold` takes a lease, by name. `day_of` tells the local day of an instant where a ledger's company is. `methods` are
    the allowed ways to pay, none: all; `card_most` is the largest sum that may be paid by card, per currency. `adopts`
    are the ledgers in which another app may have entered a payment before us, so that it is looked first.
    """

    source: Source
    till: Till
    ledger: Callable[[str], Ledger]
    hold: Callable[[str], AbstractContextManager[bool]]
    day_of: Callable[[str, datetime], date]
    hand: Hand
    methods: tuple[str, ...] = ()
    without_card: tuple[str, ...] = ()
    card_most: tuple[Money, ...] = ()
    adopts: Collection[str] = ()

    @property
    def business(self) -> str:
        """Whose counter it is."""
        return self.source.business

    def methods_for(self, amount: Money) -> tuple[str, ...]:
        """The ways in which this sum may be paid."""
        above = any(most.currency == amount.currency and amount > most for most in self.card_most)
        return self.without_card if above else self.methods


@dataclass(frozen=True, slots=True)
class Wish:
    """What a payer wants to pay: how much for which invoice, in the order in which they are to be paid.

    `text` is what the payer reads beside the sum; `back_url` is where they come back to, whatever happened, and
    `back_digest` the hash of the code in it.
    """

    debtor: str
    on: tuple[tuple[Ref, Money], ...]
    text: str
    back_url: str = field(repr=False)
    back_digest: str = ""
    link: str = ""
    plan: str = ""
    email: str = ""
    language: str = ""
