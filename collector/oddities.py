"""What makes a message odd, so that a person looks at it first even where a business runs by itself. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from collector.judgement import Line, Message, Odd
from collector.policy import After
from collector.reasons.day import Day, title
from collector.reasons.law import kind_of
from receivables.money import Money
from receivables.records import Answer, CustomerKind
from receivables.said import Saying


def oddities(day: Day, message: Message) -> tuple[Odd, ...]:
    """Every reason to look first, the weightiest first; none for an ordinary message."""
    return tuple(
        odd
        for found in (
            _first(day),
            _waits(message),
            _large(day, message),
            _firm(day, message),
            _late(day, message),
            _contradicting(day, message),
            _unknown(day),
        )
        for odd in found
    )


def _first(day: Day) -> Iterator[Odd]:
    if not day.contacts:
        yield Odd("first_contact", "This customer has never been written to from here.")


def _waits(message: Message) -> Iterator[Odd]:
    if not message.step.automatic:
        yield Odd("step_waits", f"“{title(message.step.name).capitalize()}” always waits for a person.")


def _large(day: Day, message: Message) -> Iterator[Odd]:
    sums: dict[str, Money] = {}
    for line in message.lines:
        sums[line.asked.currency] = sums.get(line.asked.currency, Money.zero(line.asked.currency)) + line.asked
    for currency, asked in sums.items():
        usual = day.case.usual.get(currency)
        if usual is not None and asked.minor > usual.minor * day.policy.unusual_times:
            yield Odd("unusually_large", f"{asked} is unusually much; an invoice here is usually about {usual}.")


def _firm(day: Day, message: Message) -> Iterator[Odd]:
    if message.step.tone > day.policy.tone_ceiling:
        words = f"“{title(message.step.name)}” speaks more firmly than this customer should ever be spoken to"
        yield Odd("above_ceiling", f"{words}, so it was softened; please look at it.")


def _late(day: Day, message: Message) -> Iterator[Odd]:
    """A step whose moment has long passed is not sent as if nothing had happened."""
    passed = [days for line in message.lines if (days := _days_passed(day, line)) > day.policy.catch_up_days]
    if passed:
        yield Odd("catching_up", f"Its moment passed {max(passed)} days ago.")


def _days_passed(day: Day, line: Line) -> int:
    if line.step.after is After.CONTACT or not line.step.automatic:
        return 0
    if line.part is not None:
        return (day.on - line.part.due_on).days - line.step.days
    due, done = day.due(line.invoice), day.done(line.invoice)
    moment = max([due + timedelta(days=line.step.days), *(one + timedelta(days=1) for one in done.values())])
    return (day.on - moment).days


def _contradicting(day: Day, message: Message) -> Iterator[Odd]:
    for line in message.lines:
        invoice = line.invoice
        if invoice.due_on and invoice.issued_on and invoice.due_on < invoice.issued_on:
            yield Odd("contradiction", f"Invoice {invoice.number} is due before it was issued.")
        broken = day.case.said and _broken_promise(day, line)
        if broken:
            yield Odd("broken_promise", broken)
    if not day.case.head.active:
        yield Odd("contradiction", "The customer is no longer active on the platform, and still owes.")


def _broken_promise(day: Day, line: Line) -> str:
    said = [
        one for one in day.case.said if one.kind is Saying.PROMISE and one.about(line.invoice.ref) and not one.ended_at
    ]
    passed = [one.until_on for one in said if one.until_on and one.until_on < day.on]
    last = max(passed, default=None)
    told_since = any(contact.day_on > last for contact in day.contacts) if last else True
    return "" if told_since else f"The promise to pay invoice {line.invoice.number} by {last:%-d %B %Y} was not kept."


def _unknown(day: Day) -> Iterator[Odd]:
    if day.case.company.own_reminders is Answer.UNKNOWN:
        yield Odd("unknown", "It is not known whether the accounting platform sends reminders of its own.")
    if kind_of(day) in (CustomerKind.UNKNOWN, CustomerKind.OTHER):
        yield Odd("unknown", "It is not known whether this customer is a business or a private person.")
