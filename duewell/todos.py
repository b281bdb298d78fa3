"""Brings the to-dos in step with what is known: gathers the facts, finds what they call for, keeps it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from collector.occasions.acting import OCCASIONS, OPEN
from collector.occasions.courtesy import Occasion
from collector.occasions.offers import ANSWERS, PAGE
from collector.occasions.offers import waiting as asked_waiting
from collector.paying.entries import RECORD, REVERSE, payment_of
from collector.paying.todos import NEWS, Taken, money_todos
from collector.plan import Decided
from collector.promises import Standing, outcome
from collector.todo import BrokenPromise, DebtorFacts, Facts, find_todos
from duewell.charging_to import entered_under
from duewell.judging import decide_one
from duewell.running import make_plan
from duewell.tills import chosen_till
from duewell.wiring import House
from receivables.records import Customer, Invoice, Kind, Ref
from receivables.said import Said, Saying
from receivables.todo import TodoKind
from storage import actions, books
from storage import todos as kept
from storage.actions import ActionState
from storage.cases import case_material
from storage.checkouts import UNSETTLED, KeptCheckout, checkouts, went_back
from storage.connections import Connected, State, connections
from storage.database import Tx
from storage.differences import Difference, DifferenceState, differences
from storage.said import said

PROMISES_FOR = timedelta(days=365)
"""A promise that was broken longer ago is no news."""
ASKED_WITHIN = timedelta(days=8)
NOT_GONE = (ActionState.CANCELLED, ActionState.FAILED)


def bring_todos_in_step(house: House, business: str, decided: Sequence[Decided], today: date) -> int:
    """The whole business: what its facts call for is there, and what they no longer call for is closed. How many.

    `decided` must hold everybody who owes (`make_plan`), or the to-dos of those left out would close.
    """
    with house.database.read() as tx:
        found = find_todos(_facts(tx, business, decided, today))
    with house.database.write() as tx:
        return kept.bring_in_step(tx, business, found, now=house.clock.now())


def look_again(house: House, business: str, debtor: str, today: date) -> None:
    """The same after something was written down of one customer, or (with no debtor) of the whole business."""
    if not debtor:
        bring_todos_in_step(house, business, make_plan(house, business), today)
        return
    one = decide_one(house, business, debtor)
    with house.database.read() as tx:
        facts = _facts(tx, business, [one] if one else [], today, debtor=debtor)
    found = [todo for todo in find_todos(facts) if todo.debtor == debtor]
    with house.database.write() as tx:
        kept.bring_in_step(tx, business, found, now=house.clock.now(), debtors=[debtor])


def _facts(tx: Tx, business: str, decided: Sequence[Decided], today: date, *, debtor: str | None = None) -> Facts:
    differing = [one for one in differences(tx, business) if one.state is DifferenceState.OPEN]
    parked = actions.actions(tx, business, states=(ActionState.PARKED,), debtor=debtor)
    waiting = [one for one in actions.actions(tx, business, states=OPEN, debtor=debtor) if one.act in OCCASIONS]
    lately = datetime.combine(today - NEWS, time.min, tzinfo=UTC)
    taken = _taken(tx, business, debtor, lately)
    concerned = [
        *(act.debtor for act in (*parked, *waiting, *taken.recorded)),
        *(one.debtor for one in (*taken.back, *(one for one, _ in taken.stranded))),
    ]
    names = _names(tx, business, [*concerned, *(_debtor_of(one) for one in differing)])
    chosen = chosen_till(tx, business)
    return Facts(
        on=today,
        debtors=[DebtorFacts(one.case, one.decision.verdicts) for one in decided],
        said=said(tx, business, debtor=debtor, on=today),
        broken=list(_broken(tx, business, decided, today)),
        differences=[one for one in differing if debtor in (None, _debtor_of(one))],
        parked=parked,
        calls=[todo for _, todo in kept.todos(tx, [business], kinds=[TodoKind.CALL], debtor=debtor)],
        offers=waiting,
        waits=_waits(tx, business, today, debtor),
        credited=_credited(tx, business, decided),
        money=money_todos(
            taken,
            lambda one: names.get(one, "a customer"),
            till=chosen.connection if chosen else "",
            on=today,
        ),
        names=names,
    )


def _taken(tx: Tx, business: str, debtor: str | None, lately: datetime) -> Taken:
    recorded = actions.actions(tx, business, states=(ActionState.SENT,), act=RECORD, debtor=debtor, since=lately)
    back = [one for one in went_back(tx, business) if debtor in (None, one.debtor)]
    taken_back = (
        {payment_of(act) for act in actions.actions(tx, business, act=REVERSE, debtor=debtor)} if back else set()
    )
    entered = {one.payment for one in back if one.payment not in taken_back and _booked(tx, business, one)}
    unsettled = checkouts(tx, business, states=UNSETTLED, debtors=None if debtor is None else [debtor])
    known = {one.id: one for one in connections(tx, business, disconnected=True)}
    stranded = [
        (one, missing)
        for one in unsettled
        if (missing := _missing(known, one.about[0][0].connection, one.connection)) is not None
    ]
    letters = actions.actions(tx, business, act=Occasion.RETURNED.value, debtor=debtor) if back else []
    return Taken(recorded, back, entered, stranded, {json.loads(one.payload)[PAGE] for one in letters})


def _booked(tx: Tx, business: str, one: KeptCheckout) -> bool:
    """Does its money stand in a ledger, which is not the till itself?"""
    acts = (actions.action(tx, business, key) for key in one.acts)
    return any(act is not None and act.state is ActionState.SENT and act.connection != one.connection for act in acts)


def _missing(known: Mapping[str, Connected], *ids: str) -> str | None:
    """The name of the first of these connections that is connected no longer; None when all are."""
    gone = (one for one in ids if one not in known or known[one].state is State.DISCONNECTED)
    first = next(gone, None)
    return None if first is None else known[first].label if first in known else "The company of this invoice"


def _waits(tx: Tx, business: str, today: date, debtor: str | None) -> Mapping[str, str]:
    """Why what customers asked for has not gone. Whoever asked rests for a week, so older acts say nothing."""
    since = datetime.combine(today - ASKED_WITHIN, time.min, tzinfo=UTC)
    found = (actions.actions(tx, business, act=one.value, debtor=debtor, since=since) for one in ANSWERS.values())
    return asked_waiting([one for some in found for one in some if one.state in NOT_GONE])


def _credited(tx: Tx, business: str, decided: Sequence[Decided]) -> Mapping[str, tuple[str, str]]:
    """Under what credit notes are entered, in every ledger of which a settlement gives something up."""
    plans = [progress.plan for one in decided for progress in one.case.plans if progress.plan.forgiven]
    ledgers = {covered.invoice.connection for plan in plans for covered in plan.covered}
    return {one: entered_under(tx, business, one) for one in ledgers}


def _debtor_of(one: Difference) -> str:
    return f"{one.connection}/{one.customer_id}" if one.customer_id else ""


def _names(tx: Tx, business: str, debtors: Iterable[str]) -> Mapping[str, str]:
    keys = {debtor for debtor in debtors if debtor}
    refs = {Ref(key.partition("/")[0], Kind.CUSTOMER, key.partition("/")[2]): key for key in keys}
    found = books.records(tx, business, list(refs))
    return {refs[ref]: record.name for ref, record in found.items() if isinstance(record, Customer)}


def _broken(tx: Tx, business: str, decided: Sequence[Decided], today: date) -> Iterator[BrokenPromise]:
    """Promises whose day has passed, of those who still owe, and that no later promise took the place of."""
    promises: dict[str, list[Said]] = {}
    for one in said(tx, business, kinds=[Saying.PROMISE]):
        if one.ended_at is None and one.until_on is not None and one.until_on >= today - PROMISES_FOR:
            promises.setdefault(one.debtor, []).append(one)
    for one_decided in decided:
        case = one_decided.case
        theirs = [*promises.get(case.debtor, ()), *expected(case.debtor, case.invoices, promises.get(case.debtor, ()))]
        passed = [one for one in theirs if _passed(one, theirs, today)]
        if passed:
            material = case_material(tx, business, [customer.ref for customer in case.customers])
            for one in passed:
                end = outcome(one, material.invoices, material.payments, today)
                if end.standing is Standing.BROKEN:
                    yield BrokenPromise(one, end.came)


def _passed(one: Said, theirs: Sequence[Said], today: date) -> bool:
    if one.until_on is None or one.until_on >= today:
        return False
    later = (other for other in theirs if other.until_on and other.until_on > one.until_on)
    return not any(other.invoice in (None, one.invoice) for other in later)


def expected(debtor: str, invoices: Iterable[Invoice], promises: Sequence[Said]) -> Iterator[Said]:
    """Expected dates typed into the platform, as the promises they are; not those that we wrote there ourselves."""
    ours = {(one.invoice, one.until_on) for one in promises}
    for invoice in invoices:
        if invoice.expected_on is not None and (invoice.ref, invoice.expected_on) not in ours:
            day = invoice.expected_on
            since = min(day, invoice.issued_on or day)
            yield Said(debtor, Saying.PROMISE, since, day, invoice.ref)
