"""The second fact: a postcode or a mailed code, few tries, and nothing shown before; always by an invoice's number."""

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace as with_
from werkzeug.test import TestResponse

from duewell.config_ways import Mail as MailSettings
from duewell.links import made_keys
from duewell.pay_page import view
from duewell.wiring import House
from receivables.records import Answer, Company
from sandbox.mailbox import Mail, Mailbox
from storage import actions
from storage.actions import ActionState
from storage.connections import save_company
from storage.links import About, Aim
from tests.conftest import HandClock
from tests.duewell.portal.payers import (
    ANN,
    BASE,
    BOOKS,
    BUSINESS,
    Payer,
    app_of,
    counting,
    on_record,
    payer,
    proof_in,
    public,
    setting,
    text_of,
)
from tests.storage.amber import CONNECTION, save

CODE = "!abc1"


@pytest.fixture
def mailbox(house: House) -> Iterator[Mailbox]:
    """A mail server that keeps what it is sent."""
    box = Mailbox("127.0.0.1")
    port = int(box.start(0).rpartition(":")[2])
    told = {"host": "127.0.0.1", "port": port, "security": "none", "sender_address": "accounts@amber.test"}
    house.settings.mail = MailSettings.model_validate(told)
    yield box
    box.stop()


@pytest.fixture
def asked(house: House) -> Payer:
    """Ann Lee, where the business asks for more than the link."""
    setting(house, "second_fact", "yes")
    return payer(house)


