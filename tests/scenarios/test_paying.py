"""Paying beside every platform: each part on its invoice once, whatever happens to replies; and taken back again."""

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from collector.debtors.cases import debtor_key
from collector.paying.counter import NotByLink, OnTheWay, PaidAlready, TryAgain
from collector.paying.settle import decide
from duewell.clearing import clearing_page, journal, returned_beside
from duewell.clearing_words import clearing_words
from duewell.connecting import change_answers, disconnect
from duewell.doing import finish_todo
from duewell.jobs import drain_job
from duewell.occasions import offer_to_ask_again
from duewell.refunds import refund_was
from duewell.running import follow_up_all, make_plan, parked_messages, settle_parked
from duewell.tills import choose_clearing, choose_till, till_view
from duewell.todos import bring_todos_in_step
from integrations.errors import NotThere, Refused, TryLater
from integrations.receiving import Received
from integrations.tills import PayPage
from receivables.money import Money
from receivables.records import Invoice
from receivables.todo import Todo
from sandbox.faults import Fault
from storage import todos
from storage.actions import ActionState
from storage.checkouts import CheckoutState
from storage.settings import set_setting
from tests.scenarios.paying import BAD_ACCOUNT, DECLINED, GOOD, GOOD_ACCOUNT, TILL, Shop, open_shop, press
from tests.scenarios.playing import Play, connect_platform

Plays = Callable[..., Play]
KEYS = {"stripe": TILL, "quickbooks": "cedar", "xero": "brightwater"}
ROUTES = {"stripe": "/attach_payment", "quickbooks": "/payment", "xero": "/Payments"}
everywhere = pytest.mark.parametrize(
    ("slug", "database_url"),
    [("stripe", "sqlite"), ("quickbooks", "sqlite"), ("xero", "postgresql")],
    indirect=["database_url"],
)
every_platform = pytest.mark.parametrize(
    ("slug", "database_url"), [(slug, "sqlite") for slug in KEYS], indirect=["database_url"]
)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def begun(plays: Plays, slug: str, **more: str) -> tuple[Shop, Invoice]:
    """Books read, a till named, and an invoice that a customer wants to pay."""
    play = plays(platforms=tuple({"stripe", slug}), invoices=40, customers=8)
    shop = open_shop(play, **more)
    company = play.connected(KEYS[slug]).company
    assert company is not None
    currency = "USD" if slug == "stripe" else company.base_currency
    return shop, shop.owing(KEYS[slug], currency=currency)


def agree(shop: Shop) -> None:
    """Every ledger's own figures are ours."""
    for key, synced in shop.play.sync().items():
        assert synced.night is not None, (key, synced.trouble)
        assert synced.night.agreement is not None, key
        assert synced.night.agreement.agrees, key


def at_zero(shop: Shop) -> None:
    """Days later everything was paid out, and nothing is left or unexplained."""
    shop.play.move(days=9)
    shop.settle()
    page = clearing_page(shop.play.house, shop.play.business)
    assert not page.unbooked
    for line in page.lines:
        assert not line.balance, line
        assert not line.difference, line


def titles(shop: Shop) -> dict[str, Todo]:
    """What people have to do about money, by kind."""
    house, business = shop.play.house, shop.play.business
    bring_todos_in_step(house, business, make_plan(house, business), house.clock.now().date())
    with house.database.read() as tx:
        return {todo.kind.value: todo for _, todo in todos.todos(tx, [business])}


