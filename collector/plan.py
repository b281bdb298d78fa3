"""Today's plan of a business: every debtor's case decided, what people let go, and the verdicts kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import msgspec

from collector.approving import Standing, settled, standing
from collector.calendar import zone_of
from collector.case_book import MESSAGES, cases, differing, reminder_days
from collector.decide import decide
from collector.judgement import Decision, Say, Verdict
from collector.policy import Policy
from receivables.case import Case
from storage import actions
from storage.approvals import Approval, approvals
from storage.connections import Connected, connections
from storage.database import Database, Tx
from storage.plannings import Known, planned
from storage.verdicts import KeptVerdict, keep_verdicts

Ruling = Callable[[Case], Policy]
"""Which policy holds for a case: its business's, with what differs for this customer."""
NOT_STORED = frozenset({"not_yet", "step_done", "draft", "paid", "void", "deleted", "written_off", "nothing_due"})
"""Rules that speak of an invoice whose step has not come: the same function answers for those when asked."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One debtor's case and what was decided about it; `approval` is what a person said about today's message."""

    connected: Connected
    case: Case
    decision: Decision
    standing: Standing = Standing.WAITS
    approval: Approval | None = None


def plan(database: Database, business: str, ruling: Ruling, now: datetime, *, automatic: bool = False) -> list[Decided]:
    """Decide every case of the business as of `now`. Nothing is written.

    `decision` is what follows from the facts; `standing` says whether its message may leave.
    """
    yesterday = now.date() - timedelta(days=1)
    with database.read() as tx:
        books = [one for one in connections(tx, business) if one.books]
        answers = {(one.debtor, one.day): one for one in approvals(tx, business, since=yesterday)}
        sent = actions.sent_on(tx, business, MESSAGES, since=yesterday)
    decided = []
    for connected in books:
        for case in cases(database, connected):
            policy = ruling(case)
            decided.append(_decided(connected, case, decide(case, policy, now), answers, automatic=automatic))
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


def _within_the_cap(decided: Sequence[Decided], ruling: Ruling, sent: Mapping[date, int]) -> list[Decided]:
    """So many messages a day and no more; whoever has waited longest comes first."""
    ready = [one for one in decided if one.decision.candidate]
    ready.sort(key=_oldest_first)
    ranks = {id(one): rank for rank, one in enumerate(ready)}
    return [_capped(one, ruling, sent, ranks[id(one)]) if id(one) in ranks else one for one in decided]


def _oldest_first(one: Decided) -> tuple[date, str]:
    message = one.decision.candidate
    assert message is not None, "asked before"
    first = message.lines[0].invoice
    return first.due_on or first.issued_on or message.day_on, message.debtor


def _capped(one: Decided, ruling: Ruling, sent: Mapping[date, int], rank: int) -> Decided:
    message = one.decision.candidate
    assert message is not None, "asked before"
    cap, before = ruling(one.case).daily_cap, sent.get(message.day_on, 0)
    if before + rank < cap:
        return one
    tomorrow = message.day_on + timedelta(days=1)
    reason = f"{cap} messages a day are the most this business sends; it comes on another day."
    facts = {"daily_cap": str(cap), "before_it": str(before + rank)}
    ready = {line.invoice.ref for line in message.lines}
    verdicts = tuple(
        Verdict(told.invoice, Say.HOLD, "daily_cap", reason, told.step, facts, tomorrow, told.policy)
        if told.invoice in ready
        else told
        for told in one.decision.verdicts
    )
    return replace(one, decision=Decision(verdicts), standing=Standing.WAITS)


def keep(
    database: Database, business: str, decided: Iterable[Decided], now: datetime, *, automatic: bool = False
) -> None:
    """Keep the day's verdicts for every invoice whose step has come, so that it can always be said why."""
    kept = [
        verdict
        for one in decided
        for verdict in kept_verdicts(one.case, settled(one.decision, one.approval, automatic=automatic), now)
    ]
    with database.write() as tx:
        keep_verdicts(tx, business, kept)
        planned(tx, business, known(tx, business), at=now)


def known(tx: Tx, business: str) -> dict[str, Known]:
    """What the judgement takes from each connection as it stands now, and no history remembers."""
    return {
        one.id: Known(
            synced_at=one.last_pull_at or one.usable_at,
            own_reminders=one.company.own_reminders.value,
            reminder_days=reminder_days(one.details),
            differing=tuple(sorted(ref.id for ref in differing(tx, one))),
        )
        for one in connections(tx, business)
        if one.books and one.company is not None
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
        if verdict.rule not in NOT_STORED
    ]
