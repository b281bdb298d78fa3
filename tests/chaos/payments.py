"""Money that customers have paid and no books have yet: errands of booking it, and storms in which it must be."""

import itertools
import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import requests

from collector.debtors.cases import debtor_key
from collector.paying.counter import Counter, OnTheWay, PaidAlready, TryAgain, Wish
from collector.paying.opening import open_page
from collector.paying.settle import decide
from duewell.clearing import clearing_page
from duewell.paying import counter_of, settle_all
from duewell.running import follow_up_all, living, sync_one
from duewell.tills import choose_clearing, choose_till
from integrations.errors import IntegrationError
from receivables.money import Money, sum_money
from receivables.records import Collection as Collected
from receivables.records import Invoice, Ref
from storage import books
from storage.checkouts import CheckoutState, checkouts
from storage.database import Database
from tests.chaos.errands import Errand
from tests.scenarios.playing import Play

Make = Callable[..., Errand]
CARD, ACCOUNT, BAD_ACCOUNT = "4242424242424242", "000123456789", "000111111116"
BACK = "http://127.0.0.1:9/back"
PART = 1500
SLUGS = ("quickbooks", "xero", "stripe")
PATIENCE = 40
KINDS = ("drop_before", "drop_after", "reset", "429", "500", "503")
"""Trouble that tells no lies; the books stay what they were."""


def open_till(play: Play) -> None:
    """Customers pay at Stripe, and every ledger has an account for its own currency."""
    house, business = play.house, play.business
    till = next(one for one in living(house, business) if one.platform == "stripe")
    choose_till(house, business, {"connection": till.id, "adopts": "no"}, by="Robin")
    for one in living(house, business):
        if one.id != till.id and one.company is not None:
            currency = one.company.base_currency
            choose_clearing(house, business, one.id, currency, typed=f"Stripe clearing {currency}", make=True)


def counter(play: Play) -> Counter:
    """Opened afresh."""
    found = counter_of(play.house, play.business)
    assert found is not None
    return found


def payable(play: Play, slug: str, busy: Collection[str] = ()) -> Iterator[Invoice]:
    """Invoices that a link can pay."""
    with play.house.database.read() as tx:
        found = [
            (one, invoice)
            for one in living(play.house, play.business)
            if one.platform == slug
            for invoice in books.invoices(tx, play.business, one.id)
        ]
    for one, invoice in found:
        base = "USD" if slug == "stripe" else one.company.base_currency if one.company else ""
        fits = invoice.owing and invoice.collection is not Collected.AUTOMATIC and invoice.open.currency == base
        if fits and invoice.customer and invoice.open.minor >= 2 * PART and debtor_key(invoice.customer) not in busy:
            yield invoice


def pay(at: Counter, invoice: Invoice, minor: int = PART, *, form: Mapping[str, str] | None = None) -> None:
    """Open a page and press its button."""
    assert invoice.customer is not None
    on = ((invoice.ref, Money(minor, invoice.open.currency)),)
    page = open_page(at, Wish(debtor_key(invoice.customer), on, "A part", BACK))
    requests.post(page.url, data=form or {"card": CARD}, timeout=5, allow_redirects=False)


def payment_errands(play: Play, make: Make, busy: Collection[str], number: int) -> dict[str, list[Errand]]:
    """Each is paid, and it was decided how it is to be booked."""
    open_till(play)
    return {f"{slug} payment": list(_paid(play, make, slug, busy, number)) for slug in SLUGS}


def _paid(play: Play, make: Make, slug: str, busy: Collection[str], number: int) -> Iterator[Errand]:
    at = counter(play)
    for invoice in itertools.islice(_one_each(payable(play, slug, busy)), number):
        pay(at, invoice)
        with play.house.database.read() as tx:
            kept = checkouts(tx, play.business)[-1]
        keys = decide(at, kept)
        assert not isinstance(keys, CheckoutState)
        yield make(f"{slug} payment", invoice.ref.connection, "", (invoice.ref.id,), task=kept.id, key=keys[0])


def _one_each(invoices: Iterator[Invoice]) -> Iterator[Invoice]:
    """A customer pays once at a time."""
    seen: set[str] = set()
    for one in invoices:
        if one.customer and debtor_key(one.customer) not in seen:
            seen.add(debtor_key(one.customer))
            yield one


# ---- storms ----


@dataclass
class Weathered:
    """What was to be booked when a storm was over, by invoice, and what went wrong."""

    wanted: dict[Ref, Money]
    before: dict[Ref, Money]
    payments: int
    wrong: list[str]


