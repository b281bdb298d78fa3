"""What a business sees of its clearing accounts: each one's way to zero, and the journal for a bookkeeper."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from collector.paying.clearing import Booked, Cleared, PaidOut, cleared, payouts_of
from collector.paying.entries import RECORD, REVERSE, payment_of, received_of, recorded_sums, reversed_by
from duewell.businesses import living, the_business, zone_among, zone_of
from duewell.tills import Chosen, chosen_till, clearing_of
from duewell.wiring import House
from integrations.errors import Refused
from receivables.money import Money, by_currency, sum_money
from receivables.records import Customer, Kind, Ref
from storage import actions, books
from storage.actions import ActionState
from storage.checkouts import KeptCheckout, went_back
from storage.connections import Connected
from storage.database import Tx
from storage.movements import KeptMovement, movements

WAITING = (ActionState.PLANNED, ActionState.CLAIMED, ActionState.FAILED, ActionState.AMBIGUOUS, ActionState.PARKED)
HEADER = ("Date", "Reference", "Account", "Description", "Debit", "Credit", "Currency")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class ClearingLine:
    """One clearing account: what came in, what went, and what of it the till holds still."""

    connection: str
    label: str
    account: str
    currency: str
    paid: Money
    returned: Money
    exchanged: Money
    fees: Money
    paid_out: Money
    balance: Money
    waiting: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class BackLine:
    """Money that went back. `open` says that a person has to say of what a refund was; `beside` that the invoice cannot
    open again, so that it is shown beside what is owed."""

    id: str
    debtor: str
    customer: str
    payment: str
    refunded: Money | None
    returned: Money | None
    refund_is: str
    open: bool
    beside: bool


@dataclass(frozen=True, slots=True)
class ClearingPage:
    """Everything about money between customers and the bank. `unbooked` waits to stand in the books, with the reasons;
    `others` moved at the till and has nothing to do with our payments; `by_hand` are payouts that tell no content."""

    chosen: Chosen | None
    lines: tuple[ClearingLine, ...] = ()
    back: tuple[BackLine, ...] = ()
    unbooked: tuple[tuple[Money, str], ...] = ()
    others: tuple[Money, ...] = ()
    by_hand: tuple[Money, ...] = ()


def clearing_page(house: House, business: str) -> ClearingPage:
    """As it stands in the tables."""
    connected = {one.id: one for one in living(house, business)}
    with house.database.read() as tx:
        chosen, lines, booked = chosen_till(tx, business), movements(tx, business), _booked(tx, business)
        accounts = cleared(booked, lines)
        ours = {one.payment for one in booked}
        return ClearingPage(
            chosen,
            tuple(_line(tx, business, connected, one) for one in accounts if _shown(one, chosen)),
            tuple(_backs(tx, business, chosen)),
            tuple(_unbooked(tx, business)),
            _sums(line.net for line in lines if line.payment not in ours and line.kind != "payout"),
            _sums(-line.net for line in lines if line.kind == "payout" and not _told(line, lines)),
        )


def _shown(one: Cleared, chosen: Chosen | None) -> bool:
    """The till's own invoices need no clearing."""
    return chosen is None or one.account[0] != chosen.connection


def _told(payout: KeptMovement, lines: Iterable[KeptMovement]) -> bool:
    return any(line.payout == payout.payout for line in lines if line.kind != "payout")


def _sums(found: Iterable[Money]) -> tuple[Money, ...]:
    return tuple(one for one in by_currency(found).values() if one)


def _booked(tx: Tx, business: str) -> list[Booked]:
    """Each payment once, with all that was entered of it in its ledger."""
    found: dict[str, Booked] = {}
    back = {payment_of(one) for one in actions.actions(tx, business, states=(ActionState.SENT,), act=REVERSE)}
    for act in actions.actions(tx, business, states=(ActionState.SENT,), act=RECORD):
        sums, payment = recorded_sums(act), received_of(act).payment
        before = (found[payment].amount,) if payment in found else ()
        found[payment] = Booked(act.connection, payment, sum_money((*sums, *before), sums[0].currency), payment in back)
    return list(found.values())


