"""What people write down and do: one way for pages and terminal, on books that need no platform."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as with_

from collector.channels.call import CallTask
from duewell import policies
from duewell.access import Role
from duewell.desk.work import WorkDesk, all_todos
from duewell.dictating import Recorded, dictate
from duewell.finding import find_customer, find_invoice
from duewell.people import add as add_person
from duewell.recording import end_said, record
from duewell.running import make_plan
from duewell.showing.customers import customer as customer_page
from duewell.todos import bring_todos_in_step
from duewell.views.work import TodoView, WorkView
from duewell.ways import calls
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.records import Application, CustomerKind, Kind, Record
from receivables.said import Said, Saying, Way
from storage import actions
from storage.actions import ActionState, Plan
from storage.said import said, say
from tests.conftest import HandClock
from tests.duewell.amber_house import furnishing, moved_in
from tests.storage.amber import BUSINESS, CONNECTION, customer, gbp, invoice, payment, ref, save

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
ANN, SUB = f"{CONNECTION}/1", f"{CONNECTION}/3"
BY = "Robin"
ONE = ref(Kind.INVOICE, 1)
BOOKS: tuple[Record, ...] = (
    customer(1, name="Ann Lee Ltd", kind=CustomerKind.BUSINESS),
    customer(2, name="Ann Bole", kind=CustomerKind.BUSINESS),
    customer(3, name="Ann Lee Works", parent=ref(Kind.CUSTOMER, 1), bills_with_parent=True),
    invoice(1, 10_000, of=1),
    invoice(2, 4_000, of=3),
    invoice(3, 7_000, of=2),
    invoice(4, 0, of=1),
)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One business with Xero's books as Amber keeps them, read this minute, and somebody who works there."""
    folder = tmp_path_factory.mktemp("furnished")
    with furnishing(folder, *BOOKS, now=NOW) as built:
        add_person(built, BUSINESS, "kim@amber.test", name="Kim", role=Role.BOOKKEEPER, password="a long password")
    return folder


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Iterator[House]:
    """An installation of the test's own, at a time that is moved by hand."""
    with moved_in(furnished, tmp_path / "data", now=NOW) as opened:
        yield opened


def later(house: House, **by: float) -> None:
    assert isinstance(house.clock, HandClock)
    house.clock.move(**by)


def tell(house: House, debtor: str = ANN, **told: str) -> Recorded:
    return dictate(house, BUSINESS, debtor, told, by=BY)


def on_record(house: House, **more: Any) -> list[Said]:
    with house.database.read() as tx:
        return said(tx, BUSINESS, **more)


def work(house: House, id: str = "1") -> WorkView:
    view = customer_page(house, BUSINESS, CONNECTION, id)
    assert view is not None
    return view.work


def look(house: House) -> None:
    bring_todos_in_step(house, BUSINESS, make_plan(house, BUSINESS), TODAY)


def to_do(house: House, **more: Any) -> list[TodoView]:
    return list(all_todos(house, [BUSINESS], **more))


def acts(house: House, act: str) -> list[actions.Action]:
    with house.database.read() as tx:
        return actions.actions(tx, BUSINESS, act=act)


def today_of_ann(house: House) -> dict[str, str]:
    view = customer_page(house, BUSINESS, CONNECTION, "1")
    assert view is not None
    return {row.number: row.rule for row in view.rows}


def test_a_promise_is_recorded_with_its_name_and_believed(house: House) -> None:
    done = tell(house, kind="promise", until="friday", amount="50", invoice="INV-1", words="By Friday!")

    assert done.sentence == (
        "Written down: promised 50.00 GBP by 13 March 2026 for invoice INV-1. "
        "The day will be written into the books as well."
    )
    (kept,) = on_record(house)
    assert (kept.kind, kept.until_on, kept.amount, kept.by) == (Saying.PROMISE, date(2026, 3, 13), gbp(5_000), BY)
    assert today_of_ann(house)["INV-1"] == "promised"
    assert today_of_ann(house)["INV-2"] != "promised"
    (promise,) = work(house).promises
    assert (promise.standing, promise.invoice, promise.came) == ("open", "INV-1", gbp(0))


