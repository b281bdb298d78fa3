"""Lets a policy run over past days by itself: what would have gone, and to whom who had already paid. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from collector.calendar import zone_of
from collector.decide import decide
from collector.judgement import Decision, Message
from collector.plan import Ruling, capped
from collector.policy import Policy
from collector.replay.clan import Clan
from collector.replay.moment import Moment
from collector.replay.resting import Judged, Rest
from collector.replay.told import Answer, Sending, Wrong
from collector.replay.walking_back import paid_unseen
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import Ref

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


RulingOf = Callable[[Moment], Ruling]
"""By which policy a moment is judged."""


def simulate(clan: Clan, moments: Sequence[Moment], ruling_of: RulingOf, turns: Turns) -> Iterator[Judged]:
    """Let a policy run over the moments, one a day, as if whoever is asked had approved every message.

    What really went out in these days is left out of account; what would have gone counts from then on instead. The
    clans come one after the other, whoever has owed for longest first, and take their `turns` under the daily cap.
    """
    if not moments:
        return
    told = [one for one in clan.contacts if one.at < moments[0].at]
    rest = Rest(clan)
    for moment in moments:
        ruling = ruling_of(moment)
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
                decision, message = capped(decision, policy.daily_cap), None
            if message is not None:
                told = [*told, _contact(message, at)]
            judged.append(Judged(moment, case, decision, message))
        rest.note(judged, told, ruling)
        yield from judged


def _of_the_day(case: Case, policy: Policy, moment: Moment) -> tuple[Decision, datetime]:
    """The decision of the hour; if only the hour is wrong where the customer is, that of theirs on the same day."""
    at, ready = moment.at, moment.ready
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
        reconstructed=judged.case.reconstructed,
    )


def wrong(clan: Clan, judged: Judged) -> Wrong | None:
    """Had what the message asks for come by then, as is known now, without the books showing it?"""
    message, moment = judged.message, judged.moment
    assert message is not None, "asked before"
    shown, now = clan.payments_shown(moment), clan.payments_now()
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
        reconstructed=judged.case.reconstructed,
    )


def answers(judged: Judged) -> Iterator[tuple[Ref, str, Answer]]:
    """What was said of each invoice, with its number."""
    numbers = {one.ref: one.number for one in judged.case.invoices}
    for one in judged.decision.verdicts:
        yield one.invoice, numbers[one.invoice], Answer(one.say.value, one.rule, one.reason, one.step)
