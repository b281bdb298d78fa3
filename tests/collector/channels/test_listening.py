"""What came into the mailbox is taken down for the right customer, once, whatever happens in between."""

import json
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from msgspec import structs

from collector.channels.mailbox import Fresh, Place
from collector.listening import Heeded, Listener, listen
from receivables.records import EmailAddress, Kind
from receivables.said import Said, Saying, Way
from storage import actions
from storage.actions import ActionState, Plan, Speaks
from storage.businesses import add_business
from storage.database import Database
from storage.replies import keep_reply_key
from storage.said import end, said, say
from storage.settings import setting
from tests.collector.channels.test_replies import FAILED, bounce, mail
from tests.storage.amber import BUSINESS, NOW, customer, invoice, ref, save

TODAY = date(2026, 3, 10)
ANN = "c1/1"
STRANGER = "someone@elsewhere.example"


@pytest.fixture
def listener(database: Database) -> Listener:
    emails = (EmailAddress("Ann@Bakery.example"),)
    parent = customer(1, name="Ann", emails=emails)
    child = customer(2, emails=(EmailAddress("bo@bakery.example"),), parent=parent.ref, bills_with_parent=True)
    save(database, parent, child, customer(3), invoice(1, of=1), structs.replace(invoice(2, of=3), number="2002"))
    with database.write() as tx:
        send(tx, "k1", ANN)
    ours = frozenset({"accounts@northwind.example", "robin@northwind.example"})
    return Listener(database, {BUSINESS: TODAY}, ours, "mailbox:one")


def send(tx: object, key: str, debtor: str, to: str = "Ann@Bakery.example") -> None:
    wanted = Plan("mail", key, debtor, "c1", ref(Kind.INVOICE, 1), json.dumps({"to": [to]}))
    actions.plan(tx, BUSINESS, wanted, now=NOW)  # type: ignore[arg-type]
    speaks = [Speaks(f"s{key}", ref(Kind.INVOICE, 1), "a", "1")]
    actions.claim(tx, BUSINESS, key, by="me", now=NOW, speaks=speaks)  # type: ignore[arg-type]
    actions.mark(tx, BUSINESS, key, ActionState.SENT, now=NOW, receipt=f"<{key}@x>")  # type: ignore[arg-type]


def hear(listener: Listener, *raws: bytes, uid: int = 1) -> Heeded:
    mails = tuple((Place(7, uid + number), raw) for number, raw in enumerate(raws))
    return listen(listener, Fresh(mails, Place(7, uid + len(raws) - 1)), now=NOW)


def words(listener: Listener) -> list[Said]:
    with listener.database.read() as tx:
        return said(tx, BUSINESS)


@pytest.mark.parametrize(
    "raw",
    [
        mail(In_Reply_To="<k1@northwind.example>", From=STRANGER),
        mail(References="<zz@x.example> <k1@northwind.example>", From=STRANGER),
        mail(From="ANN@bakery.example"),
        mail(From="bo@bakery.example"),
        mail(From=STRANGER, Subject="Your invoice INV-1"),
        mail(From=STRANGER, Subject="about INV-1"),
    ],
)
def test_an_answer_is_held_for_the_customer_it_is_of(listener: Listener, raw: bytes) -> None:
    heeded = hear(listener, raw)

    (told,) = words(listener)
    assert heeded == Heeded(replies=1)
    assert (told.debtor, told.kind, told.way, told.from_on) == (ANN, Saying.REPLY, Way.THEIRS, TODAY)
    assert told.holds(TODAY + timedelta(days=99), NOW)
    assert "We pay on Friday." in told.note


def test_an_answer_address_of_ones_own_is_enough(listener: Listener) -> None:
    with listener.database.write() as tx:
        key = keep_reply_key(tx, BUSINESS, "c1/3")

    hear(listener, mail(From=STRANGER, To=f"accounts+{key}@northwind.example"))

    assert [one.debtor for one in words(listener)] == ["c1/3"]


@pytest.mark.parametrize(
    "raw",
    [
        mail(From=STRANGER),
        mail(From=STRANGER, Subject="Meeting 2002"),
        mail(From=STRANGER, Subject="Invoice 999"),
        mail(From=STRANGER, In_Reply_To="<unknown@northwind.example>"),
        mail(From=STRANGER, To="accounts+abcdef@northwind.example"),
        bounce(FAILED.replace("Ann@Bakery", "eve@elsewhere"), returned="Message-ID: <zz@y.example>"),
    ],
)
def test_what_is_nobodys_is_left_where_it_is(listener: Listener, raw: bytes) -> None:
    assert hear(listener, raw) == Heeded(strangers=1)
    assert words(listener) == []


def test_a_bare_number_counts_behind_its_word(listener: Listener) -> None:
    hear(listener, mail(From=STRANGER, Subject="Rechnung 2002"))

    assert [one.debtor for one in words(listener)] == ["c1/3"]


