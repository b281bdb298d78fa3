"""What a customer asks for on their page goes to them by itself, in draft too; the rest and the to-do end with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from collector.debtors.cases import debtor_key
from duewell.answers import answer_asked
from duewell.doing import finish_todo
from duewell.occasions import send_statement
from duewell.recording import end_said, record
from duewell.running import make_plan
from duewell.todos import bring_todos_in_step
from receivables.records import Invoice
from receivables.said import Asked, Said, Saying
from receivables.todo import Todo, TodoState
from sandbox.faults import Fault
from storage import actions, todos
from storage.actions import Action
from storage.said import said
from tests.scenarios.files_at_hand import files
from tests.scenarios.playing import Play
from tests.scenarios.test_payers_page import Visitor, at_the_page, begun, key_of

Plays = Callable[..., Play]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def holds(play: Play) -> list[Said]:
    with play.house.database.read() as tx:
        return [one for one in said(tx, play.business, kinds=[Saying.HOLD]) if one.ended_at is None]


def asked(play: Play, *, state: TodoState = TodoState.OPEN) -> list[Todo]:
    with play.house.database.read() as tx:
        found = todos.todos(tx, [play.business], states=[state])
    return [one for _, one in found if "ask for it" in one.title]


def acts(play: Play, act: str) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, act=act)


def visited(plays: Plays) -> tuple[Play, Invoice, Visitor]:
    shop, invoice = begun(plays, "quickbooks")
    return shop.play, invoice, at_the_page(shop, invoice)


def test_a_copy_and_a_statement_go_once_a_day_each_and_nobody_has_to_do_it(plays: Plays) -> None:
    play, invoice, visitor = visited(plays)
    today = play.house.clock.now().date()
    assert not play.sandbox.mailbox.mails()
    visitor.press("copy", invoice=key_of(invoice))
    visitor.press("statement")
    assert [one.reason for one in holds(play)] == [Asked.COPY, Asked.STATEMENT]
    assert len(asked(play)) == 2

    assert (answer_asked(play.house, play.business), answer_asked(play.house, play.business)) == (2, 0)

    copy, statement = play.sandbox.mailbox.mails()
    assert copy.message["Subject"] == f"Copy of invoice {invoice.number}"
    assert list(files(copy)) == [f"{invoice.number}.pdf"]
    assert list(files(statement)) == ["statement.pdf"]
    assert {one.message["To"] for one in (copy, statement)} == {copy.message["To"]}
    assert not holds(play)
    assert not asked(play)
    bring_todos_in_step(play.house, play.business, make_plan(play.house, play.business), today)
    visitor.press("copy", invoice=key_of(invoice))
    assert answer_asked(play.house, play.business) == 0, "one of a kind for a customer and day"
    assert len(asked(play)) == len(holds(play)) == 1
    play.move(days=1)
    assert answer_asked(play.house, play.business) == 1
    assert len(acts(play, "invoice_copy")) == 2
    assert {one.local_day for one in acts(play, "invoice_copy")} == {None}, "an answer uses up no contact"

    visitor.press("statement")
    told = send_statement(play.house, play.business, invoice.customer, by="Robin")

    assert told == "The statement went out."
    assert answer_asked(play.house, play.business) == 0, "who sent it was a person"
    assert holds(play) == []


def test_without_its_pdf_a_copy_stays_a_to_do_and_the_platform_is_asked_once_a_day(plays: Plays) -> None:
    play, invoice, visitor = visited(plays)
    visitor.press("copy", invoice=key_of(invoice))
    play.sandbox.book.add(Fault("quickbooks", "forbidden", path="/pdf", times=1))

    assert [answer_asked(play.house, play.business) for _ in range(3)] == [0, 0, 0]

    assert asked(play)[0].note.startswith(f"The platform gives out no PDF of {invoice.number}")
    assert play.sandbox.mailbox.mails() == []
    play.move(days=1)
    assert answer_asked(play.house, play.business) == 1


def test_what_stands_against_it_stands_on_the_to_do(plays: Plays) -> None:
    play, invoice, visitor = visited(plays)
    debtor, today = debtor_key(invoice.customer), play.house.clock.now().date()
    words = Said(debtor, Saying.LAWYER, today, address="law@firm.example", note="Ms Law")
    lawyer = record(play.house, play.business, words, by="Robin")
    visitor.press("copy", invoice=key_of(invoice))
    assert [answer_asked(play.house, play.business) for _ in range(2)] == [0, 0]
    assert asked(play)[0].note == "The customer has named a lawyer, so only the lawyer is written to."
    end_said(play.house, play.business, lawyer, by="Robin")
    record(play.house, play.business, replace(words, kind=Saying.HOLD, address="", note=""), by="Robin")
    answer_asked(play.house, play.business)
    assert asked(play)[0].note == "It is on hold."
    (ours,) = [one for one in holds(play) if not one.reason]
    end_said(play.house, play.business, ours.id, by="Robin")
    play.move(hours=12)
    answer_asked(play.house, play.business)
    assert "where the customer is" in asked(play)[0].note
    assert play.sandbox.mailbox.mails() == []

    finish_todo(play.house, play.business, asked(play)[0].id, by="Robin")

    assert holds(play) == [], "whoever does it by hand ends the rest"
    play.move(hours=12)
    assert answer_asked(play.house, play.business) == 0
