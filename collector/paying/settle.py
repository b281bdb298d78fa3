"""Settles what was paid: looks at every page that is not settled, and records its money in the books, once.

Only what the till says now counts, never a page that says thank you. How the money is divided is decided and written
down once, when it is there: a second run finds those acts and divides nothing again. Safe to run at any time.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from collector.dispatch import key_of
from collector.once import once
from collector.paying.counter import Counter, Ledger
from collector.paying.opening import Share, note, page_of
from integrations.contract import Receipt
from integrations.errors import IntegrationError
from integrations.tills import PageState, Received, Taken
from receivables.money import Money, sum_money
from receivables.records import Invoice, Kind, PaymentStatus, Ref
from storage import actions, books
from storage.actions import Action, ActionState, Plan, Speaks
from storage.checkouts import UNSETTLED, CheckoutState, KeptCheckout, checkouts, paid_checkout
from sync.refresh import refresh

log = structlog.get_logger(__name__)

RECORD = "record_payment"
READY = (ActionState.PLANNED, ActionState.FAILED)
OPENED_WITHIN = timedelta(minutes=10)
"""A page that was asked for and of which nothing is known may still be being opened for so long."""
ADOPTED_SINCE = timedelta(days=30)
AT_FIRST, THEN, LATER = timedelta(minutes=15), timedelta(minutes=2), timedelta(hours=1)
"""A young page is looked at every two minutes, an older one or money under way every hour; news come sooner."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many payments were recorded, are waiting for a person, or have failed."""

    recorded: int = 0
    waiting: int = 0
    failed: int = 0


def settle(counter: Counter, *, news: bool = False) -> Settled:
    """Look at what may have changed, at everything when there are `news`. One payment's trouble is its own."""
    ends = [_settled(counter, one) for one in _worth_a_look(counter, news=news)]
    return Settled(ends.count(CheckoutState.RECORDED), ends.count(CheckoutState.PAID), ends.count(CheckoutState.FAILED))


def _worth_a_look(counter: Counter, *, news: bool) -> list[KeptCheckout]:
    now = counter.source.clock.now()
    with counter.source.database.read() as tx:
        found = checkouts(tx, counter.business, states=UNSETTLED)
    mine = [one for one in found if one.connection == counter.source.connection]
    return [one for one in mine if news or one.state is CheckoutState.PAID or _due(one, now)]


def _due(one: KeptCheckout, now: datetime) -> bool:
    if one.state is CheckoutState.BEGUN:
        return now - one.made_at >= OPENED_WITHIN
    under_way = one.state is CheckoutState.PROCESSING
    if one.looked_at is None or (now >= one.expires_at and not under_way):
        return True
    young = now - one.made_at < AT_FIRST and not under_way
    return now - one.looked_at >= (THEN if young else LATER)


def _settled(counter: Counter, one: KeptCheckout) -> CheckoutState:
    try:
        if one.acts:
            return _record_all(counter, one, one.acts)
        found = _looked_at(counter, one)
        return found if isinstance(found, CheckoutState) else _record_all(counter, one, _planned(counter, one, found))
    except IntegrationError as error:
        log.info("a payment waits", connection=counter.source.connection, why=str(error))
        return one.state


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
    failed = taken.status is PaymentStatus.FAILED
    state = CheckoutState.FAILED if failed else CheckoutState.PROCESSING
    return note(counter, one, state, payment=payment, failure=taken.failure)


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
    fitting, over = _fitting(counter, ledger, one.about)
    lots = [fitting] if ledger.books.together and fitting else [[share] for share in fitting]
    beyond: list[Money | None] = [None] * len(lots)
    if over and ledger.books.together and lots:
        beyond[-1] = over
    elif over:
        lots, beyond = [*lots, []], [*beyond, over]
    customer = _customer(counter, first)
    day = counter.day_of(ledger.source.connection, taken.made_at)
    for lot, left in zip(lots, beyond, strict=True):
        yield _act(counter, one, ledger, Received(taken.id, day, tuple(lot), ledger.clearing, "", left, customer))


