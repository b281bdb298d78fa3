"""Where a reason begins and where it ends: the day, the cent, the minute, and the invoice beside it."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from msgspec import structs

from collector.decide import decide
from collector.judgement import Say
from collector.policy import DEFAULT, After, Channel, Step, Tone
from receivables.case import Mirror, Past, Receipts
from receivables.money import Money
from receivables.records import (
    Address,
    Answer,
    Application,
    Collection,
    CustomerKind,
    EmailAddress,
    InvoiceStatus,
    Kind,
    PaymentStatus,
    Ref,
)
from receivables.said import Saying
from tests.collector.cases_at_hand import (
    AT_HOME,
    HERSELF,
    ME,
    NOW,
    TODAY,
    case,
    contact,
    days,
    invoice,
    message,
    odd,
    only,
    payment,
    said,
    usd,
)

ANOTHER = Ref("c1", Kind.INVOICE, "another")


def at(hour: int, minute: int = 0) -> datetime:
    """On the same Tuesday, by the clock of Greenwich; New York is four hours behind."""
    return datetime(2026, 3, 10, hour, minute, tzinfo=UTC)


# --- words that are about another invoice ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Saying.NEVER_CHASE, {}),
        (Saying.RETAINED, {}),
        (Saying.OPT_OUT, {}),
        (Saying.WRONG_ADDRESS, {"address": "ann@bakery.example"}),
        (Saying.BOUNCED, {"address": "ann@bakery.example"}),
        (Saying.LAWYER, {}),
    ],
)
def test_what_is_about_another_invoice_says_nothing_of_this_one(kind: Saying, told: dict[str, str]) -> None:
    assert only(case(said=(said(kind, invoice=ANOTHER, **told),))).say is Say.SEND
    assert only(case(said=(said(kind, invoice=ME, **told),))).say is not Say.SEND


def test_a_lawyer_named_about_another_invoice_changes_neither_the_way_nor_the_address() -> None:
    by_phone = replace(DEFAULT, steps=(Step("call", 7, "call_script", Channel.CALL),))
    known = structs.replace(HERSELF, phones=("+1 617 555 0100",))
    elsewhere = said(Saying.LAWYER, invoice=ANOTHER, address="lawyer@firm.example")

    assert message(case(customers=(known,), said=(elsewhere,)), by_phone).channel is Channel.CALL
    assert [one.address for one in message(case(said=(elsewhere,))).to] == ["ann@bakery.example"]
    returned = invoice(mail_problem="Bounced Email")
    assert only(case(returned, said=(elsewhere,))).rule == "bounced"
    mine = replace(elsewhere, invoice=ME)
    assert only(case(returned, said=(mine,))).say is Say.SEND


def test_that_another_invoice_was_sent_does_not_mean_this_one_was() -> None:
    unsent = invoice(days_late=20, sent=Answer.NO)

    assert only(case(unsent, said=(said(Saying.WAS_SENT, invoice=ANOTHER),))).rule == "never_sent"


def test_a_wrong_number_of_another_invoice_closes_no_channel() -> None:
    by_phone = replace(DEFAULT, steps=(Step("call", 7, "call_script", Channel.CALL),))
    known = structs.replace(HERSELF, phones=("+1 617 555 0100",), emails=())
    wrong = said(Saying.WRONG_ADDRESS, channel="call", invoice=ANOTHER)

    assert only(case(customers=(known,), said=(wrong,)), by_phone).say is Say.SEND
    assert only(case(customers=(known,), said=(replace(wrong, invoice=None),)), by_phone).rule == "wrong_address"


def test_a_part_in_another_currency_leaves_this_invoice_whole() -> None:
    euros = said(Saying.DISPUTE, amount=Money(4_000, "EUR"))
    retained_elsewhere = said(Saying.RETAINED, amount=usd(9_000), invoice=ANOTHER)

    (line,) = message(case(said=(euros, retained_elsewhere))).lines

    assert (line.asked, line.disputed) == (usd(10_000), usd(0))


def test_nobody_is_somebody() -> None:
    verdict = only(case(said=(said(Saying.NEVER_CHASE, by=""),)))

    assert verdict.reason == "Somebody said never to chase this customer."


# --- the invoice ----------------------------------------------------------------------------------------------------


def test_a_cent_is_small_and_the_minimum_is_enough() -> None:
    assert only(case(invoice(opened=1))).rule == "below_minimum"
    assert only(case(invoice(opened=499))).rule == "below_minimum"
    assert only(case(invoice(opened=500))).say is Say.SEND


def test_every_mirror_is_looked_at() -> None:
    others = Mirror(ANOTHER, Ref("c2", Kind.INVOICE, "copy"))

    assert only(case(mirrors=(others, Mirror(ME, Ref("c2", Kind.INVOICE, "mine"))))).rule == "mirror_undecided"


def test_the_step_that_waits_is_named_wherever_it_has_come_and_nowhere_else() -> None:
    drawn: dict[str, Any] = {"collection": Collection.AUTOMATIC, "next_attempt_at": NOW + timedelta(days=3)}

    assert only(case(invoice(-20, **drawn))).step == ""
    assert only(case(invoice(8, **drawn))).step == "first-reminder"
    done = case(invoice(8, **drawn), contacts=(contact("first-reminder", days_ago=9),))
    assert only(done).step == ""
    unsent = invoice(8, sent=Answer.NO, **drawn)
    assert only(case(unsent)).step == "send-invoice"
    assert decide(case(invoice(20, sent=Answer.NO)), DEFAULT, NOW).verdicts[0].invoice == ME


def test_a_policy_that_begins_with_words_about_earlier_ones_waits_for_its_first() -> None:
    steps = (Step("early", 1, "second_reminder", again=True), Step("first", 7, "first_reminder"))

    verdict = only(case(invoice(3)), replace(DEFAULT, steps=steps))

    assert (verdict.rule, verdict.next_look_on) == ("step_done", days(4))
    assert verdict.reason.startswith("No step has come yet; ")


def test_the_last_step_is_the_last_by_its_day() -> None:
    told = (contact("just-due", days_ago=2), contact("first-reminder", days_ago=9))

    assert only(case(contacts=told)).facts["last_step"] == "just-due"


def test_the_most_advanced_step_leads_and_an_unsent_invoice_only_rides_along() -> None:
    both = message(case(invoice(8, id="a"), invoice(20, id="b", sent=Answer.NO)))

    assert both.step.name == "first-reminder"
    assert both.day_on == TODAY


def test_two_invoices_never_go_by_the_platforms_mail() -> None:
    told = (contact("first-reminder", days_ago=8, id="a"), contact("first-reminder", days_ago=8, id="b"))
    policy = replace(DEFAULT, gap_days=0)

    alone, both = (
        case(invoice(15, id="a"), contacts=told),
        case(invoice(15, id="a"), invoice(15, id="b"), contacts=told),
    )

    assert message(alone, policy).channel is Channel.PLATFORM
    assert message(both, policy).channel is Channel.MAIL
    by_call = replace(policy, steps=(Step("call", 7, "call_script", Channel.CALL),))
    known = structs.replace(HERSELF, phones=("+1 617 555 0100",))
    assert message(replace(both, customers=(known,), contacts=told[:0]), by_call).channel is Channel.CALL


def test_what_has_no_issue_date_is_due_when_it_says_and_not_before_it_was_entered() -> None:
    undated = invoice(8, issued_on=None)

    assert only(case(undated)).facts["due_on"] == str(days(-8))
    assert only(case(structs.replace(undated, entered_at=NOW - timedelta(days=7)))).facts["due_on"] == str(days(-7))


# --- the money ------------------------------------------------------------------------------------------------------


def test_credit_in_a_currency_that_is_not_asked_is_not_shown() -> None:
    euros = payment(0, amount=Money(500, "EUR"), unapplied=500)
    euros = structs.replace(euros, unapplied=Money(500, "EUR"))

    assert message(case(payments=(euros,))).credits == ()


def test_what_is_due_today_waits_like_what_is_late_when_no_receipts_come() -> None:
    policy = replace(DEFAULT, steps=(Step("today", 0, "just_due"),))

    assert only(case(invoice(0), receipts=Receipts(days(-9), 8)), policy).rule == "receipts_quiet"


@pytest.mark.parametrize(
    "changed",
    [
        {"status": PaymentStatus.PENDING, "applications": (Application(ANOTHER, usd(1)),)},
        {"status": PaymentStatus.FAILED},
        {"unapplied": usd(0)},
    ],
)
def test_only_money_that_is_there_and_free_counts_as_come_since_the_last_message(changed: dict[str, Any]) -> None:
    told = (contact("just-due", days_ago=6),)
    came = payment(100, received_on=days(-2))

    assert only(case(contacts=told, payments=(came,))).rule == "money_since_contact"
    other = structs.replace(came, **changed)
    assert only(case(contacts=told, payments=(other,))).say is Say.SEND


# --- hours and days -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "rule"),
    [
        (at(12, 59), "outside_hours"),
        (at(13, 0), "step_earned"),
        (at(20, 59), "step_earned"),
        (at(21, 0), "outside_hours"),
    ],
)
def test_the_window_opens_on_the_minute_and_closes_on_it(now: datetime, rule: str) -> None:
    assert only(case(synced_at=now), DEFAULT, now).rule == rule


def test_a_long_weekend_is_passed_over_whole() -> None:
    saturday = datetime(2026, 5, 23, 15, 0, tzinfo=UTC)  # Monday is Memorial Day
    friday_night = datetime(2026, 5, 22, 22, 0, tzinfo=UTC)

    for now in (saturday, friday_night):
        assert str(only(case(invoice(-70), synced_at=now), DEFAULT, now).next_look_on) == "2026-05-26"
    holiday_morning = datetime(2026, 5, 25, 11, 0, tzinfo=UTC)
    assert decide(case(invoice(-70), synced_at=holiday_morning), DEFAULT, holiday_morning).candidate is None


def test_two_clocks_that_are_never_open_together_let_nothing_go() -> None:
    in_both = structs.replace(
        HERSELF, address=Address(("1 Road",), "Los Angeles", "CA", "", "US"), phones=("+49 30 901820",)
    )
    morning = at(10)  # eleven in Berlin, three at night in Los Angeles

    decision = decide(case(customers=(in_both,), synced_at=morning), DEFAULT, morning)

    assert decision.verdicts[0].rule == "outside_hours"
    assert "in every time zone they may be in" in decision.verdicts[0].reason
    assert decision.candidate is None
    wider = replace(DEFAULT, closes_at=time(18))
    assert decide(case(customers=(in_both,), synced_at=morning), wider, morning).waiting is not None


def test_a_rule_that_allows_it_later_today_leaves_it_waiting() -> None:
    private = structs.replace(HERSELF, kind=CustomerKind.CONSUMER, address=AT_HOME)
    policy = replace(DEFAULT, opens_at=time(6), closes_at=time(23))

    early = decide(case(customers=(private,), synced_at=at(12), contacts=()), policy, at(12))
    late = decide(case(customers=(private,), synced_at=at(14)), policy, datetime(2026, 3, 11, 1, 30, tzinfo=UTC))

    assert (early.verdicts[0].rule, early.verdicts[0].next_look_on) == ("rule_of_collecting", TODAY)
    assert early.waiting is not None
    assert [one.name for one in early.odd] == ["first_contact"]
    assert late.verdicts[0].rule == "rule_of_collecting"
    assert late.candidate is None


# --- reaching them --------------------------------------------------------------------------------------------------


def test_a_number_without_its_country_is_read_in_the_companys() -> None:
    by_phone = replace(DEFAULT, steps=(Step("call", 7, "call_script", Channel.CALL),))
    known = structs.replace(HERSELF, phones=("617 555 0100",), emails=())

    assert message(case(customers=(known,)), by_phone).channel is Channel.CALL


def test_where_the_invoice_went_keeps_the_name_that_is_known() -> None:
    sent = message(case(invoice(sent_to=("ANN@bakery.example", "office@bakery.example"))))

    assert sent.to == (EmailAddress("ANN@bakery.example", "Ann"), EmailAddress("office@bakery.example", ""))


# --- the step that has come -------------------------------------------------------------------------------------------


def test_what_stands_against_an_invoice_names_the_step_that_waits_and_none_before_its_day() -> None:
    held = (said(Saying.NEVER_CHASE),)

    assert only(case(said=held)).step == "first-reminder"
    assert only(case(invoice(-20), said=held)).step == ""
    assert only(case(invoice(20, sent=Answer.NO), said=held)).step == "send-invoice"
    assert only(case(invoice(-20, sent=Answer.NO), said=held)).step == ""
    assert only(case(contacts=(contact("first-reminder", days_ago=1),), said=held)).step == ""
    assert only(case(invoice(status=InvoiceStatus.PAID), said=held)).step == ""


def test_a_due_date_that_was_put_off_begins_anew_only_when_its_day_comes() -> None:
    after = Step("on", 9, "second_reminder", again=True, after=After.CONTACT)
    policy = replace(DEFAULT, steps=(Step("one", 7, "first_reminder"), after))
    put_off = case(invoice(-20), contacts=(contact("one", days_ago=30),))

    assert (only(put_off, policy).rule, only(put_off, policy).step) == ("not_yet", "")


# --- what is odd ----------------------------------------------------------------------------------------------------


def test_it_is_the_whole_sum_that_is_unusual() -> None:
    both = case(invoice(8, 6_000, id="a"), invoice(9, 6_000, id="b"), usual={"USD": usd(1_000)})

    assert odd(both) == ["unusually_large"]
    assert odd(replace(both, invoices=both.invoices[:1])) == []


def test_a_later_step_is_late_from_the_day_after_the_one_before_it() -> None:
    old = invoice(60)
    barely = case(old, contacts=(contact("first-reminder", days_ago=15),))

    assert odd(barely) == []
    assert odd(replace(barely, contacts=(contact("first-reminder", days_ago=16),))) == ["catching_up"]
    repeating = replace(
        DEFAULT, steps=(Step("one", 7, "first_reminder"), Step("on", 9, "x", again=True, after=After.CONTACT))
    )
    assert odd(case(old, contacts=(contact("one", days_ago=40),)), repeating) == []


def test_what_is_due_on_receipt_contradicts_nothing() -> None:
    assert odd(case(invoice(due_on=days(-20), issued_on=days(-20)))) == []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, ["broken_promise"]),
        ({"invoice": ANOTHER}, []),
        ({"ended_at": NOW}, []),
        ({"kind": Saying.NOTE}, []),
        ({"until_on": None}, []),
    ],
)
def test_only_a_standing_promise_about_it_can_be_broken(changed: dict[str, Any], names: list[str]) -> None:
    broken = said(Saying.PROMISE, until_on=days(-2), from_on=days(-9))

    assert odd(case(said=(replace(broken, **changed),))) == names


def test_a_message_on_the_promised_day_did_not_yet_speak_of_its_breaking() -> None:
    broken = said(Saying.PROMISE, until_on=days(-6), from_on=days(-9))

    assert odd(case(said=(broken,), contacts=(contact("just-due", days_ago=6, id="older"),))) == ["broken_promise"]
    assert odd(case(said=(broken,), contacts=(contact("just-due", days_ago=5, id="older"),))) == []


def test_softly_is_one_step_down_and_never_below_the_lowest() -> None:
    good: dict[str, Any] = {"past": Past(settled=3)}
    told = (contact("invoice-again", days_ago=14),)

    assert message(case(invoice(22), contacts=told, **good)).tone is Tone.NEUTRAL
    assert message(case(invoice(2), **good)).tone is Tone.FRIENDLY
