"""Which to-dos the facts call for."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as with_

from collector.judgement import Say, Verdict
from collector.todo import BrokenPromise, DebtorFacts, Facts, find_todos
from receivables.case import Case
from receivables.records import Company, CustomerKind, EmailAddress, Invoice, Kind
from receivables.said import Said, Saying
from receivables.todo import Todo, TodoKind
from storage.actions import Action, ActionState
from storage.differences import Difference
from tests.storage.amber import NOW, customer, gbp, invoice, ref

TODAY = date(2026, 3, 10)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
ANN = "c1/1"
COMPANY = Company("c1", "Amber", "GBP")
KNOWN = customer(1, name="Ann", kind=CustomerKind.BUSINESS)


def verdict(rule: str, **facts: str) -> Verdict:
    return Verdict(ref(Kind.INVOICE, 1), Say.HOLD, rule, f"{rule}.", facts=facts)


def debtor(*rules: str, of: Any = KNOWN, invoices: tuple[Invoice, ...] = (invoice(1),), **facts: str) -> DebtorFacts:
    case = Case(f"c1/{of.ref.id}", COMPANY, (of,), invoices)
    return DebtorFacts(case, tuple(verdict(rule, **facts) for rule in rules or ("step_earned",)))


def said(kind: Saying, **more: Any) -> Said:
    return replace(Said(ANN, kind, YESTERDAY, by="Bob", id="s1", note="words"), **more)


def found(*words: Said, debtors: tuple[DebtorFacts, ...] = (debtor(),), **more: Any) -> list[Todo]:
    return find_todos(Facts(TODAY, debtors, said=words, **more))


def only(*words: Said, **more: Any) -> Todo:
    (todo,) = found(*words, **more)
    return todo


def parked(**more: Any) -> Action:
    plain: dict[str, Any] = {
        "id": "a1",
        "act": "mail",
        "key": "k1",
        "debtor": ANN,
        "local_day": TODAY,
        "connection": "c1",
        "about": ref(Kind.INVOICE, 1),
        "state": ActionState.PARKED,
        "payload": "{}",
        "planned_at": NOW,
        "claimed_at": NOW,
        "claimed_by": "w",
        "finished_at": NOW,
        "attempts": 1,
        "receipt": "",
        "reason": "Nobody can tell.",
    }
    return Action(**{**plain, **more})


def test_ordinary_facts_call_for_nothing() -> None:
    assert found() == []
    assert find_todos(Facts(TODAY)) == []


def test_a_reply_is_to_be_read() -> None:
    todo = only(said(Saying.REPLY))

    assert (todo.key, todo.cause, todo.kind) == ("reply:s1", "s1", TodoKind.REPLY)
    assert (todo.title, todo.note, todo.amount, todo.due_on) == ("Read what Ann wrote", "words", gbp(10_000), YESTERDAY)


def test_an_objection_is_to_be_answered() -> None:
    todo = only(said(Saying.OBJECTION))

    assert (todo.key, todo.kind, todo.title) == ("objection:s1", TodoKind.REVIEW, "Answer the objection of Ann")
    assert (todo.due_on, todo.note) == (YESTERDAY, "words")


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (Saying.BOUNCED, "Find a working address of Ann: mail to accounts1@example.test came back"),
        (Saying.WRONG_ADDRESS, "Find the right address of Ann: accounts1@example.test is wrong"),
    ],
)
def test_a_bad_address_is_to_be_found_until_the_books_know_another(kind: Saying, title: str) -> None:
    words = said(kind, address="Accounts1@example.test".replace("A", "a"))
    mended = debtor(of=with_(KNOWN, emails=(EmailAddress("new@example.test"),)))
    still_sent_there = debtor(of=with_(KNOWN, emails=()), invoices=(invoice(1, sent_to=("ACCOUNTS1@example.test",)),))

    assert only(words).title == title
    assert found(words, debtors=(mended,)) == []
    assert only(words, debtors=(still_sent_there,)).key == f"{kind}:s1"
    persons = said(Saying.CONTACT_PERSON, address="accounts1@example.test", reason="accounts", id="s2")
    assert only(words, persons, debtors=(mended,)).key == f"{kind}:s1"
    assert found(words, replace(persons, debtor="c1/2"), debtors=(mended,)) == []
    assert found(words, debtors=()) == [], "nobody who owes nothing is to be written to"


@pytest.mark.parametrize(
    ("rule", "kind"), [("no_address", "no_address"), ("bounced", "bounced"), ("wrong_address", "bounced")]
)
def test_nowhere_to_write_to_is_one_to_do_for_a_customer(rule: str, kind: str) -> None:
    todo = only(debtors=(debtor(rule, rule),))

    assert (todo.key, todo.title, todo.note) == (f"{kind}:{ANN}", "Find an address of Ann", f"{rule}.")
    assert len(found(said(Saying.BOUNCED, address=""), debtors=(debtor(rule),))) == 1


def test_a_dispute_comes_up_on_its_day_for_its_owner() -> None:
    words = said(Saying.DISPUTE, invoice=ref(Kind.INVOICE, 1), amount=gbp(300), review_on=TODAY, assigned_to="Kim")
    todo = only(words)

    assert (todo.title, todo.assigned_to) == ("Look again at the dispute about invoice INV-1 of Ann", "Kim")
    assert (todo.key, todo.amount, todo.due_on) == ("review:s1:2026-03-10", gbp(300), TODAY)
    assert found(replace(words, review_on=TOMORROW)) == []
    assert found(replace(words, review_on=None)) == []
    assert found(words, debtors=(debtor(invoices=(invoice(1, 0), invoice(2))),)) == [], "that invoice was paid"
    assert only(replace(words, invoice=None, amount=None, kind=Saying.HOLD)).title == "Look again at the hold of Ann"


def test_a_broken_promise_says_what_came() -> None:
    words = said(Saying.PROMISE, until_on=YESTERDAY, amount=gbp(500))
    todo = only(broken=[BrokenPromise(words, gbp(200))])

    assert todo.title == "Ann promised 5.00 GBP by 9 March 2026; 2.00 GBP came"
    assert (todo.key, todo.due_on, todo.amount) == ("broken_promise:s1:2026-03-09", TODAY, gbp(500))
    typed = Said(ANN, Saying.PROMISE, YESTERDAY, YESTERDAY, ref(Kind.INVOICE, 1))
    from_xero = only(broken=[BrokenPromise(typed, gbp(0))])
    assert from_xero.title == "Ann promised invoice INV-1 by 9 March 2026; nothing came"
    assert from_xero.key == "broken_promise:c1/1:2026-03-09"


def test_differences_and_parked_messages_wait_for_a_person() -> None:
    difference = Difference("c1", gbp(100), gbp(250), customer_id="1", id="d1", found_at=NOW, note="why")
    todo = only(differences=[difference])

    assert todo.title == "Look at the balance of Ann: it is 1.00 GBP here and 2.50 GBP there"
    assert (todo.amount, todo.debtor, todo.note) == (gbp(150), ANN, "why")
    unknown = replace(difference, customer_id="")
    assert "the balance of these books" in only(differences=[unknown]).title
    message = only(parked=[parked()])
    assert (message.key, message.cause) == ("parked:k1:1", "k1")
    assert (message.title, message.note) == ("Say what became of the message to Ann", "Nobody can tell.")
    assert only(parked=[parked(act="leave_note", debtor="")]).title.endswith("what we wrote into the books")
    assert only(parked=[parked(act="morning", debtor="")]).title.endswith("the message to one of your own people")
    gone = parked(debtor="c1/77")
    assert only(parked=[gone], names={"c1/77": "Bob"}).title.endswith("the message to Bob")
    assert only(parked=[gone]).title.endswith("the message to a customer")


def test_verdicts_leave_the_end_and_the_beginning_to_a_person() -> None:
    last, first = only(debtors=(debtor("last_step_done"),)), only(debtors=(debtor("never_sent"),))

    assert last.title == "Decide what follows for invoice INV-1 of Ann: the last step was taken"
    assert (last.key, last.invoice, last.amount) == ("last_step:c1/1", ref(Kind.INVOICE, 1), gbp(10_000))
    assert first.title == "Send invoice INV-1 to Ann for the first time, or say how it was sent"


def test_unknown_kinds_are_one_to_do_a_month() -> None:
    two = tuple(debtor(of=customer(number, name=f"Customer {number}")) for number in (1, 2))
    todo = only(debtors=two)

    assert (todo.key, todo.debtor) == ("kind:2026-03", "")
    assert todo.title == "Say of 2 customers whether they are businesses or private persons"
    assert "Say of a customer" in only(said(Saying.KIND), debtors=two).title
    assert found(said(Saying.KIND), debtors=two[:1]) == []
    assert found(debtors=(debtor("not_yet", of=customer(1)),)) == [], "nothing is asked of them yet"


def test_a_quiet_bank_is_one_to_do_until_money_comes() -> None:
    two = (debtor("receipts_quiet", last_receipt_on="2026-02-01"),) * 2

    assert only(debtors=two).key == "bank:2026-02-01"


def test_a_call_stays_as_long_as_they_owe() -> None:
    call = Todo("call:k1", TodoKind.CALL, "Call Ann", YESTERDAY, ANN)

    assert only(calls=[call]) == call
    assert found(calls=[call], debtors=()) == []
    assert found(calls=[call], debtors=(debtor(invoices=(invoice(1, 0),)),)) == []


KINDS = st.sampled_from(
    [Saying.REPLY, Saying.BOUNCED, Saying.WRONG_ADDRESS, Saying.DISPUTE, Saying.KIND, Saying.HOLD, Saying.CALL]
)
RULES = st.sampled_from(["no_address", "bounced", "last_step_done", "never_sent", "receipts_quiet", "not_yet", "x"])


@given(st.lists(KINDS, max_size=5), st.lists(RULES, max_size=3), st.integers(1, 3))
def test_the_same_facts_find_the_same_keys_once_each(kinds: list[Saying], rules: list[str], many: int) -> None:
    words = [said(kind, id=f"s{number}", review_on=TODAY) for number, kind in enumerate(kinds)]
    debtors = tuple(debtor(*rules, of=customer(number)) for number in range(1, many + 1))
    first = [todo.key for todo in found(*words, debtors=debtors)]

    assert len(first) == len(set(first))
    assert first == [todo.key for todo in found(*words, debtors=debtors)]
    assert {todo.key for todo in found(*reversed(words), debtors=debtors[::-1])} == set(first)
