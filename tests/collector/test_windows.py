"""The windows a policy makes, day by day; that they drop nothing is shown with a database in `tests/storage`."""

from dataclasses import replace
from datetime import UTC, date, datetime

from collector.narrowing import windows
from collector.policy import DEFAULT, After, Policy, Step
from storage.due import InPlan, Window

NOON = datetime(2026, 3, 10, 9, 59, tzinfo=UTC)  # everywhere the tenth, but for the islands just east of the date line
LATER = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
CONTACTS = Policy(
    (
        Step("first", 5, "first_reminder"),
        Step("second", 12, "second_reminder", again=True),
        Step("call", 9, "call_script", again=True, after=After.CONTACT),
        Step("on", 6, "last_reminder", again=True, after=After.CONTACT, repeat=True),
    ),
    due_on_receipt_days=10,
)


def march(day: int) -> date:
    return date(2026, 3, day)


def test_each_step_has_a_window_up_to_the_next_and_what_would_make_it_needless() -> None:
    names = tuple(step.name for step in DEFAULT.steps)

    assert windows([DEFAULT], NOON) == (
        Window(march(13), 7, march(9), names),
        Window(march(9), 7, march(3), names[1:]),
        Window(march(3), 7, date(2026, 2, 24), names[2:]),
        Window(date(2026, 2, 24), 7, date(2026, 2, 17), names[3:]),
        Window(date(2026, 2, 17), 7, date(2026, 2, 3), names[4:]),
        Window(date(2026, 2, 3), 7, None, names[5:]),
        InPlan(),
    )


def test_steps_after_a_contact_come_when_it_has_been_quiet_for_the_shortest_of_them() -> None:
    assert windows([CONTACTS], NOON) == (
        Window(march(5), 10, date(2026, 2, 26), ("first", "second", "call", "on")),
        Window(date(2026, 2, 26), 10, None, ("second", "call", "on")),
        Window(march(5), 10, None, ("second", "call", "on"), quiet_since=march(4)),
        InPlan(),
    )


def test_the_first_clock_of_the_world_is_the_one_that_counts() -> None:
    first = windows([DEFAULT], LATER)[0]

    assert isinstance(first, Window)
    assert first.until == march(14)


def test_windows_of_equal_policies_are_asked_once() -> None:
    assert windows([DEFAULT, replace(DEFAULT, gap_days=9)], NOON) == windows([DEFAULT], NOON)
    assert len(windows([DEFAULT, CONTACTS], NOON)) == 9 + 1
    assert windows([], NOON) == ()
