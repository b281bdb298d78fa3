"""Every mistake that shows only beside the rest, told at once, at its line, with how to mend it."""

from dataclasses import replace

import pytest

from collector.policies.check import Checked, check, check_customer
from collector.policies.fields import Known, Used
from collector.policies.file import Weight
from collector.policies.layers import Layer, merge, whole
from collector.policy import DEFAULT, Channel, Tone

LETTERS = frozenset({"before_due", "just_due", "first_reminder", "second_reminder", "last_reminder", "call_script"})
KNOWN = Known(LETTERS)
BASE = whole(DEFAULT)
USED = Known(LETTERS, used={step.name: Used(step, 1200) for step in DEFAULT.steps})


def step(name: str, *lines: str, table: str = "steps") -> str:
    return "\n".join([f"[[{table}]]", f'name = "{name}"', *lines, ""])


def told(checked: Checked, weight: Weight = Weight.MISTAKE) -> list[str]:
    return [str(found) for found in checked.findings if found.weight is weight]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            step("invoice-again", 'letter = "just_due"'),
            "Line 3: “invoice-again” is mailed by the platform in its standard text, one invoice only, so letter ",
        ),
        (step("invoice-again", 'tone = "firm"'), "Line 3: “invoice-again” is mailed by the platform in its standard"),
        (step("invoice-again", 'to = "primary"'), 'so to has no effect. Remove to, or choose channel = "mail".'),
        (
            step("just-due", 'channel = "sms"', 'to = "escalation"'),
            'Line 4: “just-due” is a text message, so to has no effect. Remove to, or choose channel = "mail".',
        ),
        (
            step("just-due", 'channel = "letter"', 'attach = "invoice"'),
            "Line 4: “just-due” is a printed letter, so attach has no effect. Remove attach, or choose channel =",
        ),
        (
            step("invoice-again", 'attach = "nothing"'),
            "Line 3: “invoice-again” is mailed by the platform in its standard",
        ),
        (
            step("just-due", 'attach = "all"'),
            "attach is “all”, which is none of those there are. Known are nothing, invoice, everything.",
        ),
        (step("just-due", 'channel = "platform"', 'letter = "just_due"'), "Line 4: “just-due” is mailed by the platf"),
        (step("fresh"), "Line 2: The new step “fresh” does not say its days and letter. Add days = 7 and letter ="),
        (step("fresh", "days = 3"), "The new step “fresh” does not say its letter."),
        (step("fresh", 'channel = "platform"'), "The new step “fresh” does not say its days. Add days = 7. To change"),
        (
            step("befor-due", "off = true"),
            "“befor-due” is to be left out, but there is no such step. Did you mean “bef",
        ),
        (step("x", "off = true"), "but there is no such step. There are before-due, just-due, first-reminder,"),
        (
            step("second-reminder", "again = false"),
            "Line 3: The letter “second_reminder” speaks of earlier messages, but “second-reminder” may be",
        ),
        (step("just-due", 'letter = "last_reminder"'), "Line 3: The letter “last_reminder” speaks of earlier messages"),
        (step("just-due", "days = 7"), "Line 3: “just-due” and “first-reminder” are both 7 days after the due date."),
        (step("new", "days = -3", 'letter = "before_due"'), "“before-due” and “new” are both 3 days before the due"),
        (step("second-reminder", "days = 14"), "Line 3: “invoice-again” and “second-reminder” are both 14 days after"),
        (
            step("last-reminder") + step("just-due"),
            "Line 3: “just-due” (1 day after the due date) comes after “last-reminder” (35 days after the due",
        ),
        (
            step("call", "days = 5", 'after = "contact"', 'letter = "call_script"') + step("just-due", "days = 2"),
            "“just-due” (2 days after the due date) comes after “call” (5 days after the previous contact) here.",
        ),
        (
            step("call", "days = 0", 'after = "contact"', 'letter = "call_script"'),
            "Line 3: “call” would come 0 days after the previous contact. Leave at least one day between them",
        ),
        (
            step("just-due", "repeat = true"),
            "Line 3: “just-due” is to repeat, but “last-reminder” comes after it, and only the last step repeats.",
        ),
        (
            step("last-reminder", "repeat = true"),
            "Line 3: “last-reminder” repeats, so its days must count from the pre",
        ),
        ("".join(step(one.name, "off = true") for one in DEFAULT.steps), "No step is left, so nobody would ever be"),
        (
            "".join(step(one.name, "off = true") for one in DEFAULT.steps[:4]),
            "“second-reminder” is the first step, but speaks of earlier messages that nobody has sent.",
        ),
        (
            step("early", "days = -20", 'letter = "before_due"', "again = true"),
            "Line 5: “early” is the first step, but speaks of earlier messages that nobody has sent.",
        ),
        (
            "".join(step(one.name, "off = true") for one in DEFAULT.steps)
            + step("call", "days = 5", 'after = "contact"', 'letter = "call_script"'),
            "“call” is the first step, and counts from a previous contact that there cannot be.",
        ),
        ('[manners]\nopens_at = "17:00"', "Line 2: Messages would go from 17:00 until 17:00, which never comes."),
        (
            '[manners]\ncloses_at = "08:00"\ngap_days = 1',
            "Line 2: Messages would go from 09:00 until 08:00, which never",
        ),
        (
            step("rich", "balance_from = 100", "balance_below = 100", table="segments"),
            "Line 4: The segment “rich” can never match: no balance is 100 or more and below 100.",
        ),
        (
            step("poor", "balance_below = 0", table="segments"),
            "Line 3: The segment “poor” can never match: nobody who owes something owes less than nothing.",
        ),
        (
            '[manners]\nnever_chase_tags = ["Staff"]\n' + step("staff", 'tags = ["staff"]', table="segments"),
            "Line 5: The segment “staff” can never match anybody who is written to: its tags are ",
        ),
        (
            step("late", 'countries = ["DE"]', "[segments.manners]", "daily_cap = 3", table="segments"),
            "Line 5: daily_cap counts the messages of the whole business, so it cannot differ for one segment.",
        ),
        (
            step("late", 'countries = ["DE"]', "[segments.manners]", 'opens_at = "18:00"', table="segments"),
            "Line 5: Messages would go from 18:00 until 17:00",
        ),
        (
            step("late", 'countries = ["DE"]', "[[segments.steps]]", 'name = "new"', table="segments"),
            "Line 5: The new step “new” does not say its days and letter.",
        ),
        (
            step("early", 'countries = ["DE"]', "[segments.manners]", 'closes_at = "12:00"', table="segments")
            + step("late", 'kinds = ["consumer"]', "[segments.manners]", 'opens_at = "13:00"', table="segments"),
            "Line 6: The segments “early” and “late” make no policy for who belongs to both (the send window must",
        ),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    checked = check(text, KNOWN, BASE)

    assert not checked.good
    assert checked.merged is None
    assert any(said in one for one in told(checked)), told(checked)
    assert all(found.remedy.endswith((".", "?", "7")) for found in checked.findings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            step("just-due", "off = true", "days = 4"),
            "Line 3: “just-due” is left out, so the rest of what is said of it",
        ),
        (
            '[manners]\nopens_at = "16:30"',
            "Messages go from 16:30 until 17:00, less than an hour, and they are sent once",
        ),
        ("[manners]\nper_month = 1", "Line 2: per_month (1) is less than per_week (2), so per_week never counts."),
        (step("just-due", 'tone = "firm"'), "“first-reminder” is neutral, after “just-due” was firm. A ladder usually"),
        (step("last-reminder", 'tone = "neutral"'), "Line 3: “last-reminder” is neutral, after “second-reminder” was"),
        (
            '[manners]\ntone_ceiling = "firm"\n' + step("last-reminder", 'tone = "final"'),
            "Line 5: “last-reminder” is final, but nothing here speaks above firm.",
        ),
        (
            step("all", "[segments.manners]", "gap_days = 9", table="segments"),
            "“all” has no condition, so it holds for",
        ),
        (step("none", 'tags = ["x"]', table="segments"), "Line 1: The segment “none” changes nothing."),
    ],
)
def test_what_should_be_looked_at_may_hold_all_the_same(text: str, said: str) -> None:
    checked = check(text, KNOWN, BASE)

    assert checked.good
    assert any(said in one for one in told(checked, Weight.WARNING)), told(checked, Weight.WARNING)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        '[manners]\nopens_at = "16:00"\nper_week = 6\nper_month = 6\ntone_ceiling = "final"\n',
        '[manners]\ntone_ceiling = "firm"\n',
        step("just-due", "days = 2"),
        step("fresh", "days = 10", 'channel = "platform"'),
        step("invoice-again", "off = true"),
        step("call", "days = 5", 'after = "contact"', 'letter = "call_script"', 'channel = "call"', "repeat = true"),
        step(
            "big",
            "balance_from = 100",
            "balance_below = 100.01",
            "[segments.manners]",
            "gap_days = 9",
            table="segments",
        ),
        '[manners]\nnever_chase_tags = ["staff"]\n'
        + step("s", 'tags = ["staff", "vip"]', "[segments.manners]", "gap_days = 9", table="segments"),
    ],
)
def test_what_is_fine_is_not_spoken_of(text: str) -> None:
    assert check(text, KNOWN, BASE).findings == ()


