"""Links of the till's own that stand in messages where customers cannot reach us: one for one debt, ended with it.

A link can be paid by once, whenever. What was paid by it becomes a checkout like that of a page, which is settled as
they all are; so a link itself is no money under way and holds nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from collector.paying.counter import JUST_PAID, Counter, OnTheWay, TryAgain
from collector.paying.looking import BEGUN_WITHIN, due_again
from integrations.contract import Lookup
from integrations.errors import IntegrationError, NotThere, Refused, TryLater
from integrations.tills import LastingLink, PageState, PayPage, WantedLink
from receivables.money import Money, sum_money
from receivables.plans import PlanState
from receivables.records import Invoice, Ref
from receivables.said import Said, Saying
from storage import books, installments
from storage.checkouts import ON_THE_WAY, UNSETTLED, CheckoutState, KeptCheckout, checkouts, keep_checkout
from storage.ids import new_id
from storage.lasting_links import (
    KeptLink,
    LastingState,
    ended_lasting,
    forget_lasting,
    keep_lasting,
    lasting_links,
    looked_at_lasting,
)
from storage.said import said

log = structlog.get_logger(__name__)

COMING = tuple(state for state in ON_THE_WAY if state is not CheckoutState.OPEN)
LOOKED_AT_ONCE = 100
"""So many links in one run, whichever was not looked at for longest: each is a call."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks for: so much of an invoice, under the words that the payer reads beside the sum."""

    invoice: Invoice
    amount: Money
    text: str
    plan: str = ""


@dataclass(frozen=True, slots=True)
class _Now:
    """What is known of the invoices of all links: as they stand, in which plan, and what is disputed of them."""

    invoices: Mapping[Ref, Invoice]
    plans: Mapping[Ref, str]
    disputes: Sequence[Said]


def lasting_urls(counter: Counter, debtor: str, asked: Iterable[Asked]) -> dict[Ref, str]:
    """The address at which each invoice is paid; none for one that cannot be, or while the till cannot be reached.

    The same link is given again while it asks for the right sum. Raises OnTheWay when one was paid by it meanwhile, and
    TryAgain while somebody is paying: the message had better wait for its next run.
    """
    wanted = [one for one in asked if _payable(counter, one)]
    if not wanted:
        return {}
    with counter.hold(f"pay:{counter.business}:{debtor}") as mine:
        if not mine:
            raise TryAgain("Somebody is paying this very moment; the message waits for its next run.")
        return {one.invoice.ref: url for one in wanted if (url := _url(counter, debtor, one))}


def _payable(counter: Counter, one: Asked) -> bool:
    """Invoices of the till's own have a page there; others need an account into which the money is booked."""
    home, currency = one.invoice.ref.connection, one.amount.currency
    try:
        books_it = home != counter.source.connection and currency in counter.ledger(home).clearing
        return books_it and one.amount >= counter.till.least(currency)
    except Refused:
        return False


def _url(counter: Counter, debtor: str, one: Asked) -> str:
    try:
        return _link(counter, debtor, one)
    except OnTheWay:
        raise
    except IntegrationError as error:
        log.info("no pay link", connection=counter.source.connection, why=str(error))
        return ""


def _link(counter: Counter, debtor: str, one: Asked) -> str:
    """The one that is there while it is good; else another, unless there is a page on which it can be paid."""
    with counter.source.database.read() as tx:
        known = lasting_links(tx, counter.business, invoices=[one.invoice.ref])
        pages = checkouts(tx, counter.business, states=UNSETTLED, debtors=[debtor])
    for kept in known:
        link = _at_the_till(counter, kept)
        if link is not None and link.live and _asks_for(kept, one):
            return link.url
        end_lasting(counter, kept)
    return "" if _on_a_page(pages, one) else _made(counter, debtor, one)


def _on_a_page(pages: Iterable[KeptCheckout], one: Asked) -> bool:
    """Can it be paid on a page that may be open? Raises OnTheWay when what was paid on others leaves no room for it."""
    mine = [(page, amount) for page in pages for ref, amount in page.about if ref == one.invoice.ref]
    coming = sum_money((amount for page, amount in mine if page.state in COMING), one.amount.currency)
    if coming and coming + one.amount > one.invoice.open:
        raise OnTheWay(JUST_PAID)
    return any(page.state not in COMING for page, _ in mine)


def _asks_for(kept: KeptLink, one: Asked) -> bool:
    same = (kept.amount, kept.open, kept.plan) == (one.amount, one.invoice.open, one.plan)
    return same and kept.state is not LastingState.ENDING


def _at_the_till(counter: Counter, kept: KeptLink) -> LastingLink | None:
    """The link as the till tells of it; None when it was never made. Raises TryLater when that cannot be told."""
    if kept.page:
        return counter.till.link(kept.page)
    found = counter.till.found_link(kept.id)
    if isinstance(found, LastingLink):
        _looked_at(counter, kept, found.id)
        return found
    if found is Lookup.CANNOT_TELL or counter.source.clock.now() - kept.made_at < BEGUN_WITHIN:
        raise TryLater("it cannot be told yet whether a payment link was made")
    return None


def _looked_at(counter: Counter, kept: KeptLink, page: str) -> None:
    with counter.source.database.write() as tx:
        looked_at_lasting(tx, counter.business, kept.id, page=page, now=counter.source.clock.now())


