"""Lets the engine judge past days again: as a policy would have gone on by itself, or exactly as it was judged live."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from collector.approving import settled
from collector.calendar import zone_named, zone_of
from collector.decide import decide
from collector.judgement import Decision, Message, Say
from collector.plan import Ruling, kept_verdicts
from collector.policy import Policy
from collector.replay.clan import Clan, Moment
from collector.replay.remembering import ready_then
from collector.replay.told import Answer, Sending, Wrong
from collector.replay.walking_back import paid_unseen
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import Ref
from receivables.said import Saying
from storage.approvals import Approval
from storage.verdicts import KeptVerdict

RulingAt = Callable[[datetime], Ruling]
"""Which policy held at an instant."""
CAPPED = "No more messages a day are sent; it comes on another day."
AFTER_OPENING = timedelta(minutes=30)
RESTING = frozenset({"not_yet", "step_done", "last_step_done", "written_off", "nothing_due"})
"""Rules that say the same of an invoice every day until a step's day comes."""
DAILY = (Saying.NEVER_CHASE, Saying.WAS_SENT)
"""What is said with from and until, and weighs more than whether a step has come."""
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
    rest = Rest(clan)
    for moment in moments:
        ruling = ruling_at(moment.at)
        resting = rest.still(moment, told, ruling)
        if resting is not None:
            yield from (replace(one, moment=moment) for one in resting)
            continue
        judged = []
        for case in clan.cases(moment, told):
            policy = ruling(case)
            decision, at = _of_the_day(case, policy, moment)
            message = decision.candidate
            if message is not None and not turns.take(message.day_on, policy.daily_cap):
                message = None
            if message is not None:
                told = [*told, _contact(message, at)]
            judged.append(Judged(moment, case, decision, message))
        rest.note(judged, told, ruling)
        yield from judged


class Rest:
    """Passes over the days on which nothing can change: no step has come for any invoice, and the day is known on
    which the first one does."""

    def __init__(self, clan: Clan) -> None:
        self._clan = clan
        self._restless = any(one.kind in DAILY for one in clan.said)
        self._last: tuple[object, list[Judged], list[Policy], date] | None = None

    def note(self, judged: list[Judged], told: Sequence[Contact], ruling: Ruling) -> None:
        """What was said of the whole clan; it is remembered if it stays so for a while."""
        verdicts = [verdict for one in judged for verdict in one.decision.verdicts]
        self._last = None
        if judged and not self._restless and all(one.rule in RESTING for one in verdicts):
            until = min(one.next_look_on or date.max for one in verdicts)
            sign = self._clan.sign(judged[0].moment, told)
            self._last = sign, judged, [ruling(one.case) for one in judged], until

    def still(self, moment: Moment, told: Sequence[Contact], ruling: Ruling) -> list[Judged] | None:
        """The same again, if nothing has changed."""
        if self._last is None:
            return None
        sign, judged, policies, until = self._last
        if any(moment.at.astimezone(zone_of(one.case)).date() >= until for one in judged):
            return None
        if sign != self._clan.sign(moment, told):
            return None
        unchanged = all(ruling(one.case) is policy for one, policy in zip(judged, policies, strict=True))
        return judged if unchanged else None


def _of_the_day(case: Case, policy: Policy, moment: Moment) -> tuple[Decision, datetime]:
    """The decision of the hour; if only the hour is wrong where the customer is, that of theirs on the same day."""
    at, ready = moment.at, ready_then(moment.known)
    decision = decide(case, policy, at, ready=ready)
    if decision.candidate is not None or all(one.rule not in HOURS for one in decision.verdicts):
        return decision, at
    local = at.astimezone(zone_of(case))
    theirs = local.replace(hour=policy.opens_at.hour, minute=policy.opens_at.minute, second=0, microsecond=0)
    later = theirs + AFTER_OPENING
    again = decide(case, policy, later.astimezone(at.tzinfo), ready=ready)
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


@dataclass(frozen=True)
class Live:
    """What is needed to judge again as it was judged: the instants in their order, with what was known of this
    connection at each; the policies; what people answered; and when any of that changed for everybody."""

    instants: Sequence[Moment]
    ruling_at: RulingAt
    approvals: Mapping[tuple[str, date], Approval]
    changes: Sequence[datetime]
    _last_of_days: dict[str, frozenset[int]] = field(default_factory=dict, repr=False)

    @cached_property
    def whole(self) -> list[int]:
        """The instants at which everybody was judged."""
        return [at for at, moment in enumerate(self.instants) if not moment.known.only]

    @cached_property
    def single(self) -> Mapping[str, list[int]]:
        """The instants at which one debtor was judged, by the debtor."""
        found: dict[str, list[int]] = {}
        for at, moment in enumerate(self.instants):
            if moment.known.only:
                found.setdefault(moment.known.only, []).append(at)
        return found

    @cached_property
    def time_zones(self) -> frozenset[str]:
        """Every zone the company was in."""
        return frozenset(self.instants[at].known.time_zone or "UTC" for at in self.whole)

    def last_of_days(self, zone: str) -> frozenset[int]:
        """The last instant of every day, by the clocks of a zone."""
        if zone not in self._last_of_days:
            local = zone_named(zone)
            days = {self.instants[at].at.astimezone(local).date(): at for at in self.whole}
            self._last_of_days[zone] = frozenset(days.values())
        return self._last_of_days[zone]

    def last_before(self, changes: Iterable[datetime]) -> Iterator[int]:
        """The last instant before each change."""
        for change in changes:
            at = bisect_left(self._whole_ats, change)
            if at:
                yield self.whole[at - 1]

    @cached_property
    def _whole_ats(self) -> list[datetime]:
        return [self.instants[at].at for at in self.whole]


Rows = dict[tuple[Ref, date], KeptVerdict]
"""Verdicts as they stand in the tables."""


def reenact(clan: Clan, live: Live) -> Rows:
    """Judge a clan at the instants at which it was judged live; the last answer of an invoice's day stands.

    Of a day's instants only those count after which something happened, and the last: in between the same was said.
    """
    rows: Rows = {}
    rest = Rest(clan)
    for at in sorted(_instants(clan, live)):
        moment = live.instants[at]
        ruling, told = live.ruling_at(moment.at), clan.told_by(moment)
        if rest.still(moment, told, ruling) is not None:
            continue
        judged = [
            Judged(moment, case, decide(case, ruling(case), moment.at, ready=ready_then(moment.known)))
            for case in clan.cases(moment, told)
            if moment.known.only in ("", case.debtor)
        ]
        for one in judged:
            approval = _approval(live, one.decision.candidate, moment.at)
            said = settled(one.decision, approval, automatic=moment.known.automatic)
            rows.update({(row.invoice, row.day): row for row in kept_verdicts(one.case, said, moment.at)})
        if not moment.known.only:
            rest.note(judged, told, ruling)
    return rows


def _instants(clan: Clan, live: Live) -> set[int]:
    found = {at for debtor in clan.debtors for at in live.single.get(debtor, ())}
    for zone in clan.zones(live.time_zones):
        found |= live.last_of_days(zone)
    return found.union(live.last_before(clan.changes), live.last_before(live.changes))


def _approval(live: Live, message: Message | None, at: datetime) -> Approval | None:
    found = live.approvals.get((message.debtor, message.day_on)) if message else None
    return found if found is not None and found.at <= at else None
