"""Today's plan of a business: every debtor's case decided, what people let go, and the verdicts kept."""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from operator import itemgetter

import msgspec

from collector.approving import Standing, settled, standing
from collector.calendar import zone_of
from collector.debtors.case_book import MESSAGES, cases
from collector.debtors.owed import AT_ONCE
from collector.decide import decide
from collector.judgement import Decision, Message, Say
from collector.policy import Channel, Policy
from collector.replay.remembering import remembered
from receivables.case import Case
from storage import actions
from storage.approvals import Approval, approvals
from storage.connections import Connected, connections
from storage.database import Database, Tx
from storage.due import Narrow
from storage.plannings import Known, planned
from storage.verdicts import KeptVerdict, keep_verdicts

Ruling = Callable[[Case], Policy]
"""Which policy holds for a case: its business's, with what differs for this customer."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One debtor's case and what was decided about it; `approval` is what a person said about today's message."""

    connected: Connected
    case: Case
    decision: Decision
    standing: Standing = Standing.WAITS
    approval: Approval | None = None


def plan(
    database: Database,
    business: str,
    ruling: Ruling,
    now: datetime,
    *,
    automatic: bool = False,
    windows: Sequence[Narrow] | None = None,
    ready: frozenset[Channel] = frozenset(Channel),
) -> Iterator[Decided]:
    """Decide the cases of the business as of `now`, in no order. Nothing is written.

    `decision` is what follows from the facts; `standing` says whether its message may leave. With `windows` only what
    may have a step is looked at; without them, everything that is open.
    """
    yesterday = now.date() - timedelta(days=1)
    with database.read() as tx:
        books = [one for one in connections(tx, business) if one.books]
        answers = {(one.debtor, one.day): one for one in approvals(tx, business, since=yesterday)}
        sent = actions.sent_on(tx, business, MESSAGES, since=yesterday)
    decided = (
        _decided(connected, case, decide(case, ruling(case), now, ready=ready), answers, automatic=automatic)
        for connected in books
        for case in cases(database, connected, now, windows)
    )
    return _within_the_cap(decided, ruling, sent)


def _decided(
    connected: Connected,
    case: Case,
    decision: Decision,
    answers: Mapping[tuple[str, date], Approval],
    *,
    automatic: bool,
) -> Decided:
    message = decision.candidate
    approval = answers.get((message.debtor, message.day_on)) if message else None
    return Decided(connected, case, decision, standing(decision, approval, automatic=automatic), approval)


def _within_the_cap(decided: Iterable[Decided], ruling: Ruling, sent: Mapping[date, int]) -> Iterator[Decided]:
    """So many messages a day and no more: what may leave comes first, then whoever has waited longest.

    Only the messages of the day are kept in hand; everything else is passed on at once.
    """
    ready: dict[date, list[tuple[Turn, Decided]]] = {}
    for one in decided:
        message = one.decision.candidate
        if message is None or one.standing is Standing.REFUSED:
            yield one
            continue
        today = ready.setdefault(message.day_on, [])
        insort(today, (turn_of(message, free=one.standing.free), one), key=itemgetter(0))
        cap = ruling(one.case).daily_cap
        if len(today) > max(cap - sent.get(message.day_on, 0), 0):
            yield _capped(today.pop()[1], cap)
    for today in ready.values():
        yield from (one for _, one in today)


Turn = tuple[bool, date, str]
"""The lower, the sooner: what may leave comes first, then whoever has waited longest."""


def turn_of(message: Message, *, free: bool) -> Turn:
    """When a message has its turn among all those of its day."""
    first = message.lines[0].invoice
    return not free, first.due_on or first.issued_on or message.day_on, message.debtor


def _capped(one: Decided, cap: int) -> Decided:
    return replace(one, decision=capped(one.decision, cap), standing=Standing.WAITS)


def capped(decision: Decision, cap: int) -> Decision:
    """The same without its message, for which there is no room on its day any more."""
    message = decision.candidate
    assert message is not None, "asked before"
    ready = {line.invoice.ref for line in message.lines}
    tomorrow = message.day_on + timedelta(days=1)
    reason = f"{cap} messages a day are the most this business sends; it comes on another day."
    facts = {"daily_cap": str(cap)}
    verdicts = tuple(
        replace(told, say=Say.HOLD, rule="daily_cap", reason=reason, facts=facts, next_look_on=tomorrow)
        if told.invoice in ready
        else told
        for told in decision.verdicts
    )
    return Decision(verdicts)


def keep(
    database: Database,
    business: str,
    decided: Iterable[Decided],
    now: datetime,
    *,
    automatic: bool = False,
    ready: Collection[Channel] = tuple(Channel),
) -> list[Decided]:
    """Keep the day's verdicts for every invoice whose step has come, so that it can always be said why.

    Gives back those with a message; the rest is let go of as it is written.
    """
    with database.write() as tx:
        planned(tx, business, known(tx, business, automatic=automatic, ready=ready), at=now)
    messages = []
    for some in _at_once(decided):
        kept = [
            verdict
            for one in some
            for verdict in kept_verdicts(one.case, settled(one.decision, one.approval, automatic=automatic), now)
        ]
        with database.write() as tx:
            keep_verdicts(tx, business, kept)
        messages += [one for one in some if one.decision.candidate]
    return messages


def _at_once(decided: Iterable[Decided]) -> Iterator[list[Decided]]:
    rest = iter(decided)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def known(tx: Tx, business: str, *, automatic: bool, ready: Collection[Channel], only: str = "") -> dict[str, Known]:
    """What the judgement takes from each connection as it stands now, and no history remembers.

    `only` names the debtor who is judged, if it is not everybody.
    """
    return {
        one.id: remembered(tx, one, automatic=automatic, only=only, ready=ready)
        for one in connections(tx, business)
        if not one.books or one.company is not None
    }


def kept_verdicts(case: Case, decision: Decision, now: datetime) -> list[KeptVerdict]:
    """A decision as it is stored, on the debtor's own day."""
    day = now.astimezone(zone_of(case)).date()
    return [
        KeptVerdict(
            invoice=verdict.invoice,
            day=day,
            verdict=verdict.say.value,
            reason=verdict.reason,
            rule=verdict.rule,
            facts=msgspec.json.encode(verdict.facts).decode(),
            step=verdict.step,
            next_look_on=verdict.next_look_on,
            policy=verdict.policy,
        )
        for verdict in decision.verdicts
        if verdict.step
    ]
