"""Settles what was paid: looks at every page that is not settled, and records its money in the books, once.

Only what the till says now counts, never a page that says thank you. How the money is divided is decided and written
down once, when it is there: a second run finds those acts and divides nothing again. Safe to run at any time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from collector.channels.port import Carriers
from collector.dispatch import key_of
from collector.follow_up import ADOPTED_SINCE, resolve
from collector.once import once
from collector.paying.counter import Counter, Ledger
from collector.paying.dividing import divided
from collector.paying.entries import RECORD, into, payload_of, received_of
from collector.paying.looking import BEGUN_WITHIN, due_again
from collector.paying.opening import Share, note, page_of
from integrations.contract import Receipt
from integrations.errors import IntegrationError, NotThere
from integrations.receiving import Received, sum_of
from integrations.tills import PageState, Taken
from receivables.money import Money
from receivables.records import Invoice, PaymentStatus, Ref
from storage import actions, books
from storage.actions import Action, ActionState, Plan, Speaks
from storage.checkouts import UNSETTLED, CheckoutState, KeptCheckout, checkouts, paid_checkout
from sync.refresh import refresh

log = structlog.get_logger(__name__)

GONE = {
    PaymentStatus.FAILED: "The payment failed.",
    PaymentStatus.VOID: "The payment was cancelled.",
    PaymentStatus.RETURNED: "The money was given back before it was recorded.",
}
"""There is no money to record."""
OVER = (ActionState.SENT, ActionState.CANCELLED)
READY = (ActionState.PLANNED, ActionState.FAILED)


@dataclass(frozen=True, slots=True)
class Settled:
    """How many payments were recorded, are waiting for a person, or have failed."""

    recorded: int = 0
    waiting: int = 0
    failed: int = 0


def settle(counter: Counter, *, news: bool = False) -> Settled:
    """Look at what may have changed, at everything when there are `news`. One payment's trouble is its own."""
    ends = [settle_one(counter, one) for one in _worth_a_look(counter, news=news)]
    return Settled(ends.count(CheckoutState.RECORDED), ends.count(CheckoutState.PAID), ends.count(CheckoutState.FAILED))


def _worth_a_look(counter: Counter, *, news: bool) -> list[KeptCheckout]:
    now = counter.source.clock.now()
    with counter.source.database.read() as tx:
        found = checkouts(tx, counter.business, states=UNSETTLED)
    mine = [one for one in found if one.connection == counter.source.connection]
    return [one for one in mine if news or one.state is CheckoutState.PAID or _due(one, now)]


def _due(one: KeptCheckout, now: datetime) -> bool:
    if one.state is CheckoutState.BEGUN:
        return now - one.made_at >= BEGUN_WITHIN
    under_way = one.state is CheckoutState.PROCESSING
    over = now >= one.expires_at and not under_way
    return over or due_again(one.made_at, one.looked_at, now, hurry=not under_way)


def settle_one(counter: Counter, one: KeptCheckout) -> CheckoutState:
    """What came of one page, with its money recorded as far as that can be done now."""
    try:
        keys = one.acts or decide(counter, one)
        return keys if isinstance(keys, CheckoutState) else _record_all(counter, one, keys)
    except IntegrationError as error:
        log.info("a payment waits", connection=counter.source.connection, why=str(error))
    except Exception:
        log.exception("a payment waits", connection=counter.source.connection)
    return one.state


def decide(counter: Counter, one: KeptCheckout) -> tuple[str, ...] | CheckoutState:
    """The keys under which its money is to be recorded, for good; else where it stands."""
    found = _looked_at(counter, one)
    if isinstance(found, CheckoutState):
        return found
    try:
        return _planned(counter, one, found)
    except NotThere:  # its ledger is no longer connected: that the money is there is kept for a person
        note(counter, one, CheckoutState.PROCESSING, payment=found.id)
        raise


def _looked_at(counter: Counter, one: KeptCheckout) -> Taken | CheckoutState:
    """The payment when its money is there; else where it stands, written down."""
    payment = one.payment
    if not payment:
        page = page_of(counter, one)
        if page is None or page.state is PageState.EXPIRED:
            return note(counter, one, CheckoutState.EXPIRED)
        if page.state is PageState.OPEN:
            return note(counter, one, CheckoutState.OPEN, session=page.id)
        payment = page.payment
    taken = counter.till.payment(payment)
    if taken.status is PaymentStatus.SETTLED:
        return taken
    state = CheckoutState.FAILED if taken.status in GONE else CheckoutState.PROCESSING
    return note(counter, one, state, payment=payment, failure=taken.failure or GONE.get(taken.status, ""))


