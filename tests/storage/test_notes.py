"""The smaller tables: inbox, verdicts, differences, what people said, settings, people."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import event

from receivables.money import Money
from receivables.records import Kind
from receivables.said import Said, Saying, Way
from storage.database import Database, Tx
from storage.differences import Difference, DifferenceState, accept, differences, save_differences
from storage.inbox import Arrived, drained, forget_drained, remember, undrained, waiting
from storage.people import add_person, people_count, person, person_by_email, set_password
from storage.said import end, said, say
from storage.settings import set_setting, setting, settings, unset_setting
from storage.verdicts import KeptVerdict, keep_verdicts, verdicts
from tests.storage.amber import BUSINESS, CONNECTION, NOW, gbp, ref

TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)
END = NOW + timedelta(hours=2)


def test_a_delivery_is_remembered_once_and_drained(database: Database) -> None:
    first = Arrived("xero", "e1", b'{"a": 1}\x00\xff', {"x-xero-signature": "s"})
    with database.write() as tx:
        assert remember(tx, first, now=NOW)
        assert not remember(tx, first, now=LATER)
        assert remember(tx, replace(first, platform="stripe", connection="c1"), now=LATER)
        assert waiting(tx) == (2, NOW)
        one, two = undrained(tx)
        assert (one.body, one.headers, one.received_at, one.connection) == (first.body, first.headers, NOW, "")
        assert (two.platform, two.connection) == ("stripe", "c1")
        assert len(undrained(tx, limit=1)) == 1
        drained(tx, [one.id], now=LATER, outcome="2 records")
        assert [left.id for left in undrained(tx)] == [two.id]
        assert not remember(tx, first, now=LATER)
        assert forget_drained(tx, before=LATER) == 0
        assert forget_drained(tx, before=LATER + timedelta(days=40)) == 1
        assert "xero-signature" not in repr(one)


def test_the_last_verdict_of_a_day_stays(database: Database) -> None:
    held = KeptVerdict(
        ref(Kind.INVOICE, 1), TODAY, "held", "promised for Friday", "promise", '{"on": 1}', "first", TODAY
    )
    with database.write() as tx:
        keep_verdicts(tx, BUSINESS, [])
        keep_verdicts(tx, BUSINESS, [held, replace(held, invoice=ref(Kind.INVOICE, 2))])
        keep_verdicts(tx, BUSINESS, [replace(held, day=TODAY + timedelta(days=1), next_look_on=None)])
        keep_verdicts(tx, BUSINESS, [held, replace(held, invoice=ref(Kind.INVOICE, 2), verdict="sent")])
        assert [one.verdict for one in verdicts(tx, BUSINESS, day=TODAY)] == ["held", "sent"]
        assert verdicts(tx, BUSINESS, invoice=ref(Kind.INVOICE, 1))[1] == held
        assert len(verdicts(tx, BUSINESS, connection=CONNECTION)) == 3
        assert verdicts(tx, "somebody else") == []


def test_verdicts_that_say_the_same_again_are_not_written(database: Database) -> None:
    held = KeptVerdict(ref(Kind.INVOICE, 1), TODAY, "held", "promised for Friday")
    written: list[int] = []
    event.listen(database.engine, "after_cursor_execute", lambda _tx, cursor, *_: written.append(cursor.rowcount))
    with database.write() as tx:
        keep_verdicts(tx, BUSINESS, [held, replace(held, reason="twice in one go: the last one is right")])
        first = written[-1]
        keep_verdicts(tx, BUSINESS, [replace(held, reason="twice in one go: the last one is right")])
        again = written[-1]
        assert [one.reason for one in verdicts(tx, BUSINESS)] == ["twice in one go: the last one is right"]
    assert (first, again) == (1, 0)


def found(tx: Tx, *amounts: tuple[str, int, int], now_hours: int = 0) -> list[Difference]:
    them = [Difference(CONNECTION, gbp(ours), gbp(theirs), customer_id=who) for who, ours, theirs in amounts]
    return save_differences(tx, BUSINESS, CONNECTION, them, now=NOW + timedelta(hours=now_hours))


def test_a_difference_stays_until_it_is_gone(database: Database) -> None:
    with database.write() as tx:
        assert len(found(tx, ("1", 100, 150), ("2", 0, 5))) == 2
        assert found(tx, ("1", 200, 250), now_hours=1) == []
        (one,) = differences(tx, BUSINESS, connection=CONNECTION)
        assert (one.ours, one.theirs, one.remainder, one.found_at) == (gbp(200), gbp(250), gbp(50), NOW)
        found(tx)
        assert differences(tx, BUSINESS) == []
        assert [one.state for one in differences(tx, BUSINESS, gone=True)] == [DifferenceState.GONE] * 2


def test_an_accepted_remainder_stays_accepted_until_it_changes(database: Database) -> None:
    with database.write() as tx:
        found(tx, ("1", 100, 150))
        (one,) = differences(tx, BUSINESS)
        assert accept(tx, BUSINESS, one.id, by="Ann", note="opening balance of 2019", now=LATER)
        assert not accept(tx, BUSINESS, one.id, by="Ann", note="again", now=LATER)
        assert found(tx, ("1", 300, 350)) == []
        (kept,) = differences(tx, BUSINESS)
        assert (kept.state, kept.accepted_by, kept.accepted_note, kept.accepted_at, kept.ours) == (
            DifferenceState.ACCEPTED,
            "Ann",
            "opening balance of 2019",
            LATER,
            gbp(300),
        )
        assert len(found(tx, ("1", 300, 351))) == 1
        (fresh,) = differences(tx, BUSINESS)
        assert fresh.state is DifferenceState.OPEN


def test_what_people_say_holds_from_and_until(database: Database) -> None:
    friday, monday = date(2026, 3, 13), date(2026, 3, 16)
    words: dict[str, Any] = {"channel": "call", "way": Way.THEIRS, "note": "by phone", "by": "Ann", "review_on": monday}
    promise = Said("d1", Saying.PROMISE, TODAY, friday, ref(Kind.INVOICE, 1), Money(500, "GBP"), **words)
    with database.write() as tx:
        first = say(tx, BUSINESS, promise, now=NOW)
        hold = say(tx, BUSINESS, Said("d1", Saying.HOLD, friday), now=LATER)
        assert said(tx, BUSINESS, debtor="d1", kinds=[Saying.PROMISE]) == [replace(promise, id=first, at=NOW)]
        assert [one.kind for one in said(tx, BUSINESS, on=friday)] == ["promise", "hold"]
        assert [one.kind for one in said(tx, BUSINESS, on=monday)] == ["hold"]
        assert [one.kind for one in said(tx, BUSINESS, as_of=NOW)] == ["promise"]
        assert not end(tx, "somebody else", hold, by="Bob", now=END)
        assert end(tx, BUSINESS, hold, by="Bob", now=END)
        assert not end(tx, BUSINESS, hold, by="Bob again", now=END)
        assert said(tx, BUSINESS, on=monday) == []
        assert [one.kind for one in said(tx, BUSINESS, on=monday, as_of=LATER)] == ["hold"]
        assert [(one.ended_by, one.ended_at) for one in said(tx, BUSINESS, kinds=[Saying.HOLD])] == [("Bob", END)]
        assert said(tx, BUSINESS, debtor="d2") == []


def test_settings_are_a_businesss_or_everybodys(database: Database) -> None:
    with database.write() as tx:
        set_setting(tx, BUSINESS, "colour", "amber")
        set_setting(tx, BUSINESS, "colour", "ochre")
        set_setting(tx, "", "colour", "grey")
        assert setting(tx, BUSINESS, "colour") == "ochre"
        assert settings(tx, "") == {"colour": "grey"}
        unset_setting(tx, BUSINESS, "colour")
        assert setting(tx, BUSINESS, "colour", "none") == "none"


def test_a_person_signs_in_whatever_the_case(database: Database) -> None:
    with database.write() as tx:
        assert people_count(tx) == 0
        added = add_person(tx, " Ann@Amber.test", name="Ann", password_hash="h1", now=NOW)
        assert added is not None
        assert add_person(tx, "ann@amber.TEST", name="Ann again", password_hash="h2", now=NOW) is None
        assert set_password(tx, added, "h3")
        assert not set_password(tx, "nobody", "h3")
        one = person_by_email(tx, "ANN@amber.test ")
        assert one == person(tx, added)
        assert one is not None
        assert (one.name, one.password_hash) == ("Ann", "h3")
        assert "h3" not in repr(one)
        assert person_by_email(tx, "bob@amber.test") is None
        assert person(tx, "nobody") is None
        assert people_count(tx) == 1
