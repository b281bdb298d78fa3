"""Whom to thank, what to apologize for, when statements go, and what keeps such a message back."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from collector.calendar import is_business_day
from collector.decide import decide
from collector.occasions.apologizing import Sent, paid_before
from collector.occasions.courtesy import Occasion, against, spoken_of, statement_due
from collector.occasions.statement_days import CATCH_UP_DAYS, statement_day
from collector.occasions.thanking import LATE_THANKS, thanks
from collector.policy import DEFAULT, Channel
from collector.reasons.day import Day
from receivables.case import Case
from receivables.money import Money
from receivables.records import (
    Application,
    Credit,
    CreditKind,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
    Ref,
)
from receivables.said import Saying
from tests.collector.cases_at_hand import ANN, HERSELF, ME, NOW, TODAY, case, contact, days, invoice, said, usd
from tests.collector.cases_at_hand import payment as plain_payment

NONE = usd(0)
SINCE = days(-3)
PAID = invoice(opened=0, total=usd(10_000), paid=usd(10_000), status=InvoiceStatus.PAID)


def paying(minor: int = 10_000, on: date = TODAY, **changed: Any) -> Payment:
    """Money that went to the invoice in full."""
    return plain_payment(minor, unapplied=0, received_on=on, applications=(Application(ME, usd(minor)),), **changed)


def credit(minor: int, on: date | None) -> Credit:
    ref, used = Ref("c1", Kind.CREDIT, "k1"), (Application(ME, usd(minor)),)
    kind, status = CreditKind.CREDIT_NOTE, InvoiceStatus.PAID
    return Credit(ref, ANN, kind, "CN-1", on, usd(minor), NONE, status, NOW, used)


# --- thanks -------------------------------------------------------------------------------------------------------


def thanked(of: Invoice, *payments: Payment, credits: tuple[Credit, ...] = (), since: date = SINCE) -> Money | None:
    found = thanks(of, payments, credits, since=since, today=TODAY)
    return found.money if found else None


def test_money_that_settles_what_was_asked_for_is_thanked_for() -> None:
    assert thanked(PAID, paying()) == usd(10_000)
    assert thanked(PAID, paying(4_000, days(-1)), paying(6_000)) == usd(10_000)
    assert thanked(PAID, paying(on=days(-3))) == usd(10_000)


@pytest.mark.parametrize(
    ("of", "payments"),
    [
        (invoice(), (paying(),)),
        (structs.replace(PAID, status=InvoiceStatus.VOID), (paying(),)),
        (structs.replace(PAID, status=InvoiceStatus.UNCOLLECTIBLE), (paying(),)),
        (structs.replace(PAID, paid=NONE, credited=usd(10_000)), ()),
        (PAID, ()),
        (PAID, (paying(on=days(-4)),)),
        (PAID, (paying(status=PaymentStatus.RETURNED),)),
        (PAID, (structs.replace(paying(), amount=NONE),)),
    ],
    ids=["open", "void", "written off", "credited", "no money", "before we wrote", "returned", "only set off"],
)
def test_whatever_else_settles_it_is_not(of: Invoice, payments: tuple[Payment, ...]) -> None:
    assert thanked(of, *payments) is None


def test_nobody_is_thanked_for_money_of_long_ago() -> None:
    old = TODAY - LATE_THANKS

    assert thanked(PAID, paying(on=old), since=old) == usd(10_000)
    assert thanked(PAID, paying(on=old - timedelta(days=1)), since=days(-90)) is None


def test_a_credit_that_was_the_last_of_it_is_not_thanked_for() -> None:
    partly = structs.replace(PAID, paid=usd(8_000), credited=usd(2_000))
    money = paying(8_000, days(-1))

    assert thanked(partly, money, credits=(credit(2_000, days(-2)),)) == usd(8_000)
    assert thanked(partly, money, credits=(credit(2_000, TODAY),)) is None
    assert thanked(partly, money, credits=(credit(2_000, None),)) is None
    assert thanked(partly, money) is None, "nobody knows when it was credited"


# --- apologies ----------------------------------------------------------------------------------------------------

SENT = Sent("m1", days(-1), NOW - timedelta(days=1))


def test_money_that_had_come_and_was_not_shown_makes_a_message_wrong() -> None:
    assert paid_before(SENT, PAID, [paying(on=days(-2))], []) == days(-2)
    assert paid_before(SENT, PAID, [paying(on=days(-1))], []) == days(-1)
    assert paid_before(SENT, PAID, [paying(4_000, days(-9)), paying(6_000, days(-2))], []) == days(-2)


def test_what_the_books_showed_or_what_came_later_does_not() -> None:
    early = paying(on=days(-2))

    assert paid_before(SENT, PAID, [early], [early]) is None
    assert paid_before(SENT, PAID, [paying(on=TODAY)], []) is None
    assert paid_before(SENT, PAID, [paying(4_000, days(-2)), paying(6_000, TODAY)], []) is None
    assert paid_before(SENT, invoice(), [early], []) is None
    assert paid_before(SENT, PAID, [structs.replace(early, status=PaymentStatus.RETURNED)], []) is None


def test_money_of_the_same_day_that_was_entered_after_the_message_answers_it() -> None:
    same_day = paying(on=days(-1))
    after, before = SENT.at + timedelta(hours=1), SENT.at - timedelta(hours=1)

    assert paid_before(SENT, PAID, [structs.replace(same_day, entered_at=after)], []) is None
    at_once = replace(SENT, at=SENT.at + timedelta(milliseconds=300))
    assert paid_before(at_once, PAID, [structs.replace(same_day, entered_at=SENT.at)], []) is None
    assert paid_before(SENT, PAID, [structs.replace(same_day, entered_at=before)], []) == days(-1)
    late = structs.replace(paying(on=days(-2)), entered_at=after)
    assert paid_before(SENT, PAID, [late], []) == days(-2), "the bank was entered late; the money had come"


# --- statements ---------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 31), st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.sampled_from(["US", "GB", "DE", ""]))
def test_every_month_has_one_statement_day_and_it_is_a_business_day(day: int, on: date, country: str) -> None:
    found = statement_day(day, on, country)

    assert found <= on
    assert (on - found).days < 45
    assert is_business_day(found, country)
    assert statement_day(day, found, country) == found


@pytest.mark.parametrize(
    ("day", "on", "found"),
    [
        (10, date(2026, 3, 10), date(2026, 3, 10)),
        (14, date(2026, 3, 15), date(2026, 2, 17)),  # the fourteenth of both is a Saturday, and the sixteenth a holiday
        (14, date(2026, 3, 16), date(2026, 3, 16)),
        (31, date(2026, 3, 5), date(2026, 3, 2)),  # February ends on a Saturday
    ],
)
def test_the_statement_goes_on_its_day_or_the_next_business_day(day: int, on: date, found: date) -> None:
    assert statement_day(day, on, "US") == found


def looked(of: Case, now: datetime = NOW, **manners: Any) -> Day:
    return Day(of, replace(DEFAULT, **manners), now, frozenset({Channel.MAIL}))


def test_a_statement_is_due_from_its_day_for_a_week_and_once() -> None:
    told = contact("", days_ago=0, channel="statement")
    assert statement_due(looked(case(), statement_on=10))
    assert not statement_due(looked(case()))
    assert not statement_due(looked(case(invoice(opened=0)), statement_on=10))
    assert not statement_due(looked(case(contacts=(told,)), statement_on=10))
    assert statement_due(looked(case(), statement_on=4))
    assert CATCH_UP_DAYS == 7
    assert not statement_due(looked(case(), statement_on=3))


def test_the_reminder_of_that_day_waits_for_the_next() -> None:
    (verdict,) = decide(case(), replace(DEFAULT, statement_on=10), NOW).verdicts
    assert (verdict.say, verdict.rule, verdict.next_look_on) == ("hold", "statement_today", days(1))
    assert verdict.reason == "A statement goes out today, so the reminder waits."


def test_a_statement_that_went_today_is_the_reason_and_one_that_may_not_go_is_none() -> None:
    policy = replace(DEFAULT, statement_on=10)
    gone = case(contacts=(contact("", days_ago=0, channel="statement"),))
    lately = case(contacts=(contact("just-due", days_ago=2),))

    (verdict,) = decide(gone, policy, NOW).verdicts
    assert (verdict.rule, verdict.next_look_on) == ("statement_today", days(5))
    (verdict,) = decide(lately, policy, NOW).verdicts
    assert verdict.rule == "contacted_lately"


@pytest.mark.parametrize(
    ("of", "ready"),
    [
        (case(), frozenset({Channel.LETTER, Channel.CALL})),
        (case(customers=(structs.replace(HERSELF, emails=()),)), frozenset(Channel)),
        (case(said=(said(Saying.OPT_OUT, channel="mail"),)), frozenset(Channel)),
    ],
    ids=["no mail", "no address", "opted out"],
)
def test_it_waits_for_no_statement_that_cannot_go(of: Case, ready: frozenset[Channel]) -> None:
    for day in (10, 11):
        (verdict,) = decide(of, replace(DEFAULT, statement_on=day), NOW, ready=ready).verdicts
        assert verdict.rule != "statement_today"


# --- what keeps it back -------------------------------------------------------------------------------------------


def why(of: Case, occasion: Occasion = Occasion.THANK_YOU, now: datetime = NOW, *, by_itself: bool = False) -> str:
    day = looked(of, now)
    return against(day, occasion, spoken_of(day), by_itself=by_itself)


def test_nothing_keeps_back_an_ordinary_one_not_even_a_message_of_yesterday() -> None:
    lately = case(contacts=(contact("just-due", days_ago=1),))

    assert {why(case(), one) for one in Occasion} == {""}
    assert why(lately) == ""
    assert why(lately, Occasion.STATEMENT) == "", "a person asks for it"
    assert "was contacted on 9 March 2026" in why(lately, Occasion.STATEMENT, by_itself=True)


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize(
    "kind",
    [Saying.STOP, Saying.DEATH, Saying.INSOLVENCY, Saying.BREATHING_SPACE, Saying.HOLD, Saying.LAWYER, Saying.OPT_OUT],
)
def test_what_people_said_is_kept(kind: Saying, occasion: Occasion) -> None:
    assert why(case(said=(said(kind),)), occasion)
    assert not why(case(said=(said(kind, ended_at=NOW),)), occasion)


def test_a_hold_on_another_invoice_is_no_reason_but_a_death_is() -> None:
    other = Ref("c1", Kind.INVOICE, "other")

    assert why(case(said=(said(Saying.HOLD, invoice=other),))) == ""
    assert why(case(said=(said(Saying.HOLD, invoice=ME),)))
    assert why(case(said=(said(Saying.DEATH, invoice=other),)))


def test_hours_days_addresses_and_the_rules_are_kept() -> None:
    saturday = datetime(2026, 3, 14, 15, 0, tzinfo=UTC)
    assert "messages go between" in why(case(), now=NOW.replace(hour=23))
    assert "no business day" in why(case(), now=saturday)
    assert "No e-mail address" in why(case(customers=(structs.replace(HERSELF, emails=()),)))


def test_a_statement_goes_to_the_lawyer_and_a_thank_you_to_nobody() -> None:
    named = case(said=(said(Saying.LAWYER, address="lex@law.example"),))

    assert why(named, Occasion.STATEMENT) == ""
    assert why(named) == "The customer has named a lawyer, so only the lawyer is written to."


def test_a_monthly_statement_is_not_made_of_books_that_are_in_doubt() -> None:
    assert why(case(differs=True), Occasion.STATEMENT, by_itself=True)
    assert why(case(synced_at=None), Occasion.STATEMENT, by_itself=True)
    assert why(case(said=(said(Saying.NEVER_CHASE),)), Occasion.STATEMENT, by_itself=True)
    assert why(case(differs=True), Occasion.STATEMENT) == ""
