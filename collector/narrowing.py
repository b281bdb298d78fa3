"""Turns policies into the windows by which storage finds the invoices that may have a step today. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import zip_longest

from collector.policy import After, Policy, Step
from storage.due import InPlan, Narrow, Window

AHEAD = timedelta(hours=14)
"""The first clocks of the world: on whose day most steps have come. Judged by it nobody's step is missed."""


def windows(policies: Iterable[Policy], now: datetime) -> tuple[Narrow, ...]:
    """What may have a step under any of these policies, wherever the customer lives, and all that is paid in parts."""
    found = dict.fromkeys(window for policy in policies for window in _windows(policy, now))
    return (*found, InPlan()) if found else ()


def _windows(policy: Policy, now: datetime) -> Iterator[Window]:
    latest = (now + AHEAD).date()
    by_due = [step for step in policy.steps if step.after is After.DUE]
    later = [step for step in policy.steps if step.after is After.CONTACT]
    for at, (step, following) in enumerate(zip_longest(by_due, by_due[1:])):
        after = latest - timedelta(days=following.days) if following else None
        done = tuple(one.name for one in policy.steps[at:])
        yield Window(latest - timedelta(days=step.days), policy.due_on_receipt_days, after, done)
    if later:
        yield _after_contact(policy, by_due, later, now)


def _after_contact(policy: Policy, by_due: list[Step], later: list[Step], now: datetime) -> Window:
    """Those that have come to the steps after the last contact, and have not heard of us for as long as it takes."""
    latest = (now + AHEAD).date()
    quiet = latest - timedelta(days=min(step.days for step in later))
    begun = (*(step.name for step in by_due[-1:]), *(step.name for step in later))
    until = latest - timedelta(days=policy.steps[0].days)
    return Window(until, policy.due_on_receipt_days, None, begun, quiet)
