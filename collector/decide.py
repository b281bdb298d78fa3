"""Decides: a debtor's whole case in, one verdict per invoice out, and at most one message. Pure.

Reasons are asked in the order of their weight; the first that speaks gives the verdict. A reason is a function with a
name, so that every verdict can say which one it was. What only the clock forbids may still go later the same day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from collector.judgement import Decision, Line, Message, Say, Verdict
from collector.law.lawbook import Judged, Rules, load_rules
from collector.oddities import oddities
from collector.policy import Channel, Policy, Step, Tone
from collector.reasons import invoice as of_invoice
from collector.reasons import law, manners, money, people
from collector.reasons.day import Day, lateness, title
from receivables.case import Case
from receivables.money import Money
from receivables.records import EmailAddress, Invoice, Ref

Reason = Callable[[Day, Invoice], Verdict | None]

REASONS: tuple[Reason, ...] = (
    *of_invoice.REASONS,
    *people.REASONS,
    *money.REASONS,
    *people.REACHING,
    *manners.REASONS,
)
WITHOUT_STEP = (of_invoice.closed, of_invoice.not_yet, of_invoice.step_done)
"""What these speak of has no step to wait for."""
GOOD_PAST = 3
"""So many invoices paid in time make a customer one whose first lateness is an oversight."""


def decide(
    case: Case,
    policy: Policy,
    now: datetime,
    *,
    ready: frozenset[Channel] = frozenset(Channel),
    rules: Rules | None = None,
) -> Decision:
    """Judge every invoice of the case as of `now` (aware UTC), which alone says what day it is where the debtor is.

    `ready` are the channels that are set up here; `rules` those of collecting, the shipped ones when none are given.
    """
    day = Day(case, policy, now, ready)
    judged = [_judge(day, invoice) for invoice in case.invoices]
    lines, held = _netted(day, [one for one in judged if isinstance(one, Line)])
    message = _message(day, lines)
    against, later = _against(day, message, rules or load_rules()) if message else ({}, False)
    verdicts = tuple(replace(_verdict(day, one, held | against), policy=policy.version) for one in judged)
    odd = oddities(day, message) if message and (later or not against) else ()
    if against:
        return Decision(verdicts, None, message if later else None, odd)
    return Decision(verdicts, message, None, odd)


def _verdict(day: Day, judged: Verdict | Line, held: Mapping[Ref, Verdict]) -> Verdict:
    if isinstance(judged, Verdict):
        return judged
    return held.get(judged.invoice.ref) or _send(day, judged)


def _judge(day: Day, invoice: Invoice) -> Verdict | Line:
    for reason in REASONS:
        verdict = reason(day, invoice)
        if verdict is not None:
            return verdict if reason in WITHOUT_STEP else replace(verdict, step=_step_come(day, invoice))
    disputed = day.disputed(invoice)
    step = _step(day, invoice)
    return Line(invoice, step, invoice.open - disputed, disputed, day.times(invoice, step) + 1)


def _step_come(day: Day, invoice: Invoice) -> str:
    """The step that waits for what stands against it; empty when its day has not come."""
    if not day.policy.reached(day.due(invoice), day.on):
        return ""
    if of_invoice.never_sent(day, invoice):
        return of_invoice.FIRST_SENDING.name
    step = day.earned(invoice)
    return step.name if step else ""


def _step(day: Day, invoice: Invoice) -> Step:
    if of_invoice.never_sent(day, invoice):
        return of_invoice.FIRST_SENDING
    step = day.earned(invoice)
    assert step is not None, "not_yet and step_done speak when no step is earned"
    return step


def _send(day: Day, line: Line) -> Verdict:
    invoice = line.invoice
    facts = {
        "due_on": str(day.due(invoice)),
        "asked": str(line.asked),
        "today": str(day.on),
        "zone": str(day.local.tzinfo),
        "step": line.step.name,
    }
    facts |= {"disputed": str(line.disputed)} if line.disputed else {}
    if line.step is of_invoice.FIRST_SENDING:
        reason = "The customer never got it, so the first thing is to send it to them."
        return Verdict(invoice.ref, Say.SEND, "never_sent", reason, line.step.name, facts)
    reason = f"{lateness(day.due(invoice), day.on)}, and “{title(line.step.name)}” is next."
    return Verdict(invoice.ref, Say.SEND, "step_earned", reason, line.step.name, facts)


def _netted(day: Day, lines: Sequence[Line]) -> tuple[list[Line], dict[Ref, Verdict]]:
    """Nothing is asked in a currency in which what is unmatched would clear all that would be asked."""
    cleared = money.covered(day, [line.asked for line in lines])
    held = {
        line.invoice.ref: replace(money.enough(day, line.invoice, cleared[line.asked.currency]), step=line.step.name)
        for line in lines
        if line.asked.currency in cleared
    }
    return [line for line in lines if line.invoice.ref not in held], held


def _against(day: Day, message: Message, rules: Rules) -> tuple[dict[Ref, Verdict], bool]:
    """What stands against sending at this very hour or day, the same for every invoice; and may it go later today?"""
    answer = law.judged(day, message, rules)
    clock = next((reason for reason in manners.CLOCK if reason(day, message.lines[0].invoice)), None)
    if answer.may and clock is None:
        return {}, False
    held: dict[Ref, Verdict] = {}
    for line in message.lines:
        verdict = law.forbidden(answer, line, day) if clock is None else clock(day, line.invoice)
        assert verdict is not None, "it spoke of the first one"
        held[line.invoice.ref] = replace(verdict, step=line.step.name)
    return held, _later_today(day, answer, by_clock=clock is not None)


def _later_today(day: Day, answer: Judged, *, by_clock: bool) -> bool:
    if by_clock and not manners.opens_later_today(day):
        return False
    return answer.may or (answer.again_at is not None and day.local_day(answer.again_at) == day.on)


def _message(day: Day, lines: Sequence[Line]) -> Message | None:
    if not lines:
        return None
    lead = _leading([line.step for line in lines])
    soft = _soft(day)
    tone = min(lead.tone, day.policy.tone_ceiling)
    return Message(
        debtor=day.case.debtor,
        day_on=day.on,
        lines=tuple(sorted(lines, key=lambda line: (day.due(line.invoice), line.invoice.number))),
        step=lead,
        tone=Tone(max(tone - 1, Tone.FRIENDLY)) if soft else tone,
        channel=_channel(day, lines, lead),
        to=_receivers(day, lines),
        credits=_credits(day, lines),
        soft=soft,
    )


def _leading(steps: Sequence[Step]) -> Step:
    """The most advanced step; a letter that speaks of earlier messages must be true of every invoice in it."""
    fitting = [step for step in steps if not step.again] or steps
    return max(fitting, key=lambda step: (step is not of_invoice.FIRST_SENDING, step.after, step.days))


def _channel(day: Day, lines: Sequence[Line], lead: Step) -> Channel:
    """As the leading step says, or the way that reaches them instead. The platform mails one invoice at a time."""
    first = next(line for line in lines if line.step is lead)
    channel = people.channel_for(day, first.invoice)
    return Channel.MAIL if channel is Channel.PLATFORM and len(lines) > 1 else channel


def _receivers(day: Day, lines: Sequence[Line]) -> tuple[EmailAddress, ...]:
    """Everybody whom one of these invoices would go to, each once."""
    found: Mapping[str, EmailAddress] = {}
    for line in lines:
        found = {one.address.casefold(): one for one in people.usable(day, line.invoice)} | dict(found)
    return tuple(found.values())


def _credits(day: Day, lines: Sequence[Line]) -> tuple[Money, ...]:
    asked = {line.asked.currency for line in lines}
    return tuple(held for currency, held in day.case.on_account().items() if held and currency in asked)


def _soft(day: Day) -> bool:
    """A good payer who is late for the first time is asked as one asks a friend."""
    past = day.case.past
    return past.settled >= GOOD_PAST and past.late == 0