def test_all_of_them_at_once_in_the_order_of_their_lines() -> None:
    text = '[manners]\nopens_at = "18:00"\ngap_day = 1\n' + step("a") + step("invoice-again", 'tone = "firm"')
    text += step("first-reminder", "days = 1") + step("first-remindr", "off = true")
    checked = check(text, KNOWN, BASE)

    assert [found.line for found in checked.findings] == [2, 3, 5, 8, 11, 11, 13]


def test_what_is_wrong_below_is_told_there_once_and_not_again_for_each_segment() -> None:
    text = step("just-due", "days = 7") + step(
        "s", 'tags = ["x"]', "[[segments.steps]]", 'name = "last-reminder"', table="segments"
    )

    assert len(check(text, KNOWN, BASE).findings) == 1


def test_a_customers_layer_has_no_segments_and_no_daily_cap() -> None:
    text = "[manners]\ndaily_cap = 1\n" + step("s", 'tags = ["x"]', table="segments")
    checked = check_customer(text, KNOWN, BASE)

    assert [found.line for found in checked.findings] == [2, 3]
    fine = check_customer("[manners]\ngap_days = 9\n", KNOWN, BASE)
    assert fine.good
    assert fine.layer == Layer({"gap_days": 9})


def test_what_differs_for_a_customer_must_still_fit() -> None:
    theirs = {"Ann's Bakery": Layer({"closes_at": DEFAULT.opens_at.replace(hour=10)})}

    assert check('[manners]\nopens_at = "09:30"\n', KNOWN, BASE, customers=theirs).good
    checked = check('[manners]\nopens_at = "11:00"\n', KNOWN, BASE, customers=theirs)
    (said,) = told(checked)
    assert said.startswith("With what differs for Ann's Bakery it makes no policy (the send window must open before")
    assert said.endswith("Change that customer's own policy first, or mend this one.")


