"""What the pages, the command line and the jobs have done: sync, plan, send, follow up. One way for all three."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import structlog

from collector.approving import Standing, approve
from collector.dispatch import Outcome, Sender, dispatch
from collector.follow_up import FollowedUp, follow_up
from collector.plan import Decided, keep, plan
from collector.replay.remembering import habits_noted
from duewell.businesses import living, resting, the_business
from duewell.sames import find_sames
from duewell.stationery import stationery_of
from duewell.ways import carriers
from duewell.wiring import House
from duewell.workers import WORKER, is_gone
from integrations.errors import IntegrationError, NotThere
from receivables.page import Page
from receivables.records import Answer
from storage import actions
from storage.actions import Action, ActionState
from storage.approvals import answer
from storage.businesses import Business
from storage.connections import Connected, State
from storage.due import Narrow
from storage.habits import refresh_habits
from storage.meters import StoredMeter
from storage.pages import Saved
from storage.settings import set_setting, setting
from sync.night import Night, night
from sync.pull import Progress
from sync.source import Source
from webhooks.drain import Drained, drain

log = structlog.get_logger(__name__)

InvoiceKey = tuple[str, str]
UNANSWERED = (Standing.GOES, Standing.WAITS)


@dataclass(frozen=True, slots=True)
class Synced:
    """One connection's night, or the trouble that ended it."""

    connected: Connected
    night: Night | None
    trouble: str = ""


def sync_one(house: House, connected: Connected, progress: Progress | None = None) -> Synced:
    """Bring one connection up to date and compare; trouble is noted on it and given back as a sentence.

    What the platform asked to be left alone is left alone; our own rests are for whoever calls to keep.
    """
    from duewell.plans import keep_plans  # it builds on this module

    if connected.state is State.PARKED and resting(house, connected):
        return Synced(connected, None, f"parked: {connected.trouble}")
    with house.source(connected) as source, ThreadPoolExecutor(1, thread_name_prefix="first-plan") as beside:
        try:
            done = night(source, _planning(house, connected, progress, beside))
        except IntegrationError as error:
            return Synced(connected, None, str(error))
    _note_habits(house, connected)
    find_sames(house, connected.business)
    keep_plans(house, connected.business)
    return Synced(connected, done)


def _note_habits(house: House, connected: Connected) -> None:
    """How customers pay, how often receipts come in: of whoever changed since this was noted last."""
    name, now = habits_noted(connected.id), house.clock.now()
    with house.database.write() as tx:
        last = setting(tx, connected.business, name)
        since = datetime.fromisoformat(last) if last else None
        refresh_habits(tx, connected.business, connected.id, since=since, today=now.date())
        set_setting(tx, connected.business, name, now.isoformat())


def _planning(house: House, connected: Connected, progress: Progress | None, beside: Executor) -> Progress:
    """As soon as everything open is known there is a first plan, while the past is still being read."""

    def told(page: Page, saved: Saved) -> None:
        if progress is not None:
            progress(page, saved)
        if page.usable:
            beside.submit(_first_plan, house, connected)

    return told


def _first_plan(house: House, connected: Connected) -> None:
    """A plan that fails is told and made again at the next full hour; the books are read on."""
    try:
        make_plan(house, connected.business)
    except Exception:
        log.exception("first plan not made", connection=connected.id)
    else:
        log.info("first plan made", connection=connected.id)


def make_plan(house: House, business: str) -> list[Decided]:
    """Today's plan of everything that is open, decided and kept."""
    decided, now, automatic = _planned(house, business, None)
    everything = list(decided)
    keep(house.database, business, everything, now, automatic=automatic, ready=house.ready(business))
    return everything


def messages_of_today(house: House, business: str) -> list[Decided]:
    """Those of today's plan with a message. Only what may have a step is read, and what has none is let go of."""
    decided, now, automatic = _planned(house, business, house.windows(business))
    return keep(house.database, business, decided, now, automatic=automatic, ready=house.ready(business))


def _planned(
    house: House, business: str, windows: tuple[Narrow, ...] | None
) -> tuple[Iterator[Decided], datetime, bool]:
    ruling, automatic = house.ruling(business), may_send_alone(house, the_business(house, business))
    now = house.clock.now()  # after the policy was read, so that it is among those in force at that instant
    ready = house.ready(business)
    decided = plan(house.database, business, ruling, now, automatic=automatic, windows=windows, ready=ready)
    return decided, now, automatic


def answer_plan(
    house: House,
    business: str,
    only: Collection[InvoiceKey] | None = None,
    *,
    by: str,
    odd: bool = True,
) -> list[Decided]:
    """A person lets today's messages go, or only those about some invoices; not `odd`: only the ordinary ones.

    What was answered is each message exactly as it stands in the plan now: if anything in it changes, it waits again.
    An answer that somebody gave already stays as it is.
    """
    chosen = [one for one in make_plan(house, business) if _wanted(one, only)]
    chosen = [one for one in chosen if one.standing in UNANSWERED and (odd or not one.decision.odd)]
    now = house.clock.now()
    answers = [approve(one.decision.candidate, by=by, at=now) for one in chosen if one.decision.candidate is not None]
    with house.database.write() as tx:
        answer(tx, business, answers)
    return chosen


