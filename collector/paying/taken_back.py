"""Money that goes back: taken by a bank, so that invoices open again; or refunded, which is no new debt.

Only what the till says now counts. What is to be done in the books is planned in the same transaction in which it is
noted, and done once by `reverse`, which may run at any time.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import structlog

from collector.dispatch import key_of
from collector.follow_up import ADOPTED_SINCE
from collector.once import once
from collector.paying.counter import Counter
from collector.paying.entries import RECORD, REVERSE, received_of, reversal_of, reversed_by
from collector.paying.settle import READY, told_by_now
from integrations.contract import Receipt
from integrations.errors import IntegrationError
from integrations.tills import Taken
from receivables.money import Money
from receivables.records import Kind, PaymentStatus, Ref
from receivables.said import Said, Saying
from storage import actions
from storage.actions import Action, ActionState, Plan
from storage.checkouts import CheckoutState, KeptCheckout, note_back, of_payments
from storage.database import Tx
from storage.said import say
from sync.refresh import refresh

log = structlog.get_logger(__name__)

OVERPAID = "overpayment"
US = "Duewell"
UNDECIDED = (ActionState.CLAIMED, ActionState.AMBIGUOUS)
WHY = "The payment was taken back by the customer's bank."


@dataclass(frozen=True, slots=True)
class _Back:
    """How much of a payment went back, and how."""

    refunded: Money
    returned: Money


def look_back(counter: Counter, payments: Collection[str]) -> int:
    """Has money of these payments gone back since? How many were found changed. One's trouble is its own."""
    with counter.source.database.read() as tx:
        found = of_payments(tx, counter.business, payments)
    settled = [one for one in found if one.state in (CheckoutState.PAID, CheckoutState.RECORDED)]
    return sum(_looked(counter, one) for one in settled)


def _looked(counter: Counter, one: KeptCheckout) -> bool:
    try:
        back = _back_of(counter.till.payment(one.payment))
    except IntegrationError as error:
        log.info("a payment was not looked at", connection=counter.source.connection, why=str(error))
        return False
    nothing = Money.zero(one.amount.currency)
    if (back.refunded, back.returned) == (one.refunded or nothing, one.returned or nothing):
        return False
    with counter.source.database.write() as tx:
        return _note(counter, tx, one, back)


def _back_of(taken: Taken) -> _Back:
    nothing = Money.zero(taken.amount.currency)
    refunded = taken.refunded or nothing
    if taken.status is PaymentStatus.FAILED:
        return _Back(nothing, taken.amount)
    return _Back(refunded, (taken.returned or nothing) - refunded)


def _note(counter: Counter, tx: Tx, one: KeptCheckout, back: _Back) -> bool:
    """False while nobody knows whether its money stands in the books: it is looked at again."""
    acts = [act for key in one.acts if (act := actions.action(tx, counter.business, key)) is not None]
    if any(act.state in UNDECIDED for act in acts):
        return False
    is_ = one.refund_is if back.refunded == (one.refunded or Money.zero(one.amount.currency)) else ""
    if back.refunded and not is_:
        is_ = _own(acts, back.refunded)
        if not is_:
            _hold(counter, tx, one, back.refunded)
    if back.returned == one.amount and not one.returned:
        _take_back(counter, tx, one, acts)
    note_back(tx, counter.business, one.id, refunded=back.refunded, returned=back.returned, refund_is=is_)
    return True


def _own(acts: list[Action], refunded: Money) -> str:
    """What was paid beyond the invoices and given back explains itself."""
    return OVERPAID if any(received_of(act).unapplied == refunded for act in acts) else ""


def _hold(counter: Counter, tx: Tx, one: KeptCheckout, refunded: Money) -> None:
    now = counter.source.clock.now()
    today = counter.day_of(one.about[0][0].connection, now)
    note = f"{refunded} of the payment {one.payment} was refunded; say of which credit note or overpayment."
    say(tx, counter.business, Said(one.debtor, Saying.HOLD, today, note=note, by=US), now=now)


def _take_back(counter: Counter, tx: Tx, one: KeptCheckout, acts: list[Action]) -> None:
    """What stands in the books is to be reversed, what does not is never to stand there. A part is for a person: an
    entry can only be taken back whole."""
    now = counter.source.clock.now()
    for act in acts:
        if act.state is not ActionState.SENT:
            actions.mark(tx, counter.business, act.key, ActionState.CANCELLED, now=now, reason=WHY)
        elif act.connection != counter.source.connection:
            actions.plan(tx, counter.business, _reversal(counter, one, act), now=now)


def _reversal(counter: Counter, one: KeptCheckout, act: Action) -> Plan:
    booked = Ref(act.connection, Kind.PAYMENT, act.receipt)
    day = counter.day_of(act.connection, counter.source.clock.now())
    key = key_of(REVERSE, counter.business, act.key)
    return Plan(REVERSE, key, one.debtor, act.connection, act.about, reversal_of(one.payment, booked, day, WHY))


def reverse(counter: Counter) -> int:
    """Do what was planned and is not done; how many invoices' payments were taken back in the books."""
    with counter.source.database.read() as tx:
        planned = actions.actions(tx, counter.business, states=(*READY, ActionState.AMBIGUOUS), act=REVERSE)
    return sum(reverse_one(counter, act) for act in planned)


def reverse_one(counter: Counter, act: Action) -> bool:
    """Take back one payment that is planned to be; whether it is done now."""
    try:
        ledger = counter.ledger(act.connection)
        act = told_by_now(ledger, act)
        wanted = Plan(act.act, act.key, act.debtor, act.connection, act.about, act.payload)
        done = once(ledger.source, counter.hand, wanted, lambda: _call(counter, act))
        if done.state is ActionState.SENT:
            refresh(ledger.source, list(_concerned(counter, act)))
        return done.state is ActionState.SENT
    except IntegrationError as error:
        log.info("a payment to be taken back waits", connection=act.connection, why=str(error))
        return False


def _call(counter: Counter, act: Action) -> Receipt:
    books, (booked, on, why) = counter.ledger(act.connection).books, reversed_by(act)
    if act.attempts:
        found = books.found_reversal(booked, act.key, since=act.planned_at - ADOPTED_SINCE)
        if isinstance(found, Receipt):
            return found
    return books.reverse_payment(booked, on, why, key=act.key)


def _concerned(counter: Counter, act: Action) -> Iterator[Ref]:
    booked, _, _ = reversed_by(act)
    yield booked
    with counter.source.database.read() as tx:
        recorded = actions.actions(tx, counter.business, act=RECORD, debtor=act.debtor)
    for one in recorded:
        if (one.connection, one.receipt) == (booked.connection, booked.id):
            yield from (ref for ref, _ in received_of(one).on)
