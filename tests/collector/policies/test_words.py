"""A policy read back: as sentences, as differences, as the days of one invoice."""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.calendar import is_business_day
from collector.paying.limits import Band, Limits
from collector.policies.calendar import calendar
from collector.policies.words import differences, sentence, whom, words
from collector.policy import DEFAULT, After, Attach, Channel, Policy, Receiver, Segment, Step, Tone
from receivables.records import CustomerKind

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step("before-due", -1, "before_due"), "1 day before the due date: a friendly e-mail, “before due”."),
        (Step("on-it", 0, "just_due"), "On the due date: a friendly e-mail, “just due” (step “on-it”)."),
        (
            Step("last-reminder", 35, "last_reminder", Channel.LETTER, tone=Tone.FINAL, automatic=False),
            "35 days after the due date: a final printed letter, “last reminder”; a person looks at each one first.",
        ),
        (
            Step("text", 3, "sms_reminder", Channel.SMS, to=Receiver.ESCALATION),
            "3 days after the due date: a friendly text message, “sms reminder” (step “text”).",
        ),
        (
            Step("first-reminder", 3, "first_reminder", to=Receiver.ESCALATION, sender="legal"),
            (
                "3 days after the due date: a friendly e-mail, “first reminder” with a copy to the escalation"
                " contact from the mail account “legal”."
            ),
        ),
        (
            Step("call-script", 10, "call_script", Channel.CALL, after=After.CONTACT, repeat=True, automatic=False),
            (
                "10 days after the previous contact: a person calls, with the script “call script”, and again every"
                " 10 days as long as it is open."
            ),
        ),
    ],
)
def test_a_step_in_a_sentence(step: Step, said: str) -> None:
    assert sentence(step) == said


@pytest.mark.parametrize(
    ("attach", "said"),
    [
        (Attach.EVERYTHING, "“just due”."),
        (Attach.INVOICE, "“just due” with the invoice but none of its other files."),
        (Attach.NOTHING, "“just due” with nothing attached."),
    ],
)
def test_a_step_says_what_its_mail_carries_unless_it_is_everything(attach: Attach, said: str) -> None:
    step = replace(DEFAULT.steps[1], attach=attach)

    assert sentence(step).endswith(said)
    assert sentence(replace(step, channel=Channel.SMS)).endswith("“just due”.")


def test_a_change_of_what_a_mail_carries_is_told() -> None:
    after = replace(DEFAULT, steps=tuple(replace(one, attach=Attach.INVOICE) for one in DEFAULT.steps))

    told = differences(DEFAULT, after)

    assert told[0] == "“before-due”: with the invoice but none of its other files."
    assert differences(after, DEFAULT)[0] == "“before-due”: with the invoice and its other files."


