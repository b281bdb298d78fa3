"""No public address: a link at the till stands in the message, and what is paid by it is recorded like all that is."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from collector.debtors.cases import debtor_key
from collector.judgement import Line, PartAsked
from collector.paying.counter import OnTheWay, TryAgain
from duewell.businesses import the_business
from duewell.clearing import clearing_page
from duewell.finding import today_of
from duewell.links import revoke
from duewell.running import make_plan, messages_of_today, send_plan
from duewell.stationery import stationery_of
from duewell.tills import choose_till
from receivables.case import Case
from receivables.money import Money
from receivables.plans import Agreement, Covered, InstallmentPlan, Part, PlanState, next_part
from receivables.records import Invoice
from receivables.said import Said, Saying
from sandbox.faults import Fault
from storage import actions, installments
from storage.actions import ActionState
from storage.checkouts import CheckoutState
from storage.said import say
from tests.scenarios.paying import BAD_ACCOUNT, GOOD, TILL, open_shop
from tests.scenarios.playing import Play

Plays = Callable[..., Play]
"""Ledgers of two platforms; which database each is told on is as good as drawn."""
each_ledger = pytest.mark.parametrize(
    ("slug", "key", "database_url"),
    [("quickbooks", "cedar", "sqlite"), ("xero", "brightwater", "postgresql")],
    indirect=["database_url"],
)
cedar = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Desk:
    """A business that nobody can reach, and one customer's message of today."""

    def __init__(self, play: Play, key: str) -> None:
        self.shop = open_shop(play)
        play.house.settings = play.house.settings.model_copy(update={"sandbox_control": ""})
        make_plan(play.house, play.business)
        self.case, self.line = self._message(key)

    def _message(self, key: str) -> tuple[Case, Line]:
        house, business = self.shop.play.house, self.shop.play.business
        for one in messages_of_today(house, business):
            for line in one.decision.candidate.lines if one.decision.candidate else ():
                company = self.shop.play.connected(key).company
                assert company is not None
                here = line.invoice.ref.connection == self.shop.play.connected(key).id
                if here and line.asked.minor > 5000 and line.asked.currency == company.base_currency:
                    return one.case, line
        raise AssertionError("nobody is to be written to")

    @property
    def invoice(self) -> Invoice:
        """As it is now."""
        return self.shop.now(self.line.invoice)

    def link(self, asked: Money | None = None, part: PartAsked | None = None) -> str:
        """What a message of now carries for the invoice, as the dispatcher asks for it; empty for no link of ours."""
        house, business = self.shop.play.house, self.shop.play.business
        paper = stationery_of(house, the_business(house, business))
        nothing = Money.zero(self.invoice.open.currency)
        wanted = Line(self.invoice, self.line.step, asked or self.invoice.open, nothing, part=part)
        return paper.pay_links(self.case, [wanted]).get(self.invoice.ref, "")

    def poll(self, days: float = 0) -> None:
        """As the job does it, without any news."""
        self.shop.play.move(days=days, minutes=3)
        self.shop.settle(news=False)

    def links(self) -> list[bool]:
        """Whether each link at the till can be paid by, oldest first."""
        return [one["active"] and not one["done"] for one in self.shop.till_truth()["links"].values()]


def pay(url: str, **form: str) -> str:
    """Somebody follows a link and pays there; what is said then."""
    page = requests.get(url, timeout=5)
    return requests.post(page.url, data=form, timeout=5).text if page.ok else page.text


@each_ledger
def test_what_is_paid_by_a_link_is_recorded_once_and_its_clearing_comes_to_zero(
    plays: Plays, slug: str, key: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "urllib3")
    desk = Desk(plays(platforms=("stripe", slug), invoices=40, customers=8), key)
    shop, before = desk.shop, desk.invoice.open
    url = desk.link()
    send_plan(shop.play.house, shop.play.business, [(desk.invoice.ref.connection, desk.invoice.ref.id)], by="Robin")
    (mail,) = shop.play.sandbox.mailbox.mails()
    assert url in str(mail.message.get_body(("plain",))), "the message carries it"
    assert desk.link() == url, "the next message carries the same one"
    desk.poll()
    assert all(desk.links())
    assert not shop.checkouts(), "a link that is open is no money under way"
    pay(url, account=BAD_ACCOUNT)
    desk.poll()
    assert [one.state for one in shop.checkouts()] == [CheckoutState.PROCESSING]
    with pytest.raises(OnTheWay):
        desk.link()
    desk.poll(days=5)
    assert [one.state for one in shop.checkouts()] == [CheckoutState.FAILED]
    again = desk.link()
    assert again != url, "what has failed has used its link up"
    assert "no longer active" in pay(url, card=GOOD)
    pay(again, card=GOOD)
    with pytest.raises(OnTheWay):
        desk.link()
    for _ in range(2):
        desk.poll()
    assert not desk.invoice.owing
    assert [act.state for act in shop.acts()] == [ActionState.SENT]
    assert shop.checkouts()[-1].amount == before
    with shop.play.house.database.read() as tx:
        kept = str(actions.actions(tx, shop.play.business))
    told = caplog.text + capsys.readouterr().out + str(shop.checkouts()) + kept
    assert "a payment link was paid by" in told
    assert not [one["slug"] for one in shop.till_truth()["links"].values() if one["slug"] in told]
    desk.poll(days=9)
    for cleared in clearing_page(shop.play.house, shop.play.business).lines:
        assert not cleared.balance
        assert not cleared.difference