def _act(counter: Counter, one: KeptCheckout, ledger: Ledger, received: Received) -> Plan:
    source, about = ledger.source, [ref for ref, _ in received.on]
    key = key_of(RECORD, counter.business, received.payment, source.connection, *(ref.id for ref in about))
    return Plan(RECORD, key, one.debtor, source.connection, about[0] if about else None, payload_of(received))


def _fitting(counter: Counter, ledger: Ledger, shares: Sequence[Share]) -> tuple[list[Share], Money | None]:
    """What fits the invoices as they stand now, and what is beyond them since another payment was quicker."""
    refs = [ref for ref, _ in shares]
    refresh(ledger.source, refs)
    with counter.source.database.read() as tx:
        found = books.records(tx, counter.business, refs)
    fitting = [(ref, amount) for ref, share in shares if (amount := _least(found, ref, share))]
    currency = shares[0][1].currency
    over = sum_money((share for _, share in shares), currency) - sum_money((share for _, share in fitting), currency)
    return fitting, over or None


def _least(found: Mapping[Ref, object], ref: Ref, share: Money) -> Money:
    invoice = found.get(ref)
    return min(share, invoice.open) if isinstance(invoice, Invoice) and invoice.owing else Money.zero(share.currency)


def _customer(counter: Counter, invoice: Ref) -> Ref | None:
    with counter.source.database.read() as tx:
        found = books.record(tx, counter.business, invoice)
    return found.customer if isinstance(found, Invoice) else None


def _record_all(counter: Counter, one: KeptCheckout, keys: tuple[str, ...]) -> CheckoutState:
    """Every act of it that is still to be done; recorded when all of it stands in the books."""
    with counter.source.database.read() as tx:
        acts = [act for key in keys if (act := actions.action(tx, counter.business, key)) is not None]
    if any(_record(counter, act) is not ActionState.SENT for act in acts):
        return CheckoutState.PAID
    refresh(counter.ledger(one.about[0][0].connection).source, [ref for ref, _ in one.about])
    return note(counter, one, CheckoutState.RECORDED)


def _record(counter: Counter, act: Action) -> ActionState:
    """Under its key, each invoice of it once for this payment; what another app entered is adopted."""
    if act.state not in READY:
        return act.state
    ledger, received = counter.ledger(act.connection), received_of(act)
    speaks = [
        Speaks(key_of("paid", counter.business, received.payment, str(ref)), ref, RECORD, received.payment)
        for ref, _ in received.on
    ]
    wanted = Plan(act.act, act.key, act.debtor, act.connection, act.about, act.payload)
    state, _ = once(ledger.source, counter.hand, wanted, lambda: _call(counter, ledger, act), speaks=speaks)
    return state


def _call(counter: Counter, ledger: Ledger, act: Action) -> Receipt:
    received = received_of(act)
    if counter.adopts or act.attempts:
        found = ledger.books.found_payment(received, act.key, since=act.planned_at - ADOPTED_SINCE)
        if isinstance(found, Receipt):
            return found
    return ledger.books.record_payment(received, key=act.key)


def payload_of(received: Received) -> str:
    """Everything that recording it and looking it up need, as an act keeps it."""
    return json.dumps(
        {
            "payment": received.payment,
            "received_on": received.received_on.isoformat(),
            "on": [[ref.id, amount.minor, amount.currency] for ref, amount in received.on],
            "account": received.account,
            "unapplied": [received.unapplied.minor, received.unapplied.currency] if received.unapplied else None,
            "customer": received.customer.id if received.customer else "",
        }
    )


def received_of(act: Action) -> Received:
    """An act's payment again."""
    told = json.loads(act.payload)
    return Received(
        payment=told["payment"],
        received_on=date.fromisoformat(told["received_on"]),
        on=tuple((Ref(act.connection, Kind.INVOICE, id), Money(minor, currency)) for id, minor, currency in told["on"]),
        account=told["account"],
        unapplied=Money(*told["unapplied"]) if told["unapplied"] else None,
        customer=Ref(act.connection, Kind.CUSTOMER, told["customer"]) if told["customer"] else None,
    )
