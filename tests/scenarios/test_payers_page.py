"""From the mail to the page, on to the till and back: what a payer presses is paid once and stands in the books."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from collector.debtors.cases import debtor_key
from duewell.desk.desk import Desk
from duewell.pay_page import pay_url
from duewell.running import send_plan
from duewell.web import create_app
from receivables.records import Invoice
from sandbox.mailbox import Mail
from storage import actions
from storage.links import Aim
from tests.duewell.portal.payers import counting, hidden_in, proof_in, text_of
from tests.scenarios.paying import BAD_ACCOUNT, DECLINED, GOOD, TILL, Shop, open_shop
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
KEYS = {"stripe": TILL, "quickbooks": "cedar", "xero": "brightwater"}
everywhere = pytest.mark.parametrize(
    ("slug", "database_url"), [("stripe", "sqlite"), ("xero", "postgresql")], indirect=["database_url"]
)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Visitor:
    """A payer at a page of ours, with neither cookies nor scripts."""

    def __init__(self, shop: Shop, url: str) -> None:
        house, self.shop = shop.play.house, shop
        self.base = house.settings.web.base_url
        self.path = urlsplit(url).path
        self._client: FlaskClient = create_app(house.settings, Desk(house, reads=False)).test_client(use_cookies=False)

    def look(self) -> TestResponse:
        return self._client.get(self.path, base_url=self.base)

    def back(self, *, press: bool = False) -> TestResponse:
        """At the address to which the till leads back, as the till keeps it."""
        (session, *_) = known = self.shop.listed("checkout/sessions")
        assert self.path.rpartition("/")[2] not in repr(known), "a till holds no live link"
        path = urlsplit(session["success_url"]).path
        return self._client.open(path, method="POST" if press else "GET", base_url=self.base)

    def press(self, do: str, **typed: str) -> TestResponse:
        form = {"proof": proof_in(self.look()), **typed, "do": do}
        return self._client.post(self.path, data=form, base_url=self.base)


def at_the_page(shop: Shop, invoice: Invoice) -> Visitor:
    aim = Aim(debtor_key(invoice.customer))
    return Visitor(shop, pay_url(shop.play.house, shop.play.business, aim))


def begun(plays: Plays, slug: str) -> tuple[Shop, Invoice]:
    play = plays(platforms=tuple({"stripe", slug}), invoices=40, customers=8)
    shop = open_shop(play)
    company = play.connected(KEYS[slug]).company
    assert company is not None
    return shop, shop.owing(KEYS[slug], currency="USD" if slug == "stripe" else company.base_currency)


def key_of(invoice: Invoice) -> str:
    return f"{invoice.ref.connection}/{invoice.ref.id}"


def what(page: TestResponse, invoice: Invoice) -> dict[str, str]:
    """The fields of the form that pays this invoice: its own button, or that of all there is."""
    html = page.get_data(as_text=True)
    forms = re.findall(r"<form[^>]*>(.*?)</form>", html, re.DOTALL)
    for form in forms:
        fields = dict(re.findall(r'name="(what|invoice)" value="([^"]+)"', form))
        if 'value="pay"' in form and key_of(invoice) in fields.values():
            return fields
    raise AssertionError("this invoice cannot be paid on the page")


def _words(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@everywhere
def test_a_payer_pays_a_part_and_it_stands_on_the_invoice(plays: Plays, slug: str) -> None:
    shop, invoice = begun(plays, slug)
    visitor = at_the_page(shop, invoice)
    with counting(shop.play.house) as sent:
        looked = visitor.look()
    assert {one.split()[0].upper() for one in sent} <= {"SELECT", "PRAGMA", "BEGIN", "SHOW", "SET"}
    fields = what(looked, invoice)
    leaving = visitor.press("pay", **fields, amount="40.00")
    url = leaving.headers["Refresh"].removeprefix("0; url=")

    assert leaving.status_code == 200
    assert urlsplit(url).hostname == "127.0.0.1"
    assert leaving.headers["Content-Security-Policy"].count("form-action 'self';") == 1
    assert leaving.headers["Referrer-Policy"] == "no-referrer"
    again = visitor.press("pay", **fields, amount="40.00")
    assert again.headers["Refresh"] == leaving.headers["Refresh"], "pressed twice it is the same page"
    assert "We are looking for your payment." in text_of(visitor.back())
    back = requests.post(url, data={"card": GOOD}, timeout=5, allow_redirects=False)
    assert urlsplit(back.headers["Location"]).path.startswith("/b/")
    assert "We are looking for your payment." in text_of(visitor.back()), "a success page claims nothing"
    shop.settle()
    assert "Your payment has arrived. Thank you." in text_of(visitor.back())
    _expect_the_way_on_to_end_with_the_code(shop, visitor)
    shop.play.sync()
    assert shop.now(invoice).open.minor == invoice.open.minor - 4000
    (record,) = shop.acts()
    assert record.state.value == "sent"


def _expect_the_way_on_to_end_with_the_code(shop: Shop, visitor: Visitor) -> None:
    with counting(shop.play.house) as sent:
        assert visitor.back(press=True).headers["Location"] == visitor.path
    assert {one.split()[0].upper() for one in sent} <= {"SELECT", "PRAGMA", "BEGIN", "SHOW", "SET"}
    assert visitor.path not in visitor.back().get_data(as_text=True), "looking alone does not tell the link"
    (checkout,) = shop.checkouts()
    ends = checkout.expires_at + timedelta(hours=24)
    shop.play.move(seconds=(ends - shop.play.house.clock.now()).total_seconds() - 60)
    assert visitor.back().status_code == 200
    shop.play.move(minutes=2)
    assert [visitor.back(press=press).status_code for press in (False, True)] == [404, 404]


@sqlite
def test_a_declined_card_and_a_failed_debit_are_told_without_inner_detail(plays: Plays) -> None:
    shop, invoice = begun(plays, "stripe")
    visitor = at_the_page(shop, invoice)
    fields = what(visitor.look(), invoice)
    url = visitor.press("pay", **fields).headers["Refresh"].removeprefix("0; url=")
    requests.post(url, data={"card": DECLINED}, timeout=5, allow_redirects=False)
    shop.settle()
    assert "We are looking for your payment." in text_of(visitor.back())
    requests.post(url, data={"account": BAD_ACCOUNT}, timeout=5, allow_redirects=False)
    shop.settle()
    assert "Your payment is on its way." in text_of(visitor.back())
    assert "A payment is on its way; nothing more has to be done." in text_of(visitor.look())
    shop.play.move(days=6)
    shop.settle()
    assert visitor.back().status_code == 404, "the way back has ended, and the account tells it"
    assert "The payment did not go through and nothing is paid." in text_of(visitor.look())
    assert what(visitor.look(), invoice) == fields, "it can be paid again"
    visitor.press("pay", **fields)
    assert "We are looking for your payment." in text_of(visitor.back())


@sqlite
def test_a_plan_is_agreed_and_its_next_part_paid(plays: Plays) -> None:
    shop, invoice = begun(plays, "stripe")
    visitor = at_the_page(shop, invoice)
    day = shop.play.house.clock.now().date().isoformat()
    shown = visitor.press("plan", parts="2", every="weekly", first=day, currency="USD")
    fields = hidden_in(shown)
    agreed = visitor.press("agree", **{name: text for name, text in fields.items() if name != "proof"})
    assert "it is agreed" in text_of(agreed)
    html = agreed.get_data(as_text=True)
    plan = re.search(r'value="(plan:[^"]+)"', html)
    assert plan
    leaving = visitor.press("pay", what=plan[1])
    assert leaving.status_code == 200
    url = leaving.headers["Refresh"].removeprefix("0; url=")
    requests.post(url, data={"card": GOOD}, timeout=5, allow_redirects=False)
    shop.settle()
    shop.play.sync()
    (checkout,) = [one for one in shop.checkouts() if one.plan]
    assert f"plan:{checkout.plan}" == plan[1]
    assert checkout.state.value == "recorded"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("0.10", "Please choose an amount from $0.50 to"), ("1,000,000", "Please choose an amount"), ("x", "like $")],
)
@sqlite
def test_a_sum_that_cannot_be_taken_is_said_before_the_till_is_asked(plays: Plays, typed: str, sentence: str) -> None:
    shop, invoice = begun(plays, "stripe")
    visitor = at_the_page(shop, invoice)
    answer = visitor.press("pay", **what(visitor.look(), invoice), amount=typed)

    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert shop.checkouts() == []


@sqlite
def test_the_link_stands_in_the_mail_and_nowhere_in_what_is_kept(plays: Plays) -> None:
    play = plays(platforms=("stripe",), invoices=40, customers=10)
    shop = open_shop(play)
    send_plan(play.house, play.business, by="Robin")
    mails = play.sandbox.mailbox.mails()
    found = [re.search(r"(http://\S+?/p/([\w-]{43}))", _words(one)) for one in mails]
    links = [one for one in found if one]
    assert links
    assert len({one[2] for one in links}) == len(links) == len(mails), "each customer has their own"
    with play.house.database.read() as tx:
        kept = json.dumps([one.payload for one in actions.actions(tx, play.business)])
    assert not any(one[2] in kept for one in links)
    assert "[link 1]" in kept
    assert "What is open" in text_of(Visitor(shop, links[0][1]).look())
