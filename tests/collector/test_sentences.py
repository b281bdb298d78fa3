"""Every sentence a verdict can say, word for word, with its facts: read `sentences.txt` as an owner would.

To take up a change, delete the file, run this once, and read what has changed before it is committed.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import structs

from collector.approving import approve, settled
from collector.decide import decide
from collector.policy import DEFAULT, Channel, Policy, Receiver, Step, Tone
from receivables.case import Case, Mirror, Receipts, UnderWay
from receivables.records import Address, Answer, Collection, CustomerKind, EmailAddress, InvoiceStatus, PaymentStatus
from receivables.said import Saying
from tests.collector.cases_at_hand import (
    AT_HOME,
    COMPANY,
    HERSELF,
    ME,
    NOW,
    OTHER,
    TODAY,
    case,
    contact,
    days,
    invoice,
    payment,
    said,
    usd,
)
from tests.collector.plans_at_hand import in_parts

SENTENCES = Path(__file__).parent / "sentences.txt"
ALL_SAID = (
    Saying.INSOLVENCY,
    Saying.DEATH,
    Saying.BREATHING_SPACE,
    Saying.STOP,
    Saying.OBJECTION,
    Saying.HANDED_OVER,
    Saying.HARDSHIP,
    Saying.IN_PLAN,
    Saying.HOLD,
    Saying.REPLY,
    Saying.LAWYER,
    Saying.DISPUTE,
    Saying.RETAINED,
    Saying.OPT_OUT,
    Saying.NEVER_CHASE,
    Saying.PROMISE,
)


def test_every_sentence_is_as_it_was_read() -> None:
    told = "".join(_told(name, *one) for name, one in _situations())
    if not SENTENCES.exists():
        SENTENCES.write_text(told, encoding="utf-8")

    assert SENTENCES.read_text(encoding="utf-8") == told


def _told(name: str, of: Case, policy: Policy = DEFAULT, now: datetime = NOW) -> str:
    decision = decide(of, policy, now)
    lines = [f"{name}\n"]
    for one in decision.verdicts:
        step = f" [{one.step}]" if one.step else ""
        lines.append(f"    {one.say} {one.rule}{step} ({one.policy}): {one.reason}\n")
        lines += [f"        {fact} = {value}\n" for fact, value in one.facts.items()]
        lines += [f"        again on {one.next_look_on}\n"] if one.next_look_on else []
    lines += [f"    odd, {odd.name}: {odd.reason}\n" for odd in decision.odd]
    lines += [f"    waits: {settled(decision, None, automatic=False).verdicts[0].reason}\n"] if decision.message else []
    return "".join(lines)


Situation = tuple[Any, ...]


def _situations() -> Iterator[tuple[str, Situation]]:
    yield from _of_the_invoice()
    for kind in ALL_SAID:
        yield f"said: {kind}", (case(said=(said(kind, until_on=days(5)),)),)
    yield "said by nobody knows whom", (case(said=(said(Saying.HOLD, by="", until_on=days(5)),)),)
    yield "said without an end", (case(said=(said(Saying.HOLD, by="", review_on=days(9)),)),)
    yield from _of_parts()
    yield from _of_the_money()
    yield from _of_reaching()
    yield from _of_copies()
    yield from _of_the_clock()
    yield from _of_oddities()


def _of_the_invoice() -> Iterator[tuple[str, Situation]]:
    yield "ordinary", (case(),)
    for late in (-1, -2, 0, 1, 2):
        policy = replace(DEFAULT, steps=(Step("the-step", -9, "just_due"),))
        yield f"{late} days late", (case(invoice(late)), policy)
    for status in InvoiceStatus:
        yield f"status {status}", (case(invoice(status=status)),)
    yield "nothing open", (case(invoice(opened=0)),)
    yield "expected on a date", (case(invoice(expected_on=days(2))),)
    yield "mirror", (case(mirrors=(Mirror(ME, OTHER),)),)
    yield "mirror elsewhere", (case(mirrors=(Mirror(ME, OTHER, OTHER),)),)
    yield "mirror paid elsewhere", (case(mirrors=(Mirror(ME, OTHER, ME, OTHER),)),)
    drawn = invoice(collection=Collection.AUTOMATIC, next_attempt_at=NOW + timedelta(days=3), attempts=1)
    yield "drawn automatically", (case(drawn),)
    yield "drawn some day", (case(structs.replace(drawn, next_attempt_at=None, attempts=0)),)
    tagged = structs.replace(HERSELF, tags=("Staff",))
    yield "never chase by tag", (case(customers=(tagged,)), replace(DEFAULT, never_chase_tags=("staff",)))
    yield "late charge", (case(charges=frozenset({ME})),)
    yield "not yet", (case(invoice(-20)),)
    yield "step done", (case(contacts=(contact("first-reminder", days_ago=1),)),)
    yield "last step done", (case(invoice(90), contacts=(contact("last-reminder", days_ago=30),)),)
    yield "never sent", (case(invoice(20, sent=Answer.NO)),)
    yield "too small", (case(invoice(opened=499)),)
    yield "partly disputed", (case(said=(said(Saying.DISPUTE, invoice=ME, amount=usd(4_000)),)),)
    yield "partly disputed and too small", (case(said=(said(Saying.DISPUTE, amount=usd(9_600)),)),)


def _of_the_money() -> Iterator[tuple[str, Situation]]:
    yield "platform reminds", (case(company=replace(COMPANY, own_reminders=Answer.YES)),)
    yield "never read", (case(synced_at=None),)
    yield "read long ago", (case(synced_at=NOW - timedelta(hours=30)),)
    yield "no receipts", (case(receipts=Receipts(days(-9), 8)),)
    yield "differs", (case(differs=True),)
    yield "pending", (case(payments=(payment(700, status=PaymentStatus.PENDING),)),)
    yield "elsewhere", (case(elsewhere=(payment(700),)),)
    since = payment(700, received_on=days(-1))
    yield "money since the last message", (case(contacts=(contact("just-due", days_ago=6),), payments=(since,)),)
    yield "enough on account", (case(payments=(payment(10_000),)),)
    yield "more than is owed", (case(payments=(payment(10_001),)),)


def _of_parts() -> Iterator[tuple[str, Situation]]:
    for first_in in (9, 3, 0, -3):
        yield f"first part in {first_in} days", (in_parts(first_in),)
    reminded = {0: "part-due", -5: "part-late"}
    for first_in, step in reminded.items():
        told = (contact(step, days_ago=0),)
        yield f"part in {first_in} days, reminded of", (replace(in_parts(first_in), contacts=told),)
    yield "the last part is coming", (in_parts(0, count=1, coming=10_000),)
    yield "a broken plan", (in_parts(-9),)
    yield "settled for less", (in_parts(-30, invoice(opened=2_000), count=1, paid=2_000, forgiven=usd(500)),)
    both = in_parts(0)
    yield "a part, and another invoice", (replace(both, invoices=(*both.invoices, invoice(id="i2"))),)
    yield "paid through a page", (replace(both, under_way=(UnderWay(ME, usd(2_500)),)),)
    yield "a page is open", (replace(both, under_way=(UnderWay(ME, usd(2_500), open=True),)),)


def _of_reaching() -> Iterator[tuple[str, Situation]]:
    yield "no e-mail", (case(customers=(structs.replace(HERSELF, emails=()),)),)
    nowhere = structs.replace(HERSELF, emails=())
    for channel in (Channel.LETTER, Channel.CALL, Channel.SMS):
        steps = (Step("one", 7, "first_reminder", channel),)
        yield f"no way by {channel}", (case(customers=(nowhere,)), replace(DEFAULT, steps=steps))
        wrong = said(Saying.WRONG_ADDRESS, channel=channel.value)
        yield f"wrong for {channel}", (case(customers=(nowhere,), said=(wrong,)), replace(DEFAULT, steps=steps))
    yield "wrong address", (case(said=(said(Saying.WRONG_ADDRESS, address="ann@bakery.example"),)),)
    yield "bounced", (case(said=(said(Saying.BOUNCED, address="ann@bakery.example"),)),)
    yield "bounced at the platform", (case(invoice(mail_problem="Bounced Email")),)
    yield "opted out of everything", (case(said=(said(Saying.OPT_OUT),)),)
    yield "opted out of mail", (case(said=(said(Saying.OPT_OUT, channel="mail"),)),)


def _of_copies() -> Iterator[tuple[str, Situation]]:
    escalating = replace(DEFAULT, steps=(Step("one", 7, "first_reminder", to=Receiver.ESCALATION),))
    boss = said(Saying.CONTACT_PERSON, reason="escalation", address="boss@bakery.example")
    yield "escalating", (case(said=(boss,)), escalating)
    yield "escalating to nobody", (case(), escalating)
    private = structs.replace(HERSELF, kind=CustomerKind.CONSUMER)
    yield "escalating of a private person", (case(customers=(private,), said=(boss,)), escalating)


def _of_the_clock() -> Iterator[tuple[str, Situation]]:
    yield "lately", (case(contacts=(contact("just-due", days_ago=3),)),)
    twice = (contact("just-due", days_ago=5, id="x"), contact("just-due", days_ago=6, id="y"))
    yield "twice in a week", (case(contacts=twice),)
    yield "once in a month", (case(contacts=(contact("x", days_ago=8),)), replace(DEFAULT, per_month=1))
    yield "the day of the statement", (case(), replace(DEFAULT, statement_on=10))
    saturday = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
    yield "saturday", (case(synced_at=saturday), DEFAULT, saturday)
    for hour in (11, 22):
        at = datetime(2026, 3, 10, hour, 0, tzinfo=UTC)
        yield f"{hour} o'clock", (case(synced_at=at), DEFAULT, at)
    somewhere = structs.replace(HERSELF, address=Address(country="US"))
    yield "somewhere in a wide country", (case(customers=(somewhere,)),)
    text = replace(DEFAULT, steps=(Step("text", 7, "sms_reminder", Channel.SMS),))
    known = structs.replace(HERSELF, phones=("+1 617 555 0100",), address=AT_HOME)
    yield "no consent to texts", (case(customers=(known,)), text)


def _of_oddities() -> Iterator[tuple[str, Situation]]:
    yield "first contact", (case(contacts=()),)
    yield "a step that waits", (case(), replace(DEFAULT, steps=(Step("one-step", 7, "x", automatic=False),)))
    yield "large", (case(usual={"USD": usd(999)}),)
    final = case(invoice(36), contacts=(contact("second-reminder", days_ago=14),))
    yield "too firm", (final, replace(DEFAULT, tone_ceiling=Tone.NEUTRAL))
    yield "long passed", (case(invoice(22)),)
    yield "due before issued", (case(invoice(due_on=days(-40), issued_on=days(-20))),)
    yield "inactive", (case(customers=(structs.replace(HERSELF, active=False),)),)
    broken = said(Saying.PROMISE, until_on=days(-2), from_on=days(-9))
    yield "broken promise", (case(said=(broken,)),)
    yield "own reminders unknown", (case(company=replace(COMPANY, own_reminders=Answer.UNKNOWN)),)
    stranger = structs.replace(HERSELF, kind=HERSELF.kind.UNKNOWN, emails=(EmailAddress("a@b.example"),))
    yield "kind unknown", (case(customers=(stranger,)),)


def test_what_a_person_said_about_a_message_is_the_reason() -> None:
    decision = decide(case(), DEFAULT, NOW)
    assert decision.message is not None
    refused = approve(decision.message, by="Robin", at=NOW, refused=True)

    (verdict,) = settled(decision, refused, automatic=True).verdicts

    assert (verdict.say, verdict.rule, verdict.reason) == ("hold", "refused", "Robin said not to send this today.")
    assert verdict.facts["by"] == "Robin"
    assert verdict.facts["today"] == str(TODAY)