def send_plan(
    house: House,
    business: str,
    only: Collection[InvoiceKey] | None = None,
    told: Callable[[Decided, Outcome], None] | None = None,
    *,
    by: str = "",
    odd: bool = True,
) -> list[tuple[Decided, Outcome]]:
    """Send what may leave now, all of it or only to the debtors of some invoices; each is looked at afresh and decided
    again first. A person who sends (`by`) approves by it what stands in the plan; without one, only what may go goes.
    With one and not `odd`, what somebody should look at first stays where it is.
    """
    if by:
        answer_plan(house, business, only, by=by, odd=odd)
    chosen = [one for one in messages_of_today(house, business) if one.standing.free and one.decision.message]
    chosen = sorted((one for one in chosen if _wanted(one, only)), key=lambda one: one.connected.id)
    owner = the_business(house, business)
    sender = house.sender(owner, stationery_of(house, owner), automatic=may_send_alone(house, owner), by=by)
    outcomes: list[tuple[Decided, Outcome]] = []
    for _, turns in groupby(chosen, key=lambda one: one.connected.id):
        for one, outcome in _take_turns(house, sender, list(turns)):
            outcomes.append((one, outcome))
            if told is not None:
                told(one, outcome)
    follow_up_all(house, business)
    return outcomes


def _take_turns(house: House, sender: Sender, turns: list[Decided]) -> Iterator[tuple[Decided, Outcome]]:
    """One connection's debtors after each other, over one line. Trouble with one does not stop the next."""
    if resting(house, turns[0].connected):
        yield from ((one, Outcome(one.case.debtor, "unread", f"Not sent: {one.connected.trouble}")) for one in turns)
        return
    with house.source(turns[0].connected) as source:
        for one in turns:
            try:
                yield one, dispatch(source, sender, one.case.debtor)
            except IntegrationError as error:
                yield one, Outcome(one.case.debtor, "unread", f"Not sent: {error}")
            except Exception:
                # a full disk, say: what was claimed is looked up later, and the next customer has a turn of their own
                log.exception("a turn failed", connection=one.connected.id)
                yield one, Outcome(one.case.debtor, "unread", "Not sent: something failed here; the log says what.")


def _wanted(one: Decided, only: Collection[InvoiceKey] | None) -> bool:
    if one.decision.candidate is None:
        return False
    refs = [invoice.ref for invoice, _ in one.decision.candidate.invoices]
    here = one.connected.id  # what is named by where they are written to may stand in other books of theirs
    return only is None or any((ref.connection, ref.id) in only or (here, ref.id) in only for ref in refs)


def follow_up_all(house: House, business: str) -> list[FollowedUp]:
    """Bring to an end what was begun on every connection of the business that works."""
    from duewell.plans import keep_plans  # it builds on this module

    ways = carriers(house, the_business(house, business))
    done: list[FollowedUp] = []
    for connected in living(house, business):
        if connected.books and not resting(house, connected):
            with house.source(connected) as source:
                done.append(follow_up(source, worker=WORKER, carriers=ways, gone=is_gone))
    keep_plans(house, business)
    return done


def drain_inbox(house: House) -> Drained:
    """Fetch what the webhooks named."""
    meters: list[StoredMeter] = []

    def open_source(connected: Connected) -> Source:
        meter = StoredMeter(house.database, connected.business, connected.id, clock_now=house.clock.now)
        meters.append(meter)
        return house.open(connected, meter)

    try:
        return drain(house.database, house.clock, open_source)
    finally:
        for meter in meters:
            meter.flush()


def may_send_alone(house: House, business: Business) -> bool:
    """Automatic was chosen, and of every ledger it is known that it does not chase by itself."""
    ledgers = [one for one in living(house, business.id) if one.books]
    known = all(one.company is not None and one.company.own_reminders is Answer.NO for one in ledgers)
    return business.automatic and known


def parked_messages(house: House, business: str) -> list[Action]:
    """What waits for a person, newest first."""
    with house.database.read() as tx:
        return actions.actions(tx, business, states=(ActionState.PARKED,))


def settle_parked(house: House, business: str, key: str, *, sent: bool) -> None:
    """A person says what became of a parked act. One that was not done gives its claim back. Raises NotThere."""
    state = ActionState.SENT if sent else ActionState.FAILED
    with house.database.write() as tx:
        known = actions.action(tx, business, key)
        if known is None or known.state is not ActionState.PARKED:
            raise NotThere(f"nothing is parked under the key {key!r}; see duewell send --parked")
        actions.mark(tx, business, key, state, now=house.clock.now(), reason="said by a person")
