"""Judges past days again exactly as they were judged live, row by row. Pure."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from collector.approving import Standing, settled, standing
from collector.calendar import zone_named
from collector.decide import decide
from collector.judgement import Decision, Message
from collector.plan import Ruling, Turn, capped, kept_verdicts, turn_of
from collector.replay.clan import Clan
from collector.replay.moment import Moment
from collector.replay.resting import Judged, Rest
from receivables.case import Contact
from receivables.records import Ref
from storage.approvals import Approval
from storage.verdicts import KeptVerdict

RulingAt = Callable[[datetime], Ruling]
"""Which policy held at an instant."""


@dataclass(frozen=True)
class Live:
    """What is needed to judge again as it was judged: the instants in their order, with what was known at each; the
    policies; what people answered; and when any of that changed for everybody."""

    instants: Sequence[Moment]
    ruling_at: RulingAt
    approvals: Mapping[tuple[str, date], Approval]
    changes: Sequence[datetime]
    _last_of_days: dict[str, frozenset[int]] = field(default_factory=dict, repr=False)

    @cached_property
    def whole(self) -> list[int]:
        """The instants at which everybody was judged."""
        return [at for at, moment in enumerate(self.instants) if not moment.only]

    @cached_property
    def single(self) -> Mapping[str, list[int]]:
        """The instants at which one debtor was judged, by the debtor."""
        found: dict[str, list[int]] = {}
        for at, moment in enumerate(self.instants):
            if moment.only:
                found.setdefault(moment.only, []).append(at)
        return found

    @cached_property
    def time_zones(self) -> frozenset[str]:
        """Every zone the company was in."""
        each = (self.instants[at].known.values() for at in self.whole)
        return frozenset(one.time_zone or "UTC" for known in each for one in known if not one.till)

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


@dataclass(frozen=True, slots=True)
class Row:
    """A verdict as it stands in the tables, and the number of the instant it is of.

    `contends` names the debtor whose message stood in a queue then; `cap` is how many a day may go.
    """

    verdict: KeptVerdict
    at: int
    contends: str = ""
    cap: int = 0


Rows = dict[tuple[Ref, date], Row]
Lines = Mapping[tuple[int, date], Turn]
"""For the instants at which the daily cap left messages of a day behind: the first turn that was left."""


def reenact(clan: Clan, live: Live, lines: Lines) -> Rows:
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
        judged = list(_judged(clan, moment, told, ruling))
        for one in judged:
            rows.update({(row.verdict.invoice, row.verdict.day): row for row in _rows(one, live, at, lines)})
        if not moment.only:
            rest.note(judged, told, ruling)
    return rows


def contenders(clan: Clan, live: Live, at: int) -> Iterator[tuple[Message, Turn]]:
    """The messages that had a turn among those of their day when everybody was judged."""
    moment = live.instants[at]
    ruling, told = live.ruling_at(moment.at), clan.told_by(moment)
    for one in _judged(clan, moment, told, ruling):
        message, turn = one.decision.candidate, _turn(one.decision, live, moment)
        if message is not None and turn is not None:
            yield message, turn


def _judged(clan: Clan, moment: Moment, told: Sequence[Contact], ruling: Ruling) -> Iterator[Judged]:
    for case in clan.cases(moment, told):
        if moment.only in ("", case.debtor):
            policy = ruling(case)
            yield Judged(moment, case, decide(case, policy, moment.at, ready=moment.ready), cap=policy.daily_cap)


def _rows(one: Judged, live: Live, at: int, lines: Lines) -> Iterator[Row]:
    message, turn = one.decision.candidate, None if one.moment.only else _turn(one.decision, live, one.moment)
    line = lines.get((at, message.day_on)) if message else None
    if turn is not None and line is not None and turn >= line:
        said = capped(one.decision, one.cap)
    else:
        automatic = one.moment.shared.automatic
        said = settled(one.decision, _approval(live, message, one.moment.at), automatic=automatic)
    contends = {line.invoice.ref for line in message.lines} if message and turn else set()
    for verdict in kept_verdicts(one.case, said, one.moment.at):
        yield Row(verdict, at, one.case.debtor, one.cap) if verdict.invoice in contends else Row(verdict, at)


def _turn(decision: Decision, live: Live, moment: Moment) -> Turn | None:
    """When its message had its turn; None when there is none, or somebody said not to send it."""
    message = decision.candidate
    if message is None:
        return None
    approval = _approval(live, message, moment.at)
    where = standing(decision, approval, automatic=moment.shared.automatic)
    return None if where is Standing.REFUSED else turn_of(message, free=where.free)


def _instants(clan: Clan, live: Live) -> set[int]:
    found = {at for debtor in clan.debtors for at in live.single.get(debtor, ())}
    for zone in clan.zones(live.time_zones):
        found |= live.last_of_days(zone)
    return found.union(live.last_before(clan.changes), live.last_before(live.changes))


def _approval(live: Live, message: Message | None, at: datetime) -> Approval | None:
    found = live.approvals.get((message.debtor, message.day_on)) if message else None
    return found if found is not None and found.at <= at else None
