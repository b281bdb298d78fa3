"""To-dos in the table: one for each key, in step with their causes, done and put off by people."""

from dataclasses import replace
from datetime import timedelta

from receivables.records import Kind
from receivables.todo import Todo, TodoKind, TodoState
from storage.database import Database, Tx
from storage.todos import add_todos, assign, bring_in_step, finish, snooze, todo, todos
from tests.storage.amber import BUSINESS, NOW, gbp, ref

TODAY = NOW.date()
TOMORROW = TODAY + timedelta(days=1)
LATER = NOW + timedelta(hours=1)
REPLY = Todo("reply:s1", TodoKind.REPLY, "Read what Ann wrote", TODAY, "c1/1", amount=gbp(500))
BOUNCE = Todo("bounced:s2", TodoKind.BOUNCED, "Find an address for Bob", TODAY, "c1/2", amount=gbp(900))


def open_titles(tx: Tx, **more: object) -> list[str]:
    return [one.title for _, one in todos(tx, [BUSINESS], **more)]  # type: ignore[arg-type]


def the_id(tx: Tx, title: str) -> str:
    return next(one.id for _, one in todos(tx, [BUSINESS]) if one.title == title)


def test_finding_it_again_makes_no_second_one(database: Database) -> None:
    last = Todo("last_step:c1:7", TodoKind.LAST_STEP, "Decide", TODAY, "c1/1", invoice=ref(Kind.INVOICE, 7))
    with database.write() as tx:
        bring_in_step(tx, BUSINESS, [REPLY, last], now=NOW)
        first = the_id(tx, REPLY.title)
        assign(tx, BUSINESS, first, "Ann")
        again = replace(REPLY, title="Read what Ann wrote twice", due_on=TOMORROW)
        assert bring_in_step(tx, BUSINESS, [again, last], now=LATER) == 0
        kept = todo(tx, BUSINESS, first)
        assert kept is not None
        assert (kept.title, kept.assigned_to, kept.due_on, kept.at) == (again.title, "Ann", TODAY, NOW)
        assert (kept.amount, kept.cause, kept.kind) == (gbp(500), "s1", TodoKind.REPLY)
        assert [one.invoice for _, one in todos(tx, [BUSINESS], kinds=[TodoKind.LAST_STEP])] == [last.invoice]
        assert todo(tx, "somebody else", first) is None


def test_one_whose_cause_is_gone_closes_and_opens_again_with_it(database: Database) -> None:
    with database.write() as tx:
        bring_in_step(tx, BUSINESS, [REPLY, BOUNCE], now=NOW)
        snooze(tx, BUSINESS, the_id(tx, BOUNCE.title), TOMORROW)
        assert bring_in_step(tx, BUSINESS, [REPLY], now=LATER) == 1
        ((_, gone),) = todos(tx, [BUSINESS], states=[TodoState.GONE])
        assert (gone.key, gone.done_at, gone.done_by) == (BOUNCE.key, LATER, "")
        bring_in_step(tx, BUSINESS, [REPLY, replace(BOUNCE, due_on=TOMORROW)], now=LATER)
        back = todo(tx, BUSINESS, gone.id)
        assert back is not None
        assert (back.state, back.due_on, back.snoozed_to_on, back.done_at) == (TodoState.OPEN, TOMORROW, None, None)


def test_only_one_customers_are_touched_when_only_they_were_looked_at(database: Database) -> None:
    with database.write() as tx:
        bring_in_step(tx, BUSINESS, [REPLY, BOUNCE], now=NOW)
        assert bring_in_step(tx, BUSINESS, [], now=LATER, debtors=["c1/1"]) == 1
        assert open_titles(tx) == [BOUNCE.title]


def test_what_a_person_has_done_stays_done(database: Database) -> None:
    with database.write() as tx:
        add_todos(tx, BUSINESS, [REPLY], now=NOW)
        one = the_id(tx, REPLY.title)
        assert not finish(tx, "somebody else", one, by="Bob", now=LATER)
        assert finish(tx, BUSINESS, one, by="Bob", now=LATER)
        assert not finish(tx, BUSINESS, one, by="Eve", now=LATER)
        assert not snooze(tx, BUSINESS, one, TOMORROW)
        assert not assign(tx, BUSINESS, one, "Eve")
        assert bring_in_step(tx, BUSINESS, [replace(REPLY, title="Again")], now=LATER) == 0
        assert open_titles(tx) == []
        ((_, done),) = todos(tx, [BUSINESS], states=[TodoState.DONE])
        assert (done.title, done.done_by, done.done_at) == (REPLY.title, "Bob", LATER)


def test_a_snoozed_one_comes_back_on_its_day(database: Database) -> None:
    with database.write() as tx:
        add_todos(tx, BUSINESS, [REPLY], now=NOW)
        assert snooze(tx, BUSINESS, the_id(tx, REPLY.title), TOMORROW)
        assert open_titles(tx, on=TODAY) == []
        assert open_titles(tx, on=TOMORROW) == [REPLY.title]
        assert open_titles(tx) == [REPLY.title]
        ((_, one),) = todos(tx, [BUSINESS])
        assert (one.waiting(TODAY), one.waiting(TOMORROW)) == (False, True)


def test_they_come_by_owner_day_and_amount(database: Database) -> None:
    old = replace(REPLY, key="reply:s3", title="old", due_on=TODAY - timedelta(days=1), amount=gbp(1))
    bobs = replace(REPLY, key="reply:s4", title="Bob's", amount=gbp(9_999))
    with database.write() as tx:
        add_todos(tx, BUSINESS, [REPLY, BOUNCE, bobs, old], now=NOW)
        assign(tx, BUSINESS, the_id(tx, "Bob's"), "Bob")
        assert open_titles(tx) == ["old", BOUNCE.title, REPLY.title, "Bob's"]
        assert open_titles(tx, debtor="c1/2") == [BOUNCE.title]
        assert todos(tx, []) == []