def test_a_name_that_was_used_and_is_gone_is_told() -> None:
    below = whole(replace(DEFAULT, steps=DEFAULT.steps[1:]))
    checked = check("", USED, below)

    assert checked.good
    (said,) = told(checked, Weight.WARNING)
    assert said.startswith("“before-due” was done for 1,200 invoices and is no longer in the policy.")
    assert said.endswith("They go on at the first step that is left; never give this name to another step.")


def test_leaving_out_a_step_that_was_used_is_told_when_it_is_left_out_and_not_ever_after() -> None:
    text = step("before-due", "off = true")
    checked = check(text, USED, BASE)

    assert [found.line for found in checked.warnings] == [1]
    assert "is no longer in the policy" in checked.warnings[0].what
    assert check("", USED, merge(BASE, checked.layer)).findings == ()


@pytest.mark.parametrize(
    "heir",
    [("days = -3", 'letter = "just_due"'), ("days = -9", 'letter = "before_due"')],
)
def test_a_renaming_is_recognised_by_the_day_or_the_letter(heir: tuple[str, ...]) -> None:
    checked = check(step("early-word", *heir) + step("before-due", "off = true"), USED, BASE)

    (said,) = [str(found) for found in checked.warnings if "renamed" in found.what]
    assert said.startswith("Line 2: “before-due” looks as if it were renamed to “early-word”, but was done for 1,200")
    assert said.endswith("Keep the name “before-due”: under a new one they would get the same message again.")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (('channel = "letter"',), "(channel)"),
        (('letter = "first_reminder"', "days = -9"), "(letter, days)"),
        (("days = -9",), "(days)"),
    ],
)
def test_a_name_that_comes_to_mean_something_else_is_told(changes: tuple[str, ...], said: str) -> None:
    warnings = check(step("just-due", *changes), USED, BASE).warnings

    assert any(found.line == 3 and f"now means something else {said}." in found.what for found in warnings)


