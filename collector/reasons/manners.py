"""Manners and the law: how often, on which days and at which hours a customer may be reached."""

from datetime import UTC, datetime, timedelta

from collector.calendar import is_business_day, next_business_day
from collector.judgement import Verdict
from collector.occasions.statement_days import statement_day
from collector.policy import Channel
from collector.reasons import people
from collector.reasons.day import BUDGET_DAYS, Day, day_words, hold
from receivables.records import Invoice
from receivables.said import Saying

A_WEEK = 7
STATEMENT = "statement"
"""How a statement stands among the contacts."""


def contacted_lately(day: Day, invoice: Invoice) -> Verdict | None:
    """Some days of quiet between two contacts, whoever made them."""
    last = max(day.contact_days, default=None)
    if last is None:
        return None
    free_on = last + timedelta(days=day.policy.gap_days + 1)
    if day.on >= free_on:
        return None
    reason = f"This customer was contacted on {day_words(last)}; the next message may go on {day_words(free_on)}."
    return hold(invoice, "contacted_lately", reason, until=free_on, last_contact_on=last)


def often_enough(day: Day, invoice: Invoice) -> Verdict | None:
    """The budget of a week and of thirty days, over every channel, ours and the platform's."""
    for days, cap, words in ((A_WEEK, day.policy.per_week, "seven"), (BUDGET_DAYS, day.policy.per_month, "thirty")):
        within = [one for one in day.contact_days if one > day.on - timedelta(days=days)]
        if len(within) >= cap:
            free_on = within[len(within) - cap] + timedelta(days=days) if cap else None
            times = f"{len(within)} time{'s' if len(within) != 1 else ''}"
            reason = f"This customer was contacted {times} in {words} days, and {cap} is the most."
            return hold(invoice, "contact_budget", reason, until=free_on, contacts=len(within), cap=cap)
    return None


def statement_today(day: Day, invoice: Invoice) -> Verdict | None:
    """The customer's one message of the day is the statement: it went today, or it is due today and may go."""
    wanted = day.policy.statement_on
    if wanted is None or statement_day(wanted, day.on, day.country) != day.on:
        return None
    unwanted = any(one.channel in ("", Channel.MAIL.value) for one in day.everything(Saying.OPT_OUT))
    if Channel.MAIL not in day.ready or unwanted or not people.usable(day, invoice):
        return None
    quiet = contacted_lately(day, invoice) or often_enough(day, invoice)
    gone = any(one.channel == STATEMENT and one.day_on == day.on for one in day.contacts)
    if quiet is not None and not gone:
        return None
    until = quiet.next_look_on if quiet else next_business_day(day.on, day.country)
    reason = "A statement goes out today, so the reminder waits."
    return hold(invoice, "statement_today", reason, until=until, statement_on=wanted)


def no_business_day(day: Day, invoice: Invoice) -> Verdict | None:
    """Weekends and holidays are left alone."""
    if is_business_day(day.on, day.country):
        return None
    coming = next_business_day(day.on, day.country)
    reason = f"Today is no business day for this customer; the next one is {day_words(coming)}."
    return hold(invoice, "no_business_day", reason, until=coming, today=day.on, country=day.country)


def outside_hours(day: Day, invoice: Invoice) -> Verdict | None:
    """Only in office hours, in every zone in which the customer may be."""
    opens_at, closes_at = _open_hours(day)
    if opens_at <= day.now < closes_at:
        return None
    policy, several = day.policy, len(day.zones) > 1
    reason = (
        f"It is {day.local:%H:%M} where the customer is; "
        f"messages go between {policy.opens_at:%H:%M} and {policy.closes_at:%H:%M}"
        f"{' in every time zone they may be in' if several else ''}."
    )
    until = day.on if opens_later_today(day) else next_business_day(day.on, day.country)
    return hold(invoice, "outside_hours", reason, until=until, zone=day.local.tzinfo, time=f"{day.local:%H:%M}")


def opens_later_today(day: Day) -> bool:
    """Is it too early now, while the hour will come today in every zone?"""
    opens_at, closes_at = _open_hours(day)
    return is_business_day(day.on, day.country) and day.now < opens_at < closes_at


def _open_hours(day: Day) -> tuple[datetime, datetime]:
    """From when until when today's window is open in every plausible zone; it may never be."""
    opens, closes = [], []
    for zone in day.zones:
        there = day.now.astimezone(zone).date()
        opens.append(datetime.combine(there, day.policy.opens_at, zone).astimezone(UTC))
        closes.append(datetime.combine(there, day.policy.closes_at, zone).astimezone(UTC))
    return max(opens), min(closes)


REASONS = (statement_today, contacted_lately, often_enough)
CLOCK = (no_business_day, outside_hours)
