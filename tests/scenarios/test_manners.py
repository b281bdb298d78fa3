"""Thanks, apologies, statements and terms: once each, at the right moment, and never on top of a reminder."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import update

from collector.wording.check import Wording
from duewell import jobs, policies
from duewell.automatic import choose_automatic
from duewell.doing import finish_todo
from duewell.occasions import send_credit_policy, send_statement, send_statements, thank_and_apologize
from duewell.running import make_plan, send_plan
from duewell.showing.manners import manners
from duewell.terms import agreed
from duewell.writing import save_wording
from integrations.errors import Refused
from receivables.records import Kind, Ref
from receivables.said import Said, Saying
from receivables.todo import Todo, TodoKind
from sandbox.mailbox import Mail
from storage import actions, tables
from storage.actions import Action, ActionState
from storage.said import say
from storage.todos import todos
from storage.verdicts import verdicts
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


def pay(play: Play, message: Action, **how: str) -> list[str]:
    """Everything the message asked for is paid, and our books know it."""
    with play.house.database.read() as tx:
        spoken = [one.invoice for one, held in actions.spoken(tx, play.business) if held.key == message.key]
    for ref in spoken:
        play.act("pay", key_of(play), invoice=ref.id, **how)
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
    assert mail.message["In-Reply-To"] == message.receipt
    told = json.loads(thanks.payload)
    assert set(told["refs"]) == set(paid)
    assert all(number in str(mail.message) for number in told["invoices"])
    assert acts(play, "apology") == []


def test_in_draft_thanks_are_offered_and_go_with_one_press(play: Play) -> None:
    first, second = reminders(play)[:2]
    play.move(quiet=True, days=1)
    for message in (first, second):
        pay(play, message)
    offers = found(play, TodoKind.THANK_YOU)
    assert {one.debtor for one in offers} == {first.debtor, second.debtor}
    assert mails(play, "Thank you") == []
    assert all("has arrived" in one.note for one in offers)

    told = finish_todo(play.house, play.business, offers[0].id, by="Robin", sent=True)
    left = finish_todo(play.house, play.business, offers[1].id, by="Robin", sent=False)

    assert (told, left) == ("It went out.", "It is left; nothing was sent.")
    assert found(play, TodoKind.THANK_YOU) == []
    assert len(mails(play, "Thank you")) == 1
    assert sorted(one.state for one in acts(play, "thank_you")) == [ActionState.CANCELLED, ActionState.SENT]


def test_a_credit_note_is_not_thanked_for(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    with play.house.database.read() as tx:
        (speaks, _), *_ = actions.spoken(tx, play.business)
    owed = play.invoices(key_of(play))[speaks.invoice.id].open
    play.move(quiet=True, days=1)
    play.act("credit", key_of(play), invoice=speaks.invoice.id, amount=str(owed.amount))
    play.sync()

    assert not play.invoices(key_of(play))[speaks.invoice.id].owing
    assert thank_and_apologize(play.house, play.business) == []
    assert acts(play, "thank_you") == []


def test_who_asked_to_stop_is_not_thanked_either(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    message = reminders(play)[0]
    play.move(quiet=True, days=1)
    pay(play, message)
    now = play.house.clock.now()
    with play.house.database.write() as tx:
        say(tx, play.business, Said(message.debtor, Saying.STOP, now.date(), by="Robin"), now=now)

    (outcome,) = thank_and_apologize(play.house, play.business)

    assert (outcome.state, outcome.reason) == ("nothing", "The customer asked in writing not to be contacted.")
    assert mails(play, "Thank you") == []


def test_money_that_had_come_before_the_message_is_apologized_for_and_counted(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    message = reminders(play)[0]
    assert message.local_day is not None
    before = message.local_day - timedelta(days=2)
    play.move(quiet=True, days=1)
    pay(play, message, on=before.isoformat())

    (offer,) = found(play, TodoKind.APOLOGY)
    again = found(play, TodoKind.APOLOGY)

    assert [one.id for one in again] == [offer.id]
    assert f"had been paid by {before:%-d %B %Y}, and we wrote on {message.local_day:%-d %B %Y}" in offer.title
    assert "We are sorry" in offer.note
    assert acts(play, "thank_you") == []
    view = manners(play.house, play.business)
    assert [(one.day_on, one.paid_on, one.state) for one in view.wrong] == [(message.local_day, before, "planned")]
    assert view.rate == 1 / view.messages

    finish_todo(play.house, play.business, offer.id, by="Robin", sent=True)

    assert len(mails(play, "Our apologies")) == 1
    assert manners(play.house, play.business).wrong[0].state == "sent"
    assert found(play, TodoKind.APOLOGY) == []


def test_a_thank_you_whose_confirmation_was_lost_is_parked_and_never_sent_again(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    message = reminders(play)[0]
    play.move(quiet=True, days=1)
    pay(play, message)
    play.sandbox.mailbox.answers.extend(["drop"])

    (outcome,) = thank_and_apologize(play.house, play.business)
    assert outcome.state == "ambiguous"
    play.move(quiet=True, days=1)
    for _ in range(2):
        jobs.follow_up_job(play.house)
        assert thank_and_apologize(play.house, play.business) == []

    (thanks,) = acts(play, "thank_you")
    assert thanks.state is ActionState.PARKED
    assert "Nobody can tell" in thanks.reason


@pytest.mark.both_databases
def test_jobs_that_run_twice_at_once_send_once(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    play.move(quiet=True, days=1)
    for message in reminders(play)[:2]:
        pay(play, message)
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(thank_and_apologize, play.house, play.business) for _ in range(3)]
        outcomes = [one for run in runs for one in run.result()]
    states = [one.state for one in outcomes]

    assert states.count("sent") == 2, outcomes
    assert set(states) <= {"sent", "nothing"}
    assert len(mails(play, "Thank you")) == 2


def test_a_worker_that_died_over_a_thank_you_leaves_it_to_a_person(play: Play) -> None:
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    message = reminders(play)[0]
    play.move(quiet=True, days=1)
    pay(play, message)
    thank_and_apologize(play.house, play.business)
    _as_if_killed(play, "thank_you")

    play.move(quiet=True, minutes=20)
    jobs.follow_up_job(play.house)

    (thanks,) = acts(play, "thank_you")
    assert thanks.state is ActionState.PARKED
    assert thank_and_apologize(play.house, play.business) == []
    assert len(mails(play, "Thank you")) == 1


def _as_if_killed(play: Play, act: str) -> None:
    """Between the sending and the record of it."""
    with play.house.database.write() as tx:
        tx.execute(update(tables.action).where(tables.action.c.act == act).values(state="claimed", finished_at=None))


def test_a_statement_takes_the_place_of_the_reminder_of_its_day(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=40, customers=10)
    play.sync()
    choose_automatic(play.house, play.business, automatic=True, by="Robin")
    _statements_on(play, 10)
    play.move(quiet=True, hours=3)
    planned = [one for one in make_plan(play.house, play.business) if one.decision.candidate]
    assert planned == [], "the tenth of March is the day of the statements"

    jobs.collect(play.house)
    jobs.collect(play.house)

    statements = acts(play, "statement")
    assert statements
    assert {one.state for one in statements} == {ActionState.SENT}
    sent = mails(play, "Statement of account")
    assert len(sent) == len(statements) == len({one.debtor for one in statements})
    assert len(play.sandbox.mailbox.mails()) == len(sent), "nobody got a reminder beside it"
    (paper,) = list(sent[0].message.iter_attachments())
    assert paper.get_content().startswith(b"%PDF")
    with play.house.database.read() as tx:
        rules = {one.rule for one in verdicts(tx, play.business, day=statements[0].local_day)}
    assert "statement_today" in rules
    play.move(quiet=True, days=1)
    play.sync()
    assert send_statements(play.house, play.business) == []


def _statements_on(play: Play, day: int) -> None:
    policies.keep(play.house, play.business, f"[manners]\nstatement_on = {day}\n", by="Robin")


def test_in_draft_the_statements_wait_together(plays: Plays) -> None:
    play = plays(platforms=("quickbooks",), invoices=40, customers=10)
    play.sync()
    _statements_on(play, 10)
    play.move(quiet=True, hours=3)
    (todo,) = found(play, TodoKind.STATEMENT)
    assert play.sandbox.mailbox.mails() == []

    told = finish_todo(play.house, play.business, todo.id, by="Robin", sent=True)

    sent = mails(play, "Statement of account")
    assert sent
    assert told.startswith(f"{len(sent)} went out.")
    assert found(play, TodoKind.STATEMENT) == []


def test_a_statement_on_request_goes_once_a_day_and_not_on_top_of_a_message(play: Play) -> None:
    message = reminders(play)[0]
    customer = _customer(message.debtor)
    with pytest.raises(Refused, match="already got a message today"):
        send_statement(play.house, play.business, customer, by="Robin")
    play.move(quiet=True, days=1)

    assert send_statement(play.house, play.business, customer, by="Robin") == "The statement went out."
    with pytest.raises(Refused, match="already dealt with"):
        send_statement(play.house, play.business, customer, by="Robin")
    assert len(mails(play, "Statement of account")) == 1
    play.move(quiet=True, hours=12)
    with pytest.raises(Refused, match="messages go between"):
        send_statement(play.house, play.business, customer, by="Robin")


def test_the_credit_policy_goes_on_command_and_invoices_name_the_version_they_are_under(play: Play) -> None:
    customer = _customer(reminders(play)[0].debtor)
    play.move(quiet=True, days=1)
    with pytest.raises(Refused, match="no credit policy yet"):
        send_credit_policy(play.house, play.business, customer, by="Robin")
    text = "Terms of {{ company }}\n# Payment\n\nWithin 14 days.\n"
    save_wording(play.house, play.business, Wording("credit_policy", "en", text), by="Robin")

    told = send_credit_policy(play.house, play.business, customer, by="Robin")

    assert told == "Version 1 of the credit policy went out."
    (mail,) = mails(play, "Our credit policy")
    (paper,) = list(mail.message.iter_attachments())
    assert (paper.get_filename(), paper.get_content()[:4]) == ("credit-policy.pdf", b"%PDF")
    sold = play.act("sell", key_of(play), customer=customer.id, amount="120.00", due_on="2026-03-30")
    play.sync()
    invoices = play.invoices(key_of(play))
    cited = agreed(play.house, play.business, list(invoices.values()))
    assert {ref.id for ref in cited} == {sold["invoice"]}, "the others were issued before there was a policy"
    assert set(cited.values()) == {1}


def _customer(debtor: str) -> Ref:
    connection, _, id = debtor.partition("/")
    return Ref(connection, Kind.CUSTOMER, id)