@everywhere
def test_two_parts_by_card_and_one_by_a_debit_that_first_fails(plays: Plays, slug: str) -> None:
    shop, one = begun(plays, slug)
    page = shop.page((one, 2500), plan="p1")
    assert press(page, card=DECLINED).status_code == 200
    shop.settle()
    assert shop.checkouts()[0].state is CheckoutState.OPEN, "it may be tried again"
    assert press(page, card=GOOD).status_code == 303
    for _ in range(2):
        shop.settle()
    assert shop.now(one).open == one.open - Money(2500, one.open.currency)
    if slug != "xero":
        press(shop.page((one, 1000)), account=BAD_ACCOUNT)
        shop.settle()
        assert shop.checkouts()[1].state is CheckoutState.PROCESSING
        left = shop.page((one, one.open.minor))
        assert left.amount == one.open - Money(3500, one.open.currency), "what is on its way is not asked for again"
        shop.play.move(days=5)
        shop.settle()
        assert (shop.checkouts()[1].state, bool(shop.checkouts()[1].failure)) == (CheckoutState.FAILED, True)
        press(shop.page((one, 1000)), account=GOOD_ACCOUNT)
        shop.play.move(days=5)
        shop.settle()
    press(shop.page((one, one.open.minor)), card=GOOD)
    shop.settle()
    assert not shop.now(one).owing
    with pytest.raises(PaidAlready):
        shop.page((one, one.open.minor))
    assert {act.state for act in shop.acts()} == {ActionState.SENT}
    agree(shop)
    at_zero(shop)


@every_platform
def test_a_reply_lost_after_commit_records_nothing_twice_even_when_keys_have_expired(plays: Plays, slug: str) -> None:
    shop, one = begun(plays, slug)
    press(shop.page((one, 2500)), card=GOOD)
    shop.play.sandbox.book.add(Fault(slug, "drop_after", method="POST", path=ROUTES[slug]))
    shop.settle()
    assert [act.state for act in shop.acts()] == [ActionState.AMBIGUOUS]
    shop.play.move(hours=26)
    shop.settle()
    assert [act.state for act in shop.acts()] == [ActionState.SENT]
    assert shop.now(one).open == one.open - Money(2500, one.open.currency)
    agree(shop)
    at_zero(shop)


@sqlite
def test_a_lost_reply_to_opening_a_page_never_leaves_two_to_be_paid(plays: Plays) -> None:
    shop, one = begun(plays, "stripe")
    shop.play.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/checkout/sessions", times=9))
    with pytest.raises(TryLater):
        shop.page((one, 2500))
    shop.play.sandbox.book.clear()
    again = shop.page((one, 2500))
    assert shop.page((one, 2500)).id == again.id
    other = shop.page((one, 1500))
    assert _open_pages(shop) == [other.id]
    _expect_whoever_takes_too_long_to_leave_no_second_page(shop, one)


def _open_pages(shop: Shop) -> list[str]:
    return [id for id, each in shop.till_truth()["sessions"].items() if each["status"] == "open"]


@dataclass
class _Overtaken:
    """Before the till hears of a page its payer has waited so long that they try once more."""

    shop: Shop
    again: Callable[[], PayPage]
    page: str = ""

    def strike(self, _: str, route: str) -> None:
        if not self.page and route == "POST /v1/checkout/sessions":
            self.page = "being opened"
            self.shop.play.move(minutes=4, quiet=True)
            self.page = self.again().id


def _expect_whoever_takes_too_long_to_leave_no_second_page(shop: Shop, one: Invoice) -> None:
    overtaken = _Overtaken(shop, lambda: shop.page((one, 1800)))
    shop.play.sandbox.book.storms["stripe"] = overtaken
    with pytest.raises(TryAgain):
        shop.page((one, 1800))
    assert _open_pages(shop) == [overtaken.page]
    assert shop.page((one, 1800)).id == overtaken.page


@sqlite
def test_webhooks_make_it_stand_in_the_books_and_whoever_settles_beside_records_nothing_more(plays: Plays) -> None:
    shop, one = begun(plays, "quickbooks")
    press(shop.page((one, 2500)), card=GOOD)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: shop.settle(), range(4)))
    drain_job(shop.play.house)
    shop.settle()
    assert [act.state for act in shop.acts()] == [ActionState.SENT]
    assert shop.now(one).open == one.open - Money(2500, "USD")
    agree(shop)
    _expect_a_closed_period_to_park_it_until_a_person_lets_it_be_tried_again(shop, shop.owing("cedar", skip=1))


