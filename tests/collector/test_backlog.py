"""The first day: old debts on sensible steps, spread over working days, and nothing that leaves unseen."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from collector.approving import Standing, standing
from collector.backlog import Old, Turn, backlog
from collector.calendar import is_business_day
from collector.decide import decide
from collector.policy import DEFAULT, Policy
from receivables.case import Case
from receivables.records import EmailAddress, InvoiceStatus, Kind, Ref
from receivables.said import Saying
from tests.collector.cases_at_hand import HERSELF, NOW, TODAY, case, contact, invoice, said, usd


def debtor(name: str, *lateness: int, opened: int = 10_000, **changed: object) -> Case:
    """A customer nobody has written to, with invoices so many days late."""
    who = Ref("c1", Kind.CUSTOMER, name)
    head = structs.replace(HERSELF, ref=who, name=name, emails=(EmailAddress(f"{name}@example.com"),))
    owed = tuple(
        structs.replace(invoice(days, opened, id=f"{name}{at}"), customer=who) for at, days in enumerate(lateness)
    )
    whole = replace(case(*owed), debtor=f"c1/{name}", customers=(head,), contacts=())
    return replace(whole, **changed)  # type: ignore[arg-type]


def turns(*cases: Case, cap: int = 200, taken: int = 0, policy: Policy = DEFAULT, since: date = TODAY) -> list[Turn]:
    old = [Old(one, decide(one, policy, NOW), cap) for one in cases]
    return backlog(old, since=since, today=TODAY, country="US", taken=taken)


def names(found: list[Turn]) -> list[str]:
    return [one.case.head.name for one in found]


def test_an_old_invoice_begins_with_a_first_message() -> None:
    (turn,) = turns(debtor("ann", 400, 90, 8))

    assert {one.step for one in turn.invoices} == {"first-reminder"}
    assert [one.days_late for one in turn.invoices] == [400, 90, 8]
    assert not any(DEFAULT.step(one.step).again for one in turn.invoices)


def test_who_has_owed_longest_comes_first_then_who_owes_most() -> None:
    found = turns(debtor("a", 30), debtor("b", 90, opened=5_000), debtor("c", 90, opened=9_000), cap=1)

    assert names(found) == ["c", "b", "a"]
    assert [one.on for one in found] == [TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)]


def test_the_cap_is_spread_over_working_days_and_counts_what_went_today() -> None:
    found = turns(*(debtor(f"d{at}", 60 + at) for at in range(9)), cap=2, taken=1)
    days = Counter(one.on for one in found)

    assert days[TODAY] == 1
    assert date(2026, 3, 14) not in days
    assert date(2026, 3, 15) not in days
    assert max(days.values()) == 2


def test_what_was_never_late_before_the_first_plan_is_no_backlog() -> None:
    assert turns(debtor("ann", 3), since=TODAY - timedelta(days=10)) == []
    assert turns(debtor("ann", -20)) == []
    (turn,) = turns(debtor("ann", 40, 3), since=TODAY - timedelta(days=10))
    assert [one.days_late for one in turn.invoices] == [40]


def test_what_was_written_about_is_no_backlog_any_more() -> None:
    written = debtor("ann", 60)
    spoken = replace(contact("first-reminder", days_ago=1), steps=((written.invoices[0].ref, "first-reminder"),))

    assert turns(replace(written, contacts=(spoken,))) == []


def test_who_cannot_be_written_to_stands_last_with_the_reason() -> None:
    held = debtor("held", 300)
    hold = replace(said(Saying.HOLD), debtor=held.debtor)
    found = turns(replace(held, said=(hold,)), debtor("ann", 20))

    assert names(found) == ["ann", "held"]
    assert found[1].on is None
    assert found[1].invoices[0].step == ""
    assert found[1].invoices[0].reason
    assert found[1].asked == (usd(10_000),)


def test_of_one_customer_a_held_invoice_does_not_keep_the_others() -> None:
    ann = debtor("ann", 60, 50)
    dispute = replace(said(Saying.DISPUTE, invoice=ann.invoices[0].ref), debtor=ann.debtor)
    (turn,) = turns(replace(ann, said=(dispute,)))

    assert turn.on == TODAY
    assert [bool(one.step) for one in turn.invoices] == [False, True]
    assert turn.asked == (usd(10_000),)


def test_at_night_and_at_weekends_the_turn_is_the_next_working_day() -> None:
    saturday = NOW + timedelta(days=4)
    one = debtor("ann", 60)
    fresh = replace(one, synced_at=saturday)
    old = Old(fresh, decide(fresh, DEFAULT, saturday), 5)
    (turn,) = backlog([old], since=TODAY, today=saturday.date(), country="US")

    assert turn.on == date(2026, 3, 16)


def test_who_was_refused_today_comes_tomorrow() -> None:
    one = debtor("ann", 60)
    (turn,) = backlog([Old(one, decide(one, DEFAULT, NOW), 5, today=False)], since=TODAY, today=TODAY, country="US")

    assert turn.on == TODAY + timedelta(days=1)


def test_what_asks_for_nothing_or_is_never_chased_is_not_in_the_list() -> None:
    ann, off = debtor("ann", 60), debtor("off", 60)
    never = replace(said(Saying.NEVER_CHASE), debtor=ann.debtor)
    written_off = structs.replace(off.invoices[0], status=InvoiceStatus.UNCOLLECTIBLE)

    assert turns(replace(ann, said=(never,)), replace(off, invoices=(written_off,))) == []


def test_lateness_counts_from_the_day_the_policy_gives() -> None:
    one = debtor("ann", 60)
    later = {one.invoices[0].ref: TODAY - timedelta(days=20)}
    old = Old(one, decide(one, DEFAULT, NOW), 5, due=later)
    (turn,) = backlog([old], since=TODAY, today=TODAY, country="US")

    assert turn.days_late == 20
    assert backlog([old], since=TODAY - timedelta(days=20), today=TODAY, country="US") == []


def test_with_a_cap_of_none_nobody_has_a_day() -> None:
    assert [one.on for one in turns(debtor("ann", 60), cap=0)] == [None]


def test_nothing_of_it_leaves_unseen_even_where_a_business_runs_by_itself() -> None:
    for lateness in (8, 30, 400):
        decision = decide(debtor("ann", lateness), DEFAULT, NOW)
        assert standing(decision, None, automatic=True) is Standing.WAITS


@given(st.lists(st.tuples(st.integers(1, 900), st.integers(500, 90_000)), max_size=25), st.integers(1, 4))
def test_every_day_is_a_working_day_within_the_cap(owed: list[tuple[int, int]], cap: int) -> None:
    found = turns(*(debtor(f"d{at}", days, opened=opened) for at, (days, opened) in enumerate(owed)), cap=cap)
    placed = [one.on for one in found if one.on]

    assert len(found) == len(owed)
    assert placed == sorted(placed)
    assert all(is_business_day(day, "US") for day in placed)
    assert max(Counter(placed).values(), default=0) <= cap
