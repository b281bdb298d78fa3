"""Turns at a platform's door: no limit is run into that could have been foreseen, and connections share fairly."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from integrations.budget import Budgets, endpoint_of
from integrations.contract import Limit, Per, Wire
from integrations.errors import TryLater
from tests.conftest import NOON, HandClock

MINUTE = Limit("minute", 60, 60.0, remaining="x-left")
SECOND = Limit("second", 10, 1.0, share=1.0)
AT_ONCE = Limit("concurrent", 2)
DAY = Limit("day", 100, 86_400.0, remaining="x-day-left")
APP = Limit("app", 3, 60.0, per=Per.APP)
ENDPOINT = Limit("endpoint", 10, 1.0, per=Per.ENDPOINT, share=1.0)


def spend(budgets: Budgets, limits: list[Limit], calls: int = 1, *, company: str = "c", path: str = "/v1/x") -> None:
    budget = budgets.of("app", company, limits)
    for _ in range(calls):
        with budget.turn(path):
            pass


def seconds(clock: HandClock, since: datetime = NOON) -> float:
    return (clock.at - since).total_seconds()


def test_a_minute_of_calls_goes_at_once_and_the_next_waits_for_the_window(clock: HandClock) -> None:
    budgets = Budgets(clock)

    spend(budgets, [MINUTE], 60)
    assert seconds(clock) == 0
    spend(budgets, [MINUTE])

    assert seconds(clock) == 60


def test_calls_within_seconds_are_spread_evenly(clock: HandClock) -> None:
    spend(Budgets(clock), [SECOND], 21)

    assert seconds(clock) == pytest.approx(2.0, abs=0.001)


def test_every_endpoint_has_its_own_pace(clock: HandClock) -> None:
    budgets = Budgets(clock)

    for path in ("/v1/invoices", "/v1/invoices/in_1", "/v1/customers?limit=100"):
        spend(budgets, [ENDPOINT], path=path)

    assert seconds(clock) == pytest.approx(0.1)
    assert endpoint_of("/v1/invoices/in_1/send") == endpoint_of("/v1/invoices?limit=1") == "/v1/invoices"


def test_two_companies_do_not_wait_for_each_other(clock: HandClock) -> None:
    budgets = Budgets(clock)

    spend(budgets, [MINUTE], 60, company="one")
    spend(budgets, [MINUTE], 60, company="other")

    assert seconds(clock) == 0


def test_two_connections_to_one_company_share_its_limit(clock: HandClock) -> None:
    budgets = Budgets(clock)

    spend(budgets, [MINUTE], 60)
    spend(budgets, [MINUTE])

    assert seconds(clock) == 60


def test_the_platforms_own_count_is_believed_when_others_call_too(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [MINUTE])

    with budget.turn() as turn:
        turn.answered(200, {"X-Left": "1"})
    with budget.turn():
        assert seconds(clock) == 0
    with budget.turn():
        assert seconds(clock) == 60


def test_a_day_that_is_used_up_is_not_waited_for(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [DAY])

    with budget.turn() as turn:
        turn.answered(200, {"X-Day-Left": "0"})
    with pytest.raises(TryLater, match=r"100 calls \(day\)") as caught, budget.turn():
        pass

    assert caught.value.after == pytest.approx(86_400)
    assert clock.slept == []
    clock.move(hours=24)
    with budget.turn():
        pass


def test_a_day_ends_a_day_after_its_first_call_not_after_its_last(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [DAY])

    for left in ("2", "1", "0"):
        with budget.turn() as turn:
            turn.answered(200, {"X-Day-Left": left})
        clock.move(hours=1)
    with pytest.raises(TryLater) as caught, budget.turn():
        pass

    assert caught.value.after == pytest.approx(86_400 - 3 * 3_600)


def test_an_answer_that_was_overtaken_gives_nothing_back(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [DAY])

    with budget.turn() as slow:
        clock.move(seconds=1)
        with budget.turn() as quick:
            quick.answered(200, {"X-Day-Left": "1"})
        clock.move(seconds=1)
        slow.answered(200, {"X-Day-Left": "9"})
    with pytest.raises(TryLater), budget.turn():
        pass


def test_a_new_window_gives_its_calls_at_once(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [DAY])

    for left in ("3", "99", "98"):
        with budget.turn() as turn:
            turn.answered(200, {"X-Day-Left": left})
        clock.move(seconds=1)
    for _ in range(50):
        with budget.turn():
            pass


def test_what_was_spent_before_this_process_began_counts(clock: HandClock) -> None:
    budgets = Budgets(clock)
    budgets.used("app", "c", DAY, calls=99, since=NOON.timestamp() - 3_600)
    budget = budgets.of("app", "c", [DAY])

    with budget.turn():
        pass
    with pytest.raises(TryLater) as caught, budget.turn():
        pass

    assert caught.value.after == pytest.approx(82_800)


def test_a_429_keeps_back_everybody_who_shares_what_ran_out(clock: HandClock) -> None:
    budgets = Budgets(clock)
    limits = [AT_ONCE, MINUTE]

    with budgets.of("app", "c", limits).turn() as turn:
        turn.answered(429, {"Retry-After": "7", "X-Rate-Limit-Problem": "Minute"})
    spend(budgets, limits)

    assert seconds(clock) == 7


def test_a_429_that_says_a_day_parks(clock: HandClock) -> None:
    budget = Budgets(clock).of("app", "c", [MINUTE, DAY])

    with budget.turn() as turn:
        turn.answered(429, {"Retry-After": "66975", "X-Rate-Limit-Problem": "day"})
    with pytest.raises(TryLater) as caught, budget.turn():
        pass

    assert caught.value.after == 66_975


def test_what_asks_for_longer_than_the_queue_is_raised(clock: HandClock) -> None:
    budgets = Budgets(clock, queue=10.0)
    spend(budgets, [MINUTE], 60)

    with pytest.raises(TryLater) as caught:
        spend(budgets, [MINUTE])

    assert caught.value.after == 60


def test_no_more_are_under_way_than_may_be(clock: HandClock) -> None:
    budgets, under_way, most = Budgets(clock), Counter[str](), 0
    lock, gate = threading.Lock(), threading.Barrier(2)

    def call(_: int) -> None:
        nonlocal most
        with budgets.of("app", "c", [AT_ONCE]).turn():
            with lock:
                under_way["c"] += 1
                most = max(most, under_way["c"])
            gate.wait(5)  # two must meet in here, or this breaks
            with lock:
                under_way["c"] -= 1

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(call, range(6)))

    assert most == 2


def test_a_call_that_raised_gives_its_place_back(clock: HandClock) -> None:
    budgets = Budgets(clock)
    for _ in range(5):
        with pytest.raises(TryLater, match="broke"), budgets.of("app", "c", [AT_ONCE]).turn():
            raise TryLater("broke")

    spend(budgets, [AT_ONCE])


class Held(HandClock):
    """Sleeping passes no time: only the test moves the clock."""

    def sleep(self, seconds: float) -> None:
        time.sleep(0.001)


def test_of_connections_that_share_an_app_the_least_served_goes_first() -> None:
    clock, served = Held(), list[str]()
    budgets = Budgets(clock)
    spend(budgets, [APP], 3, company="greedy")

    def call(company: str) -> None:
        with budgets.of("app", company, [APP]).turn():
            served.append(company)

    waiting = [threading.Thread(target=call, args=(name,)) for name in ("greedy",) * 8 + ("modest", "shy")]
    for thread in waiting:
        thread.start()
    while sum(budgets._waiting.values()) < len(waiting):
        time.sleep(0.001)
    clock.move(seconds=60)
    while len(served) < 3:
        time.sleep(0.001)
    first = sorted(served[:3])
    while any(thread.is_alive() for thread in waiting):
        clock.move(seconds=60)
        time.sleep(0.01)

    assert first == ["greedy", "modest", "shy"], "one window's three turns go to three companies"


def test_a_wire_without_a_budget_limits_nothing() -> None:
    from integrations.contract import AppKeys
    from tests.conftest import CountingMeter

    wire = Wire(AppKeys(), HandClock(), CountingMeter())

    with wire.budget.turn("/anything") as turn:
        turn.answered(429, {"Retry-After": "86400"})
    with wire.budget.turn("/anything"):
        pass


def test_a_long_quiet_time_gives_no_burst_beyond_the_limit(clock: HandClock) -> None:
    budgets = Budgets(clock)
    clock.at += timedelta(hours=1)

    spend(budgets, [SECOND], 11)

    assert seconds(clock) - 3600 == pytest.approx(1.0)
