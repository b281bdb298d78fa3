"""Payments recorded in QuickBooks: one for all invoices, in the clearing account, once, applied as they come back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater
from integrations.receiving import Received
from receivables.money import Money
from receivables.records import Kind, Payment, Ref
from tests.integrations.quickbooks.conftest import Cedar

KEY = "8899aabbccddeeff0011"
PAID = "pi_3QzDuewell000000000000001"
DAY = date(2026, 3, 2)
PAYMENTS = "POST /v3/company/*/payment"


def clearing(cedar: Cedar, currency: str = "USD") -> str:
    return cedar.books.make_clearing_account(f"Stripe clearing {currency}", currency, key="c1").id


def owing(cedar: Cedar, currency: str = "USD", number: int = 2) -> list[tuple[Ref, Money]]:
    """Open invoices of one customer, with what is open of each."""
    rows, shelf = cedar.truth()["invoices"], cedar.pull().invoices()
    open_ones = [id for id, row in rows.items() if row["open"] > 1000 and row["currency"] == currency]
    for payer in dict.fromkeys(shelf[id].customer for id in open_ones):
        theirs = [id for id in open_ones if shelf[id].customer == payer]
        if len(theirs) >= number:
            return [(shelf[id].ref, shelf[id].open) for id in theirs[:number]]
    raise AssertionError("nobody owes so many")


def taken(cedar: Cedar, *on: tuple[Ref, Money], **more: Any) -> Received:
    return Received(PAID, DAY, on, **({"account": clearing(cedar), "text": "Paid by card"} | more))


def stored(cedar: Cedar, id: str) -> Any:
    twin: Any = cedar.sandbox.twins["quickbooks"]
    return twin._companies["cedar"].ledger.payments[id]


def payments(cedar: Cedar) -> int:
    return len(cedar.truth()["unapplied"])


def test_one_payment_settles_several_invoices_and_comes_back_by_the_ordinary_pull(cedar: Cedar) -> None:
    shelf = cedar.pull()
    (first, whole), (second, rest) = owing(cedar)
    part = Money(rest.minor - 300, "USD")
    one = taken(cedar, (first, whole), (second, part))
    assert cedar.books.together
    receipt = cedar.books.record_payment(one, key=KEY)
    assert receipt.at is not None
    cedar.pull(shelf)
    made = shelf.of(Kind.PAYMENT)[receipt.id]
    assert isinstance(made, Payment)
    assert (made.amount, made.unapplied, made.received_on) == (whole + part, Money(0, "USD"), DAY)
    assert {one.to: one.amount for one in made.applications} == {first: whole, second: part}
    assert made.customer == shelf.invoices()[first.id].customer
    assert (shelf.invoices()[first.id].open.minor, shelf.invoices()[second.id].open.minor) == (0, 300)
    cedar.matches_truth(shelf)
    cedar.agrees(shelf)
    row = stored(cedar, receipt.id)
    assert (row.reference, row.account, row.private_note) == (KEY, one.account, f"Paid by card {PAID} [dw {KEY}]")


def test_what_was_paid_beyond_stays_unapplied_with_or_without_an_invoice(cedar: Cedar) -> None:
    shelf = cedar.pull()
    ((invoice, due),) = owing(cedar, number=1)
    customer = shelf.invoices()[invoice.id].customer
    over = cedar.books.record_payment(taken(cedar, (invoice, due), unapplied=Money(500, "USD")), key=KEY)
    alone = replace(taken(cedar, unapplied=Money(700, "USD"), customer=customer), payment="pi_other")
    bare = cedar.books.record_payment(alone, key="k2")
    made = cedar.pull(shelf).of(Kind.PAYMENT)
    assert [made[one.id].unapplied.minor for one in (over, bare)] == [500, 700]
    assert made[bare.id].applications == ()
    cedar.agrees(shelf)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_another_currency_goes_to_an_account_of_its_own(connect: Callable[..., Cedar], currency: str) -> None:
    cedar = connect(customers=90, invoices=90)
    customer = next(one for one in cedar.pull().of(Kind.CUSTOMER).values() if one.currency == currency)
    cedar.act("sell", customer=customer.ref.id, amount="1200", due_on="2026-05-01")
    ((invoice, due),) = owing(cedar, currency, 1)
    one = taken(cedar, (invoice, due), account=clearing(cedar, currency))
    receipt = cedar.books.record_payment(one, key=KEY)
    shelf = cedar.pull()
    assert shelf.of(Kind.PAYMENT)[receipt.id].amount == due
    assert shelf.invoices()[invoice.id].open.minor == 0
    cedar.agrees(shelf)


def test_a_sub_customers_invoice_is_paid_by_the_sub_customer(cedar: Cedar) -> None:
    shelf = cedar.pull()
    child = next(one for one in shelf.of(Kind.CUSTOMER).values() if one.parent and one.currency == "USD")
    id = cedar.act("sell", customer=child.ref.id, amount="250.00", due_on="2026-05-01")["invoice"]
    one = taken(cedar, (cedar.ref(Kind.INVOICE, id), Money(25000, "USD")), customer=child.parent)
    receipt = cedar.books.record_payment(one, key=KEY)
    made = cedar.pull().of(Kind.PAYMENT)[receipt.id]
    assert (made.customer, made.unapplied.minor) == (child.ref, 0)


def test_a_lost_reply_is_found_and_nothing_is_booked_twice_though_request_ids_are_forgotten(cedar: Cedar) -> None:
    one, before = taken(cedar, *owing(cedar)), payments(cedar)
    since = cedar.wire.clock.now()
    assert cedar.books.found_payment(one, KEY, since=since) is Lookup.NOT_THERE
    cedar.fault("drop_after", path="/payment", method="POST")
    with pytest.raises(TryLater) as lost:
        cedar.books.record_payment(one, key=KEY)
    assert lost.value.may_have_acted
    cedar.act("forget_requests")
    found = cedar.books.found_payment(one, KEY, since=since)
    assert isinstance(found, Receipt)
    assert cedar.books.record_payment(one, key=KEY) == found
    assert payments(cedar) == before + 1
    assert cedar.sandbox.book.counts()["calls"]["quickbooks"][PAYMENTS] == 1


def test_one_that_never_arrived_is_not_there_and_booked_once(cedar: Cedar) -> None:
    one, before = taken(cedar, *owing(cedar)), payments(cedar)
    cedar.fault("drop_before", path="/payment", method="POST")
    with pytest.raises(TryLater):
        cedar.books.record_payment(one, key=KEY)
    assert cedar.books.found_payment(one, KEY, since=cedar.wire.clock.now()) is Lookup.NOT_THERE
    cedar.books.record_payment(one, key=KEY)
    assert payments(cedar) == before + 1


def test_a_request_id_that_is_answered_before_the_row_can_be_found_does_nothing_more(cedar: Cedar) -> None:
    """The invoice is paid by then: QuickBooks answers from memory before it looks at what was asked."""
    one, before = taken(cedar, *owing(cedar)), payments(cedar)
    receipt = cedar.books.record_payment(one, key=KEY)
    stored(cedar, receipt.id).reference = "typed over by a person"
    assert cedar.books.found_payment(one, KEY, since=cedar.wire.clock.now()) == receipt, "the memo has it too"
    with pytest.raises(Refused, match="has only"):
        cedar.books.record_payment(one, key=KEY)
    assert payments(cedar) == before + 1


def test_ours_is_found_even_when_it_was_voided_and_then_nobody_books_it_again(cedar: Cedar) -> None:
    one = taken(cedar, *owing(cedar))
    receipt = cedar.books.record_payment(one, key=KEY)
    cedar.act("void_payment", payment=receipt.id)
    assert cedar.books.found_payment(one, KEY, since=cedar.wire.clock.now()) == receipt
    assert cedar.books.record_payment(one, key=KEY) == receipt


@pytest.mark.parametrize("typed", [{"note": f"Stripe ({PAID})"}, {"reference": PAID[:21]}])
def test_what_another_app_entered_for_the_same_payment_is_adopted(cedar: Cedar, typed: dict[str, str]) -> None:
    ((invoice, due),) = owing(cedar, number=1)
    theirs = cedar.act("pay", invoice=invoice.id, **typed)["payment"]
    one, since = taken(cedar, (invoice, due)), cedar.wire.clock.now() - timedelta(days=30)
    found = cedar.books.found_payment(one, KEY, since=since)
    assert isinstance(found, Receipt)
    assert found.id == theirs
    other = replace(one, payment="pi_3QzElsewhere0000000000001")
    assert cedar.books.found_payment(other, KEY, since=since) is Lookup.NOT_THERE
    cedar.act("void_payment", payment=theirs)
    assert cedar.books.found_payment(one, KEY, since=since) is Lookup.NOT_THERE


def test_amounts_and_records_that_do_not_fit_are_refused_before_anything_is_sent(cedar: Cedar) -> None:
    ((invoice, due),) = owing(cedar, number=1)
    good = taken(cedar, (invoice, due))
    stranger = next(one for one in owing(cedar, "JPY", 1))
    other = next(
        (one.ref, one.open)
        for one in cedar.pull().invoices().values()
        if one.owing and one.open.currency == "USD" and one.customer != cedar.pull().invoices()[invoice.id].customer
    )
    wrong = {
        "has only": replace(good, on=((invoice, due + Money(1, "USD")),)),
        "more than nothing": replace(good, on=((invoice, Money(0, "USD")),)),
        "several currencies": replace(good, on=((invoice, due), stranger)),
        "is in JPY": replace(good, on=((stranger[0], Money(1, "USD")),)),
        "one customer only": replace(good, on=((invoice, due), other)),
        "no clearing account": replace(good, account=""),
        "which payment of the till": replace(good, payment=""),
    }
    for words, one in wrong.items():
        with pytest.raises(Refused, match=words):
            cedar.books.record_payment(one, key=KEY)
    with pytest.raises(NotThere):
        cedar.books.record_payment(replace(good, on=((cedar.ref(Kind.INVOICE, "987654"), due),)), key=KEY)
    with pytest.raises(Refused, match="key"):
        cedar.books.record_payment(good, key="k" * 21)
    assert PAYMENTS not in cedar.sandbox.book.counts()["calls"]["quickbooks"]


def test_what_quickbooks_refuses_comes_with_its_own_words(cedar: Cedar) -> None:
    ((invoice, due),) = owing(cedar, number=1)
    good = taken(cedar, (invoice, due))
    cases = {
        "period has closed": replace(good, received_on=date(2025, 12, 31)),
        "bank or other current asset": replace(good, account="82"),
        "another currency": replace(good, account=clearing(cedar, "JPY")),
    }
    before = payments(cedar)
    for words, one in cases.items():
        with pytest.raises(Refused, match=words):
            cedar.books.record_payment(one, key=KEY)
    cedar.act("keep_account", account=good.account, active=False)
    with pytest.raises(Refused):
        cedar.books.record_payment(good, key=KEY)
    cedar.act("keep_account", account=good.account, active=True)
    assert payments(cedar) == before
    cedar.books.record_payment(good, key=KEY)
    assert payments(cedar) == before + 1


def test_accounts_to_clear_say_why_they_cannot_be_used(cedar: Cedar) -> None:
    made = cedar.books.make_clearing_account("Stripe clearing", "USD", key="c1")
    assert made == cedar.books.make_clearing_account("stripe clearing", "USD", key="c2"), "it is there already"
    known = {one.name: one.unusable for one in cedar.books.clearing_accounts("USD")}
    assert list(known)[:2] == ["Checking", "Stripe clearing"]
    assert [name for name, why in known.items() if not why] == ["Checking", "Stripe clearing"]
    assert "something else" in known["Undeposited Funds"]
    assert "Other Income" not in known
    assert all("kept in USD" in one.unusable or "else" in one.unusable for one in cedar.books.clearing_accounts("JPY"))
    cedar.act("keep_account", account=made.id, active=False)
    assert "inactive" in next(one.unusable for one in cedar.books.clearing_accounts("USD") if one.id == made.id)
    with pytest.raises(Refused, match=r"already has an account.*inactive"):
        cedar.books.make_clearing_account("Stripe clearing", "USD", key="c3")
    with pytest.raises(Refused, match="list of currencies"):
        cedar.books.make_clearing_account("Euro clearing", "EUR", key="c4")
    with pytest.raises(Refused, match="without a colon"):
        cedar.books.make_clearing_account("Assets:Stripe", "USD", key="c5")


def test_making_one_again_after_a_lost_reply_makes_no_second(cedar: Cedar) -> None:
    cedar.fault("drop_after", path="/account", method="POST")
    with pytest.raises(TryLater) as lost:
        cedar.books.make_clearing_account("Stripe clearing", "USD", key="c1")
    assert lost.value.may_have_acted
    cedar.act("forget_requests")
    cedar.books.make_clearing_account("Stripe clearing", "USD", key="c1")
    assert [one.name for one in cedar.books.clearing_accounts("USD")].count("Stripe clearing") == 1
