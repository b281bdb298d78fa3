"""Thanks, apologies, statements and terms: once each, at the right moment, and never on top of a reminder."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from collector.courtesy import Occasion
from duewell import jobs
from duewell.automatic import choose_automatic
from duewell.doing import finish_todo
from duewell.occasions import send_credit_policy, send_statement, send_statements, thank_and_apologize
from duewell.running import make_plan, send_plan
from duewell.showing_manners import manners
from duewell.writing import save_wording
from collector.wording_check import Wording
from integrations.errors import Refused
from receivables.records import Kind, Ref
from receivables.said import Said, Saying
from receivables.todo import Todo, TodoKind
from sandbox.mailbox import Mail
from storage import actions
from storage.actions import Action, ActionState
from storage.said import say
from storage.todos import todos
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


@pytest.fixture
def play(plays: Plays, request: pytest.FixtureRequest) -> Play:
    """One company on one platform, its books read, and reminders sent to whoever may get one."""
    platform = getattr(request, "param", "quickbooks")
    begun = plays(platforms=(platform,), invoices=40, customers=10)
    begun.sync()
    begun.move(quiet=True, hours=3)
    send_plan(begun.house, begun.business, by="Robin")
    return begun


def reminders(play: Play) -> list[Action]:
    return [one for one in acts(play, "mail") if one.state is ActionState.SENT]


def acts(play: Play, act: str) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, act=act)


def key_of(play: Play) -> str:
    (key,) = play.connected_keys()
    return key


def pay(play: Play, message: Action) -> list[str]:
    """Everything the message asked for is paid, and our books know it."""
    with play.house.database.read() as tx:
        spoken = [one.invoice for one, held in actions.spoken(tx, play.business) if held.key == message.key]
    for ref in spoken:
        play.act("pay", key_of(play), invoice=ref.id)
    play.sync()
    return [ref.id for ref in spoken]


def found(play: Play, kind: TodoKind) -> list[Todo]:
    jobs.collect(play.house)
    with play.house.database.read() as tx:
        return [one for _, one in todos(tx, [play.business], kinds=[kind])]


def mails(play: Play, about: str) -> list[Mail]:
    return [one for one in play.sandbox.mailbox.mails() if about in str(one.message["Subject"])]


def test_who_pays_after_a_reminder_is_thanked_once_where_it_runs_by_itself(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    message = reminders(play)[0]
    play.move(quiet=True, days=1)
    paid = pay(play, message)

    thank_and_apologize(play.house, play.business)
    thank_and_apologize(play.house, play.business)
    play.move(quiet=True, days=1)
    thank_and_apologize(play.house, play.business)

    (thanks,) = acts(play, "thank_you")
    assert (thanks.state, thanks.debtor) == (ActionState.SENT, message.debtor)
    (mail,) = mails(play, "Thank you")
    told = json.loads(thanks.payload)
    assert set(told["refs"]) == set(paid)
    assert all(number in str(mail.message) for number in told["invoices"])
    assert acts(play, "apology") == []