@cedar
def test_a_link_ends_with_the_debt_it_was_made_for(plays: Plays) -> None:
    desk = Desk(plays(platforms=("stripe", "quickbooks"), invoices=40, customers=8), "cedar")
    play, one = desk.shop.play, desk.invoice
    house, business = play.house, play.business
    urls = [desk.link()]
    half = Money(one.open.minor // 2, "USD")
    urls.append(desk.link(half))
    assert (len(set(urls)), desk.links()) == (2, [False, True]), "another sum, another link"

    play.act("pay", "cedar", invoice=one.ref.id, amount="1.00")
    play.sync("cedar")
    desk.poll()
    assert desk.links()[-1] is False, "another sum is open now"

    urls.append(desk.link())
    assert revoke(house, business, debtor_key(one.customer), by="Robin") == 1
    urls.append(desk.link())
    assert desk.links()[-2:] == [False, True], "one that was revoked stands in no message"
    revoke(house, business, debtor_key(one.customer), by="Robin")
    desk.poll()
    assert desk.links()[-1] is False, "nor can it be paid by much longer"

    urls.append(desk.link())
    choose_till(house, business, {"connection": ""}, by="Robin")
    desk.poll()
    assert desk.links()[-1] is False, "money is not taken there any more"
    choose_till(house, business, {"connection": play.connected(TILL).id}, by="Robin")

    urls += [_disputed(desk), *_paid_in_parts(desk)]
    assert not any(desk.links())
    assert all("no longer active" in pay(url, card=GOOD) for url in urls)
    assert not desk.shop.checkouts()


def _disputed(desk: Desk) -> str:
    house, one, url = desk.shop.play.house, desk.invoice, desk.link()
    today = today_of(house, desk.shop.play.business)
    with house.database.write() as tx:
        disputed = Said(debtor_key(one.customer), Saying.DISPUTE, today, invoice=one.ref)
        say(tx, desk.shop.play.business, disputed, now=house.clock.now())
    desk.poll()
    assert desk.links()[-1] is False, "it is in dispute since"
    return url


def _paid_in_parts(desk: Desk) -> tuple[str, str]:
    house, business, whole = desk.shop.play.house, desk.shop.play.business, desk.link()
    plan = _agree(desk)
    desk.poll()
    assert desk.links()[-1] is False, "it is paid in parts since"
    standing = next_part(plan, Money.zero("USD"), today_of(house, business))
    assert standing is not None
    part = desk.link(standing.open, PartAsked(plan, standing))
    desk.poll()
    assert desk.links()[-1], "a part of it is asked for by a link as well"
    with house.database.write() as tx:
        installments.end(tx, business, plan.id, PlanState.CANCELLED, by="Robin", why="", now=house.clock.now())
    desk.poll()
    return whole, part


def _agree(desk: Desk) -> InstallmentPlan:
    house, business, one = desk.shop.play.house, desk.shop.play.business, desk.invoice
    today = today_of(house, business)
    nothing = Money.zero("USD")
    first, rest = Money(2000, "USD"), one.open - Money(2000, "USD")
    parts = (Part(1, today, first), Part(2, today + timedelta(days=30), rest))
    plan = InstallmentPlan("", desk.case.debtor, (Covered(one.ref, one.open, nothing),), parts)
    with house.database.write() as tx:
        id = installments.propose(tx, business, plan, by="Robin", now=house.clock.now())
        agreed = Agreement("Jo", house.clock.now(), "phone", "…")
        installments.begin(tx, business, id, agreed, settled={one.ref: one.total - one.open})
        found = installments.plan(tx, business, id)
    assert found is not None
    return found


@cedar
def test_a_page_and_a_link_are_never_there_together_and_a_lost_reply_makes_no_second_link(plays: Plays) -> None:
    desk = Desk(plays(platforms=("stripe", "quickbooks"), invoices=40, customers=8), "cedar")
    shop, one, book = desk.shop, desk.invoice, desk.shop.play.sandbox.book
    book.add(Fault("stripe", "drop_after", method="POST", path="/payment_links", times=9))
    assert desk.link() == "", "the message goes with the platform's own"
    book.clear()
    first = desk.link()
    assert (bool(first), desk.links()) == (True, [True]), "it was found again"
    assert desk.link(Money(10, "USD")) == "", "no till takes so little"
    with shop.counter.hold(f"pay:{shop.play.business}:{desk.case.debtor}"), pytest.raises(TryAgain):
        desk.link()

    page = shop.page((one, one.open.minor))
    assert desk.links() == [False], "a page is opened: the link is ended first"
    assert "no longer active" in pay(first, card=GOOD)
    assert desk.link() == "", "and while it is open there is no other way"
    shop.counter.till.expire_page(page.id)
    shop.settle()

    book.add(Fault("stripe", "drop_before", method="POST", path="/payment_links", times=9))
    assert desk.link() == ""
    book.clear()
    assert desk.link() == "", "it may still be being made"
    shop.play.move(minutes=11)
    shop.settle(news=False)
    second = desk.link()
    assert desk.links() == [False, True], "it never arrived, and is asked for anew"
    pay(second, card=GOOD)
    with pytest.raises(OnTheWay):
        shop.page((one, one.open.minor))
    shop.play.act("pay", "cedar", invoice=one.ref.id, amount=str(one.open.amount))
    desk.poll()
    assert not desk.invoice.owing
    (act,) = shop.acts()
    assert '"unapplied": [' in act.payload, "two ways crossed"
