"""The rules of collecting, asked about the message that would go, with what is known of the customer."""

from collections.abc import Iterator
from datetime import timedelta

from collector.judgement import Line, Message, Say, Verdict
from collector.law.lawbook import Facts, Judged, PastContact, PlannedContact, Rules, judge
from collector.law.rule import Operator
from collector.policy import Channel
from collector.reasons.day import Day
from receivables.records import CustomerKind, Ref
from receivables.said import CONTACTS, Said, Saying, Way

CHANNELS = frozenset(channel.value for channel in Channel)
REACHED = "reached"
"""How a person wrote down that a call was answered."""
RECENT = timedelta(days=70)


def judged(day: Day, message: Message, rules: Rules) -> Judged:
    """May this message go now, by the rules that hold where the customer is?"""
    debts = tuple(line.invoice.ref for line in message.lines)
    late = max((day.on - day.due(line.invoice)).days for line in message.lines)
    planned = PlannedContact(message.channel.value, debts, late)
    return judge(rules, planned, facts_of(day, debts), list(log_of(day)), now=day.now)


def forbidden(answer: Judged, line: Line, day: Day) -> Verdict:
    """The hold that a rule commands, with its source and the day it was checked."""
    facts = {"rule": answer.rule, "source": answer.source, "checked_on": str(answer.checked_on or "")}
    until = day.local_day(answer.again_at) if answer.again_at else None
    return Verdict(line.invoice.ref, Say.HOLD, "rule_of_collecting", answer.reason, line.step.name, facts, until)


def kind_of(day: Day) -> CustomerKind:
    """As a person confirmed it, else as the platform tells it."""
    confirmed = day.said(Saying.KIND)
    return CustomerKind.of(confirmed.reason) if confirmed else day.case.head.kind


def facts_of(day: Day, debts: tuple[Ref, ...]) -> Facts:
    """What is known of the customer that a rule may ask for, with what was said about these debts."""
    there = day.whereabouts
    return Facts(
        kind=kind_of(day),
        zones=there.zones,
        countries=there.countries,
        subdivisions=there.subdivisions,
        city=there.city,
        operator=Operator(day.case.operator or Operator.BUSINESS),
        consents=frozenset(one.channel for one in day.everything(Saying.CONSENT)),
        opt_outs=frozenset(one.channel for one in day.everything(Saying.OPT_OUT) if one.channel),
        # a disputed part is left out of the message, and a dispute about all of it was a reason before this
        said=frozenset(kind for kind in day.kinds_said() if any(day.said(kind, ref) for ref in debts))
        - {Saying.DISPUTE},
        language=day.case.head.language,
    )


def log_of(day: Day) -> Iterator[PastContact]:
    """Every contact of the last weeks, ours and theirs, over whichever channel."""
    since = day.now - RECENT
    for contact in day.contacts:
        if contact.at > since:
            # a statement is mailed
            channel = contact.channel if contact.channel in CHANNELS else Channel.MAIL.value
            yield PastContact(contact.at, channel, tuple(ref for ref, _ in contact.steps))
    for said in day.case.said:
        if said.kind in (*CONTACTS, Saying.REPLY) and said.at is not None and since < said.at <= day.now:
            yield _by_people(said)


def _by_people(said: Said) -> PastContact:
    assert said.at is not None, "asked before"
    way = Way.THEIRS if said.kind is Saying.REPLY else said.way
    reached = said.kind is not Saying.CALL or said.reason == REACHED
    talk = said.kind in (Saying.CALL, Saying.MEETING) and reached
    channel = said.kind.value if said.kind in CONTACTS else said.channel or Saying.MAIL.value
    debts = (said.invoice,) if said.invoice else ()
    return PastContact(said.at, channel, debts, way, reached=reached, conversation=talk)
