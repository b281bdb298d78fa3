"""Whose an answer is, by its key or an invoice's number, and which texts are still under way; on both databases."""

from datetime import timedelta

from msgspec import structs

from receivables.records import Kind
from receivables.said import Said, Saying
from storage import actions
from storage.actions import ActionState, Plan
from storage.businesses import add_business
from storage.database import Database
from storage.replies import (
    arrived,
    debtor_of,
    invoices_numbered,
    keep_reply_key,
    reply_key,
    said_before,
    texts_under_way,
)
from storage.said import say
from tests.storage.amber import BUSINESS, LONG_AGO, NOW, customer, gone, invoice, ref, save


def test_the_key_of_an_answer_address_leads_back_to_its_customer_and_no_other_business(database: Database) -> None:
    with database.write() as tx:
        add_business(tx, "Birch", now=NOW, business="b2")
        key = keep_reply_key(tx, BUSINESS, "c1/1")
        assert keep_reply_key(tx, BUSINESS, "c1/1") == key == reply_key(BUSINESS, "c1/1")
        assert keep_reply_key(tx, BUSINESS, "c1/2") != key
        assert reply_key("b2", "c1/1") != key

        assert debtor_of(tx, BUSINESS, key) == "c1/1"
        assert debtor_of(tx, BUSINESS, "ffffffffffff") == ""
        assert debtor_of(tx, "b2", key) == ""
    assert len(key) == 12


def test_invoices_are_found_by_number_while_they_are_there(database: Database) -> None:
    save(database, customer(1), invoice(1), invoice(2), structs.replace(invoice(3), number="INV-1"))
    with database.read() as tx:
        both = [(ref(Kind.INVOICE, number), ref(Kind.CUSTOMER, 1)) for number in (1, 3)]
        assert invoices_numbered(tx, BUSINESS, ["INV-1", "nothing"]) == both
        assert invoices_numbered(tx, "b2", ["INV-1"]) == []
    save(database, gone=(gone(Kind.INVOICE, 1), gone(Kind.INVOICE, 3)))
    with database.read() as tx:
        assert invoices_numbered(tx, BUSINESS, ["INV-1"]) == []


def test_what_was_said_under_an_id_is_known(database: Database) -> None:
    with database.write() as tx:
        say(tx, BUSINESS, Said("c1/1", Saying.REPLY, LONG_AGO.date(), id="m1"), now=NOW)

        assert said_before(tx, BUSINESS, "m1")
        assert not said_before(tx, BUSINESS, "m2")
        assert not said_before(tx, "b2", "m1")


def test_a_text_is_under_way_until_its_end_is_known(database: Database) -> None:
    with database.write() as tx:
        for number, act in enumerate(("sms", "sms", "mail", "sms")):
            key = f"k{number}"
            actions.plan(tx, BUSINESS, Plan(act, key, f"c1/{number}", "c1"), now=NOW)
            actions.claim(tx, BUSINESS, key, by="me", now=NOW)
            at, receipt = NOW + timedelta(minutes=number), f"SM{number}" if number < 3 else ""
            actions.mark(tx, BUSINESS, key, ActionState.SENT, now=at, receipt=receipt)

        assert texts_under_way(tx, BUSINESS, act="sms", since=NOW) == [("k0", "SM0", "c1/0"), ("k1", "SM1", "c1/1")]
        later = NOW + timedelta(minutes=1)
        assert [one[0] for one in texts_under_way(tx, BUSINESS, act="sms", since=later)] == ["k1"]
        arrived(tx, BUSINESS, "k0", "delivered")

        assert [one[0] for one in texts_under_way(tx, BUSINESS, act="sms", since=NOW)] == ["k1"]
        told = actions.action(tx, BUSINESS, "k0")
        assert told is not None
        assert (told.state, told.reason) == (ActionState.SENT, "delivered")