@pytest.mark.parametrize(
    ("slug", "database_url"), [("quickbooks", "sqlite"), ("xero", "sqlite")], indirect=["database_url"]
)
def test_what_crossed_another_payment_is_kept_unapplied_and_left_to_a_person(plays: Plays, slug: str) -> None:
    shop, one = begun(plays, slug)
    page, currency = shop.page((one, one.open.minor)), one.open.currency
    shop.play.act("pay", KEYS[slug], invoice=one.ref.id, amount=str(one.open.amount - 10))
    press(page, card=GOOD)
    shop.settle()
    shop.settle()
    assert not shop.now(one).owing
    assert {act.state for act in shop.acts()} == {ActionState.SENT}
    todo = titles(shop)["overpaid"]
    assert todo.amount == one.open - Money.of(10, currency)
    agree(shop)
    at_zero(shop)


@sqlite
def test_at_the_till_itself_what_does_not_fit_is_parked_with_its_words(plays: Plays) -> None:
    shop, one = begun(plays, "stripe")
    press(shop.page((one, one.open.minor)), account=GOOD_ACCOUNT)
    shop.settle()
    with pytest.raises(OnTheWay):
        shop.page((one, 1000))
    shop.play.act("answer_debit", TILL, intent=shop.checkouts()[0].payment, good=False)
    shop.settle()
    page = shop.page((one, one.open.minor))
    shop.play.act("pay", TILL, invoice=one.ref.id, amount=one.open.minor - 1000)
    press(page, card=GOOD)
    shop.settle()
    (parked,) = parked_messages(shop.play.house, shop.play.business)
    assert "only whole" in parked.reason
    todo = titles(shop)["parked"]
    assert "which is not in the books" in todo.title
    assert todo.note == parked.reason
    assert "Not in the books yet" in " ".join(_words(shop))


def _words(shop: Shop) -> list[str]:
    return list(clearing_words(clearing_page(shop.play.house, shop.play.business)))


def _expect_a_closed_period_to_park_it_until_a_person_lets_it_be_tried_again(shop: Shop, one: Invoice) -> None:
    press(shop.page((one, 2500)), card=GOOD)
    shop.play.act("close_books", "cedar", until="2026-12-31")
    shop.settle()
    (parked,) = parked_messages(shop.play.house, shop.play.business)
    assert "closed" in parked.reason
    follow_up_all(shop.play.house, shop.play.business)
    shop.play.act("close_books", "cedar", until="")
    settle_parked(shop.play.house, shop.play.business, parked.key, sent=False)
    shop.settle(news=False)
    assert shop.now(one).open == one.open - Money(2500, "USD")


@every_platform
def test_what_a_bank_takes_back_is_owed_again_or_shown_beside(plays: Plays, slug: str) -> None:
    shop, one = begun(plays, slug)
    press(shop.page((one, 2500)), card=GOOD)
    shop.settle()
    dispute = shop.play.act("dispute", TILL, payment=shop.checkouts()[0].payment)["dispute"]
    shop.settle()
    assert shop.now(one).open < one.open, "it is not lost yet"
    shop.play.act("move_dispute", TILL, dispute=dispute, status="lost")
    if slug != "stripe":
        shop.play.sandbox.book.add(Fault(slug, "drop_after", method="POST", path=ROUTES[slug]))
    shop.play.move(minutes=45)
    shop.settle(news=False)
    shop.play.move(hours=26)
    shop.settle()
    (back,) = clearing_page(shop.play.house, shop.play.business).back
    assert back.returned == Money(2500, one.open.currency)
    assert back.beside == (slug == "stripe")
    if slug == "stripe":
        assert "returned" in titles(shop)
        _expect_it_to_be_asked_for_again_only_when_a_person_says_so(shop, one)
        assert returned_beside(shop.play.house, shop.play.business, debtor_key(one.customer)) == (back.returned,)
    else:
        assert {act.state for act in shop.acts("reverse_payment")} == {ActionState.SENT}
        shop.play.sync(KEYS[slug])
        assert shop.now(one).open == one.open
    agree(shop)


