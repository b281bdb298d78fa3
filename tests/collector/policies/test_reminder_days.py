"""The platform's present reminder days, read from what people type, and the policy proposed from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.policies.check import check
from collector.policies.fields import Known
from collector.policies.file import write
from collector.policies.layers import build, merge, whole
from collector.policies.reminder_days import BadDays, days_in, proposed, stored
from collector.policy import DEFAULT, Tone

BASE = whole(DEFAULT)
LETTERS = Known(frozenset({"before_due", "just_due", "first_reminder", "second_reminder", "last_reminder"}))


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("", ()),
        (" , ", ()),
        ("-3, 7, 14", (-3, 7, 14)),
        ("14;7\n7", (7, 14)),
        ("3 days before, on the due date and 7 days after", (-3, 0, 7)),
        ("1 day before due, 21 days after the due date", (-1, 21)),
        ("+7, \u22123", (-3, 7)),
        ("0", (0,)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    assert days_in(text) == days


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weekly", "'weekly' is no day; write the days from the due date with commas between them"),
        ("7.5", "'7.5' is no day"),
        ("400", "'400' is too far from the due date"),
        ("-61", "'-61' is too far from the due date"),
        (",".join(map(str, range(13))), "more than 12 reminder days"),
    ],
)
def test_what_is_no_day_is_told(text: str, said: str) -> None:
    with pytest.raises(BadDays) as refused:
        days_in(text)
    assert str(refused.value).startswith(said)


def test_what_is_kept_is_read_as_the_same() -> None:
    assert stored((-3, 7)) == "-3,7"
    assert days_in(stored((-3, 7))) == (-3, 7)


@pytest.mark.parametrize(
    ("days", "steps"),
    [
        ((7,), ["first-reminder 7"]),
        ((7, 14), ["first-reminder 7", "second-reminder 14"]),
        ((1, 7, 14), ["just-due 1", "first-reminder 7", "second-reminder 14"]),
        ((-7, -3, 0), ["before-due-2 -7", "before-due -3", "first-reminder 0"]),
        (
            (1, 7, 14, 21, 35),
            ["just-due 1", "first-reminder 7", "second-reminder 14", "second-reminder-2 21", "last-reminder 35"],
        ),
    ],
)
def test_the_proposal_writes_on_the_same_days(days: tuple[int, ...], steps: list[str]) -> None:
    policy = build(merge(BASE, proposed(days, BASE)))

    assert [f"{step.name} {step.days}" for step in policy.steps] == steps
    assert policy.gap_days == DEFAULT.gap_days


@given(st.sets(st.integers(-60, 365), min_size=1, max_size=12))
def test_every_proposal_can_be_accepted_as_it_is(days: set[int]) -> None:
    ordered = tuple(sorted(days))
    checked = check(write(proposed(ordered, BASE)), LETTERS, BASE)

    assert checked.findings == ()
    assert checked.policy is not None
    assert tuple(step.days for step in checked.policy.steps) == ordered
    assert [step.tone for step in checked.policy.steps] == sorted(step.tone for step in checked.policy.steps)
    assert sum(day >= 0 for day in ordered) >= 4 or checked.policy.steps[-1].tone < Tone.FINAL