def _planned(counter: Counter, one: KeptCheckout, taken: Taken) -> tuple[str, ...]:
    """The keys of the acts by which the money is recorded, planned now if nobody did."""
    wanted = list(_acts(counter, one, taken))
    now, business = counter.source.clock.now(), counter.business
    with counter.source.database.write() as tx:
        keys = paid_checkout(tx, business, one.id, payment=taken.id, acts=[act.key for act in wanted], now=now)
        for act in wanted:
            if act.key in keys:
                actions.plan(tx, business, act, now=now)
    return keys


def _acts(counter: Counter, one: KeptCheckout, taken: Taken) -> Iterator[Plan]:
    """One act for all the invoices, or one for each, as these books want it, and what is beyond them with the last."""
    first = one.about[0][0]
    ledger = counter.ledger(first.connection)
    lots = divided(one.about, _open_now(counter, ledger, one.about), together=ledger.books.together)
    customer = _customer(counter, first)
    day = counter.day_of(ledger.source.connection, taken.made_at)
    for lot, left in lots:
        yield _act(counter, one, ledger, Received(taken.id, day, lot, "", "", left, customer))


def _act(counter: Counter, one: KeptCheckout, ledger: Ledger, received: Received) -> Plan:
    source, about = ledger.source, [ref for ref, _ in received.on]
    key = key_of(RECORD, counter.business, received.payment, source.connection, *(ref.id for ref in about))
    return Plan(RECORD, key, one.debtor, source.connection, about[0] if about else None, payload_of(received))


def _open_now(counter: Counter, ledger: Ledger, shares: Sequence[Share]) -> dict[Ref, Money]:
    """What is open of the invoices after a fresh look; another payment may have been quicker."""
    refs = [ref for ref, _ in shares]
    refresh(ledger.source, refs)
    with counter.source.database.read() as tx:
        found = books.records(tx, counter.business, refs)
    return {ref: one.open for ref, one in found.items() if isinstance(one, Invoice) and one.owing}


def _customer(counter: Counter, invoice: Ref) -> Ref | None:
    with counter.source.database.read() as tx:
        found = books.record(tx, counter.business, invoice)
    return found.customer if isinstance(found, Invoice) else None


def _record_all(counter: Counter, one: KeptCheckout, keys: tuple[str, ...]) -> CheckoutState:
    """Every act of it that is still to be done; recorded when all of it stands in the books."""
    with counter.source.database.read() as tx:
        acts = [act for key in keys if (act := actions.action(tx, counter.business, key)) is not None]
    if any(_record(counter, act) not in OVER for act in acts):
        return CheckoutState.PAID
    refresh(counter.ledger(one.about[0][0].connection).source, [ref for ref, _ in one.about])
    return note(counter, one, CheckoutState.RECORDED)


def _record(counter: Counter, act: Action) -> ActionState:
    """Under its key, each invoice of it once for this payment; what another app entered is adopted."""
    ledger = counter.ledger(act.connection)
    act = told_by_now(ledger, act)
    if act.state not in READY:
        return act.state
    received = received_of(act)
    received = into(received, ledger.clearing.get(sum_of(received).currency, ""))
    speaks = [
        Speaks(key_of("paid", counter.business, received.payment, str(ref)), ref, RECORD, received.payment)
        for ref, _ in received.on
    ]
    wanted = Plan(act.act, act.key, act.debtor, act.connection, act.about, payload_of(received))
    done = once(ledger.source, counter.hand, wanted, lambda: _call(counter, ledger, act, received), speaks=speaks)
    return done.state


def told_by_now(ledger: Ledger, act: Action) -> Action:
    """The act as it stands; where it was not known whether it was done, the books are asked at once."""
    if act.state is not ActionState.AMBIGUOUS:
        return act
    resolve(ledger.source, act, Carriers())
    with ledger.source.database.read() as tx:
        return actions.action(tx, ledger.source.business, act.key) or act


def _call(counter: Counter, ledger: Ledger, act: Action, received: Received) -> Receipt:
    if act.connection in counter.adopts or act.attempts:
        found = ledger.books.found_payment(received, act.key, since=act.planned_at - ADOPTED_SINCE)
        if isinstance(found, Receipt):
            return found
    return ledger.books.record_payment(received, key=act.key)
