"""Lets the engine judge past days again: as a policy would have gone on by itself, or exactly as it was judged live."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from collector.approving import settled
from collector.calendar import zone_of
from collector.clan import Clan, Moment
from collector.decide import decide
from collector.judgement import Decision, Message, Say
from collector.plan import Ruling, kept_verdicts
from collector.replay import Answer, Sending, Wrong
from collector.walking_back import paid_unseen
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import Ref
from storage.approvals import Approval
from storage.verdicts import KeptVerdict

RulingAt = Callable[[datetime], Ruling]
"""Which policy held at an instant."""
CAPPED = "No more messages a day are sent; it comes on another day."
AFTER_OPENING = timedelta(minutes=30)
HOURS = ("outside_hours", "rule_of_collecting")


@dataclass
class Turns:
    """How many messages each day has had: no more than the daily cap, whoever comes first."""

    taken: Counter[date] = field(default_factory=Counter)

    def take(self, day: date, cap: int) -> bool:
        """Is there room for one more?"""
        if self.taken[day] >= cap:
            return False
        self.taken[day] += 1
        return True


@dataclass(frozen=True, slots=True)
class Judged:
    """One debtor's day: the case, what was decided, and the message if it would have gone."""

    moment: Moment
    case: Case
    decision: Decision
    message: Message | None = None


# --- as it would have gone ----------------------------------------------------------------------------------------


def simulate(clan: Clan, moments: Sequence[Moment], ruling_at: RulingAt, turns: Turns) -> Iterator[Judged]:
    """Let a policy run over the moments, one a day, as if whoever is asked had approved every message.

    What really went out in these days is left out of account; what would have gone counts from then on instead.
    """
    if not moments:
        return
    told = [one for one in clan.contacts if one.at < moments[0].at and not moments[0].reconstructed]
    for moment in moments:
        ruling = ruling_at(moment.at)
        for case in clan.cases(moment, told):
            policy = ruling(case)
            decision, at = _of_the_day(case, ruling, moment.at)
            message = decision.candidate
            if message is not None and not turns.take(message.day_on, policy.daily_cap):
                message = None
            if message is not None:
                told = [*told, _contact(message, at)]
            yield Judged(moment, case, decision, message)


def _of_the_day(case: Case, ruling: Ruling, at: datetime) -> tuple[Decision, datetime]:
    """The decision of the hour; if only the hour is wrong where the customer is, that of theirs on the same day."""
    policy = ruling(case)
    decision = decide(case, policy, at)
    if decision.candidate is not None or all(one.rule not in HOURS for one in decision.verdicts):
        return decision, at
    local = at.astimezone(zone_of(case))
    theirs = local.replace(hour=policy.opens_at.hour, minute=policy.opens_at.minute, second=0, microsecond=0)
    later = theirs + AFTER_OPENING
    again = decide(case, policy, later.astimezone(at.tzinfo))
    return (again, later) if again.candidate is not None else (decision, at)


def _contact(message: Message, at: datetime) -> Contact:
    steps = tuple((line.invoice.ref, line.step.name) for line in message.lines)
    return Contact(message.debtor, at, message.day_on, message.channel.value, "sent", steps)


def sending(judged: Judged) -> Sending:
    """The message that would have gone, for a report."""
    message = judged.message
    assert message is not None, "asked before"
    return Sending(
        day=judged.moment.on,
        debtor=message.debtor,
        name=judged.case.head.name,
        channel=message.channel.value,
        steps=tuple((line.invoice.number, line.step.name) for line in message.lines),
        odd=tuple(one.name for one in judged.decision.odd),
        reconstructed=judged.moment.reconstructed,
    )


