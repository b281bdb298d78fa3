"""Whether each clearing account comes to zero: what was paid, less what went back, fees and payouts. Pure.

A payment made in another currency than the till settles in leaves the account of the one as what it was exchanged for
and comes into that of the other; both are named.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from receivables.money import Money, sum_money
from storage.movements import PAYOUT, KeptMovement

PAYMENT = "payment"
FEE = "fee"
BACK = ("refund", "dispute")
Account = tuple[str, str]
"""A ledger's connection, and a currency."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A payment as it was entered in a ledger: gross, in the currency it was paid in; `back` once that was reversed."""

    ledger: str
    payment: str
    amount: Money
    back: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a clearing account: positive comes in. `what` is payment, returned, exchanged, fee or payout."""

    account: Account
    what: str
    amount: Money
    at: datetime | None = None
    payment: str = ""
    payout: str = ""


@dataclass(frozen=True, slots=True)
class Cleared:
    """One clearing account. `waiting` is what of it the till holds still; `difference` is what nothing explains.

    Where the two are nothing, the account stands at zero.
    """

    account: Account
    entries: tuple[Entry, ...] = field(repr=False)
    waiting: Money

    def of(self, *what: str) -> Money:
        """The sum of all lines of these kinds."""
        return sum_money((one.amount for one in self.entries if one.what in what), self.account[1])

    @property
    def balance(self) -> Money:
        """What the account shows."""
        return self.of("payment", "returned", "exchanged", "fee", "payout")

    @property
    def difference(self) -> Money:
        """What the account shows and the till does not hold."""
        return self.balance - self.waiting


def cleared(booked: Iterable[Booked], lines: Iterable[KeptMovement]) -> tuple[Cleared, ...]:
    """Every account into which something was booked, or which the till has filled."""
    by_payment = {one.payment: one for one in booked}
    mine = [line for line in lines if line.payment in by_payment]
    entries: dict[Account, list[Entry]] = defaultdict(list)
    for entry in (
        *_paid(by_payment.values()),
        *(one for line in mine for one in _moved(line, by_payment[line.payment])),
    ):
        entries[entry.account].append(entry)
    waiting = _waiting(mine, by_payment)
    return tuple(
        Cleared(account, tuple(found), waiting.get(account, Money.zero(account[1])))
        for account, found in sorted(entries.items())
    )


def _paid(booked: Iterable[Booked]) -> Iterator[Entry]:
    for one in booked:
        account = (one.ledger, one.amount.currency)
        yield Entry(account, "payment", one.amount, payment=one.payment)


def _moved(line: KeptMovement, booked: Booked) -> Iterator[Entry]:
    """A payment that was reversed in its own currency is exchanged back as well, at the rate of that day."""
    there, here = (booked.ledger, booked.amount.currency), (booked.ledger, line.gross.currency)
    if here != there and line.kind == PAYMENT:
        yield Entry(there, "exchanged", -booked.amount, line.at, line.payment)
        yield Entry(here, "exchanged", line.gross, line.at, line.payment)
    elif here != there and booked.back:
        yield Entry(there, "returned", -booked.amount, line.at, line.payment)
        yield Entry(there, "exchanged", booked.amount, line.at, line.payment)
        yield Entry(here, "exchanged", line.gross, line.at, line.payment)
    elif line.kind != PAYMENT:
        yield Entry(here, "returned", line.gross, line.at, line.payment)
    if line.fee:
        yield Entry(here, "fee", -line.fee, line.at, line.payment)
    if line.payout and line.net:
        yield Entry(here, "payout", -line.net, line.at, line.payment, line.payout)


def _waiting(lines: Iterable[KeptMovement], by_payment: Mapping[str, Booked]) -> dict[Account, Money]:
    found: dict[Account, Money] = {}
    for line in lines:
        if not line.payout:
            account = (by_payment[line.payment].ledger, line.gross.currency)
            found[account] = found.get(account, Money.zero(account[1])) + line.net
    return found


@dataclass(frozen=True, slots=True)
class PaidOut:
    """One payout, and what of it was of one clearing account."""

    payout: str
    at: datetime
    amount: Money
    taken: Money
    fees: Money


def payouts_of(one: Cleared, lines: Iterable[KeptMovement]) -> tuple[PaidOut, ...]:
    """The account's payouts, oldest first: what arrived of it, what went back and what fees were kept before."""
    currency = one.account[1]
    sent = {line.payout: line.at for line in lines if line.kind == PAYOUT}
    through = {entry.payout for entry in one.entries if entry.payout}
    inside = {line.id: line for line in lines if line.payout in through and line.kind != PAYOUT}
    ours = {entry.payment for entry in one.entries}
    found = []
    for payout in through:
        mine = [line for line in inside.values() if line.payout == payout and line.payment in ours]
        mine = [line for line in mine if line.gross.currency == currency]
        found.append(
            PaidOut(
                payout,
                sent.get(payout, max(line.at for line in mine)),
                sum_money((line.net for line in mine), currency),
                sum_money((line.gross for line in mine if line.kind in BACK), currency),
                sum_money((line.fee for line in mine), currency),
            )
        )
    return tuple(sorted(found, key=lambda each: (each.at, each.payout)))
