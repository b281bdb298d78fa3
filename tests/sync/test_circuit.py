"""A connection in trouble: told once, asked less and less, parked until its hour, well once; and the first plan."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from duewell import jobs
from duewell.businesses import resting
from duewell.running import make_plan, send_plan
from duewell.showing.overview import connections
from integrations.contract import Books
from integrations.errors import TryLater
from receivables.page import Cursor, Page
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.xero.metering import DAY, RULES
from storage.meters import Reading, add_reading
from sync.pull import pull
from tests.scenarios.playing import Play, settle_in

Plays = Callable[..., Play]
WORDS = ("connection in trouble", "connection works again")


@pytest.fixture
def plays(sandboxes: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Plays]:
    begun: list[Play] = []

    def begin(slug: str, **setup: object) -> Play:
        size = {"invoices": 20, "customers": 5, **setup}
        begun.append(settle_in(sandboxes(platforms=(slug,), **size), tmp_path / str(len(begun))))
        return begun[-1]

    yield begin
    for play in begun:
        play.house.close()


def asked(play: Play, slug: str) -> int:
    return sum(play.calls(slug).values())


def test_trouble_that_lasts_is_asked_less_and_less_and_told_once(plays: Plays) -> None:
    play = plays("stripe")
    play.sandbox.book.add(Fault("stripe", "503", times=10_000))
    rests: list[float] = []
    with capture_logs() as told:
        assert play.sync()["northwind"].trouble
        assert not resting(play.house, play.connected("northwind")), "the first minute may be tried again at once"
        for _ in range(7):
            play.move(quiet=True, seconds=max(61.0, *rests, 0.0) + 1)
            assert play.sync()["northwind"].trouble
            until = play.connected("northwind").parked_until
            assert until is not None
            rests.append((until - play.house.clock.now()).total_seconds())
        play.sandbox.book.clear()
        jobs.nightly(play.house)
        assert asked(play, "stripe") == 0, "it rests"
        assert not play.sync()["northwind"].trouble, "but a person may try"
        play.sync()

    assert 59 < rests[0] < 130
    assert all(later > earlier * 1.5 for earlier, later in pairwise(rests[:5]))
    assert rests[-1] == pytest.approx(1800, abs=5)
    assert [one["event"] for one in told if one["event"] in WORDS] == list(WORDS)
    assert "HTTP 503" in next(one["why"] for one in told if one["event"] == WORDS[0])
    play.expect_truth()


def test_what_needs_a_person_says_so_however_long_it_lasts(plays: Plays) -> None:
    play = plays("quickbooks")
    play.sync()
    play.act("disconnect", "cedar")
    for _ in range(3):
        play.move(quiet=True, minutes=40)
        assert play.sync()["cedar"].trouble

    (shown,) = connections(play.house, play.business)
    assert shown.needs_reconnect
    assert shown.trouble.startswith("Please connect again")
    play.sandbox.book.clear()
    jobs.nightly(play.house)
    assert asked(play, "quickbooks") == 0


def test_a_day_that_is_used_up_parks_until_its_hour_and_the_page_says_so(plays: Plays) -> None:
    play = plays("xero")
    play.sync()
    tenant = play.connected("brightwater").external_id
    play.sandbox.world.limits.enforced.add("xero")
    now = play.sandbox.clock.now()
    play.sandbox.world.limits.use_up("xero", next(rule for rule in RULES if rule.name == DAY), _key(play, tenant), now)
    play.move(quiet=True, minutes=2)
    play.sandbox.book.clear()

    assert play.sync("brightwater")["brightwater"].trouble
    first = asked(play, "xero")
    assert play.sync("brightwater")["brightwater"].trouble.startswith("parked")

    assert asked(play, "xero") == first, "nobody asks again before the hour"
    shown = next(one for one in connections(play.house, play.business) if one.label == "Brightwater Studio")
    assert shown.parked_until is not None
    assert shown.parked_until > play.house.clock.now() + timedelta(minutes=30)
    assert shown.trouble
    assert not play.sync("harbour")["harbour"].trouble, "another tenant has its own day"


def _key(play: Play, tenant: str) -> str:
    """How the sandbox names the tenant's own window: as it was counted."""
    most: dict[str, int] = play.sandbox.world.limits.counts()["xero"]["most"]["day"]
    return next(key for key in most if tenant in key)


def test_a_months_calls_that_are_used_up_are_known_before_one_is_made(plays: Plays) -> None:
    play = plays("quickbooks")
    connected = play.connected("cedar")
    with play.house.database.write() as tx:
        today = play.house.clock.now().date()
        add_reading(tx, play.business, Reading(connected.id, today, calls=500_000))
    play.sandbox.book.clear()

    told = play.sync()["cedar"]

    assert "500,000 calls (month)" in told.trouble
    assert not [route for route in play.calls("quickbooks") if "/v3/" in route]
    until = play.connected("cedar").parked_until
    assert until is not None
    assert (until.month, until.day) == (4, 1)


@dataclass
class EndsWhenUsable:
    """Books whose line goes right after the page with which everything open is known."""

    books: Books

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        for page in self.books.changes(since):
            yield page
            if page.usable:
                raise TryLater("the line went", after=1)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.books, name)


@pytest.mark.parametrize("slug", ["quickbooks", "xero", "stripe"])
def test_a_first_plan_is_made_while_the_past_is_still_being_read_but_nothing_is_sent(plays: Plays, slug: str) -> None:
    play = plays(slug, invoices=60, customers=12)
    key = play.connected_keys()[0]
    with play.house.source(play.connected(key)) as plain, pytest.raises(TryLater):
        pull(replace(plain, books=EndsWhenUsable(plain.books)))

    known = play.connected(key)
    assert known.usable_at is not None
    assert known.first_pull_done_at is None
    owing = {id for id, told in play.truth(key)["invoices"].items() if told["open"] and told["status"] == "open"}
    planned = {verdict.invoice.id for one in make_plan(play.house, play.business) for verdict in one.decision.verdicts}
    assert owing <= planned
    assert {outcome.state for _, outcome in send_plan(play.house, play.business, by="Robin")} <= {"unread"}
    assert play.sandbox.mailbox.mails() == []

    play.move(quiet=True, minutes=10)
    assert not [one.trouble for one in play.sync().values() if one.trouble]
    play.expect_truth()
    assert play.connected(key).usable_at == known.usable_at