def storm(play: Play, seed: int, payments: int, *, rate: float = 0.25) -> Weathered:
    """Customers pay while every platform loses calls and replies; nobody hears a webhook. Then it clears up.

    What each has paid at the till must stand on its invoice, once, and every clearing account come to zero.
    """
    dice = random.Random(seed)
    open_till(play)
    invoices = [one for slug in SLUGS for one in itertools.islice(_one_each(payable(play, slug)), payments)]
    before = {one.ref: one.open for one in invoices}
    play.sandbox.brew(str(seed), rate, KINDS)
    for one in invoices:
        _pay_somehow(play, one, dice)
        _a_while(play, dice)
    play.sandbox.book.storms.clear()
    play.move(days=5)
    for _ in range(PATIENCE):
        if not _unsettled(play.house.database, play.business):
            break
        follow_up_all(play.house, play.business)
        settle_all(play.house, play.business, ("cs_news",))
        play.move(hours=1, quiet=True)
    return _weathered(play, before)


def _pay_somehow(play: Play, invoice: Invoice, dice: random.Random) -> None:
    """Most go on trying; a debit may fail days later."""
    form = dice.choice([{"card": CARD}, {"card": CARD}, {"account": ACCOUNT}, {"account": BAD_ACCOUNT}])
    for _ in range(dice.randint(2, 6)):
        try:
            pay(counter(play), invoice, form=form)
        except (OnTheWay, PaidAlready):
            return
        except (TryAgain, IntegrationError, requests.RequestException):
            play.move(seconds=200, quiet=True)


def _a_while(play: Play, dice: random.Random) -> None:
    """Jobs at their usual hours, or late; some twice."""
    play.move(minutes=dice.choice([1, 3, 20]), quiet=True)
    for _ in range(dice.choice([0, 1, 2])):
        try:
            settle_all(play.house, play.business)
            follow_up_all(play.house, play.business)
        except IntegrationError:
            continue


def _unsettled(database: Database, business: str) -> Sequence[object]:
    with database.read() as tx:
        return checkouts(
            tx, business, states=(CheckoutState.BEGUN, CheckoutState.OPEN, CheckoutState.PROCESSING, CheckoutState.PAID)
        )


def _weathered(play: Play, before: dict[Ref, Money]) -> Weathered:
    """By what the till itself says was paid, whoever it told."""
    ended = Weathered({}, before, 0, [])
    with play.house.database.read() as tx:
        kept = checkouts(tx, play.business)
    sessions = {one.session: one for one in kept if one.session}
    for id, told in _sessions(play).items():
        if told["payment_status"] == "paid":
            ended.payments += 1
            if id not in sessions:
                ended.wrong.append(f"lost: {id} was paid, and nobody here knows it")
                continue
            for ref, amount in sessions[id].about:
                ended.wanted[ref] = ended.wanted.get(ref, Money.zero(amount.currency)) + amount
    synced = [sync_one(play.house, one) for one in living(play.house, play.business)]
    ended.wrong += [f"differs: {one.connected.label}" for one in synced if not _agrees(one.night)]
    with play.house.database.read() as tx:
        now = {ref: record.open for ref, record in books.records(tx, play.business, list(before)).items()}  # type: ignore[union-attr]
    for ref, open_ in before.items():
        left = open_ - ended.wanted.get(ref, Money.zero(open_.currency))
        if now[ref] != left:
            ended.wrong.append(f"{ref}: {now[ref]} is open, and {left} should be")
    return _cleared(play, ended)


def _agrees(night: object) -> bool:
    agreement = getattr(night, "agreement", None)
    return agreement is not None and agreement.agrees


def _sessions(play: Play) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = play.truth("northwind")["sessions"]
    return found


def _cleared(play: Play, ended: Weathered) -> Weathered:
    """Days later, when all of it was paid out."""
    play.move(days=9)
    settle_all(play.house, play.business, ("cs_news",))
    page = clearing_page(play.house, play.business)
    ended.wrong += [f"not at zero: {line}" for line in page.lines if line.balance or line.difference]
    ended.wrong += [f"not booked: {amount} {why}" for amount, why in page.unbooked]
    paid = [line.paid for line in page.lines]
    booked = {ref: amount for ref, amount in ended.wanted.items() if ref.connection in _ledgers(play)}
    for currency in {one.currency for one in paid}:
        there = sum_money((one for one in paid if one.currency == currency), currency)
        wanted = sum_money((one for one in booked.values() if one.currency == currency), currency)
        if there != wanted:
            ended.wrong.append(f"booked {there}, and {wanted} was paid")
    return ended


def _ledgers(play: Play) -> set[str]:
    return {one.id for one in living(play.house, play.business) if one.platform != "stripe"}