def test_the_whole_policy_in_sentences() -> None:
    policy = replace(
        DEFAULT,
        gap_days=1,
        per_week=1,
        minimum=Decimal("12.50"),
        opens_at=time(8, 30),
        receipts_quiet_days=10,
        tone_ceiling=Tone.FIRM,
        never_chase_tags=("staff", "group"),
        statement_on=1,
    )
    told = words(policy)

    assert told[3].startswith(
        "14 days after the due date: the platform mails the invoice again in its own standard text"
    )
    assert told[6:] == (
        "Messages go on business days between 08:30 and 17:00, where the customer is.",
        "At least 1 whole day lies between two contacts with one customer.",
        "Nobody is contacted more than once in seven days or 6 times in thirty, over all channels together.",
        "Less than 12.50, in the invoice's own currency, is never asked for.",
        "What is due on receipt counts as due after 7 days.",
        "Nothing overdue is asked for when the books were not read for 24 hours or no receipt was entered for 10 days.",
        "A step whose day was missed still goes by itself for 14 days; after that a person looks first.",
        "No more than 200 messages go in one day.",
        "An invoice 10 times as large as is usual waits for a person.",
        "No message is more than firm.",
        "Customers tagged “staff” or “group” are never asked.",
        "Who pays an invoice after being reminded of it is thanked.",
        ("Statements of account go on day 1 of each month, or on the next business day; a reminder of that day waits."),
        "A customer may choose to pay in up to 4 parts over up to 12 months; anything beyond needs somebody's yes.",
        (
            "A part that does not come is waited for until 7 days after its day; then the plan is broken, and its"
            " invoices are asked for again."
        ),
        "A part is reminded of 3 days before its day, on its day and 3 days after it.",
    )


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        (Segment("s"), "every customer"),
        (Segment("s", countries=("DE",)), "customers in Germany"),
        (Segment("s", balance_below=Decimal("99.5")), "customers who owe less than 99.50"),
        (Segment("s", balance_from=Decimal(10), balance_below=Decimal(2000)), "customers who owe from 10 up to 2,000"),
        (Segment("s", older_than_days=1), "customers who are more than 1 day late"),
        (
            Segment(
                "s", Decimal(5), None, 60, ("AT", "CH"), (CustomerKind.CONSUMER, CustomerKind.PUBLIC_BODY), ("a", "b")
            ),
            (
                "consumers and public bodies in Austria or Switzerland tagged “a” or “b” who owe 5 or more and are more"
                " than 60 days late"
            ),
        ),
    ],
)
def test_the_customers_of_a_segment(segment: Segment, said: str) -> None:
    assert whom(segment) == said


def test_what_differs() -> None:
    steps = (
        Step("before-due", -5, "before_due", tone=Tone.NEUTRAL, automatic=False, to=Receiver.ACCOUNTS),
        *DEFAULT.steps[1:3],
        *DEFAULT.steps[4:],
        Step("call", 9, "call_script", Channel.CALL, after=After.CONTACT, repeat=True),
    )
    large = Segment("large", balance_from=Decimal(100), changes={"manners": {"gap_days": 9}, "steps": ()})
    after = replace(DEFAULT, steps=steps, gap_days=0, minimum=Decimal(0), segments=(large,))

    assert differences(DEFAULT, DEFAULT) == ()
    assert differences(DEFAULT, after) == (
        (
            "“before-due”: 5 days before the due date instead of 3 days before the due date; tone neutral instead of"
            " friendly; to the accounts contact; a person looks at each one first."
        ),
        (
            "New: 9 days after the previous contact: a person calls, with the script “call script” (step “call”),"
            " and again every 9 days as long as it is open."
        ),
        "“invoice-again” is left out.",
        "Two contacts with one customer may follow each other without days between them.",
        "Even the smallest sum is asked for.",
        (
            "For customers who owe 100 or more (“large”): At least 9 whole days lie between two contacts with one"
            " customer."
        ),
    )
    assert differences(after, DEFAULT)[-1] == "Nothing differs any more for the segment “large”."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"tone_ceiling": Tone.FIRM}, {}, "Messages may become final in tone."),
        ({"never_chase_tags": ("x",)}, {}, "No tag keeps a customer from being asked any more."),
        ({}, {"thank_you": False}, "Nobody is thanked for a payment any more."),
        ({}, {"send_credit_policy": True}, "The credit policy goes along with a customer's first invoice, or after it"),
        ({"send_credit_policy": True}, {}, "The credit policy goes only when it is asked for."),
        ({"statement_on": 1}, {}, "Statements of account go only when they are asked for."),
        ({}, {"catch_up_days": 1}, "A step whose day was missed still goes by itself for 1 day; after that a person"),
        ({}, {"daily_cap": 1}, "No more than 1 message goes in one day."),
        (
            {},
            {"plans": Limits(settle=(Band(0, 5), Band(90, 10), Band(180, 25)))},
            "A settlement may give up, without asking further, up to 5 % of what is due, 10 % of what is 90 days ove",
        ),
        ({"plans": Limits(settle=(Band(90, 10),))}, {}, "No debt may be settled for less without asking further."),
        ({"plans": Limits(first_percent=25)}, {}, "A plan needs no first payment of a certain size any more."),
    ],
)
def test_what_no_longer_holds_is_said_as_well(before: dict[str, object], after: dict[str, object], said: str) -> None:
    told = differences(replace(DEFAULT, **before), replace(DEFAULT, **after))  # type: ignore[arg-type]

    assert len(told) == 1
    assert told[0].startswith(said)


