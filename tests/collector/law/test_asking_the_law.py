"""What the rules of collecting are told about a customer, and what becomes of their answer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec import structs

from collector.decide import decide
from collector.judgement import Message
from collector.law.lawbook import Facts, Judged, PastContact
from collector.law.rule import Operator
from collector.policy import DEFAULT
from collector.reasons.day import Day
from collector.reasons.law import facts_of, forbidden, judged, kind_of, log_of
from receivables.case import Case
from receivables.records import CustomerKind
from receivables.said import Saying, Way
from tests.collector.cases_at_hand import AT_HOME, HERSELF, ME, NOW, case, contact, days, invoice, said
from tests.collector.test_edges import ANOTHER

ASKED_AT = NOW - timedelta(hours=1)
AT_A_DESK = structs.replace(HERSELF, address=AT_HOME, language="fr")


def day(of: Case) -> Day:
    return Day(of, DEFAULT, NOW)


def message(of: Case) -> Message:
    found = decide(of, DEFAULT, NOW).message
    assert found is not None
    return found


def test_everything_that_is_known_of_the_customer_is_told() -> None:
    words = (
        said(Saying.CONSENT, channel="sms"),
        said(Saying.CONSENT, channel="mail"),
        said(Saying.OPT_OUT, channel="call"),
        said(Saying.OPT_OUT),
        said(Saying.HARDSHIP),
        said(Saying.HOLD, invoice=ANOTHER),
        said(Saying.DISPUTE, invoice=ME),
        said(Saying.LAWYER, ended_at=NOW),
    )

    told = facts_of(day(case(said=words, customers=(AT_A_DESK,), operator="agency")), (ME,))

    assert told == Facts(
        kind=CustomerKind.BUSINESS,
        zones=("America/New_York",),
        countries=("US",),
        subdivisions=("US-MA",),
        city="boston",
        operator=Operator.AGENCY,
        consents=frozenset({"sms", "mail"}),
        opt_outs=frozenset({"call"}),
        said=frozenset({Saying.CONSENT, Saying.OPT_OUT, Saying.HARDSHIP}),
        language="fr",
    )
    assert facts_of(day(case()), (ME,)).operator is Operator.BUSINESS


def test_the_kind_is_what_a_person_confirmed() -> None:
    confirmed = said(Saying.KIND, reason="consumer")

    assert kind_of(day(case())) is CustomerKind.BUSINESS
    assert kind_of(day(case(said=(confirmed,)))) is CustomerKind.CONSUMER


def test_the_log_holds_messages_calls_and_answers_of_the_last_weeks() -> None:
    words = (
        said(Saying.CALL, reason="reached", invoice=ME),
        said(Saying.CALL, reason="not_reached", way=Way.THEIRS),
        said(Saying.MEETING),
        said(Saying.MAIL),
        said(Saying.REPLY),
        said(Saying.REPLY, channel="sms"),
        said(Saying.NOTE),
        said(Saying.CALL, at=NOW + timedelta(seconds=1)),
        said(Saying.CALL, at=NOW - timedelta(days=70)),
        said(Saying.CALL, at=None),
    )
    told = (contact("first-reminder", days_ago=69), contact("just-due", days_ago=70))

    found = list(log_of(day(case(contacts=told, said=words))))

    assert found == [
        PastContact(NOW - timedelta(days=69), "mail", (ME,)),
        PastContact(ASKED_AT, "call", (ME,), reached=True, conversation=True),
        PastContact(ASKED_AT, "call", (), Way.THEIRS, reached=False),
        PastContact(ASKED_AT, "meeting", (), conversation=True),
        PastContact(ASKED_AT, "mail"),
        PastContact(ASKED_AT, "mail", (), Way.THEIRS),
        PastContact(ASKED_AT, "sms", (), Way.THEIRS),
    ]


def test_a_message_that_failed_is_no_contact() -> None:
    assert list(log_of(day(case(contacts=(contact("x", days_ago=1, state="failed"),))))) == []


@pytest.mark.parametrize("late", [29, 31])
def test_the_oldest_lateness_counts(late: int) -> None:
    """In D.C. a private customer's consent is needed for e-mail once a debt is more than thirty days late."""
    in_dc = structs.replace(HERSELF, kind=CustomerKind.CONSUMER, address=structs.replace(AT_HOME, region="DC"))
    both = case(invoice(late, id="a"), invoice(9, id="b"), customers=(in_dc,), contacts=())
    policy = replace(DEFAULT, catch_up_days=99)

    rules = {verdict.rule for verdict in decide(both, policy, NOW).verdicts}

    assert rules == ({"rule_of_collecting"} if late > 30 else {"step_earned"})


def test_a_forbidden_message_names_rule_source_and_days() -> None:
    (line,) = message(case()).lines
    again = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)  # still the eleventh in New York
    answer = Judged(False, rule="x.y", reason="Not so.", source="the code", checked_on=date(2026, 1, 2), again_at=again)

    verdict = forbidden(answer, line, day(case()))

    assert (verdict.invoice, verdict.say, verdict.rule, verdict.reason) == (ME, "hold", "rule_of_collecting", "Not so.")
    assert verdict.facts == {"rule": "x.y", "source": "the code", "checked_on": "2026-01-02"}
    assert (verdict.step, verdict.next_look_on) == ("first-reminder", days(1))
    open_end = forbidden(replace(answer, again_at=None, checked_on=None), line, day(case()))
    assert (open_end.next_look_on, open_end.facts["checked_on"]) == (None, "")


def test_the_channel_of_the_message_is_the_one_that_is_asked_about() -> None:
    from collector.law.lawbook import load_rules

    without_consent = case(customers=(structs.replace(AT_A_DESK, phones=("+1 617 555 0100",)),))
    by_text = replace(message(without_consent), channel=replace(DEFAULT.steps[0]).channel.SMS)

    assert judged(day(without_consent), message(without_consent), load_rules()).may
    assert judged(day(without_consent), by_text, load_rules()).rule == "us.texts.consent"
