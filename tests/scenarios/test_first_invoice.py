"""The credit policy with a first invoice: once, with our own mail or after the platform's, and to nobody held."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collector.wording.check import Wording
from duewell import jobs, policies
from duewell.automatic import choose_automatic
from duewell.doing import finish_todo
from duewell.occasions import send_credit_policy
from duewell.running import send_plan
from duewell.writing import save_wording
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
POLICY = "Terms of {{ company }}\n# Payment\n\nWithin 14 days.\n"
ON = "[manners]\nsend_credit_policy = true\n"


@pytest.fixture
def play(plays: Plays) -> Play:
    """One company with old customers, its books read, and since now a credit policy that goes with first invoices."""
    begun = plays(platforms=("quickbooks",), invoices=25, customers=6)
    begun.sync()
    save_wording(begun.house, begun.business, Wording("credit_policy", "en", POLICY), by="Robin")
    policies.keep(begun.house, begun.business, ON, by="Robin")
    begun.move(quiet=True, days=1, hours=3)
    return begun


def newcomer(play: Play, name: str, *, invoices: int = 1, mailed: bool = True, due_in: int = 30) -> str:
    """A new customer with invoices of today, mailed by the platform or waiting to be sent; the debtor's name here."""
    (key,) = play.connected_keys()
    twin: Any = play.sandbox.twins["quickbooks"]
    held = twin._companies[key]
    now, address = held.now(), f"{name.lower()}@customer.example"
    row = held.ledger.join(now, name=name, currency=held.ledger.home, emails=address, region="CA")
    for count in range(invoices):
        days = {"dated_on": now.date(), "due_on": now.date() + timedelta(days=due_in)}
        one = held.ledger.sell(row.id, now, total=12_000, number=f"{name}-{count}", **days)
        one.email_status, one.sent_at = ("EmailSent", now) if mailed else ("NeedToSend", None)
    return f"{play.connected(key).id}/{row.id}"


def run(play: Play) -> None:
    play.sync()
    jobs.collect(play.house)


def acts(play: Play, debtor: str, *states: ActionState) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, debtor=debtor, states=states or None)


def papers(mail: Mail) -> list[str]:
    return [str(part.get_filename()) for part in mail.message.iter_attachments()]


def policies_sent(play: Play) -> list[str]:
    """Who got the credit policy, by any mail."""
    return sorted(one.recipients[0] for one in play.sandbox.mailbox.mails() if "credit-policy.pdf" in papers(one))


def offers(play: Play) -> list[Todo]:
    with play.house.database.read() as tx:
        return [one for _, one in todos(tx, [play.business], kinds=[TodoKind.CREDIT_POLICY])]


def test_it_goes_along_with_our_own_mail_that_sends_a_first_invoice(play: Play) -> None:
    new = newcomer(play, "Ann", invoices=2, mailed=False, due_in=2)
    play.sync()

    send_plan(play.house, play.business, by="Robin")
    run(play)
    play.move(quiet=True, days=7)
    run(play)

    (mail,) = [one for one in play.sandbox.mailbox.mails() if one.recipients == ("ann@customer.example",)]
    assert papers(mail) == ["Ann-0.pdf", "Ann-1.pdf", "credit-policy.pdf"]
    (sent,) = acts(play, new, ActionState.SENT)
    told = json.loads(sent.payload)["attached"][-1]
    assert (told["name"], told["terms"]) == ("credit-policy.pdf", 1)
    assert policies_sent(play) == ["ann@customer.example"], "old customers get nothing"
    assert offers(play) == []


def test_after_the_platforms_own_mail_it_follows_once_and_to_nobody_who_is_held(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    ben, cleo, dan = (newcomer(play, name) for name in ("Ben", "Cleo", "Dan"))
    newcomer(play, "Eve", mailed=False)
    play.sync()
    now = play.house.clock.now()
    with play.house.database.write() as tx:
        for debtor, kind in ((cleo, Saying.STOP), (dan, Saying.LAWYER)):
            say(tx, play.business, Said(debtor, kind, now.date(), by="Robin"), now=now)

    run(play)
    jobs.collect(play.house)
    play.move(quiet=True, days=1)
    run(play)

    assert policies_sent(play) == ["ben@customer.example"]
    (sent,) = [one for one in acts(play, ben) if one.act == "credit_policy"]
    assert sent.state is ActionState.SENT
    assert json.loads(sent.payload)["version"] == 1
    assert acts(play, cleo) == acts(play, dan) == []


def test_in_draft_it_is_offered_and_who_was_sent_it_by_hand_is_not_offered_it_again(play: Play) -> None:
    first, second = (newcomer(play, name) for name in ("Fay", "Gus"))
    run(play)
    named = {one.debtor: one for one in offers(play)}
    assert set(named) == {first, second}
    assert named[first].title == "Send Fay the credit policy, after their first invoice Fay-0"
    assert policies_sent(play) == []

    told = finish_todo(play.house, play.business, named[first].id, by="Robin", sent=True)
    connection, _, customer = second.partition("/")
    send_credit_policy(play.house, play.business, Ref(connection, Kind.CUSTOMER, customer), by="Robin")
    run(play)

    assert told == "It went out."
    assert offers(play) == []
    play.move(quiet=True, days=1)
    run(play)
    assert policies_sent(play) == ["fay@customer.example", "gus@customer.example"]