# --- the calendar -------------------------------------------------------------------------------------------------


def days(policy: Policy, terms: int = 30, country: str = "US") -> list[tuple[str, str]]:
    found = calendar(policy, SUNDAY, terms, country)
    return [(entry.on.isoformat(), entry.step or entry.what) for entry in found.entries]


def test_the_days_of_an_invoice_that_nobody_pays() -> None:
    assert days(DEFAULT) == [
        ("2026-11-22", "The invoice is issued."),
        ("2026-12-21", "before-due"),
        ("2026-12-22", "The invoice is due."),
        ("2026-12-28", "just-due"),
        ("2027-01-04", "first-reminder"),
        ("2027-01-11", "invoice-again"),
        ("2027-01-19", "second-reminder"),
        ("2027-01-26", "last-reminder"),
    ]


def test_it_says_why_a_day_is_not_the_steps_own() -> None:
    entries = {entry.step: entry.why for entry in calendar(DEFAULT, SUNDAY, 30, "US").entries}

    assert entries["before-due"] == "Not on Saturday 19 December: that is no business day."
    assert entries["just-due"] == "Not on Wednesday 23 December: 4 whole days must lie between two contacts."
    assert entries["last-reminder"] == ""
    capped = calendar(replace(DEFAULT, per_week=1, gap_days=0), SUNDAY, 30, "US").entries
    assert capped[3].why == "Not on Wednesday 23 December: nobody is contacted more than once in seven days."
    monthly = calendar(replace(DEFAULT, per_month=2, gap_days=0), SUNDAY, 30, "US").entries
    assert monthly[4].why.endswith("nobody is contacted more than twice in thirty days.")


def test_what_is_due_on_receipt_gets_the_policys_days_and_passes_over_what_came_too_early() -> None:
    found = calendar(replace(DEFAULT, due_on_receipt_days=1), SUNDAY, 0, "US")

    assert found.entries[1].what == "The invoice, due on receipt, counts as due."
    assert found.entries[2].step == "before-due"
    assert found.entries[2].why == "Not on Friday 20 November: the invoice was issued after it."
    assert found.passed_over == ("just-due",)


def test_a_step_that_repeats_is_shown_three_times() -> None:
    call = Step("call", 10, "call_script", Channel.CALL, after=After.CONTACT, repeat=True)
    entries = calendar(replace(DEFAULT, steps=(DEFAULT.steps[2], call)), SUNDAY, 30, "US").entries

    assert [(entry.on.isoformat(), entry.step) for entry in entries[3:]] == [
        ("2027-01-08", "call"),
        ("2027-01-19", "call"),
        ("2027-01-29", "call"),
    ]
    assert entries[4].why == "Not on Monday 18 January: that is no business day."
    assert entries[-1].what.endswith("And so on every 10 days, as long as it is open.")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 9), st.integers(1, 3), st.integers(0, 90), st.integers(0, 400))
def test_no_day_of_it_breaks_the_manners(gap: int, per_week: int, terms: int, later: int) -> None:
    policy = replace(DEFAULT, gap_days=gap, per_week=per_week)
    found = [one.on for one in calendar(policy, SUNDAY + timedelta(days=later), terms, "US").entries if one.step]

    assert found == sorted(found)
    assert all(is_business_day(day, "US") for day in found)
    assert all((after - before).days > gap for before, after in pairwise(found))
    assert all(sum(0 <= (day - one).days < 7 for one in found) <= per_week for day in found)
