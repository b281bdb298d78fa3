"""A policy as a calendar: what happens on which day to one invoice that nobody pays. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from collector.calendar import is_business_day
from collector.policies.words import counted, often, sentence
from collector.policy import Policy, Step

ROUNDS_SHOWN = 3
"""A step that repeats is shown so many times."""
LONGEST = timedelta(days=800)


@dataclass(frozen=True, slots=True)
class Entry:
    """One day on which something happens. `step` is empty for the issue and the due date; `why` says why it is not
    the very day the step names, and is empty when it is."""

    on: date
    what: str
    step: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days in their order, and the names of the steps whose moment cannot come with these terms."""

    entries: tuple[Entry, ...]
    passed_over: tuple[str, ...]


def calendar(policy: Policy, issued_on: date, terms_days: int, country: str) -> Calendar:
    """What happens to an invoice issued on that day and due so many days later, if it stays open.

    Played through day by day with the policy's own answers, on the country's business days and with the gap between
    contacts. Terms of 0 days are due on receipt.
    """
    due_on = issued_on + timedelta(days=terms_days or policy.due_on_receipt_days)
    told = Entry(due_on, "The invoice is due." if terms_days else "The invoice, due on receipt, counts as due.")
    steps = list(_steps(policy, issued_on, due_on, country))
    done = {entry.step for entry in steps}
    entries = sorted(
        [Entry(issued_on, "The invoice is issued."), told, *steps], key=lambda one: (one.on, one.step != "")
    )
    return Calendar(tuple(entries), tuple(step.name for step in policy.steps if step.name not in done))


def _steps(policy: Policy, issued_on: date, due_on: date, country: str) -> Iterator[Entry]:
    done: dict[str, date] = {}
    days: list[date] = []
    day, rounds = issued_on, 0
    while day < due_on + LONGEST and rounds < ROUNDS_SHOWN:
        step = policy.earned(due_on, day, done)
        if step is None and policy.following(due_on, day, done) is None:
            return
        if step is not None and not _hindrance(policy, day, days, country):
            meant = policy.falls_on(step, due_on, done) or day
            why = _hindrance(policy, meant, days, country) or "the step before it comes first"
            rounds += step.repeat
            entry = _entry(step, day, meant, why if meant >= issued_on else "the invoice was issued after it")
            yield entry if rounds < ROUNDS_SHOWN else replace(entry, what=f"{entry.what} {_and_so_on(step)}")
            done[step.name] = day
            days.append(day)
        day += timedelta(days=1)


def _and_so_on(step: Step) -> str:
    return f"And so on every {counted(step.days, 'day')}, as long as it is open."


def _entry(step: Step, day: date, meant: date, why: str) -> Entry:
    what = sentence(replace(step, repeat=False)).partition(": ")[2]
    moved = f"Not on {meant:%A %-d %B}: {why}." if day != meant else ""
    return Entry(day, what[:1].upper() + what[1:], step.name, moved)


def _hindrance(policy: Policy, day: date, days: list[date], country: str) -> str:
    """Why nothing goes on that day after contacts on those days; empty when nothing stands in the way."""
    if not is_business_day(day, country):
        return "that is no business day"
    if days and (day - days[-1]).days <= policy.gap_days:
        return f"{counted(policy.gap_days, 'whole day')} must lie between two contacts"
    week, month = (sum(0 <= (day - one).days < span for one in days) for span in (7, 30))
    if week >= policy.per_week:
        return f"nobody is contacted more than {often(policy.per_week)} in seven days"
    if month >= policy.per_month:
        return f"nobody is contacted more than {often(policy.per_month)} in thirty days"
    return ""
