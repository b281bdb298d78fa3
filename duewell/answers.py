"""What customers ask for on their page, sent to the address they are known by: a copy, or a statement of account.

Nobody has to approve it, in draft neither: the customer asked. What cannot go now stays the to-do that it is, with the
reason; once it went, the rest that the question brought ends by itself.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from collector.debtors.case_book import case as read_case
from collector.dispatch import key_of
from collector.enclosing import PDFS_MAX
from collector.occasions.acting import NO_PDF, Errand
from collector.occasions.courtesy import Occasion
from collector.occasions.offers import ANSWERS, ASKED, asked_in
from duewell.businesses import living
from duewell.finding import today_of
from duewell.occasions import send_one
from duewell.recording import end_said
from duewell.todos import look_again
from duewell.wiring import House
from integrations.errors import IntegrationError, NotThere
from receivables.money import Money
from receivables.records import Invoice, Ref
from receivables.said import Asked, Said, Saying
from storage import actions, books
from storage.actions import Action, ActionState, Plan
from storage.said import said

log = structlog.get_logger(__name__)

BY = "Duewell"
DONE_OR_NOT_KNOWN = (ActionState.SENT, ActionState.CLAIMED, ActionState.AMBIGUOUS, ActionState.PARKED)
TRY_AGAIN = timedelta(minutes=30)
"""A mail server that was in trouble is asked again no sooner."""
TOO_MANY = f"More than {PDFS_MAX} invoices are open; send the copies by hand."


@dataclass(frozen=True, slots=True)
class _Wish:
    """What one customer asks for, as often as they said so: it is answered with one mail."""

    debtor: str
    occasion: Occasion
    said: tuple[Said, ...]
    acts: tuple[Action, ...]

    def told(self, one: Said) -> ActionState | None:
        """What became of the mail that answers this; None while there is none."""
        states = {act.state for act in self.acts if act.state in DONE_OR_NOT_KNOWN and self._answers(act, one)}
        return ActionState.SENT if ActionState.SENT in states else next(iter(states), None)

    def _answers(self, act: Action, one: Said) -> bool:
        later = act.claimed_at is not None and one.at is not None and act.claimed_at >= one.at
        return one.id in asked_in(act) or (self.occasion is Occasion.STATEMENT and later)


def answer_asked(house: House, business: str) -> int:
    """Send what customers asked for and did not get yet, once for each and a day; how many mails went."""
    return sum(_answer(house, business, wish) for wish in _wishes(house, business))


def _wishes(house: House, business: str) -> list[_Wish]:
    today = today_of(house, business)
    with house.database.read() as tx:
        holds = said(tx, business, kinds=[Saying.HOLD], on=today)
        asked: dict[tuple[str, Occasion], list[Said]] = {}
        for one in holds:
            if occasion := ANSWERS.get(Asked.of(one.reason)):
                asked.setdefault((one.debtor, occasion), []).append(one)
        acts = {key: actions.actions(tx, business, debtor=key[0], act=key[1].value) for key in asked}
    return [_Wish(*key, tuple(some), tuple(acts[key])) for key, some in asked.items()]


def _answer(house: House, business: str, wish: _Wish) -> bool:
    left = list(_left(house, business, wish))
    key = key_of(wish.occasion.value, business, wish.debtor, ASKED, today_of(house, business).isoformat())
    if not left or _dealt_with(house, wish, key):
        return False
    about, reason = _about(house, business, wish, left)
    errand = Errand(wish.occasion, key, wish.debtor, about=about, facts={ASKED: [one.id for one in left]}, asked=True)
    state, reason = ("unready", reason) if reason else _sent(house, business, errand)
    if state == ActionState.SENT:
        for one in left:
            end_said(house, business, one.id, by=BY)
        return True
    if state not in set(ActionState):
        _keep_reason(house, business, errand, reason)
    return False


def _left(house: House, business: str, wish: _Wish) -> Iterator[Said]:
    """What no mail has answered yet; of what was answered the rest ends here."""
    for one in wish.said:
        state = wish.told(one)
        if state is ActionState.SENT:
            end_said(house, business, one.id, by=BY)
        elif state is None:
            yield one


def _dealt_with(house: House, wish: _Wish, key: str) -> bool:
    """Did one of its kind go today, or does the platform have no paper? Then it is asked again tomorrow."""
    known = next((act for act in wish.acts if act.key == key), None)
    if known is None:
        return False
    if known.state is ActionState.FAILED and known.finished_at is not None:
        return house.clock.now() - known.finished_at < TRY_AGAIN
    return known.state in DONE_OR_NOT_KNOWN or known.reason.startswith(NO_PDF)


def _about(house: House, business: str, wish: _Wish, left: Iterable[Said]) -> tuple[Mapping[Ref, Money], str]:
    """The invoices of which copies go, each with what is open; a statement is about everything. Else why not."""
    if wish.occasion is not Occasion.COPY:
        return {}, ""
    wanted = list(dict.fromkeys(ref for one in left for ref in _invoices(house, business, one)))
    with house.database.read() as tx:
        known = books.records(tx, business, wanted[: PDFS_MAX + 1])
    found = {ref: one.open for ref in wanted if isinstance(one := known.get(ref), Invoice)}
    return (found, "") if len(wanted) <= PDFS_MAX else ({}, TOO_MANY)


def _invoices(house: House, business: str, one: Said) -> list[Ref]:
    """The one that was named, or all that is open."""
    if one.invoice is not None:
        return [one.invoice]
    connection = one.debtor.partition("/")[0]
    connected = next((each for each in living(house, business) if each.id == connection), None)
    case = read_case(house.database, connected, one.debtor, house.clock.now()) if connected else None
    return [each.ref for each in case.counted() if each.owing] if case else []


def _sent(house: House, business: str, errand: Errand) -> tuple[str, str]:
    try:
        outcome = send_one(house, business, errand, by=BY)
    except (IntegrationError, NotThere) as error:
        return "unready", str(error)
    return outcome.state, outcome.reason


def _keep_reason(house: House, business: str, errand: Errand, reason: str) -> None:
    """Why it did not go stands with the act that it is going to be, and on the to-do."""
    now, key = house.clock.now(), errand.key
    with house.database.write() as tx:
        known = actions.action(tx, business, key)
        if known is not None and known.reason == reason:
            return
        payload = json.dumps({**errand.facts, "step": errand.occasion.value.replace("_", "-")})
        wanted = Plan(errand.occasion.value, key, errand.debtor, errand.debtor.partition("/")[0], None, payload)
        if actions.plan(tx, business, wanted, now=now):
            actions.mark(tx, business, key, ActionState.CANCELLED, now=now, reason=reason)
    log.info("what a customer asked for waits", business=business, act=errand.occasion.value)
    look_again(house, business, errand.debtor, today_of(house, business))