def test_another_day_or_tone_is_still_the_same_step() -> None:
    assert check(step("just-due", "days = 2", 'tone = "friendly"'), USED, BASE).findings == ()


def test_a_copy_needs_somebody_who_is_noted() -> None:
    copied = step("last-reminder", 'to = "escalation"')
    nobody, somebody = replace(KNOWN, escalation=False), replace(KNOWN, escalation=True)

    (said,) = told(check(copied, nobody, BASE), Weight.WARNING)
    assert said.startswith(
        "Line 3: “last-reminder” copies the escalation contact, and none is noted yet, so it goes with"
    )
    assert "by `duewell note CUSTOMER --what contact-person --is escalation --address ADDRESS`." in said
    assert len(told(check_customer(copied, nobody, BASE), Weight.WARNING)) == 1
    assert check(step("last-reminder", 'channel = "mail"', 'to = "escalation"'), nobody, BASE).warnings != ()
    assert check(copied, somebody, BASE).findings == ()
    assert check(copied, KNOWN, BASE).findings == ()
    assert check(step("last-reminder", 'to = "primary"'), nobody, BASE).findings == ()


def test_what_was_never_used_may_go_and_change_in_silence() -> None:
    unused = Known(LETTERS, used={step.name: Used(step, 0) for step in DEFAULT.steps})

    assert check(step("before-due", "off = true"), unused, BASE).findings == ()
    assert check(step("just-due", 'channel = "letter"'), unused, BASE).findings == ()
    assert check("", Known(LETTERS, used={"long-gone": Used(None, 3)}), BASE).warnings[0].line == 0


def test_a_step_that_is_off_below_does_not_come_back_unasked() -> None:
    below = merge(BASE, Layer(steps=({"name": "just-due", "off": True},)))

    assert (
        "Write off = false to bring it back."
        in told(check(step("just-due", "days = 2"), KNOWN, below), Weight.WARNING)[0]
    )
    back = check(step("just-due", "days = 2", "off = false"), KNOWN, below)
    assert back.findings == ()
    assert back.policy is not None
    assert (back.policy.step("just-due").days, back.policy.step("just-due").tone) == (2, Tone.FRIENDLY)
    assert back.policy.step("invoice-again").channel is Channel.PLATFORM


def test_the_plans_of_a_policy_are_checked_beside_the_rest() -> None:
    late = check("[plans]\nremind_after = 9\n", KNOWN, BASE)
    taken = check(step("part-due", "days = 3", 'letter = "just_due"'), KNOWN, BASE)

    (warning,) = late.warnings
    assert str(warning).startswith("Line 2: remind_after (9) is more than cure_days (7), so the plan is broken before")
    assert late.good
    assert str(taken.mistakes[0]).startswith("Line 2: “part-due” is the name of a reminder of a part of a plan")
    assert not taken.good