def _line(tx: Tx, business: str, connected: Mapping[str, Connected], one: Cleared) -> ClearingLine:
    connection, currency = one.account
    account = clearing_of(tx, business, connection).get(currency)
    return ClearingLine(
        connection,
        connected[connection].label if connection in connected else "no longer connected",
        account.name if account else "",
        currency,
        one.of("payment"),
        one.of("returned"),
        one.of("exchanged"),
        one.of("fee"),
        one.of("payout"),
        one.balance,
        one.waiting,
        one.difference,
    )


def _backs(tx: Tx, business: str, chosen: Chosen | None) -> Iterator[BackLine]:
    for one in went_back(tx, business):
        connection, _, id = one.debtor.partition("/")
        customer = books.record(tx, business, Ref(connection, Kind.CUSTOMER, id))
        yield BackLine(
            one.id,
            one.debtor,
            customer.name if isinstance(customer, Customer) else "a customer",
            one.payment,
            one.refunded,
            one.returned,
            one.refund_is,
            bool(one.refunded) and not one.refund_is,
            beside(one, chosen),
        )


def beside(one: KeptCheckout, chosen: Chosen | None) -> bool:
    """Does a returned payment stand beside what is owed, since the till's own invoices never open again?"""
    return bool(one.returned) and chosen is not None and one.about[0][0].connection == chosen.connection


def returned_beside(house: House, business: str, debtor: str) -> tuple[Money, ...]:
    """What a bank took back of somebody's payments whose invoices stay paid: shown beside what they owe."""
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
        found = [one for one in went_back(tx, business) if one.debtor == debtor and beside(one, chosen)]
    return _sums(one.returned for one in found if one.returned)


def _unbooked(tx: Tx, business: str) -> Iterator[tuple[Money, str]]:
    """What customers have paid and no books have yet, with the reason where there is one."""
    for act in actions.actions(tx, business, states=WAITING, act=RECORD):
        for amount in recorded_sums(act):
            yield amount, act.reason
    for act in actions.actions(tx, business, states=WAITING, act=REVERSE):
        booked = actions.actions(tx, business, states=(ActionState.SENT,), act=RECORD, debtor=act.debtor)
        for one in booked:
            if one.receipt == reversed_by(act)[0].id and one.connection == act.connection:
                yield -sum_money(recorded_sums(one), recorded_sums(one)[0].currency), act.reason


def journal(house: House, business: str, *, since: date | None = None) -> str:
    """The payouts and fees of every clearing account as CSV for a bookkeeper; each payout clears its account.

    Raises Refused where a bank feed or another app books them already.
    """
    with house.database.read() as tx:
        chosen, lines = chosen_till(tx, business), movements(tx, business)
        if chosen is not None and chosen.fed:
            raise Refused(
                "A bank feed or another app books fees and payouts for this business, so that a journal would book "
                "them twice; say so no longer with `duewell till set --not-fed` if that has changed."
            )
        accounts = [one for one in cleared(_booked(tx, business), lines) if _shown(one, chosen)]
        names = {one.account: clearing_of(tx, business, one.account[0]).get(one.account[1]) for one in accounts}
    zones, written = _zones(house, business), io.StringIO()
    out = csv.writer(written, lineterminator="\r\n")
    out.writerow(HEADER)
    for one in accounts:
        name = names[one.account]
        for paid in payouts_of(one, lines):
            day = paid.at.astimezone(zones[one.account[0]]).date()
            if since is None or day >= since:
                out.writerows(_entries(paid, day, name.name if name else f"Clearing {one.account[1]}"))
    return written.getvalue()


def _zones(house: House, business: str) -> dict[str, ZoneInfo]:
    owner = the_business(house, business)
    usual = zone_of(house, owner)
    own = {one.id: zone_among(owner, [one.company]) for one in living(house, business) if one.company}
    return defaultdict(lambda: usual, own)


def _entries(paid: PaidOut, day: date, clearing: str) -> Iterator[tuple[str, ...]]:
    """What arrives at the bank and what the till kept; both leave the clearing account."""
    rows = [("Bank", "Payout", paid.amount), ("Payment fees", "Fees kept by the till", paid.fees)]
    rows.append((clearing, "Payout and fees", -(paid.amount + paid.fees)))
    for account, said, money in rows:
        if money:
            debit, credit = (money, None) if money.minor > 0 else (None, -money)
            sums = (str(debit.amount) if debit else "", str(credit.amount) if credit else "")
            yield (day.isoformat(), paid.payout, _plain(account), said, *sums, money.currency)


def _plain(text: str) -> str:
    """No spreadsheet is to take a name for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
