"""Money that customers have paid and no books have yet, or no longer: errands of booking it and of taking it back."""

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping

import requests

from collector.debtors.cases import debtor_key
from collector.paying.counter import Counter
from collector.paying.entries import REVERSE, payment_of, reversed_by
from collector.paying.opening import open_page
from collector.paying.settle import decide, settle_one
from collector.paying.taken_back import look_back
from duewell.businesses import living
from duewell.paying import counter_of
from duewell.tills import choose_clearing, choose_till
from receivables.records import Collection as Collected
from receivables.records import Invoice
from storage import actions, books
from storage.checkouts import CheckoutState, KeptCheckout, checkouts
from tests.chaos.errands import Errand
from tests.chaos.lasting import LINK, key_of_link, link_for
from tests.chaos.pages import PAGE, TILL, key_of_page, wish_for
from tests.scenarios.playing import Play

Make = Callable[..., Errand]
CARD = "4242424242424242"
BACK = "http://127.0.0.1:9/back"
PART = 1500
SLUGS = ("quickbooks", "xero", "stripe")
LINKED = SLUGS[:2]
"""Invoices of the till's own have a page there."""


def open_till(play: Play) -> None:
    """Customers pay at Stripe, and every ledger has an account for its own currency."""
    house, business = play.house, play.business
    till = next(one for one in living(house, business) if one.platform == "stripe")
    choose_till(house, business, {"connection": till.id, "others_post": "no"}, by="Robin")
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
    page = open_page(at, wish_for(invoice, minor, BACK))
    requests.post(page.url, data=form or {"card": CARD}, timeout=5, allow_redirects=False)


def money_errands(play: Play, make: Make, busy: Collection[str], numbers: Mapping[str, int]) -> dict[str, list[Errand]]:
    """So many payments of each ledger, of which it was decided how they are to be booked, or which a bank took back
    since; debts that customers want to pay on a page, and such as a message is to carry a link of the till's for."""
    open_till(play)
    found: dict[str, list[Errand]] = {PAGE: [], LINK: []}
    for nth, slug in enumerate(SLUGS):
        wanted = {name: numbers.get(name, 0) for name in (f"{slug} payment", f"{slug} taken back")}
        wanted[PAGE] = (numbers.get(PAGE, 0) + nth) // len(SLUGS)
        wanted[LINK] = 0 if slug == "stripe" else (numbers.get(LINK, 0) + nth) // len(LINKED)
        debts = _one_each(payable(play, slug, busy))
        for name, number in wanted.items():
            some = list(itertools.islice(debts, number))
            found.setdefault(name, []).extend(_errand(play, make, name, one) for one in some)
    return found


def _errand(play: Play, make: Make, name: str, invoice: Invoice) -> Errand:
    at, ref = counter(play), invoice.ref
    if name == PAGE:
        return make(name, ref.connection, "", (ref.id,), key=key_of_page(invoice), task=wish_for(invoice, PART, BACK))
    if name == LINK:
        asked = (debtor_key(invoice.customer), link_for(invoice))
        return make(name, ref.connection, "", (ref.id,), key=key_of_link(invoice), task=asked)
    pay(at, invoice)
    kept = _kept(play)[-1]
    keys = decide(at, kept)
    assert not isinstance(keys, CheckoutState)
    if name.endswith("payment"):
        return make(name, ref.connection, "", (ref.id,), key=keys[0], task=kept.id)
    settle_one(at, _kept(play)[-1])
    booked, back = _gone(play, at, _kept(play)[-1])
    return make(name, ref.connection, "", (booked,), key=back)


def _gone(play: Play, at: Counter, paid: KeptCheckout) -> tuple[str, str]:
    """The bank takes the money back for good: the payment in the books, and the act that is to take it back there."""
    dispute = play.act("dispute", TILL, payment=paid.payment)["dispute"]
    play.act("move_dispute", TILL, dispute=dispute, status="lost")
    assert look_back(at, [paid.payment]) == 1
    with play.house.database.read() as tx:
        (back,) = (one for one in actions.actions(tx, play.business, act=REVERSE) if payment_of(one) == paid.payment)
    booked, _, _ = reversed_by(back)
    return booked.id, back.key


def _kept(play: Play) -> list[KeptCheckout]:
    with play.house.database.read() as tx:
        return checkouts(tx, play.business)


def _one_each(invoices: Iterator[Invoice]) -> Iterator[Invoice]:
    """A customer pays once at a time."""
    seen: set[str] = set()
    for one in invoices:
        if one.customer and debtor_key(one.customer) not in seen:
            seen.add(debtor_key(one.customer))
            yield one
