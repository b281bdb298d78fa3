"""Messages that are no reminders, for jobs, pages and the command line: statements, thanks, apologies, terms.

Where a business runs by itself, statements, thanks and terms go; in draft they are offered as to-dos with their words
ready.
An apology is always an offer: a person knows best what to say.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import structlog

from collector.dispatch import Outcome, Sender, key_of
from collector.occasions.acting import OPEN, Errand, carry_out, offer, thanks_key, withdraw
from collector.occasions.courtesy import Occasion
from collector.occasions.due import Look, refs_of, settled, statements, unanswered
from collector.occasions.offers import PAGE, STATEMENTS, WITH_FIRST
from collector.occasions.terms import first_terms
from duewell.businesses import living, resting, the_business
from duewell.clearing import beside
from duewell.finding import today_of, whole_case
from duewell.outcome_words import outcome_words
from duewell.ruling import layers_of
from duewell.running import may_send_alone
from duewell.stationery import stationery_of
from duewell.terms import agreed, credit_policy_of, policy_versions, terms_file
from duewell.tills import chosen_till
from duewell.wiring import House
from integrations.errors import IntegrationError, NotThere, Refused
from receivables.plans import InstallmentPlan, PlanState, shares
from receivables.records import Invoice, Kind, Ref
from receivables.todo import Todo, TodoKind
from storage import actions
from storage.actions import Action
from storage.checkouts import KeptCheckout, went_back
from storage.connections import Connected
from sync.source import Source

log = structlog.get_logger(__name__)

OFFERED = (
    TodoKind.THANK_YOU,
    TodoKind.APOLOGY,
    TodoKind.STATEMENT,
    TodoKind.CREDIT_POLICY,
    TodoKind.ASK_AGAIN,
)
"""To-dos that are done by sending something, or by leaving it."""


KEPT = ("day", "message", "day_on", "paid_on", "version", WITH_FIRST, PAGE, "returned")
"""The facts of an offer that stay with what is sent."""


def send_statements(house: House, business: str) -> list[Outcome]:
    """Before the reminders of the day: the monthly statements whose day has come go, or are offered."""
    alone = may_send_alone(house, the_business(house, business))
    days = _statement_days(house, business)
    done: list[Outcome] = []
    for connected in _ledgers(house, business):
        found = list(statements(house.database, _look(house, connected), days))
        errands = [errand for errand, _ in found]
        _withdraw(house, connected, Occasion.STATEMENT, errands)
        if alone:
            done += _send_all(house, connected, [errand for errand, reason in found if not reason])
        else:
            _offer_all(house, connected, errands)
    return done


def thank_and_apologize(house: House, business: str) -> list[Outcome]:
    """After the reminders: who has paid is thanked, and who had paid before we wrote is to be apologized to."""
    alone = may_send_alone(house, the_business(house, business))
    done: list[Outcome] = []
    for connected in _ledgers(house, business):
        with house.database.read() as tx:
            found = settled(tx, _look(house, connected))
        _withdraw(house, connected, Occasion.THANK_YOU, found.thanks)
        _offer_all(house, connected, found.apologies if alone else [*found.apologies, *found.thanks])
        done += _send_all(house, connected, found.thanks) if alone else []
    return done


def send_first_terms(house: House, business: str) -> list[Outcome]:
    """After the reminders: whom the platform sent their first invoice gets the credit policy it came under, if the
    policy says so and one was written."""
    alone = may_send_alone(house, the_business(house, business))
    wanted = _terms_wanted(house, business)
    done: list[Outcome] = []
    for connected in _ledgers(house, business):
        found = list(first_terms(house.database, _look(house, connected), _in_force(house, business))) if wanted else []
        _withdraw(house, connected, Occasion.TERMS, [errand for errand, _ in found])
        ready = [errand for errand, reason in found if not reason]
        if alone:
            done += _send_all(house, connected, _readable(house, business, ready))
        else:
            _offer_all(house, connected, ready)
    return done


def offer_to_ask_again(house: House, business: str) -> None:
    """What a bank took back of a payment at the till itself, whose invoice stays paid: a letter is made ready for each,
    which goes only if a person says so."""
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
        back = [one for one in went_back(tx, business) if beside(one, chosen)] if chosen else []
        errands = [_ask_again(business, one) for one in back]
        fresh = [one for one in errands if unanswered(actions.action(tx, business, one.key))]
    for connected in _ledgers(house, business):
        if chosen is not None and connected.id == chosen.connection:
            _offer_all(house, connected, fresh)


def _ask_again(business: str, one: KeptCheckout) -> Errand:
    assert one.returned is not None, "it stands beside what is owed"
    key = key_of(Occasion.RETURNED.value, business, one.id, str(one.returned.minor))
    facts = {PAGE: one.id, "returned": str(one.returned)}
    return Errand(Occasion.RETURNED, key, one.debtor, about={one.about[0][0]: one.returned}, facts=facts)


def _in_force(house: House, business: str) -> Callable[[Invoice], int]:
    return lambda invoice: agreed(house, business, [invoice]).get(invoice.ref, 0)


def _with_paper(house: House, business: str, errand: Errand) -> Errand:
    """With the version of the credit policy that it names."""
    return replace(errand, attached=(terms_file(house, business, int(str(errand.facts["version"]))),))


def _readable(house: House, business: str, errands: Iterable[Errand]) -> Iterator[Errand]:
    """With their papers; those whose version cannot be read any more are left for when it is mended."""
    for one in errands:
        try:
            yield _with_paper(house, business, one)
        except Refused as error:
            log.warning("the credit policy cannot be sent", business=business, why=str(error))


def send_statement(house: House, business: str, customer: Ref, *, by: str) -> str:
    """The statement of what is open, now, because a person asks for it; a sentence. Raises Refused or NotThere."""
    debtor, today = _debtor(house, business, customer), today_of(house, business)
    key = key_of("statement", business, debtor, "asked", today.isoformat())
    errand = Errand(Occasion.STATEMENT, key, debtor, facts={"asked_by": by})
    return _sent(send_one(house, business, errand, by=by), "The statement")


def send_credit_policy(house: House, business: str, customer: Ref, *, by: str) -> str:
    """The credit policy in force as a PDF, to one customer; a sentence. Raises Refused or NotThere."""
    policy = credit_policy_of(house, business)
    if not policy.version:
        raise Refused("There is no credit policy yet that could be sent; write one first, on the page Wording.")
    debtor, today = _debtor(house, business, customer), today_of(house, business)
    key = key_of("credit_policy", business, debtor, str(policy.version), today.isoformat())
    facts = {"version": policy.version, "asked_by": by}
    errand = _with_paper(house, business, Errand(Occasion.TERMS, key, debtor, facts=facts))
    return _sent(send_one(house, business, errand, by=by), f"Version {policy.version} of the credit policy")


def send_plan_offer(house: House, business: str, plan: InstallmentPlan, *, by: str) -> str:
    """The proposal by mail, with the link where they can agree to it; a sentence. Raises Refused or NotThere."""
    if plan.state is not PlanState.PROPOSED:
        raise Refused(f"This plan is {plan.state.value} already; only a proposal is mailed.")
    about = shares(plan.total, ((one.invoice, one.amount) for one in plan.covered))
    key = key_of("plan_offer", business, plan.id, today_of(house, business).isoformat())
    errand = Errand(Occasion.OFFER, key, plan.debtor, about=about, facts={"asked_by": by}, plan=plan)
    return _sent(send_one(house, business, errand, by=by), "The proposal")


def answer_offer(house: House, business: str, todo: Todo, *, send: bool | None, by: str) -> str:
    """A person sends what the to-do offers, or leaves it; a sentence. Raises Refused when it cannot go now."""
    if send is None:
        raise Refused(f"Say whether it shall go: duewell todo done {todo.id[:6]} --send, or --leave.")
    acts = _offers(house, business, todo)
    if not acts:
        raise NotThere("This offer is not there any more: it was sent, or it is no longer called for.")
    if not send:
        with house.database.write() as tx:
            withdraw(tx, business, [one.key for one in acts], now=house.clock.now(), reason=f"{by} left it.")
        return "It is left; nothing was sent."
    errands = [errand_of(business, one) for one in acts]
    whole = [_with_paper(house, business, one) if one.occasion is Occasion.TERMS else one for one in errands]
    outcomes = [send_one(house, business, one, by=by) for one in whole]
    if len(outcomes) == 1:
        return _sent(outcomes[0], "It")
    return _counted(outcomes)


def errand_of(business: str, act: Action) -> Errand:
    """What was offered, as an errand again."""
    occasion, told = Occasion(act.act), json.loads(act.payload or "{}")
    about = {Ref(act.connection, Kind.INVOICE, id): money for id, money in refs_of(act).items()}
    once = {ref: thanks_key(business, ref) for ref in about} if occasion is Occasion.THANK_YOU else {}
    facts = {name: told[name] for name in KEPT if name in told}
    return Errand(occasion, act.key, act.debtor, about=about, once=once, facts=facts, offered=True)


def _offers(house: House, business: str, todo: Todo) -> list[Action]:
    """The acts that wait behind a to-do: one, or all statements of a day."""
    with house.database.read() as tx:
        found = actions.actions(tx, business, states=OPEN)
    if todo.key.startswith(f"{STATEMENTS}:"):
        mine = (one for one in found if one.act == Occasion.STATEMENT)
        return [one for one in mine if json.loads(one.payload or "{}").get("day", "") == todo.cause]
    return [one for one in found if one.key == todo.cause]


def _counted(outcomes: list[Outcome]) -> str:
    sent = sum(one.state == "sent" for one in outcomes)
    others = sorted({outcome_words(one.state, one.reason) for one in outcomes if one.state != "sent"})
    if not sent:
        raise Refused(" ".join(others))
    rest = f" {len(outcomes) - sent} did not go: {' '.join(others)}" if others else ""
    return f"{sent} went out.{rest}"


def _sent(outcome: Outcome, what: str) -> str:
    if outcome.state != "sent":
        raise Refused(outcome.reason or outcome_words(outcome.state, outcome.reason))
    return f"{what} went out."


def send_one(house: House, business: str, errand: Errand, *, by: str) -> Outcome:
    """One message now, for whoever asked for it. Raises NotThere, or Refused while its books rest."""
    connection = errand.debtor.partition("/")[0]
    connected = next((one for one in living(house, business) if one.id == connection), None)
    if connected is None:
        raise NotThere("There is no such customer in this business.")
    if resting(house, connected):
        raise Refused(f"Not sent: {connected.trouble}")
    (outcome,) = _send_all(house, connected, [errand], by=by)
    return outcome


def _send_all(house: House, connected: Connected, errands: Iterable[Errand], *, by: str = "") -> list[Outcome]:
    """One after the other over one line. Trouble with one does not stop the next."""
    found = list(errands)
    if not found or resting(house, connected):
        return []
    sender = _sender(house, connected.business, by=by)
    with house.source(connected) as source:
        return [_tried(source, sender, one) for one in found]


def _tried(source: Source, sender: Sender, errand: Errand) -> Outcome:
    try:
        return carry_out(source, sender, errand)
    except IntegrationError as error:
        return Outcome(errand.debtor, "unread", f"Not sent: {error}")


def _offer_all(house: House, connected: Connected, errands: Iterable[Errand]) -> None:
    found = list(errands)
    if not found:
        return
    sender = _sender(house, connected.business)
    with house.source(connected) as source:
        for one in found:
            offer(source, sender, replace(one, offered=True))


def _withdraw(house: House, connected: Connected, occasion: Occasion, errands: Iterable[Errand]) -> None:
    """Offers that are no longer found stand no longer: another act has taken their place, or it is too late."""
    still = {one.key for one in errands}
    with house.database.write() as tx:
        open_ones = actions.actions(tx, connected.business, states=OPEN, act=occasion.value)
        lost = [one.key for one in open_ones if one.connection == connected.id and one.key not in still]
        withdraw(tx, connected.business, lost, now=house.clock.now())


def _sender(house: House, business: str, *, by: str = "") -> Sender:
    owner = the_business(house, business)
    return house.sender(owner, stationery_of(house, owner), automatic=may_send_alone(house, owner), by=by)


def _look(house: House, connected: Connected) -> Look:
    business = connected.business
    return Look(connected, house.ruling(business), house.clock.now(), house.ready(business))


def _ledgers(house: House, business: str) -> list[Connected]:
    return [one for one in living(house, business) if one.books and one.first_pull_done_at is not None]


def _statement_days(house: House, business: str) -> frozenset[int] | None:
    """The days of a month that any policy of the business names for statements; None when any day may be."""
    possible = layers_of(house.database, house.settings, business).possible()
    return None if possible is None else frozenset(one.statement_on for one in possible if one.statement_on)


def _terms_wanted(house: House, business: str) -> bool:
    """Is there a credit policy, and does any policy of the business send it with a first invoice?"""
    possible = layers_of(house.database, house.settings, business).possible()
    wanted = possible is None or any(one.send_credit_policy for one in possible)
    return wanted and bool(policy_versions(house, business))


def _debtor(house: House, business: str, customer: Ref) -> str:
    return whole_case(house, business, customer)[0].debtor
