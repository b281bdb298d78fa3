"""How often contact may be made: counts what was, by the calendar days of every plausible zone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from collector.law.hours import start_of, zone
from collector.law.rule import Cap, Counts
from receivables.records import Ref
from receivables.said import Way


@dataclass(frozen=True, slots=True)
class PastContact:
    """One that was, over any channel, ours or theirs. Not `reached`: nobody answered, or it came back.

    Without `debts` it counts for every debt.
    """

    at: datetime
    channel: str
    debts: tuple[Ref, ...] = ()
    way: Way = Way.OURS
    reached: bool = True
    conversation: bool = False


def counted(cap: Cap, channels: frozenset[str], log: Iterable[PastContact]) -> list[PastContact]:
    """What of the log the cap counts. Theirs count as talks only; no channels are all channels."""
    return [one for one in log if (not channels or one.channel in channels) and _counts(cap.counts, one)]


def _counts(what: Counts, one: PastContact) -> bool:
    if what is Counts.CONVERSATIONS:
        return one.conversation
    return one.way is Way.OURS and (one.reached or what is Counts.ATTEMPTS)


def free_at(
    cap: Cap, found: Sequence[PastContact], debts: Sequence[Ref], *, zones: Sequence[str], at: datetime
) -> datetime:
    """The first instant from `at` on that the cap leaves room, by every zone's calendar; `at` when it does now."""
    if len(found) < cap.most:
        return at
    freed = at
    for name in zones:
        own = zone(name)
        today = at.astimezone(own).date()
        days = [(one.at.astimezone(own).date(), one) for one in found]
        for group in _groups(cap, days, debts):
            day = _free_on(cap, sorted(group), today)
            if day > today:
                freed = max(freed, start_of(day, name))
    return freed


def most_counted(cap: Cap, found: Sequence[PastContact], debts: Sequence[Ref], *, name: str, at: datetime) -> int:
    """How many there have been in the cap's days by one zone's calendar: of the debt that has had the most."""
    own = zone(name)
    today = at.astimezone(own).date()
    days = [(one.at.astimezone(own).date(), one) for one in found]
    return max(len(_within(cap, group, today)) for group in _groups(cap, days, debts))


def _groups(cap: Cap, days: Sequence[tuple[date, PastContact]], debts: Sequence[Ref]) -> list[list[date]]:
    """The days of what spoke of each debt, or of all there was."""
    if not cap.per_debt or not debts:
        return [[day for day, _ in days]]
    return [[day for day, one in days if not one.debts or debt in one.debts] for debt in debts]


def _within(cap: Cap, days: Iterable[date], today: date) -> list[date]:
    if cap.days:
        return [day for day in days if (today - day).days < cap.days]
    return [day for day in days if (day.year, day.month) == (today.year, today.month)]


def _free_on(cap: Cap, days: Sequence[date], today: date) -> date:
    """The first day from today on with room; `days` are in their order."""
    within = _within(cap, days, today)
    if len(within) < cap.most:
        return today
    if cap.days:
        return within[len(within) - cap.most] + timedelta(days=cap.days)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=1)
