"""Killed at any commit of a pull, a drain or a sending, and started again: nothing lost, nothing doubled."""

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import event

from duewell.businesses import living
from duewell.desk.desk import Desk
from duewell.running import drain_inbox, follow_up_all, send_plan, sync_one
from duewell.wiring import House, build
from storage import actions, inbox
from storage.actions import ActionState
from tests.scenarios.playing import Play
from tests.scenarios.test_one_reminder import _deliver

Plays = Callable[..., Play]
Work = Callable[[House, str], None]


def die_at(play: Play, work: Work, commit: int) -> bool:
    """Run `work` in a child that is killed just before its commit number `commit`; True when it came that far.

    What the child did over the network before that commit is done, and nobody here knows of it.
    """
    child = os.fork()
    if child == 0:
        _live(play, work, commit)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _live(play: Play, work: Work, commit: int) -> None:
    """In the child: a house of its own, and a clock that strikes at the commit."""
    code = 1
    try:
        house = build(play.house.settings)
        left = Counter(commits=commit)

        def count(connection: object) -> None:
            left["commits"] -= 1
            if left["commits"] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(house.database.engine, "commit", count)
        work(house, play.business)
        code = 0
    finally:
        os._exit(code)


def read_all(house: House, business: str) -> None:
    for one in living(house, business):
        sync_one(house, one)


def send_all(house: House, business: str) -> None:
    send_plan(house, business, by="Robin")


def drain_all(house: House, business: str) -> None:
    drain_inbox(house)


@pytest.mark.parametrize("platform", ["quickbooks", "xero", "stripe"])
def test_a_killed_first_pull_goes_on_from_its_last_page(plays: Plays, platform: str) -> None:
    play = plays(platforms=(platform,), invoices=110, customers=20)

    for commit in (2, 5, 9, 14):
        assert die_at(play, read_all, commit)
        play.move(quiet=True, minutes=6)  # the lease of the dead runs out

    results = play.sync()
    assert all(one.night and one.night.agreement and one.night.agreement.agrees for one in results.values())
    play.expect_truth()


@pytest.mark.both_databases
def test_a_killed_sending_never_sends_twice_and_loses_no_customer(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=60, customers=15)
    play.sync()

    killed = sum(_send_and_die(play, commit) for commit in (3, 6, 7, 8, 9, 12))
    assert killed >= 4
    send_all(play.house, play.business)
    play.move(quiet=True, minutes=20)
    send_all(play.house, play.business)

    keys = Counter(str(mail.message["Message-ID"]) for mail in play.sandbox.mailbox.mails())
    assert keys
    assert set(keys.values()) == {1}
    with play.house.database.read() as tx:
        held = actions.actions(tx, play.business)
    assert {one.state for one in held if one.act == "leave_note"} <= {ActionState.SENT}
    assert {one.state for one in held if one.act != "leave_note"} <= {ActionState.SENT, ActionState.PARKED}
    mailed = {key.strip("<>").partition("@")[0] for key in keys}
    assert mailed <= {one.key for one in held}


def _send_and_die(play: Play, commit: int) -> bool:
    dead = die_at(play, send_all, commit)
    play.move(quiet=True, minutes=20)
    follow_up_all(play.house, play.business)
    return dead


@pytest.mark.both_databases
def test_a_killed_drain_keeps_every_delivery_until_it_was_read(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=40, customers=10)
    play.sync()
    desk = Desk(play.house, reads=False)
    payers = [id for id, one in play.invoices("cedar").items() if one.owing][:3]
    for invoice in payers:
        play.act("pay", "cedar", invoice=invoice)
        assert _deliver(play, desk, invoice) == 200
    desk.close()

    for commit in (2, 3):
        assert die_at(play, drain_all, commit)
        with play.house.database.read() as tx:
            assert inbox.waiting(tx)[0] == 3
        play.move(quiet=True, minutes=6)
    drain_all(play.house, play.business)

    with play.house.database.read() as tx:
        assert inbox.waiting(tx)[0] == 0
    assert not [invoice for invoice in payers if play.invoices("cedar")[invoice].owing]