def words_of(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def tell(asked: Payer, **typed: str) -> TestResponse:
    return asked.press("fact", **typed)


def later(house: House, **by: float) -> None:
    assert isinstance(house.clock, HandClock)
    house.clock.move(**by)


def test_nothing_is_shown_or_done_before_and_all_of_it_after(asked: Payer) -> None:
    page = asked.look()
    refused = asked.press("statement")

    for one in (page, refused):
        assert "One question first" in text_of(one)
        assert "INV-1" not in text_of(one)
        assert "Ann" not in text_of(one)
    assert on_record(asked.house) == []
    opened = tell(asked, postcode="sw1a1aa")
    assert "INV-1" in text_of(opened)
    done = asked.press("statement", proof=proof_in(opened))
    assert "A statement is on its way" in text_of(done)
    assert len(on_record(asked.house)) == 1
    later(asked.house, hours=2)
    assert "This page was open for too long." in text_of(asked.press("call", proof=proof_in(opened), words="12345"))


def test_five_tries_in_an_hour_are_enough(asked: Payer) -> None:
    answers = [tell(asked, postcode="SW1A 1AB") for _ in range(6)]

    assert [one.status_code for one in answers] == [422] * 5 + [429]
    assert "Too" not in text_of(answers[4])
    assert "That was tried too often." in text_of(answers[5])
    assert tell(asked, postcode="SW1A 1AA").status_code == 429, "not even the right one"
    later(asked.house, minutes=61)
    assert "INV-1" in text_of(tell(asked, postcode="SW1A 1AA"))


def test_an_empty_postcode_fits_nobody(house: House) -> None:
    setting(house, "second_fact", "yes")
    bole = payer(house, aim=Aim(f"{CONNECTION}/2"))

    for typed in ({"postcode": ""}, {"postcode": " -"}, {"code": ""}, {"code": "000000"}):
        assert bole.press("fact", **typed).status_code == 422


def test_a_code_is_mailed_to_the_address_in_the_books_and_opens_once(asked: Payer, mailbox: Mailbox) -> None:
    assert "a code has been mailed there" in text_of(asked.press("mail_code"))
    (mail,) = mailbox.mails()
    assert mail.recipients == ("accounts1@example.test",)
    found = re.search(r"Your code is (\d{6})\.", words_of(mail))
    assert found
    with asked.house.database.read() as tx:
        assert found[1] not in repr(tx.exec_driver_sql("SELECT * FROM link").fetchall())
        (act,) = actions.actions(tx, BUSINESS, act="pay_code")
    assert (act.state, act.debtor) == (ActionState.SENT, ANN)
    assert found[1] not in act.payload
    wrong = f"{(int(found[1]) + 1) % 10**6:06}"
    assert tell(asked, code=wrong).status_code == 422
    assert "INV-1" in text_of(tell(asked, code=f"{found[1][:3]} {found[1][3:]}"))
    assert tell(asked, code=found[1]).status_code == 422, "it opens nothing twice"


def test_a_code_is_good_for_ten_minutes(asked: Payer, mailbox: Mailbox) -> None:
    asked.press("mail_code")
    found = re.search(r"\d{6}", words_of(mailbox.mails()[0]))
    assert found
    later(asked.house, minutes=11)
    assert tell(asked, code=found[0]).status_code == 422


def test_without_a_mail_server_the_page_says_the_same(asked: Payer) -> None:
    assert "a code has been mailed there" in text_of(asked.press("mail_code"))


@pytest.fixture
def printed(house: House) -> str:
    """The path that Amber pastes into its books."""
    public(house)
    made_keys(house)
    company = Company(CONNECTION, "Amber", "GBP", "GB", "Europe/London", own_reminders=Answer.NO, short_code=CODE)
    with house.database.write() as tx:
        save_company(tx, BUSINESS, company)
    url = view(house, BUSINESS).invoice_url
    assert url.startswith(f"{BASE}/x/")
    assert url.endswith("?inv=[INVOICENUMBER]&org=[SHORTCODE]")
    return url.removeprefix(BASE).partition("?")[0]


def test_the_address_on_an_online_invoice_asks_first_whatever_it_names(house: House, printed: str) -> None:
    client = app_of(house).test_client(use_cookies=False)
    pages = []
    for query in ("inv=INV-1&org=!abc1", "inv=INV-9&org=!abc1", "inv=INV-1&org=!zzz9", ""):
        with counting(house) as sent:
            page = client.get(f"{printed}?{query}", base_url=BASE)
        assert {one.split()[0].upper() for one in sent} <= {"SELECT", "PRAGMA", "BEGIN"}
        pages.append((page.status_code, text_of(page)))
    assert len(set(pages)) == 1
    assert "One question first" in pages[0][1]
    assert client.get("/x/0123456789abcdef?inv=INV-1&org=!abc1", base_url=BASE).status_code == 404
    hostile = client.get(f'{printed}?inv="><script>1</script>&org=x', base_url=BASE)
    assert "<script" not in hostile.get_data(as_text=True)


def test_by_number_only_that_invoice_is_shown_and_only_to_who_knows_more(house: House, printed: str) -> None:
    client = app_of(house).test_client(use_cookies=False)

    def told(**typed: str) -> TestResponse:
        return client.post(printed, data={"do": "fact", "inv": "inv-1", "org": CODE, **typed}, base_url=BASE)

    wrong, stranger = told(postcode="EC1A 1BB"), told(inv="INV-77", postcode="SW1A 1AA")
    assert (wrong.status_code, stranger.status_code) == (422, 422)
    assert "That does not fit." in text_of(wrong)
    assert "That does not fit." in text_of(stranger)
    assert told(org="!other", postcode="SW1A 1AA").status_code == 422
    opened = told(postcode="SW1A 1AA")
    assert "INV-1" in text_of(opened)
    assert "INV-2" not in text_of(opened)
    token = re.search(r'action="/p/([\w-]+)"', opened.get_data(as_text=True))
    assert token
    again = client.get(f"/p/{token[1]}", base_url=BASE)
    assert "One question first" in text_of(again), "such a link always asks"


def test_by_number_nothing_tells_an_invoice_that_is_there_from_one_that_is_not(house: House, printed: str) -> None:
    client = app_of(house).test_client(use_cookies=False)

    def answered(number: str, **typed: str) -> tuple[int, str]:
        told = client.post(printed, data={"inv": number, "org": CODE, **typed}, base_url=BASE)
        return told.status_code, told.get_data(as_text=True).replace(number, "…")

    tries = [*[{"do": "fact", "postcode": "EC1A 1BB"}] * 7, {"do": "mail_code"}, {"do": "fact", "code": "123456"}, {}]
    for typed in tries:
        there, stranger = answered("INV-1", **typed), answered("INV-77", **typed)
        assert there == stranger
        assert "/p/" not in there[1], "and the link itself is not in the page"


def test_a_number_that_two_invoices_have_opens_neither(house: House, printed: str) -> None:
    save(house.database, with_(BOOKS[4], number="INV-1", changed_at=house.clock.now()))
    client = app_of(house).test_client(use_cookies=False)
    form = {"do": "fact", "inv": "INV-1", "org": CODE, "postcode": "SW1A 1AA"}

    assert client.post(printed, data=form, base_url=BASE).status_code == 422


def test_a_link_to_one_invoice_always_asks(house: House) -> None:
    one = payer(house, aim=Aim(ANN, About.INVOICE, f"{CONNECTION}/1"))

    assert "INV-1" not in text_of(one.look())
    assert "INV-1" in text_of(one.press("fact", postcode="SW1A 1AA"))