def _made(counter: Counter, debtor: str, one: Asked) -> str:
    """Known to us before the till is asked, and made under the name by which it can be found again."""
    home, now, wanted = counter.source, counter.source.clock.now(), one.invoice
    made = KeptLink(home.connection, new_id(), debtor, wanted.ref, one.amount, wanted.open, now, one.plan)
    with home.database.write() as tx:
        if not keep_lasting(tx, counter.business, made):
            raise TryLater("another payment link of this invoice is still to be ended")
    about = {"duewell": made.id, "plan": one.plan}
    asked = WantedLink(one.amount, one.text, counter.methods_for(one.amount), about)
    try:
        link = counter.till.start_link(asked, key=made.id)
    except IntegrationError as error:
        if not (isinstance(error, TryLater) and error.may_have_acted):
            with home.database.write() as tx:
                forget_lasting(tx, counter.business, made.id)
        raise
    _looked_at(counter, made, link.id)
    return link.url


def end_lasting_of(counter: Counter, invoices: Collection[Ref]) -> None:
    """A page is to be opened for these, as the only way to pay them. Raises OnTheWay when one has just been paid."""
    with counter.source.database.read() as tx:
        known = lasting_links(tx, counter.business, invoices=invoices)
    for kept in known:
        end_lasting(counter, kept)


def end_lasting(counter: Counter, kept: KeptLink) -> None:
    """Nobody pays by it from now on. Raises OnTheWay when somebody had: that is settled as a page is."""
    try:
        link = _at_the_till(counter, kept)
        paid = counter.till.paid_pages(counter.till.end_link(link.id).id) if link else ()
    except NotThere:
        paid = ()
    with counter.source.database.write() as tx:
        for page in paid:
            keep_checkout(tx, counter.business, _checkout(kept, page))
        ended_lasting(tx, counter.business, kept.id, now=counter.source.clock.now())
    if paid:
        raise OnTheWay(JUST_PAID)


def _checkout(kept: KeptLink, page: PayPage) -> KeptCheckout:
    """A page that was opened from a link, as one of ours: whoever sees it again knows it by its own name."""
    return KeptCheckout(
        connection=kept.connection,
        id=page.id,
        debtor=kept.debtor,
        amount=kept.amount,
        about=((kept.invoice, kept.amount),),
        made_at=kept.made_at,
        expires_at=page.expires_at,
        state=CheckoutState.PAID if page.state is PageState.PAID else CheckoutState.PROCESSING,
        session=page.id,
        plan=kept.plan,
        payment=page.payment,
    )


def watch_links(counter: Counter, *, wanted: bool = True) -> None:
    """Take in what was paid by links, and end those whose debt is not what it was, or all that are not `wanted` any
    more. One link's trouble is its own."""
    with counter.source.database.read() as tx:
        every = lasting_links(tx, counter.business)
    mine = [one for one in every if one.connection == counter.source.connection]
    now, at = _now(counter, [one.invoice for one in mine]), counter.source.clock.now()
    over = [one for one in mine if not wanted or one.state is LastingState.ENDING or _over(one, now)]
    ending = {one.id for one in over}
    due = [one for one in mine if one.id not in ending and _due(one, at)]
    for kept in over:
        _carefully(counter, kept, _end_it)
    for kept in sorted(due, key=lambda one: one.looked_at or one.made_at)[:LOOKED_AT_ONCE]:
        _carefully(counter, kept, _look_at)


def _carefully(counter: Counter, kept: KeptLink, work: Callable[[Counter, KeptLink], None]) -> None:
    try:
        work(counter, kept)
    except OnTheWay:
        log.info("a payment link was paid by", connection=kept.connection)
    except IntegrationError as error:
        log.info("a payment link was not looked at", connection=kept.connection, why=str(error))
    except Exception:
        log.exception("a payment link was not looked at", connection=kept.connection)


def _end_it(counter: Counter, kept: KeptLink) -> None:
    """Unless somebody opens a page, or writes, this very moment."""
    with counter.hold(f"pay:{counter.business}:{kept.debtor}") as mine:
        if mine:
            end_lasting(counter, kept)


def _look_at(counter: Counter, kept: KeptLink) -> None:
    link = kept.page or getattr(_at_the_till(counter, kept), "id", "")
    if not link or counter.till.paid_pages(link):
        end_lasting(counter, kept)
    else:
        _looked_at(counter, kept, link)


def _due(kept: KeptLink, at: datetime) -> bool:
    if kept.state is LastingState.BEGUN:
        return at - kept.made_at >= BEGUN_WITHIN
    return due_again(kept.made_at, kept.looked_at, at)


def _now(counter: Counter, refs: Sequence[Ref]) -> _Now:
    at = counter.source.clock.now()
    today = counter.day_of(counter.source.connection, at)
    with counter.source.database.read() as tx:
        found = books.records(tx, counter.business, refs)
        plans = installments.concerning(tx, counter.business, refs)
        disputes = said(tx, counter.business, kinds=(Saying.DISPUTE,), on=today) if refs else []
    invoices = {ref: one for ref, one in found.items() if isinstance(one, Invoice)}
    resting = [plan for plan in plans if plan.state is not PlanState.BROKEN]
    return _Now(invoices, {one.invoice: plan.id for plan in resting for one in plan.covered}, disputes)


def _over(kept: KeptLink, now: _Now) -> bool:
    """Is the debt another than the one the link was made for: settled, changed, agreed in parts, or disputed since?"""
    invoice = now.invoices.get(kept.invoice)
    if invoice is None or not invoice.owing or invoice.open != kept.open:
        return True
    return now.plans.get(kept.invoice, "") != kept.plan or any(_disputes(one, kept) for one in now.disputes)


def _disputes(one: Said, kept: KeptLink) -> bool:
    about = one.invoice == kept.invoice if one.invoice else one.debtor == kept.debtor
    return about and one.at is not None and one.at > kept.made_at
