"""Decides: a debtor's whole case in, one verdict per invoice out, and at most one message. Pure.

Reasons are asked in the order of their weight; the first that speaks gives the verdict. A reason is a function with a
name, so that every verdict can say which one it was. What only the clock forbids may still go later the same day.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from collector.judgement import Decision, Line, Message, PartAsked, Say, Verdict
from collector.law.lawbook import Judged, load_rules
from collector.oddities import oddities
from collector.policy import Channel, Policy, Receiver, Step, Tone
from collector.reasons import invoice as of_invoice
from collector.reasons import law, manners, money, people, plans
from collector.reasons.day import FIRST_SENDING, Day, day_words, lateness, title
from receivables.case import Case
from receivables.money import Money
from receivables.records import EmailAddress, Invoice, Ref
from receivables.said import Saying

Reason = Callable[[Day, Invoice], Verdict | None]

REASONS: tuple[Reason, ...] = (
    *of_invoice.REASONS,
    *people.REASONS,
    *money.REASONS,
    *people.REACHING,
    *manners.REASONS,
)
GOOD_PAST = 3
"""So many invoices paid in time make a customer one whose first lateness is an oversight."""


def decide(
    case: Case,
    policy: Policy,
    now: datetime,
    *,
    ready: frozenset[Channel] = frozenset(Channel),
) -> Decision:
    """Judge every invoice of the case as of `now` (aware UTC), which alone says what day it is where the debtor is.

    `ready` are the channels that are set up here.
    """
    day = Day(case, policy, now, ready)
    judged = [_judge(day, invoice) for invoice in case.invoices]
    lines, held = _netted(day, [one for one in judged if isinstance(one, Line)])
    lines, waiting = plans.one_plan_first(day, lines)
    held |= waiting
    message = _message(day, lines)
    against, later = _against(day, message) if message else ({}, False)
    held |= against
    verdicts = tuple(replace(_verdict(day, one, held, message), policy=policy.version) for one in judged)
    odd = oddities(day, message) if message and (later or not against) else ()
    if against:
        return Decision(verdicts, None, message if later else None, odd)
    return Decision(verdicts, message, None, odd)


def _verdict(day: Day, judged: Verdict | Line, held: Mapping[Ref, Verdict], message: Message | None) -> Verdict:
    if isinstance(judged, Verdict):
        return judged
    if judged.invoice.ref in held:
        return held[judged.invoice.ref]
    assert message is not None, "what is not held is spoken of"
    return _send(day, judged, message)


def _judge(day: Day, invoice: Invoice) -> Verdict | Line:
    for reason in REASONS:
        verdict = reason(day, invoice)
        if verdict is not None:
            return verdict if reason is of_invoice.closed else replace(verdict, step=_waiting(day, invoice))
    step, disputed = day.step(invoice), day.disputed(invoice)
    assert step is not None, "not_yet, step_done or in_plan speak when none has come"
    share, part = day.share(invoice), day.part(invoice.ref)
    if share is not None and part is not None:
        return Line(invoice, step, min(share, invoice.open - disputed), disputed, part.number, part)
    return Line(invoice, step, invoice.open - disputed, disputed, day.times(invoice, step) + 1)


def _waiting(day: Day, invoice: Invoice) -> str:
    """The step that waits for what stands against it; empty when none has come."""
    step = day.step(invoice)
    return step.name if step else ""


def _send(day: Day, line: Line, message: Message) -> Verdict:
    invoice = line.invoice
    facts = {
        "due_on": str(day.due(invoice)),
        "asked": str(line.asked),
        "today": str(day.on),
        "zone": str(day.local.tzinfo),
        "step": line.step.name,
    }
    facts |= {"disputed": str(line.disputed)} if line.disputed else {}
    if line.step is FIRST_SENDING:
        reason = "The customer never got it, so the first thing is to send it to them."
        return Verdict(invoice.ref, Say.SEND, "never_sent", reason, line.step.name, facts)
    if line.part is not None:
        return _send_part(day, line, line.part, facts)
    reason = f"{lateness(day.due(invoice), day.on)}, and “{title(line.step.name)}” is next."
    reason += plans.broken_words(day, invoice) + _copy_words(day, message)
    return Verdict(invoice.ref, Say.SEND, "step_earned", reason, line.step.name, facts)


def _send_part(day: Day, line: Line, part: PartAsked, facts: dict[str, str]) -> Verdict:
    """Asked for on the part's own day, whatever the invoice's is."""
    facts = {**facts, "due_on": str(part.due_on), "plan": part.plan.id, "part": str(part.number)}
    of = f"Part {part.number} of {len(part.plan.parts)} of its plan, {part.standing.open},"
    verb = "was" if part.due_on < day.on else "is"
    when = "due today" if part.due_on == day.on else f"due on {day_words(part.due_on)}"
    reason = f"{of} {verb} {when}, and “{title(line.step.name)}” is next."
    return Verdict(line.invoice.ref, Say.SEND, "part_earned", reason, line.step.name, facts)


def _copy_words(day: Day, message: Message) -> str:
    """Where the message escalates: who gets a copy, or why nobody does. Beside a lawyer nobody is spoken of."""
    if message.step.to is not Receiver.ESCALATION or message.channel is not Channel.MAIL:
        return ""
    if _through_lawyer(day, message.lines):
        return ""
    if any(not one.addressed for one in message.to):
        return " The escalation contact gets a copy."
    if not people.escalates(day):
        return " Nobody else gets a copy, since the customer is, or may be, a private person."
    return " It would go to the escalation contact as well, but none is noted whose address works."


def _netted(day: Day, lines: Sequence[Line]) -> tuple[list[Line], dict[Ref, Verdict]]:
    """Nothing is asked in a currency in which what is unmatched would clear all that would be asked."""
    cleared = money.covered(day, [line.asked for line in lines])
    held = {
        line.invoice.ref: replace(money.enough(day, line.invoice, cleared[line.asked.currency]), step=line.step.name)
        for line in lines
        if line.asked.currency in cleared
    }
    return [line for line in lines if line.invoice.ref not in held], held


def _against(day: Day, message: Message) -> tuple[dict[Ref, Verdict], bool]:
    """What stands against sending at this very hour or day, the same for every invoice; and may it go later today?"""
    answer = law.judged(day, message, load_rules())
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
    channel = _channel(day, lines, lead)
    return Message(
        debtor=day.case.debtor,
        day_on=day.on,
        lines=tuple(sorted(lines, key=lambda line: (day.due(line.invoice), line.invoice.number))),
        step=lead,
        tone=Tone(max(tone - 1, Tone.FRIENDLY)) if soft else tone,
        channel=channel,
        to=_receivers(day, lines, lead, channel),
        credits=_credits(day, lines),
        soft=soft,
    )


def _leading(steps: Sequence[Step]) -> Step:
    """The most advanced step; a letter that speaks of earlier messages must be true of every invoice in it."""
    fitting = [step for step in steps if not step.again] or steps
    return max(fitting, key=lambda step: (step is not FIRST_SENDING, step.after, step.days))


def _channel(day: Day, lines: Sequence[Line], lead: Step) -> Channel:
    """As the leading step says, or the way that reaches them instead. The platform mails one invoice at a time."""
    if _through_lawyer(day, lines):
        return Channel.MAIL
    first = next(line for line in lines if line.step is lead)
    channel = people.channel_for(day, first.invoice)
    return Channel.MAIL if channel is Channel.PLATFORM and len(lines) > 1 else channel


def _through_lawyer(day: Day, lines: Sequence[Line]) -> Sequence[Line]:
    """Those for which a lawyer was named: then the whole message goes there, as one goes out and not two."""
    return [line for line in lines if day.said(Saying.LAWYER, line.invoice.ref)]


def _receivers(day: Day, lines: Sequence[Line], lead: Step, channel: Channel) -> tuple[EmailAddress, ...]:
    """Everybody whom one of these invoices would go to as the leading step wants it, each once; copies come last."""
    invoices = [line.invoice for line in _through_lawyer(day, lines) or lines]
    if channel is Channel.PLATFORM:
        return people.mailed_by_platform(day, invoices[0])
    to = [one for invoice in invoices for one in people.usable(day, invoice, lead.to)]
    copies = [one for invoice in invoices for one in people.copied(day, invoice, lead.to)]
    return tuple({one.address.casefold(): one for one in (*copies[::-1], *to[::-1])}.values())[::-1]


def _credits(day: Day, lines: Sequence[Line]) -> tuple[Money, ...]:
    asked = {line.asked.currency for line in lines}
    return tuple(held for currency, held in day.case.on_account().items() if held and currency in asked)


def _soft(day: Day) -> bool:
    """A good payer who is late for the first time is asked as one asks a friend."""
    past = day.case.past
    return past.settled >= GOOD_PAST and past.late == 0