def _expect_it_to_be_asked_for_again_only_when_a_person_says_so(shop: Shop, one: Invoice) -> None:
    house, business, mails = shop.play.house, shop.play.business, shop.play.sandbox.mailbox.mails
    before = len(mails())
    for _ in range(2):
        offer_to_ask_again(house, business)
    todo = titles(shop)["ask_again"]
    assert f"again for 25.00 USD of invoice {one.number}, which their bank took back" in todo.title
    assert "Your bank has taken back $25.00 of your payment" in todo.note
    assert "returned" not in titles(shop)
    assert len(mails()) == before
    assert finish_todo(house, business, todo.id, by="Robin", sent=True) == "It went out."
    assert mails()[-1].message["Subject"] == f"Returned payment: invoice {one.number}"
    offer_to_ask_again(house, business)
    assert not {"ask_again", "returned"} & set(titles(shop)), "asked for once, and never by itself"


def _expect_what_is_planned_to_be_done_although_its_invoice_was_settled(shop: Shop, one: Invoice) -> None:
    press(shop.page((one, 2500)), card=GOOD)
    decide(shop.counter, shop.checkouts()[-1])
    shop.play.act("pay", "cedar", invoice=one.ref.id, amount=str(one.open.amount))
    shop.play.sync("cedar")
    follow_up_all(shop.play.house, shop.play.business)
    assert shop.acts()[0].state is ActionState.PLANNED
    shop.settle()
    assert shop.acts()[0].state is ActionState.PARKED, "it was decided where it goes, and there is no room left"
    assert "only 0.00 USD open" in shop.acts()[0].reason


def _expect_a_dispute_that_is_won_to_take_nothing_back(shop: Shop, one: Invoice) -> None:
    press(shop.page((one, 2500)), card=GOOD)
    shop.settle()
    dispute = shop.play.act("dispute", TILL, payment=shop.checkouts()[-1].payment)["dispute"]
    shop.play.act("move_dispute", TILL, dispute=dispute, status="won")
    shop.settle()
    assert not shop.acts("reverse_payment")
    assert not clearing_page(shop.play.house, shop.play.business).back
    at_zero(shop)


@sqlite
def test_a_refund_is_no_new_debt_and_keeps_the_customer_on_hold_until_it_is_explained(plays: Plays) -> None:
    shop, one = begun(plays, "quickbooks")
    press(shop.page((one, 2500)), card=GOOD)
    shop.settle()
    payment = shop.checkouts()[0].payment
    shop.play.act("refund", TILL, payment=payment, amount=700)
    shop.settle()
    shop.settle()
    assert shop.now(one).open == one.open - Money(2500, "USD")
    assert not shop.acts("reverse_payment")
    house, business = shop.play.house, shop.play.business
    assert "Say of what the refund of 7.00 USD" in titles(shop)["refund"].title
    assert _verdict(shop, one) == "on_hold"
    with pytest.raises(Refused, match="is none of them"):
        refund_was(house, business, payment, "sorry", by="Robin")
    assert "a credit note" in refund_was(house, business, payment, "credit_note", by="Robin")
    assert _verdict(shop, one) != "on_hold"
    assert "refund" not in titles(shop)
    with pytest.raises(Refused, match="said already"):
        refund_was(house, business, payment, "credit_note", by="Robin")
    with pytest.raises(NotThere):
        refund_was(house, business, "pi_nobody", "credit_note", by="Robin")
    _expect_a_part_that_a_bank_takes_back_to_be_a_persons(shop, one)
    _expect_money_for_a_ledger_that_is_gone_to_be_a_persons(shop, one)


