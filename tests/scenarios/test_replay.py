"""Replay: what the engine said live comes out again row by row, whatever has happened since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from collector.replay.told import Report
from duewell import policies
from duewell.automatic import choose_automatic
from duewell.businesses import living
from duewell.finding import today_of
from duewell.recording import end_said, record
from duewell.replaying import Question, last_days, replay
from duewell.running import answer_plan, drain_inbox, make_plan, send_plan
from receivables.records import Invoice
from receivables.said import Said, Saying
from storage import tables
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
STRICTER = """
[manners]
gap_days = 9
minimum = 40

[[steps]]
name = "just-due"
days = 4
letter = "just_due"
"""


@dataclass
class Weeks:
    """Some weeks of a business's life: every day it is read, planned, some messages are sent, and things happen."""

    play: Play
    key: str

    def owing(self) -> list[Invoice]:
        """What is open, in a steady order."""
        return [one for _, one in sorted(self.play.invoices(self.key).items()) if one.owing]

    def day(self, *, by: str = "") -> None:
        """The books are read, a plan is made, what may go goes (with `by`: all of it), later there is another plan."""
        self.play.sync(self.key)
        make_plan(self.play.house, self.play.business)
        self.play.move(minutes=67)
        send_plan(self.play.house, self.play.business, by=by)
        self.play.move(hours=9)
        drain_inbox(self.play.house)
        make_plan(self.play.house, self.play.business)
        self.play.move(hours=13, minutes=53)

    def say(self, kind: Saying, invoice: Invoice, *, days: int) -> str:
        today = today_of(self.play.house, self.play.business)
        debtor = f"{invoice.customer.connection}/{invoice.customer.id}"
        words = Said(debtor, kind, today, today + timedelta(days=days), invoice=invoice.ref)
        return record(self.play.house, self.play.business, words, by="Robin")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # over two books it is asked of both databases
def test_what_was_judged_live_comes_out_again_row_by_row(plays: Plays) -> None:
    play, key = plays(platforms=("quickbooks",), invoices=60, customers=12), "cedar"
    weeks = Weeks(play, key)
    weeks.day()
    answer_plan(play.house, play.business, by="Robin")
    weeks.day()
    first, second, third, fourth = weeks.owing()[:4]
    ended = weeks.say(Saying.HOLD, first, days=30)
    weeks.say(Saying.PROMISE, second, days=3)
    play.act("pay", key, invoice=third.ref.id)
    play.sandbox.mailbox.answers.extend(["451", "drop", "550"])
    weeks.day(by="Robin")
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    end_said(play.house, play.business, ended, by="Kim")
    play.act("change_due", key, invoice=fourth.ref.id, due_on=f"{today_of(play.house, play.business):%Y-%m-%d}")
    play.move(days=3)
    weeks.day()
    weeks.day(by="Robin")
    policies.keep(play.house, play.business, STRICTER, by="Robin")
    play.act("void", key, invoice=weeks.owing()[-1].ref.id)
    for wait in (0, 6):
        play.move(days=wait)
        weeks.day(by="Robin" if wait else "")

    report = replay(play.house, play.business, last_days(play.house, play.business))

    assert report.reproduced is not None
    assert report.reproduced.examples == ()
    assert report.reproduced.strayed == 0
    assert report.reproduced.days >= 7
    assert report.reproduced.verdicts >= 35
    assert report.sent >= 5
    assert report.run.messages > 0
    _before_connecting_is_marked(report, weeks)
    _another_policy_differs(weeks)
    _what_was_changed_by_hand_strays(weeks)


def _before_connecting_is_marked(report: Report, weeks: Weeks) -> None:
    connected_on = min(one.created_at for one in living(weeks.play.house, weeks.play.business)).date()
    assert report.reconstructed_until is not None
    assert report.reconstructed_until <= connected_on
    assert any("reconstructed" in note for note in report.notes)
    assert any("not known whom you wrote to" in note for note in report.notes)


def _another_policy_differs(weeks: Weeks) -> None:
    house, business = weeks.play.house, weeks.play.business
    since = today_of(house, business) - timedelta(days=30)
    other = replay(house, business, Question(since, since + timedelta(days=30), "[manners]\ngap_days = 29\n"))

    assert other.difference is not None
    assert other.other is not None
    assert other.difference.more == other.other.messages - other.run.messages < 0
    assert other.difference.first_on is not None
    assert all(one.before.reason != one.after.reason for one in other.difference.changed)


def _what_was_changed_by_hand_strays(weeks: Weeks) -> None:
    house, business = weeks.play.house, weeks.play.business
    with house.database.write() as tx:
        table = tables.verdict
        row = tx.execute(table.select().where(table.c.business_id == business).limit(1)).one()
        mine = (table.c.invoice_id == row.invoice_id, table.c.day == row.day, table.c.business_id == business)
        tx.execute(table.update().where(*mine).values(reason="Somebody wrote something else here."))

    report = replay(house, business, Question(row.day, row.day))

    assert report.reproduced is not None
    assert report.reproduced.strayed == 1
    (strayed,) = report.reproduced.examples
    assert strayed.day == row.day
    assert strayed.replayed.reason == row.reason