def wrong(clan: Clan, judged: Judged) -> Wrong | None:
    """Had what the message asks for come by then, as is known now, without the books showing it?"""
    message, moment = judged.message, judged.moment
    assert message is not None, "asked before"
    shown, now = clan.payments_shown(moment), clan.payments.now()
    found: list[tuple[str, Money, date]] = []
    for line in message.lines:
        minor, came_on = paid_unseen(line.invoice.ref, message.day_on, now, shown)
        if came_on is not None and line.asked.minor > 0 and minor >= line.asked.minor:
            found.append((line.invoice.number, line.asked, came_on))
    if not found:
        return None
    sums: dict[str, Money] = {}
    for _, asked, _ in found:
        sums[asked.currency] = sums.get(asked.currency, Money.zero(asked.currency)) + asked
    return Wrong(
        day=moment.on,
        debtor=message.debtor,
        name=judged.case.head.name,
        numbers=tuple(number for number, _, _ in found),
        amount=", ".join(str(money) for money in sums.values()),
        paid_on=max(day for _, _, day in found),
        reconstructed=moment.reconstructed,
    )


def answers(judged: Judged) -> Iterator[tuple[Ref, str, Answer]]:
    """What was said of each invoice, with its number; a message that the daily cap kept is held."""
    numbers = {one.ref: one.number for one in judged.case.invoices}
    capped = judged.message is None and judged.decision.candidate is not None
    for one in judged.decision.verdicts:
        if capped and one.say is Say.SEND:
            yield one.invoice, numbers[one.invoice], Answer("hold", "daily_cap", CAPPED, one.step)
        else:
            yield one.invoice, numbers[one.invoice], Answer(one.say.value, one.rule, one.reason, one.step)


# --- as it was ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Live:
    """What is needed to judge again as it was judged: the instants in their order, with what was known of this
    connection at each; the policies; what people answered; and when any of that changed for everybody."""

    instants: Sequence[Moment]
    ruling_at: RulingAt
    approvals: Mapping[tuple[str, date], Approval]
    changes: Sequence[datetime]


Rows = dict[tuple[Ref, date], KeptVerdict]
"""Verdicts as they stand in the tables."""


def reenact(clan: Clan, live: Live) -> Rows:
    """Judge a clan at the instants at which it was judged live.

    The last answer of an invoice's day stands, so the instants are walked backwards, and one is passed over when
    nothing happened between it and a later one of the same day: what was not worth storing then was not before.
    """
    rows: Rows = {}
    later: Moment | None = None
    zones: frozenset[tzinfo] = frozenset()
    for moment in reversed(live.instants):
        if moment.known.only:
            if moment.known.only in clan.debtors:
                _judge(rows, clan, moment, live)
        elif later is None or _another_day(zones, moment, later) or _changed(clan, live, moment.at, later.at):
            zones = _judge(rows, clan, moment, live)
            later = moment
    return rows


def _judge(rows: Rows, clan: Clan, moment: Moment, live: Live) -> frozenset[tzinfo]:
    """Every case of the clan, or the one it is about; whatever was said later on the same day stands."""
    ruling, known = live.ruling_at(moment.at), moment.known
    cases = clan.cases(moment, clan.told_by(moment))
    for case in cases:
        if known.only not in ("", case.debtor):
            continue
        decision = decide(case, ruling(case), moment.at)
        approval = _approval(live, decision.candidate, moment.at)
        said = settled(decision, approval, automatic=known.automatic)
        for row in kept_verdicts(case, said, moment.at):
            rows.setdefault((row.invoice, row.day), row)
    return frozenset(zone_of(case) for case in cases)


def _approval(live: Live, message: Message | None, at: datetime) -> Approval | None:
    found = live.approvals.get((message.debtor, message.day_on)) if message else None
    return found if found is not None and found.at <= at else None


def _another_day(zones: Iterable[tzinfo], one: Moment, later: Moment) -> bool:
    return any(one.at.astimezone(zone).date() != later.at.astimezone(zone).date() for zone in zones)


def _changed(clan: Clan, live: Live, after: datetime, until: datetime) -> bool:
    """Did anything happen after the one instant and up to the other?"""
    return any(bisect_right(changes, until) > bisect_right(changes, after) for changes in (clan.changes, live.changes))