def _expect_a_part_that_a_bank_takes_back_to_be_a_persons(shop: Shop, one: Invoice) -> None:
    press(shop.page((one, 1500)), card=GOOD)
    shop.settle()
    payment = shop.checkouts()[-1].payment
    shop.play.act("dispute", TILL, payment=payment, amount=600, status="lost")
    shop.settle()
    todo = titles(shop)["returned"]
    assert (todo.amount, shop.acts("reverse_payment")) == (Money(600, "USD"), []), "an entry is taken back whole or not"
    assert "took back 6.00 USD of the 15.00 USD that" in todo.title
    assert f"The payment {payment} stands in the books whole (15.00 USD by invoice)" in todo.note
    assert "parked" not in titles(shop)


def _expect_money_for_a_ledger_that_is_gone_to_be_a_persons(shop: Shop, one: Invoice) -> None:
    press(shop.page((one, 800)), card=GOOD)
    cedar = shop.play.connected("cedar")
    disconnect(shop.play.house, shop.play.business, cedar.id)
    shop.settle()
    assert shop.checkouts()[-1].state is CheckoutState.PROCESSING
    todo = titles(shop)["stranded"]
    assert todo.amount == Money(800, "USD")
    assert todo.note.startswith(f"{cedar.label} is not connected any more. Connect it again")
    assert shop.checkouts()[-1].payment in todo.note
    connect_platform(shop.play, "quickbooks")
    shop.play.sync("cedar")
    shop.settle()
    assert shop.checkouts()[-1].state is CheckoutState.RECORDED
    assert "stranded" not in titles(shop)


def _verdict(shop: Shop, one: Invoice) -> str:
    decided = make_plan(shop.play.house, shop.play.business)
    return next(v.rule for each in decided for v in each.decision.verdicts if v.invoice == one.ref)


def _expect_what_was_given_back_at_once_never_to_be_recorded(shop: Shop, one: Invoice) -> None:
    page = shop.page((one, 1500))
    press(page, card=GOOD)
    shop.play.act("refund", TILL, payment=shop.counter.till.page(page.id).payment, amount=1500)
    shop.settle()
    assert shop.checkouts()[-1].state is CheckoutState.FAILED
    assert shop.now(one).open == one.open


def _expect_what_another_app_has_posted_to_be_adopted(shop: Shop, one: Invoice) -> None:
    house, business = shop.play.house, shop.play.business
    page = shop.page((one, 2500))
    press(page, card=GOOD)
    taken = shop.counter.till.page(page.id).payment
    connection = shop.play.connected("cedar").id
    books = shop.counter.ledger(connection).books
    account = shop.counter.ledger(connection).clearing["USD"]
    day = house.clock.now().date()
    theirs = books.record_payment(Received(taken, day, ((one.ref, Money(2500, "USD")),), account), key="another-app-1")
    shop.play.act("pay", "cedar", invoice=shop.owing("cedar", skip=5).ref.id, amount="10", reference="py_12345678abc")
    shop.play.sync("cedar")
    (posted,) = till_view(house, business).posted
    assert (posted.connection, posted.said, posted.seen) == (connection, "unknown", 1)
    assert connection in shop.counter.adopts, "while nobody has said no it is looked"
    change_answers(house, business, connection, {"others_post": "no"})
    assert connection not in shop.counter.adopts
    connect_platform(shop.play, "quickbooks")
    assert connection not in shop.counter.adopts, "what is not asked again stays as it was said"
    choose_till(house, business, {"connection": shop.play.connected(TILL).id, "others_post": "yes"}, by="Robin")
    shop.settle()
    (act,) = shop.acts()
    assert (act.state, act.receipt) == (ActionState.SENT, theirs.id)
    assert shop.now(one).open == one.open - Money(2500, "USD")
    agree(shop)


