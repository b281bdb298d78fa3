"""The jobs' hours: a night per business and local day, sending only when it is safe, and nobody's trouble another's."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from duewell import jobs
from duewell.clock import FollowingClock
from duewell.config import StepSetting
from duewell.owning import begin_business
from duewell.wiring import House, build
from receivables.records import Answer
from sandbox.faults import Fault
from storage.businesses import business as business_of
from storage.connections import NewConnection, connect
from storage.settings import setting
from tests.conftest import HandClock
from tests.scenarios.playing import Play, connect_platform

NEW_YORK, LONDON, APIA = "America/New_York", "Europe/London", "Pacific/Apia"


def in_zone(play: Play, name: str, zone: str) -> str:
    """A business of its own, with its own time zone and nothing connected."""
    return begin_business(play.house, name, time_zone=zone)


def due(house: House, business: str) -> bool:
    with house.database.read() as tx:
        found = business_of(tx, business)
    assert found is not None
    return jobs.night_is_due(house, found)


def at(zone: str, *moment: int) -> datetime:
    year, month, day, hour, minute = moment
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.fixture
def by_hand(plays: Callable[..., Play]) -> tuple[Play, HandClock]:
    """An installation whose clock is moved by hand, and nothing connected."""
    play, clock = plays("quickbooks", connected=False), HandClock()
    play.house.clock = clock
    return play, clock


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        (NEW_YORK, (2026, 3, 10)),
        (NEW_YORK, (2026, 3, 8)),  # twenty-three hours long
        (NEW_YORK, (2026, 11, 1)),  # twenty-five
        (LONDON, (2026, 3, 29)),
        (LONDON, (2026, 10, 25)),
        (APIA, (2026, 3, 10)),
    ],
)
def test_there_is_one_night_in_every_local_day(
    by_hand: tuple[Play, HandClock], zone: str, day: tuple[int, int, int]
) -> None:
    play, clock = by_hand
    business = in_zone(play, "Ours", zone)
    nights: list[datetime] = []
    clock.at = at(zone, *day, 0, 0)

    ends = clock.at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    while clock.at.astimezone(ZoneInfo(zone)).date() < ends:
        if due(play.house, business):
            nights.append(clock.at)
            jobs.nightly(play.house)
        clock.move(minutes=10)

    assert nights == [at(zone, *day, 4, 10)]
    with play.house.database.read() as tx:
        assert setting(tx, business, "night_done_on") == f"{ends - timedelta(days=1)}"


def test_businesses_have_their_own_nights(by_hand: tuple[Play, HandClock]) -> None:
    play, clock = by_hand
    east, west = in_zone(play, "East", LONDON), in_zone(play, "West", "America/Los_Angeles")
    clock.at = at(LONDON, 2026, 3, 10, 4, 15)

    assert (due(play.house, east), due(play.house, west)) == (True, True)  # in Los Angeles it is still yesterday
    jobs.nightly(play.house)
    assert (due(play.house, east), due(play.house, west)) == (False, False)
    clock.at = at("America/Los_Angeles", 2026, 3, 10, 4, 15)
    assert (due(play.house, east), due(play.house, west)) == (False, True)


def test_a_zone_nobody_knows_is_utc(by_hand: tuple[Play, HandClock]) -> None:
    play, clock = by_hand
    business = in_zone(play, "Nowhere", "Mars/Olympus")

    clock.at = datetime(2026, 3, 10, 4, 9, tzinfo=UTC)
    assert not due(play.house, business)
    clock.move(minutes=1)
    assert due(play.house, business)


def test_a_night_that_was_missed_is_caught_up_and_only_once(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks")
    play.sandbox.book.clear()

    jobs.nightly(play.house)  # it is past noon: the machine was off at four

    assert len(play.invoices("cedar")) == len(play.truth("cedar")["invoices"])
    play.sandbox.book.clear()
    jobs.nightly(play.house)
    assert play.calls("quickbooks") == {}
    play.move(quiet=True, days=1)
    jobs.nightly(play.house)
    assert play.calls("quickbooks")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_two_processes_that_tick_at_once_make_one_night(
    plays: Callable[..., Play], database: str, request: pytest.FixtureRequest
) -> None:
    url = "" if database == "sqlite" else str(request.getfixturevalue("postgres").make_ready())
    play = plays("quickbooks", database=url)
    jobs.nightly(play.house)
    play.move(days=1)
    play.sandbox.book.clear()
    once = _calls_of_a_night(play)
    play.move(days=1)
    play.sandbox.book.clear()

    children = [_night_in_a_child(play) for _ in range(3)]

    assert {os.waitpid(child, 0)[1] for child in children} == {0}
    assert _without_tokens(play) == once
    play.expect_truth()


def _calls_of_a_night(play: Play) -> dict[str, int]:
    jobs.nightly(play.house)
    return _without_tokens(play)


def _without_tokens(play: Play) -> dict[str, int]:
    return {route: number for route, number in play.calls("quickbooks").items() if "token" not in route}


def _night_in_a_child(play: Play) -> int:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            jobs.nightly(build(play.house.settings))
            code = 0
        finally:
            os._exit(code)
    return child


def test_a_night_in_trouble_is_tried_again_within_the_day(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks", "xero")
    jobs.nightly(play.house)
    play.move(days=1)
    play.sandbox.book.add(Fault("quickbooks", "429_silent", path="/v3/", times=1))

    jobs.nightly(play.house)
    read = play.connected("brightwater").last_pull_at
    assert play.connected("cedar").trouble
    play.move(quiet=True, hours=2)
    jobs.nightly(play.house)

    assert not play.connected("cedar").trouble
    play.expect_truth()
    assert play.connected("brightwater").last_pull_at == read, "whose night went well is left in peace"


def test_a_first_plan_that_fails_does_not_end_the_reading(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks")
    no_such_letter = StepSetting(name="poem", days=3, letter="poem")
    play.house.settings = play.house.settings.model_copy(update={"steps": [no_such_letter]})

    with capture_logs() as logged:
        told = play.sync("cedar")["cedar"]

    assert not told.trouble
    assert "first plan not made" in [one["event"] for one in logged]
    play.expect_truth()


def test_one_business_in_trouble_spares_the_others(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks", connected=False)
    broken = in_zone(play, "Broken", NEW_YORK)
    with play.house.database.write() as tx:
        fresh = NewConnection("no-such-platform", "x", "g-gone", label="Odd")
        connect(tx, broken, fresh, now=play.house.clock.now())
    connect_platform(play, "quickbooks")

    jobs.nightly(play.house)
    jobs.collect(play.house)
    jobs.follow_up_job(play.house)

    assert len(play.invoices("cedar")) == len(play.truth("cedar")["invoices"])


def test_the_company_is_read_again_on_mondays(plays: Callable[..., Play]) -> None:
    play = plays("xero")
    jobs.nightly(play.house)
    play.act("reminders", "brightwater", enabled=True)
    days: list[int] = []

    for _ in range(7):
        play.move(quiet=True, days=1)
        jobs.nightly(play.house)
        company = play.connected("brightwater").company
        assert company is not None
        if company.own_reminders is Answer.YES:
            days.append(play.house.clock.now().astimezone(ZoneInfo(LONDON)).weekday())

    assert days[0] == 0, "not before Monday"
    assert len(days) == 2, "the first day of the play is a Tuesday"


def test_the_scheduler_runs_every_job_at_start_and_holds_nothing(plays: Callable[..., Play]) -> None:
    play = plays("quickbooks")
    assert isinstance(play.house.clock, FollowingClock)
    scheduler = jobs.schedule(play.house)
    scheduler.start(paused=True)
    told = {job.id: (job.trigger.interval, job.coalesce, job.misfire_grace_time) for job in scheduler.get_jobs()}
    assert told == {name: (every, True, None) for name, (_, every) in jobs.JOBS.items()}
    scheduler.resume()
    for _ in range(200):
        if play.connected("cedar").last_agreed_at is not None:
            break
        play.house.clock.sleep(0.05)
    scheduler.shutdown(wait=True)
    assert play.connected("cedar").last_agreed_at is not None
    play.expect_truth()