def test_numbers_of_two_customers_prove_nothing(listener: Listener) -> None:
    hear(listener, mail(From=STRANGER, Subject="Invoice INV-1, invoice 2002"))

    assert words(listener) == []


def test_an_accountant_answers_for_everybody_with_the_address(listener: Listener) -> None:
    save(listener.database, customer(4, emails=(EmailAddress("ann@bakery.example"),)), now=NOW + timedelta(hours=1))

    hear(listener, mail())

    assert {one.debtor for one in words(listener)} == {ANN, "c1/4"}


def test_a_contact_person_whom_somebody_noted_is_known_by_the_address(listener: Listener) -> None:
    noted = Said("c1/3", Saying.CONTACT_PERSON, TODAY, address="Boss@Bakery.example", reason="escalation", by="Robin")
    with listener.database.write() as tx:
        say(tx, BUSINESS, noted, now=NOW)

    hear(listener, mail(From="boss@bakery.example"))

    assert [one.debtor for one in words(listener) if one.kind is Saying.REPLY] == ["c1/3"]


def test_an_automatic_answer_is_noted_and_holds_nothing(listener: Listener) -> None:
    assert hear(listener, mail(Subject="Out of office")) == Heeded(automatic=1)

    (told,) = words(listener)
    assert told.kind is Saying.NOTE
    assert told.note.startswith("Automatic answer: Out of office")


def test_a_bounce_closes_the_address_it_names_and_once_is_enough(listener: Listener) -> None:
    assert hear(listener, bounce(FAILED)) == Heeded(bounced=1)
    hear(listener, bounce(FAILED).replace(b"<b1@", b"<b2@"), uid=2)

    (told,) = words(listener)
    assert (told.kind, told.debtor, told.channel, told.address) == (Saying.BOUNCED, ANN, "mail", "Ann@Bakery.example")
    with listener.database.write() as tx:
        end(tx, BUSINESS, told.id, by="Robin", now=NOW)
    hear(listener, bounce(FAILED).replace(b"<b1@", b"<b3@"), uid=3)
    assert len(words(listener)) == 2


def test_a_forwarded_mail_bounces_at_the_address_we_know(listener: Listener) -> None:
    hear(listener, bounce(FAILED.replace("Ann@Bakery", "a.baker@home")))

    assert [one.address for one in words(listener)] == ["Ann@Bakery.example"]


def test_a_report_without_our_key_counts_only_where_we_wrote_lately(listener: Listener) -> None:
    keyless = bounce(FAILED, returned="Subject: x")
    late = Fresh(((Place(7, 1), keyless),), Place(7, 1))

    listen(listener, late, now=NOW + timedelta(days=8))
    assert words(listener) == []
    hear(listener, keyless)
    assert [one.kind for one in words(listener)] == [Saying.BOUNCED]


def test_our_own_users_mail_is_a_contact_of_the_customer_it_went_to(listener: Listener) -> None:
    own = mail(From="Robin <robin@northwind.example>", To="Ann <ann@bakery.example>", Subject="About Friday")

    assert hear(listener, own) == Heeded(ours=1)
    (told,) = words(listener)
    assert (told.kind, told.way, told.debtor) == (Saying.MAIL, Way.OURS, ANN)


def test_a_mail_is_taken_down_once_though_it_is_read_twice(listener: Listener) -> None:
    raws = [mail(), mail(Message_ID="<m2@bakery.example>"), bounce(FAILED)]
    hear(listener, *raws)
    before = words(listener)

    hear(listener, *raws, uid=40)

    assert words(listener) == before
    assert len(before) == 3


def test_a_mail_without_a_name_of_its_own_is_known_by_its_words(listener: Listener) -> None:
    nameless = EmailMessage()
    nameless["From"] = "ann@bakery.example"
    nameless.set_content("Hello")

    hear(listener, nameless.as_bytes())
    hear(listener, nameless.as_bytes(), uid=2)

    assert len(words(listener)) == 1


def test_the_place_is_kept_behind_each_mail(listener: Listener) -> None:
    hear(listener, mail(), uid=5)

    with listener.database.read() as tx:
        assert setting(tx, "", "mailbox:one") == "7:5"
    listen(listener, Fresh((), Place(7, 9)), now=NOW)
    with listener.database.read() as tx:
        assert setting(tx, "", "mailbox:one") == "7:9"


def test_every_business_is_looked_through(listener: Listener) -> None:
    with listener.database.write() as tx:
        add_business(tx, "Birch", now=NOW, business="b0")
    both = replace(listener, days={"b0": TODAY, BUSINESS: TODAY})

    assert hear(both, mail()) == Heeded(replies=1)
    assert [one.debtor for one in words(listener)] == [ANN]
