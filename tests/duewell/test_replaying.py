"""Replaying a business: which days make sense, how it is begun and kept, and what it asks of the database."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import event, update

from duewell.config import Settings
from duewell.desk.desk import Desk
from duewell.desk.replay import ReplayView, keep, last_replay
from duewell.finding import today_of
from duewell.owning import begin_business
from duewell.replaying import Question, last_days, replay
from duewell.wiring import House, build
from integrations.errors import Refused
from receivables.page import Page
from receivables.records import Company, CustomerKind
from storage import tables
from storage.connections import NewConnection, Role, connect
from storage.pages import save_page
from tests.ready import ready
from tests.storage.amber import customer, invoice


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = build(ready(Settings(data=tmp_path)))
    yield built
    built.close()


@pytest.fixture
def business(house: House) -> str:
    """With forty customers, who owe one invoice each, read for the first time this morning."""
    made, now = begin_business(house, "Amber", time_zone="Europe/London"), house.clock.now()
    company = msgspec.json.encode(Company("c1", "Amber", "GBP", "GB", "Europe/London")).decode()
    due = today_of(house, made) - timedelta(days=40)
    with house.database.write() as tx:
        connect(tx, made, NewConnection("xero", "tenant-1", "g1", "Amber", id="c1", role=Role.BOOKS), now=now)
        tx.execute(update(tables.connection).values(company=company, first_pull_done_at=now, usable_at=now))
        people = [customer(at, kind=CustomerKind.BUSINESS) for at in range(40)]
        owed = [invoice(at, of=at, due_on=due, issued_on=due - timedelta(days=30)) for at in range(40)]
        save_page(tx, made, "c1", Page(records=(*people, *owed)), now=now)
    return made


def statements(house: House, business: str, question: Question) -> int:
    said: list[str] = []

    def hear(*told: object) -> None:
        said.append(str(told[2]))

    event.listen(house.database.engine, "before_cursor_execute", hear)
    replay(house, business, question)
    event.remove(house.database.engine, "before_cursor_execute", hear)
    return len([one for one in said if not re.match("PRAGMA|BEGIN", one)])


def test_the_database_is_asked_as_often_for_many_days_as_for_few(house: House, business: str) -> None:
    today = today_of(house, business)

    few = statements(house, business, Question(today - timedelta(days=5), today))
    many = statements(house, business, last_days(house, business))

    assert few == many < 50


def test_everybody_is_asked_and_the_days_are_marked(house: House, business: str) -> None:
    report = replay(house, business, last_days(house, business))

    assert len(report.run.customers) == 40
    assert report.run.messages > 40
    assert report.run.wrong == ()
    assert report.reconstructed_days
    assert (report.reproduced, report.sent) == (None, 0)


def test_days_that_make_no_sense_are_refused_with_the_way_out(house: House, business: str) -> None:
    today = today_of(house, business)

    with pytest.raises(Refused, match="turn them round"):
        replay(house, business, Question(today, today - timedelta(days=1)))
    with pytest.raises(Refused, match="still to come"):
        replay(house, business, Question(today, today + timedelta(days=1)))
    with pytest.raises(Refused, match=r"more than a year; begin on"):
        replay(house, business, Question(today - timedelta(days=800), today))
    with pytest.raises(Refused, match=r"The other policy has a mistake.*gap_days"):
        replay(house, business, last_days(house, business, "[manners]\ngap_dais = 3\n"))


def test_a_replay_goes_on_behind_the_page_and_is_kept(house: House, business: str) -> None:
    desk = Desk(house, reads=False)
    desk.begin_replay(business, "[manners]\ngap_days = 20\n", by="Robin")
    desk._soon.shutdown(wait=True)

    view = desk.replay(business)

    assert view is not None
    assert (view.state, view.by, view.trouble) == ("done", "Robin", "")
    assert view.report is not None
    assert view.report.difference is not None
    assert view.report.difference.more < 0


def test_one_at_a_time_and_one_that_was_interrupted_is_not_waited_for(house: House, business: str) -> None:
    desk = Desk(house, reads=False)
    now = house.clock.now()
    keep(house, business, ReplayView("running", "Kim", now))
    with pytest.raises(Refused, match="A replay that Kim began is still running"):
        desk.begin_replay(business, "", by="Robin")

    keep(house, business, ReplayView("running", "Kim", now - timedelta(hours=2)))

    view = last_replay(house, business)
    assert view is not None
    assert (view.state, view.trouble) == ("failed", "It was interrupted; begin again.")
    desk.close()