def test_the_promised_day_is_planned_for_the_books_and_a_new_one_takes_its_place(house: House) -> None:
    first = tell(house, kind="promise", until="friday", invoice="INV-1")
    second = tell(house, kind="promise", until="in 10 days", invoice="INV-1")
    planned = {one.key: one.state for one in acts(house, "set_expected_date")}

    assert planned == {f"x{first.id}": ActionState.CANCELLED, f"x{second.id}": ActionState.PLANNED}
    assert [one.standing for one in work(house).promises] == ["open", "taken_back"]
    tell(house, kind="promise", until="friday")
    assert len(acts(house, "set_expected_date")) == 2, "a promise about everything is no day of one invoice"
    end_said(house, BUSINESS, second.id, by="Kim")
    assert {one.state for one in acts(house, "set_expected_date")} == {ActionState.CANCELLED}


def test_what_is_said_of_a_project_counts_for_who_is_billed(house: House) -> None:
    tell(house, SUB, kind="hold", words="They merge.")

    assert [one.debtor for one in on_record(house)] == [ANN]
    assert set(today_of_ann(house).values()) == {"on_hold"}
    assert find_customer(house, BUSINESS, "Ann Lee Works").debtor == ANN


@pytest.mark.parametrize("typed", ["Ann Lee Ltd", "ann lee ltd", "accounts1@example.test", "INV-1", ANN, "lee ltd"])
def test_a_customer_is_found_by_what_one_has_at_hand(house: House, typed: str) -> None:
    assert find_customer(house, BUSINESS, typed).debtor == ANN


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("Zed", "There is no customer 'Zed' here. Name one by name, e-mail address or invoice number; `duewell plan"),
        ("", "There is no customer '' here"),
        ("ann", "'ann' fits 3 customers; name one by what stands in brackets: Ann Bole"),
    ],
)
def test_a_customer_nobody_knows_is_said_so(house: House, typed: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        find_customer(house, BUSINESS, typed)
    assert sentence in str(refused.value)


def test_an_invoice_nobody_knows_is_said_so(house: House) -> None:
    with pytest.raises(Refused, match="There is no invoice 'INV-9' here; `duewell plan --all` lists"):
        find_invoice(house, BUSINESS, "INV-9")
    with pytest.raises(Refused, match="Invoice INV-3 is not one of Ann Lee Ltd's"):
        find_invoice(house, BUSINESS, "INV-3", ANN)
    save(house.database, with_(invoice(9, of=2), number="INV-1"))
    with pytest.raises(Refused, match="There are 2 invoices 'INV-1'; name one by its id: 1, 9"):
        find_invoice(house, BUSINESS, "INV-1")


def test_what_is_refused_leaves_nothing_behind(house: House) -> None:
    for told in (
        {"kind": "promise", "until": "yesterday"},
        {"kind": "promise", "until": "soon"},
        {"kind": "promise", "until": "friday", "amount": "141 GBP"},
        {"kind": "promise", "until": "friday", "amount": "1", "invoice": "INV-3"},
        {"kind": "reply"},
        {"kind": "dispute", "invoice": "INV-1", "reason": "other", "owner": "Zed"},
        {"kind": "call", "reason": "reached", "way": "both"},
    ):
        with pytest.raises(Refused):
            tell(house, **told)
    with pytest.raises(NotThere):
        tell(house, f"{CONNECTION}/99", kind="hold")
    with pytest.raises(Refused, match="Say who writes this down"):
        record(house, BUSINESS, Said(ANN, Saying.HOLD, TODAY), by=" ")
    assert on_record(house) == []


def test_a_call_counts_as_a_contact(house: House) -> None:
    tell(house, kind="call", way="ours", reason="reached", words="They wait for their bank.")

    assert set(today_of_ann(house).values()) == {"contacted_lately"}
    (event, *_) = work(house).events
    assert (event.what, event.detail, event.by, event.sort) == ("Called them", "They wait for their bank.", BY, "said")


def test_a_mail_of_ones_own_is_no_call(house: House) -> None:
    done = tell(house, kind="mail", way="theirs", reason="reached", words="They wrote from home.")

    assert (done.said.reason, done.said.way) == ("", Way.THEIRS)
    assert "contacted_lately" not in today_of_ann(house).values(), "they wrote to us, not we to them"
    tell(house, kind="mail", day="yesterday")
    assert set(today_of_ann(house).values()) == {"contacted_lately"}


def test_only_the_disputed_part_waits(house: House) -> None:
    done = tell(house, kind="dispute", invoice="INV-1", amount="30", reason="wrong-price", owner="kim@amber.test")

    assert done.said.assigned_to == "Kim"
    (hold,) = work(house).holding
    assert hold.what == "Disputes 30.00 GBP of invoice INV-1: the price is wrong"
    assert today_of_ann(house)["INV-1"] != "disputed"
    tell(house, kind="dispute", invoice="INV-1", reason="damaged")
    assert today_of_ann(house)["INV-1"] == "disputed"


def test_what_holds_is_ended_by_a_named_person_and_stays_in_the_history(house: House) -> None:
    done = tell(house, kind="stop", words="By letter.")
    assert set(today_of_ann(house).values()) == {"asked_to_stop"}

    later(house, minutes=1)
    ended = end_said(house, BUSINESS, done.id, by="Kim")

    assert ended.kind is Saying.STOP
    assert "asked_to_stop" not in today_of_ann(house).values()
    assert work(house).holding == ()
    assert [(one.what, one.by) for one in work(house).events if one.sort == "said"] == [
        ("Ended: Asked in writing not to be contacted", "Kim"),
        ("Asked in writing not to be contacted", BY),
    ]
    with pytest.raises(NotThere, match="was ended already"):
        end_said(house, BUSINESS, done.id, by="Kim")


def test_the_only_address_is_the_wrong_one(house: House) -> None:
    tell(house, f"{CONNECTION}/2", kind="wrong-address", words="Bounced on the phone.")

    (kept,) = on_record(house)
    assert kept.address == "accounts2@example.test"
    (todo,) = [one for one in to_do(house) if one.kind == "wrong_address"]
    assert todo.title == "Find the right address of Ann Bole: accounts2@example.test is wrong"


def escalate(house: House, debtor: str = "") -> list[str]:
    """What the check says of a policy that escalates."""
    text = '[[steps]]\nname = "last-reminder"\nto = "escalation"\n'
    draft = policies.drafted(house, BUSINESS, text, debtor)
    if not debtor:
        policies.keep(house, BUSINESS, text, by=BY)
    return [str(one) for one in draft.checked.findings]


def test_an_escalation_contact_gets_a_copy_from_then_on_and_no_longer_when_it_ends(house: House) -> None:
    (warned,) = escalate(house)
    assert "none is noted yet, so it goes without a copy" in warned
    done = tell(house, kind="contact-person", reason="escalation", address="boss@ann.test", words="Jo Boss")

    assert done.sentence == "Written down: the escalation contact is boss@ann.test."
    assert [one.what for one in work(house).holding] == ["The escalation contact is boss@ann.test"]
    assert "boss@ann.test" in work(house).addresses
    assert len(escalate(house, f"{CONNECTION}/2")) == 1
    assert escalate(house, ANN) == []
    tell(house, kind="wrong-address", address="boss@ann.test")
    end_said(house, BUSINESS, done.id, by=BY)
    assert "boss@ann.test" not in work(house).addresses


def test_an_objection_holds_until_a_person_has_answered_it(house: House) -> None:
    done = tell(house, kind="objection", words="Article 21.")

    assert done.sentence == "Written down: objected to being contacted."
    assert set(today_of_ann(house).values()) == {"objected"}
    look(house)
    assert [one.title for one in to_do(house) if one.kind == "review"] == ["Answer the objection of Ann Lee Ltd"]
    end_said(house, BUSINESS, done.id, by="Kim")
    assert "objected" not in today_of_ann(house).values()


def test_the_bank_is_the_businesss_own(house: House) -> None:
    done = tell(house, "", kind="bank_entered", until="yesterday")

    assert done.sentence == "Written down: the bank is entered up to 9 March 2026."
    (kept,) = on_record(house, debtor="")
    assert (kept.from_on, kept.until_on) == (date(2026, 3, 9), date(2026, 3, 9))


def test_a_kind_is_confirmed(house: House) -> None:
    save(house.database, customer(2, name="Ann Bole", changed_at=NOW))
    look(house)
    assert [one.title for one in to_do(house) if one.kind == "kind"] == [
        "Say of a customer whether they are businesses or private persons"
    ]

    tell(house, f"{CONNECTION}/2", kind="kind", reason="sole-trader")
    look(house)

    assert [one for one in to_do(house) if one.kind == "kind"] == []
    assert work(house, "2").kind == "sole_trader"


def test_money_in_the_history_and_the_promise_kept(house: House) -> None:
    tell(house, kind="promise", until="friday", invoice="INV-1")
    parts = (Application(ONE, gbp(10_000)),)
    save(
        house.database,
        invoice(1, 0, of=1, changed_at=NOW),
        payment(1, 10_000, received_on=date(2026, 3, 12), applications=parts, reference="BACS 77"),
    )

    (promise,) = work(house).promises
    assert (promise.standing, promise.came) == ("kept", gbp(10_000))
    assert [one.detail for one in work(house).events if one.what == "Payment recorded"] == ["BACS 77"]


def test_a_day_typed_into_xero_is_a_promise(house: House) -> None:
    save(house.database, invoice(1, 10_000, of=1, expected_on=date(2026, 3, 6), changed_at=NOW))
    look(house)

    (promise,) = work(house).promises
    assert (promise.id, promise.standing, promise.until_on) == ("", "broken", date(2026, 3, 6))
    (todo,) = [one for one in to_do(house) if one.kind == "broken_promise"]
    assert todo.title == "Ann Lee Ltd promised invoice INV-1 by 6 March 2026; nothing came"


def test_a_broken_promise_becomes_a_to_do_until_another_takes_its_place(house: House) -> None:
    tell(house, kind="promise", until="friday", amount="50")
    later(house, days=4)
    bring_todos_in_step(house, BUSINESS, make_plan(house, BUSINESS), TODAY + timedelta(days=4))

    assert [one.title for one in to_do(house) if one.kind == "broken_promise"] == [
        "Ann Lee Ltd promised 50.00 GBP by 13 March 2026; nothing came"
    ]
    tell(house, kind="promise", until="friday")
    assert [one for one in to_do(house) if one.kind == "broken_promise"] == []


def test_a_parked_message_must_be_answered(house: House) -> None:
    plan = Plan("mail", "k1", debtor=ANN, connection=CONNECTION, about=ONE, payload="{}")
    with house.database.write() as tx:
        actions.plan(tx, BUSINESS, plan, now=NOW)
        actions.mark(tx, BUSINESS, "k1", ActionState.PARKED, now=NOW, reason="Nobody can tell.")
    look(house)
    desk = _desk(house)
    (todo,) = [one for one in to_do(house) if one.kind == "parked"]

    with pytest.raises(Refused, match="was it sent, or not"):
        desk.finish_todo(BUSINESS, todo.id, {}, by=BY)
    assert "counts as sent" in desk.finish_todo(BUSINESS, todo.id, {"sent": "yes"}, by=BY)
    look(house)
    assert [one for one in to_do(house) if one.kind == "parked"] == []
    assert acts(house, "mail")[0].state is ActionState.SENT


def _desk(house: House) -> WorkDesk:
    desk = WorkDesk()
    desk._house = house
    return desk


def _call(house: House) -> TodoView:
    task = CallTask("call:k1", ANN, "Ann", "+4420", "Call Ann", "Good morning.", TODAY, ONE, Money(10_000, "GBP"))
    carrier = calls(house, BUSINESS)
    assert carrier.add(task, NOW) == carrier.add(task, NOW) == carrier.known("call:k1")
    assert carrier.known("call:k2") == ""
    (todo,) = to_do(house)
    return todo


def test_a_call_is_there_once_and_asks_what_was_said(house: House) -> None:
    todo, desk = _call(house), _desk(house)

    assert (todo.title, todo.note, todo.amount) == ("Call Ann on +4420.", "Good morning.", gbp(10_000))
    with pytest.raises(Refused, match="Was somebody reached"):
        desk.finish_todo(BUSINESS, todo.id, {}, by=BY)
    with pytest.raises(Refused, match="What was said"):
        desk.finish_todo(BUSINESS, todo.id, {"reached": "yes"}, by=BY)
    assert "comes back tomorrow" in desk.finish_todo(BUSINESS, todo.id, {"reached": "no"}, by=BY)
    later(house, minutes=1)
    assert to_do(house) == []
    (again,) = to_do(house, snoozed=True)
    assert again.snoozed_to_on == TODAY + timedelta(days=1)
    desk.finish_todo(BUSINESS, todo.id, {"reached": "yes", "words": "They pay on Monday."}, by=BY)
    assert to_do(house, snoozed=True) == []
    made = on_record(house, kinds=[Saying.CALL])
    assert [(one.reason, one.note, one.way) for one in made] == [
        ("not_reached", "", Way.OURS),
        ("reached", "They pay on Monday.", Way.OURS),
    ]


def test_a_call_is_no_longer_needed_when_they_have_paid(house: House) -> None:
    _call(house)
    look(house)
    assert [one.kind for one in to_do(house)] == ["call"]
    save(house.database, *(invoice(number, 0, of=of, changed_at=NOW) for number, of in ((1, 1), (2, 3))))
    look(house)
    assert to_do(house) == []


def test_a_reply_that_was_read_holds_nobody_any_more(house: House) -> None:
    with house.database.write() as tx:
        say(tx, BUSINESS, Said(ANN, Saying.REPLY, TODAY, note="We never ordered this."), now=NOW)
    look(house)
    assert set(today_of_ann(house).values()) == {"reply_unread"}
    (todo,) = to_do(house)

    later(house, minutes=1)
    _desk(house).finish_todo(BUSINESS, todo.id, {"words": "Sent them the order."}, by="Kim")

    assert to_do(house) == []
    assert "reply_unread" not in today_of_ann(house).values()
    assert [(one.kind, one.note, one.by) for one in on_record(house)][1:] == [("note", "Sent them the order.", "Kim")]
    look(house)
    assert to_do(house) == []


def test_to_dos_are_put_off_and_handed_on(house: House) -> None:
    todo, desk = _call(house), _desk(house)

    assert desk.assign_todo(BUSINESS, todo.id, "kim") == "Kim does it from now on."
    assert [one.assigned_to for one in to_do(house)] == ["Kim"]
    assert desk.assign_todo(BUSINESS, todo.id, "") == "Nobody in particular does it now."
    with pytest.raises(Refused, match="Nobody here is called 'Zed'; there are: Kim"):
        desk.assign_todo(BUSINESS, todo.id, "Zed")
    with pytest.raises(Refused, match="a day after today, 10 March 2026"):
        desk.snooze_todo(BUSINESS, todo.id, "today")
    assert desk.snooze_todo(BUSINESS, todo.id, "in 1 week") == "It comes back on 17 March 2026."
    assert to_do(house) == []
    with pytest.raises(NotThere, match="not there any more"):
        desk.snooze_todo(BUSINESS, "nobody", "friday")


def test_ones_own_mail_is_copied_to_the_mailbox_that_is_read(house: House) -> None:
    assert work(house).bcc == ""
    house.settings.mail.sender_address = "accounts@amber.test"
    assert work(house).bcc == "", "nobody reads what comes there"
    house.settings.mailbox.host = "imap.amber.test"
    assert work(house).bcc == "accounts@amber.test"
    house.settings.mailbox.user = "inbox@amber.test"
    assert work(house).bcc == "inbox@amber.test"
    house.settings.mail.reply_to = "answers@amber.test"
    assert work(house).bcc == "answers@amber.test"


def test_a_stranger_has_no_page(house: House) -> None:
    assert customer_page(house, BUSINESS, CONNECTION, "99") is None
    assert customer_page(house, BUSINESS, "c9", "1") is None
