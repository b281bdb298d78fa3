"""Money taken at Stripe: one page per key, whatever line or clock does; what came of it; and where the money went."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from integrations.contract import Capability, Lookup
from integrations.errors import NotThere, Refused, TryLater
from integrations.stripe.minimums import least
from integrations.stripe.platform import PLATFORM
from integrations.tills import MovementKind, PageState, PayPage
from receivables.money import Money
from receivables.records import Kind, PaymentStatus
from sandbox.faults import Fault
from tests.integrations.stripe.till import (
    BACK,
    BAD_ACCOUNT,
    DECLINED,
    GOOD,
    GOOD_ACCOUNT,
    TO_AUTHENTICATE,
    owing,
    press,
    sessions,
    till_of,
    wanted,
)

KEY = "0011223344556677"


@pytest.fixture
def northwind(connect: Callable[..., Any]) -> Any:
    """A small account."""
    return connect(invoices=30, customers=8)


def test_a_page_is_opened_for_one_sum_and_paid_by_card(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    assert Capability.TAKE_PAYMENTS in PLATFORM.capabilities
    page = till.start_page(wanted(northwind, email="payer@example.com", language="de_DE"), key=KEY)
    assert (page.state, page.amount, page.payment, page.about) == (
        PageState.OPEN,
        Money(5000, "USD"),
        "",
        {"duewell": "k1"},
    )
    assert page.url not in repr(page)
    assert "50.00 USD" in requests.get(page.url, timeout=5).text
    assert press(page, card=GOOD).headers["Location"] == BACK
    paid = till.page(page.id)
    assert (paid.state, paid.url) == (PageState.PAID, "")
    taken = till.payment(paid.payment)
    assert (taken.status, taken.amount, taken.method) == (PaymentStatus.SETTLED, Money(5000, "USD"), "card")
    assert (taken.fee, taken.payout, taken.returned) == (Money(175, "USD"), "", Money(0, "USD"))
    assert taken.about == {"duewell": "k1"}
    assert taken.settled_at is not None
    assert since - timedelta(seconds=1) <= taken.made_at <= taken.settled_at
    assert till.found_page(KEY, since=since) == paid


def test_a_card_declined_may_be_followed_by_a_good_one(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    assert "Your card was declined." in press(page, card=DECLINED).text
    tried = till.page(page.id)
    assert tried.state is PageState.OPEN
    failed = till.payment(tried.payment)
    assert (failed.status, failed.failure, failed.fee) == (PaymentStatus.FAILED, "Your card was declined.", None)
    press(page, card=GOOD)
    paid = till.page(page.id)
    assert (paid.state, paid.payment) == (PageState.PAID, tried.payment)
    again = till.payment(paid.payment)
    assert (again.status, again.failure) == (PaymentStatus.SETTLED, "")


def test_a_payer_who_has_to_authenticate_may_fail_and_try_again(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    assert "Your bank asks" in press(page, card=TO_AUTHENTICATE).text
    assert till.payment(till.page(page.id).payment).status is PaymentStatus.OTHER
    told = requests.post(f"{page.url}/bank", data={"answer": "no"}, timeout=5).text
    assert "unable to authenticate" in told
    press(page, card=TO_AUTHENTICATE)
    requests.post(f"{page.url}/bank", data={"answer": "yes"}, timeout=5, allow_redirects=False)
    assert till.page(page.id).state is PageState.PAID


@pytest.mark.parametrize(
    ("account", "state", "status"),
    [
        (GOOD_ACCOUNT, PageState.PAID, PaymentStatus.SETTLED),
        (BAD_ACCOUNT, PageState.PROCESSING, PaymentStatus.FAILED),
    ],
)
def test_a_bank_debit_is_under_way_for_days(
    northwind: Any, account: str, state: PageState, status: PaymentStatus
) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind, methods=("us_bank_account",)), key=KEY)
    assert press(page, card=GOOD).status_code == 400
    press(page, account=account)
    under_way = till.page(page.id)
    taken = till.payment(under_way.payment)
    assert (under_way.state, taken.status, taken.settled_at) == (PageState.PROCESSING, PaymentStatus.PENDING, None)
    northwind.sandbox.move(timedelta(days=4), quiet=True)
    ended = till.payment(under_way.payment)
    assert (till.page(page.id).state, ended.status) == (state, status)
    assert bool(ended.failure) is (status is PaymentStatus.FAILED)
    assert (ended.settled_at or taken.made_at) - taken.made_at in (timedelta(), timedelta(days=4))


def test_a_page_whose_reply_was_lost_is_found_and_never_opened_twice(northwind: Any) -> None:
    till, since, asked = till_of(northwind), northwind.wire.clock.now(), wanted(northwind)
    assert till.found_page(KEY, since=since) is Lookup.NOT_THERE
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/sessions"))
    with pytest.raises(TryLater) as lost:
        till.start_page(asked, key=KEY)
    assert lost.value.may_have_acted
    found = till_of(northwind).found_page(KEY, since=since)
    assert isinstance(found, PayPage)
    assert till.start_page(asked, key=KEY) == found
    later = replace(asked, expires_at=asked.expires_at + timedelta(minutes=5))
    assert till.start_page(later, key=KEY) == found
    northwind.sandbox.move(timedelta(hours=26), quiet=True)
    gone = till.found_page(KEY, since=since)
    assert isinstance(gone, PayPage)
    assert (gone.id, gone.state, gone.url) == (found.id, PageState.EXPIRED, "")
    assert len(sessions(northwind)) == 1


def test_the_same_key_gives_the_same_page_as_it_is_now(northwind: Any) -> None:
    till, asked = till_of(northwind), wanted(northwind)
    page = till.start_page(asked, key=KEY)
    press(page, card=GOOD)
    again = till.start_page(asked, key=KEY)
    assert (again.id, again.state, again.url) == (page.id, PageState.PAID, "")


def test_one_that_never_arrived_is_not_found_and_may_be_opened(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    northwind.sandbox.book.add(Fault("stripe", "drop_before", method="POST", path="/sessions"))
    with pytest.raises(TryLater):
        till.start_page(wanted(northwind), key=KEY)
    assert till.found_page(KEY, since=since) is Lookup.NOT_THERE
    till.start_page(wanted(northwind), key=KEY)
    assert len(sessions(northwind)) == 1


def test_it_is_found_among_more_than_a_hundred(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    first = till.start_page(wanted(northwind), key=KEY)
    for number in range(101):
        till.start_page(wanted(northwind), key=f"other{number}")
    northwind.calls()
    assert till.found_page(KEY, since=since) == first
    assert northwind.calls() == {"GET /v1/checkout/sessions": 2}


def test_an_ended_page_takes_no_money(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    press(page, card=DECLINED)
    assert till.expire_page(page.id).state is PageState.EXPIRED
    assert till.expire_page(page.id).state is PageState.EXPIRED
    assert "expired" in press(page, card=GOOD).text
    assert [one["status"] for one in northwind.truth()["intents"].values()] == ["canceled"]


def test_a_payer_who_is_quicker_than_the_end_has_paid(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    press(page, card=GOOD)
    assert till.expire_page(page.id).state is PageState.PAID


def test_an_end_whose_reply_was_lost_may_be_asked_for_again(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/expire"))
    with pytest.raises(TryLater):
        till.expire_page(page.id)
    northwind.sandbox.move(timedelta(hours=26), quiet=True)
    assert till.expire_page(page.id).state is PageState.EXPIRED


@pytest.mark.parametrize(
    ("minor", "currency", "why"),
    [
        (49, "USD", "0.50 USD at least"),
        (49, "JPY", "50 JPY at least"),
        (1501, "KWD", "last decimal"),
        (150, "MGA", "round it"),
        (100, "IRR", "cannot take payments in IRR"),
    ],
)
def test_what_stripe_would_not_take_is_refused_before_any_call(
    northwind: Any, minor: int, currency: str, why: str
) -> None:
    northwind.calls()
    with pytest.raises(Refused, match=why):
        till_of(northwind).start_page(wanted(northwind, minor, currency), key=KEY)
    assert northwind.calls() == {}


def test_the_least_is_what_stripe_publishes() -> None:
    told = {code: str(least(code)) for code in ("USD", "GBP", "HUF", "JPY", "KWD", "ISK", "MGA", "XOF")}
    assert told == {
        "USD": "0.50 USD",
        "GBP": "0.30 GBP",
        "HUF": "175.00 HUF",
        "JPY": "50 JPY",
        "KWD": "0.010 KWD",
        "ISK": "1 ISK",
        "MGA": "1.00 MGA",
        "XOF": "1 XOF",
    }


def test_too_little_for_stripe_itself_is_said_in_its_words(northwind: Any) -> None:
    with pytest.raises(Refused, match="must add up to at least"):
        till_of(northwind).start_page(wanted(northwind, 100, "KWD"), key=KEY)


def test_more_notes_than_a_page_carries_are_refused(northwind: Any) -> None:
    with pytest.raises(Refused, match="10 notes, not 11"):
        till_of(northwind).start_page(wanted(northwind, about={f"n{at}": "x" for at in range(11)}), key=KEY)


@pytest.mark.parametrize("id", ["", "cs_", "in_123", "cs_a/b", "../x"])
def test_another_sort_of_id_is_refused_before_any_call(northwind: Any, id: str) -> None:
    northwind.calls()
    for ask in (till_of(northwind).page, till_of(northwind).expire_page, till_of(northwind).payment):
        with pytest.raises(Refused, match="not an id"):
            ask(id)
    assert northwind.calls() == {}


def test_what_is_not_there_is_not_there(northwind: Any) -> None:
    for ask in (till_of(northwind).page, till_of(northwind).expire_page):
        with pytest.raises(NotThere):
            ask("cs_test_nobody00000000000000")


def test_what_was_given_or_taken_back_is_told(northwind: Any) -> None:
    till = till_of(northwind)
    page = till.start_page(wanted(northwind), key=KEY)
    press(page, card=GOOD)
    payment = till.page(page.id).payment
    northwind.act("refund", payment=payment, amount=1000)
    partly = till.payment(payment)
    assert (partly.status, partly.returned, partly.disputed) == (PaymentStatus.SETTLED, Money(1000, "USD"), False)
    dispute = northwind.act("dispute", payment=payment)["dispute"]
    argued = till.payment(payment)
    assert (argued.returned, argued.disputed) == (Money(1000, "USD"), True)
    northwind.act("move_dispute", dispute=dispute, status="lost")
    lost = till.payment(payment)
    assert (lost.status, lost.returned) == (PaymentStatus.RETURNED, Money(6000, "USD"))


def test_every_line_of_the_balance_comes_to_nothing_once_it_is_paid_out(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    page = till.start_page(wanted(northwind), key=KEY)
    press(page, card=GOOD)
    payment = till.page(page.id).payment
    northwind.act("charge_elsewhere", amount=9000)
    northwind.act("refund", payment=payment, amount=1000)
    dispute = northwind.act("dispute", payment=payment)["dispute"]
    northwind.act("move_dispute", dispute=dispute, status="won")
    assert {one.payout for one in till.movements(since)} == {""}
    northwind.sandbox.move(timedelta(days=6), quiet=True)
    lines, [payout] = list(till.movements(since)), list(till.payouts(since))
    kinds = [MovementKind.PAYMENT, MovementKind.PAYMENT, MovementKind.REFUND, MovementKind.DISPUTE,
             MovementKind.DISPUTE, MovementKind.PAYOUT]  # fmt: skip
    assert [one.kind for one in lines] == kinds
    assert [one.payment == payment for one in lines] == [True, False, True, True, True, False]
    assert {one.payout for one in lines} == {payout.id}
    assert sum(one.net.minor for one in lines) == 0 == northwind.truth()["balance"]
    assert (payout.automatic, payout.status, payout.amount) == (True, "paid", -lines[-1].net)
    assert till.payment(payment).payout == payout.id


def test_a_payout_made_by_hand_does_not_tell_what_went_out_in_it(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    page = till.start_page(wanted(northwind), key=KEY)
    press(page, card=GOOD)
    northwind.act("pay_out_by_hand")
    northwind.sandbox.move(timedelta(days=4), quiet=True)
    assert northwind.act("pay_out_by_hand")["payout"]
    [payout] = till.payouts(since)
    assert not payout.automatic
    assert till.payment(till.page(page.id).payment).payout == ""
    assert [one.payout for one in till.movements(since)] == ["", payout.id]


def test_another_currency_settles_in_the_accounts_own_and_names_the_rate(northwind: Any) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    page = till.start_page(wanted(northwind, 10_000, "JPY"), key=KEY)
    press(page, card=GOOD)
    taken = till.payment(till.page(page.id).payment)
    assert (taken.amount, taken.fee) == (Money(10_000, "JPY"), Money(224, "USD"))
    [line] = till.movements(since)
    assert (line.gross, line.exchange_rate) == (Money(6700, "USD"), "0.0067")


def test_a_customer_that_is_an_account_pays_too(northwind: Any) -> None:
    account = next(one["customer"] for one in northwind.truth()["invoices"].values() if one["customer"][:5] == "acct_")
    till = till_of(northwind)
    page = till.start_page(wanted(northwind, customer=account), key=KEY)
    press(page, card=GOOD)
    assert till.payment(till.page(page.id).payment).customer == account


@pytest.mark.parametrize("twist", ["null_field", "missing_field", "odd_currency"])
def test_an_answer_that_cannot_be_read_may_have_opened_a_page(northwind: Any, twist: str) -> None:
    till, since = till_of(northwind), northwind.wire.clock.now()
    northwind.sandbox.book.add(Fault("stripe", twist, method="POST", path="/sessions"))
    with pytest.raises(TryLater) as odd:
        till.start_page(wanted(northwind), key=KEY)
    assert odd.value.may_have_acted
    assert isinstance(till.found_page(KEY, since=since), PayPage)


def test_a_key_of_before_says_what_it_lacks_and_goes_on_reading(northwind: Any) -> None:
    lacking = ("rak_checkout_session_write", "rak_payment_intent_read", "rak_payout_read")
    old = northwind.act("make_key", without=list(lacking))["api_key"]
    northwind.grants.save(replace(northwind.grants.load("g1"), access=old))
    till, now = till_of(northwind), northwind.wire.clock.now()
    asked: tuple[Callable[[], object], ...] = (
        lambda: till.start_page(wanted(northwind), key=KEY),
        lambda: till.payment("pi_nobody00000000000000"),
        lambda: list(till.payouts(now)),
    )
    for name, ask in zip(lacking, asked, strict=True):
        with pytest.raises(Refused, match=f"lacks the permission {name}"):
            ask()
    assert northwind.save(northwind.books().changes(None))


def test_what_a_webhook_names_of_the_till_is_no_record_of_the_books(northwind: Any) -> None:
    invoice, _, _ = owing(northwind)
    refs = [invoice, northwind.ref(Kind.CHECKOUT, "cs_test_1"), northwind.ref(Kind.CHECKOUT, "pi_1")]
    page = northwind.books().fetch(refs)
    assert ({one.ref for one in page.records if one.ref.kind is Kind.INVOICE}, page.gone, page.odd) == (
        {invoice},
        (),
        (),
    )