@sqlite
def test_one_session_pays_several_invoices_of_one_customer_and_its_journal_can_be_imported(plays: Plays) -> None:
    shop, one = begun(plays, "quickbooks")
    house, business = shop.play.house, shop.play.business
    others = [each for each in shop.play.invoices("cedar").values() if each.customer == one.customer and each.owing]
    wanted = [(each, 700) for each in others if each.open.minor > 700][:2]
    press(shop.page(*wanted), card=GOOD)
    shop.settle()
    assert [act.state for act in shop.acts()] == [ActionState.SENT]
    assert all(shop.now(each).open == each.open - Money(700, "USD") for each, _ in wanted)
    at_zero(shop)
    rows = list(csv.DictReader(io.StringIO(journal(house, business))))
    assert sum(float(row["Debit"] or 0) - float(row["Credit"] or 0) for row in rows) == pytest.approx(0)
    assert {row["Account"] for row in rows} == {"Bank", "Payment fees", "Stripe clearing USD"}
    choose_till(house, business, {"connection": shop.play.connected(TILL).id, "fed": "yes"}, by="Robin")
    with pytest.raises(Refused, match="books fees and payouts"):
        journal(house, business)
    shop.play.sync("cedar")
    _expect_a_dispute_that_is_won_to_take_nothing_back(shop, shop.owing("cedar", skip=3))
    shop.play.sync("cedar")
    _expect_what_is_planned_to_be_done_although_its_invoice_was_settled(shop, shop.owing("cedar", skip=4))


def _expect_a_key_without_leave_to_take_money_to_be_no_till(shop: Shop, till: str) -> None:
    house, business = shop.play.house, shop.play.business
    good = house.grants.load(shop.play.connected(TILL).grant_id)
    poor = shop.play.act("make_key", TILL, without=["rak_checkout_session_write", "rak_payout_read"])["api_key"]
    house.grants.save(replace(good, access=poor))
    before = till_view(house, business)
    with pytest.raises(Refused, match="to take money the key lacks rak_checkout_session_write, rak_payout_read"):
        choose_till(house, business, {"connection": till, "others_post": "no"}, by="Robin")
    assert till_view(house, business) == before, "nothing of it is kept"
    house.grants.save(good)


@sqlite
def test_what_is_wrong_about_a_till_or_an_account_is_said(plays: Plays) -> None:
    shop, one = begun(plays, "quickbooks")
    _expect_what_another_app_has_posted_to_be_adopted(shop, one)
    house, business, cedar = shop.play.house, shop.play.business, shop.play.connected("cedar").id
    till = shop.play.connected(TILL).id
    for told, why in (
        ({"connection": cedar}, "Money cannot be taken at"),
        ({"connection": till, "card_most": "lots"}, "is not a sum"),
        ({"connection": till, "card_most": "2000 USD"}, "leaves no way to pay more"),
        ({"connection": till, "methods": "Card!"}, "is not a way to pay"),
        ({"connection": till, "others_post": "maybe"}, "yes, no or unknown"),
    ):
        with pytest.raises(Refused, match=why):
            choose_till(house, business, told, by="Robin")
    _expect_a_key_without_leave_to_take_money_to_be_no_till(shop, till)
    with pytest.raises(Refused, match="has no account 'Clearance' that can clear payments; there are: "):
        choose_clearing(house, business, cedar, "USD", typed="Clearance")
    with pytest.raises(Refused, match="is the till itself"):
        choose_clearing(house, business, till, "USD", typed="Anything")
    with pytest.raises(Refused, match="is not a currency"):
        choose_clearing(house, business, cedar, "dollars", typed="Anything")
    with pytest.raises(NotThere):
        choose_clearing(house, business, "nobody", "USD", typed="Anything")
    assert till_view(house, business).clearing[0].name == "Stripe clearing USD"
    with house.database.write() as tx:
        set_setting(tx, business, f"clearing:{cedar}", "{}")
    with pytest.raises(NotByLink):
        shop.page((one, 2500))


@sqlite
def test_above_the_ceiling_nobody_pays_by_card(plays: Plays) -> None:
    shop, one = begun(plays, "stripe", methods="card us_bank_account", card_most="20 USD")
    assert press(shop.page((one, 2500)), card=GOOD).status_code != 303
    assert press(shop.page((one, 2000)), card=GOOD).status_code == 303
    _expect_what_was_given_back_at_once_never_to_be_recorded(shop, shop.owing(TILL, skip=1))
