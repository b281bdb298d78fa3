"""What is paid in parts: it rests, it is asked for on the parts' own days, and a broken plan gives everything back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from collector.approving import digest
from collector.decide import decide
from collector.dispatch import message_key
from collector.judgement import Say
from collector.paying.limits import Limits
from collector.policy import DEFAULT
from collector.wording.writing import write
from receivables.case import Case, Receipts, UnderWay
from receivables.plans import PlanState
from receivables.records import Answer, Kind, Ref
from receivables.said import Saying
from tests.collector.cases_at_hand import HERSELF, ME, NOW, case, contact, days, invoice, message, odd, only, said, usd
from tests.collector.plans_at_hand import in_parts, plan

SECOND = Ref("c1", Kind.INVOICE, "i2")


def told(of: Case) -> tuple[str, str, str]:
    verdict = only(of)
    return verdict.say.value, verdict.rule, verdict.step


@pytest.mark.parametrize(
    ("first_in", "paid", "expected"),
    [
        (4, 0, ("hold", "in_plan", "")),
        (3, 0, ("send", "part_earned", "part-before")),
        (1, 0, ("send", "part_earned", "part-before")),
        (0, 0, ("send", "part_earned", "part-due")),
        (-2, 0, ("send", "part_earned", "part-due")),
        (-3, 0, ("send", "part_earned", "part-late")),
        (-7, 0, ("send", "part_earned", "part-late")),
        (-8, 0, ("send", "step_earned", "first-reminder")),
        (-8, 2_500, ("send", "part_earned", "part-due")),
        (-3, 2_500, ("hold", "in_plan", "")),
    ],
)
def test_a_part_is_asked_for_on_its_own_days(first_in: int, paid: int, expected: tuple[str, str, str]) -> None:
    assert told(in_parts(first_in, invoice(opened=10_000), paid=paid)) == expected


def test_only_what_is_open_of_the_part_is_asked() -> None:
    asked = message(in_parts(0, paid=1_000))

    assert [line.asked for line in asked.lines] == [usd(1_500)]
    assert asked.part is not None
    assert (asked.part.number, asked.part.due_on, asked.lines[0].occurrence) == (1, days(0), 1)
    assert asked.step.letter == "part_reminder"


def test_a_part_is_laid_on_the_plans_invoices_in_their_order() -> None:
    small, large = invoice(opened=1_000), invoice(opened=19_000, id="i2")

    asked = message(in_parts(0, small, large))
    later = decide(in_parts(-7, invoice(opened=1_000), large, paid=5_000), DEFAULT, NOW)

    assert [(line.invoice.ref.id, line.asked) for line in asked.lines] == [("i1", usd(1_000)), ("i2", usd(4_000))]
    assert later.message is not None
    assert sum(line.asked.minor for line in later.message.lines) == 5_000


def test_what_a_part_does_not_reach_rests() -> None:
    large, last = invoice(opened=9_000), invoice(opened=1_000, id="i2")

    verdicts = decide(in_parts(0, large, last), DEFAULT, NOW).verdicts

    assert [(one.say.value, one.rule) for one in verdicts] == [("send", "part_earned"), ("hold", "in_plan")]


def test_each_reminder_of_a_part_goes_once() -> None:
    reminded = replace(in_parts(1), contacts=(contact("part-before", days_ago=1),))
    earlier_part = replace(in_parts(-7, paid=2_500), contacts=(contact("part-due", days_ago=7),))
    next_step = replace(in_parts(0), contacts=(contact("part-before", days_ago=3),))

    assert told(reminded) == ("hold", "in_plan", "")
    assert only(earlier_part).rule == "part_earned", "that was the part before this one"
    assert only(replace(next_step, contacts=(contact("part-before", days_ago=3),))).rule == "contacted_lately"


def test_two_parts_and_two_plans_never_share_a_key() -> None:
    first, second = message(in_parts(0)), message(in_parts(-7, paid=2_500))
    other = message(in_parts(0, id="p2"))

    keys = {message_key("b", one) for one in (first, second, other)}

    assert len(keys) == 3
    assert len({digest(first), digest(second), digest(other)}) == 3


def test_a_message_about_a_part_asks_for_nothing_else() -> None:
    also = invoice(opened=7_000, id="i2")
    whole = in_parts(0)

    found = decide(replace(whole, invoices=(*whole.invoices, also)), DEFAULT, NOW)

    assert found.message is not None
    assert [line.invoice.ref for line in found.message.lines] == [ME]
    waits = next(one for one in found.verdicts if one.invoice == SECOND)
    assert (waits.say, waits.rule, waits.next_look_on) == (Say.HOLD, "part_first", days(1))


def test_what_people_said_comes_first() -> None:
    for kind, rule in ((Saying.INSOLVENCY, "insolvency"), (Saying.HOLD, "on_hold")):
        assert only(replace(in_parts(0), said=(said(kind),))).rule == rule
        assert only(replace(in_parts(4), said=(said(kind),))).rule == rule
    assert only(replace(in_parts(0), said=(said(Saying.DISPUTE),))).rule == "disputed"
    partly = message(replace(in_parts(0), said=(said(Saying.DISPUTE, amount=usd(9_000)),)))
    assert [line.asked for line in partly.lines] == [usd(1_000)]


def test_money_on_its_way_holds_the_part() -> None:
    paid = replace(in_parts(0), under_way=(UnderWay(ME, usd(2_500)),))
    paying = replace(in_parts(0), under_way=(UnderWay(ME, usd(2_500), open=True),))
    another = replace(in_parts(0), under_way=(UnderWay(SECOND, usd(2_500)),))

    assert (only(paid).rule, only(paying).rule) == ("payment_pending", "checkout_open")
    assert only(another).say is Say.SEND
    assert only(case(under_way=(UnderWay(ME, usd(10_000)),))).rule == "payment_pending", "also without a plan"


def test_a_part_that_is_being_paid_breaks_nothing() -> None:
    late = in_parts(-8, coming=2_500, paid=0)

    assert only(late).rule == "part_earned", "the second part, which is due in no time"
    assert only(in_parts(-10)).rule == "step_earned"


def test_a_broken_plan_gives_back_the_step_that_was_earned_and_says_so() -> None:
    verdict = only(in_parts(-9, invoice(days_late=22)))

    assert (verdict.rule, verdict.step) == ("step_earned", "first-reminder")
    assert verdict.reason.endswith("Its plan was broken: 25.00 USD of the part due on 1 March 2026 did not come.")
    reminded = replace(in_parts(-9, invoice(days_late=22)), contacts=(contact("part-late", days_ago=6),))
    assert only(reminded).step == "first-reminder", "a part's reminder was none of the whole"


def test_a_kept_settlement_waits_for_its_credit_note() -> None:
    owed = invoice(opened=2_000)
    settled = in_parts(-30, owed, count=1, forgiven=usd(500), paid=2_000)
    ended = in_parts(-30, owed, count=1, forgiven=usd(500), paid=2_000, state=PlanState.KEPT, ended_at=NOW)

    assert only(settled).rule == only(ended).rule == "settled_for_less"
    assert only(in_parts(-30, owed, count=1, paid=2_000)).rule == "step_earned", "a kept plan holds nothing else"


def test_what_is_before_its_day_goes_although_no_receipt_was_entered_lately() -> None:
    quiet = Receipts(days(-40), 7)

    assert only(replace(in_parts(2), receipts=quiet)).rule == "part_earned"
    assert only(replace(in_parts(-3), receipts=quiet)).rule == "receipts_quiet"


def test_a_plan_is_no_matter_of_the_invoices_own_days() -> None:
    not_due = in_parts(0, invoice(days_late=-60))
    never_sent = in_parts(0, invoice(sent=Answer.NO))
    tiny = in_parts(0, structs.replace(invoice(opened=400), sent=Answer.YES), count=1)

    assert told(not_due)[1:] == told(never_sent)[1:] == told(tiny)[1:] == ("part_earned", "part-due")


def test_reminders_can_be_turned_off_one_by_one() -> None:
    none = replace(DEFAULT, plans=Limits(remind_before=None, remind_on=False, remind_after=None))
    late_only = replace(DEFAULT, plans=Limits(remind_before=None, remind_on=False, remind_after=5))
    before_only = replace(DEFAULT, plans=Limits(remind_before=2, remind_on=False, remind_after=None))

    for first_in in range(-7, 5):
        assert only(in_parts(first_in), none).rule == "in_plan"
        assert (only(in_parts(first_in), late_only).step == "part-late") is (first_in <= -5)
        assert (only(in_parts(first_in), before_only).step == "part-before") is (first_in in (1, 2))


def test_a_reminder_that_comes_very_late_waits_for_a_person() -> None:
    patient = replace(DEFAULT, plans=Limits(cure_days=40, remind_after=None), catch_up_days=14)

    assert "catching_up" in odd(in_parts(-20, count=1, cure_days=40), patient)
    assert "catching_up" not in odd(in_parts(-10, count=1, cure_days=40), patient)


def test_until_when_the_answer_holds() -> None:
    assert only(in_parts(9)).next_look_on == days(6)
    reminded = replace(in_parts(2), contacts=(contact("part-before", days_ago=1),))
    assert only(reminded).next_look_on == days(2)


def test_a_plan_that_was_ended_held_until_then() -> None:
    ended = plan(0, state=PlanState.CANCELLED, ended_at=NOW)
    settled = plan(0, state=PlanState.KEPT, ended_at=NOW, forgiven=usd(1))
    before, after = NOW - timedelta(minutes=1), NOW + timedelta(minutes=1)

    assert [ended.stood(before), ended.stood(after)] == [True, False]
    assert settled.stood(after)
    assert not replace(ended, agreement=None).stood(before)
    assert not ended.stood(NOW - timedelta(days=31))


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "nl"])
def test_the_letter_of_a_part_says_the_part_its_day_and_until_when_it_is_waited_for(language: str) -> None:
    speaker = structs.replace(HERSELF, language=language)
    owed = invoice(opened=40_000)
    late, coming = (replace(in_parts(first_in, owed), customers=(speaker,)) for first_in in (-3, 2))

    told = [write(message(one), one, sender="Robin", pay_urls={}) for one in (late, coming)]

    for letter in told:
        assert "100" in letter.text, "the part"
        assert "400" in letter.text, "what is open of the invoice"
        assert "INV-i1" in letter.subject
        assert "1" in letter.subject
        assert "4" in letter.subject
    assert told[0].subject != told[1].subject
    assert "14" in told[0].text, "the end of the waiting"
    assert "14" not in told[1].text.replace("2026", "")
