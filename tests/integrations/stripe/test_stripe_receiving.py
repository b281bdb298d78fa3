"""Payments put on Stripe's own invoices: each once, whole, and on the invoice of who paid."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import Refused, TryLater, Unsupported
from integrations.receiving import Received, Receiving
from receivables.money import Money
from receivables.records import Kind, Ref
from sandbox.faults import Fault
from tests.integrations.stripe.till import BAD_ACCOUNT, GOOD, GOOD_ACCOUNT, owing, press, till_of, wanted

KEY = "8899aabbccddeeff"
ATTACH = "POST /v1/invoices/*/attach_payment"


@pytest.fixture
def northwind(connect: Callable[..., Any]) -> Any:
    """A small account."""
    return connect(invoices=30, customers=8)


def paid(northwind: Any, minor: int = 5000, currency: str = "USD", *, key: str = "k1", **more: Any) -> str:
    """A payment made on a page of its own."""
    page = till_of(northwind).start_page(wanted(northwind, minor, currency, **more), key=key)
    press(page, card=GOOD)
    return till_of(northwind).page(page.id).payment


def received(northwind: Any, payment: str, *on: tuple[Ref, Money]) -> Received:
    return Received(payment, northwind.wire.clock.now().date(), on)


def books_of(northwind: Any) -> Receiving:
    books: Receiving = northwind.books()
    return books


def test_a_part_is_put_on_its_invoice_once(northwind: Any) -> None:
    invoice, customer, due = owing(northwind)
    assert books_of(northwind).together is False
    assert books_of(northwind).clearing_accounts("USD") == ()
    one = received(northwind, paid(northwind, customer=customer), (invoice, Money(5000, "USD")))
    since = northwind.wire.clock.now()
    assert books_of(northwind).found_payment(one, KEY, since=since) is Lookup.NOT_THERE
    receipt = books_of(northwind).record_payment(one, key=KEY)
    assert receipt.id.startswith("inpay_")
    assert northwind.truth()["invoices"][invoice.id]["open"] == due - 5000
    assert books_of(northwind).record_payment(one, key=KEY) == receipt
    assert books_of(northwind).record_payment(one, key="another-key") == receipt
    assert books_of(northwind).found_payment(one, KEY, since=since) == receipt
    assert northwind.calls()[ATTACH] == 1


def test_one_whose_reply_was_lost_is_found_and_never_put_there_twice(northwind: Any) -> None:
    invoice, customer, due = owing(northwind, at_least=11_000)
    one = received(northwind, paid(northwind, customer=customer), (invoice, Money(5000, "USD")))
    since = northwind.wire.clock.now()
    northwind.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/attach_payment"))
    with pytest.raises(TryLater) as lost:
        books_of(northwind).record_payment(one, key=KEY)
    assert lost.value.may_have_acted
    northwind.sandbox.move(timedelta(hours=26), quiet=True)
    found = books_of(northwind).found_payment(one, KEY, since=since)
    assert isinstance(found, Receipt)
    assert books_of(northwind).record_payment(one, key=KEY) == found
    assert northwind.truth()["invoices"][invoice.id]["open"] == due - 5000


def test_one_that_never_arrived_is_not_found_and_may_be_put_there(northwind: Any) -> None:
    invoice, customer, _ = owing(northwind)
    one = received(northwind, paid(northwind, customer=customer), (invoice, Money(5000, "USD")))
    northwind.sandbox.book.add(Fault("stripe", "drop_before", method="POST", path="/attach_payment"))
    with pytest.raises(TryLater):
        books_of(northwind).record_payment(one, key=KEY)
    assert books_of(northwind).found_payment(one, KEY, since=northwind.wire.clock.now()) is Lookup.NOT_THERE
    books_of(northwind).record_payment(one, key=KEY)


def test_the_last_part_pays_the_invoice(northwind: Any) -> None:
    invoice, customer, due = owing(northwind)
    whole = Money(due, "USD")
    books_of(northwind).record_payment(
        received(northwind, paid(northwind, due, customer=customer), (invoice, whole)), key=KEY
    )
    assert northwind.truth()["invoices"][invoice.id]["status"] == "paid"


def test_money_that_is_not_there_yet_is_not_put_anywhere(northwind: Any) -> None:
    invoice, customer, due = owing(northwind)
    page = till_of(northwind).start_page(wanted(northwind, customer=customer), key="k1")
    press(page, account=GOOD_ACCOUNT)
    one = received(northwind, till_of(northwind).page(page.id).payment, (invoice, Money(5000, "USD")))
    with pytest.raises(Refused, match="not there yet"):
        books_of(northwind).record_payment(one, key=KEY)
    northwind.sandbox.move(timedelta(days=4), quiet=True)
    books_of(northwind).record_payment(one, key=KEY)
    assert northwind.truth()["invoices"][invoice.id]["open"] == due - 5000


def test_a_debit_that_failed_is_not_put_anywhere(northwind: Any) -> None:
    invoice, customer, _ = owing(northwind)
    page = till_of(northwind).start_page(wanted(northwind, customer=customer), key="k1")
    press(page, account=BAD_ACCOUNT)
    northwind.sandbox.move(timedelta(days=4), quiet=True)
    one = received(northwind, till_of(northwind).page(page.id).payment, (invoice, Money(5000, "USD")))
    with pytest.raises(Refused, match="not there yet"):
        books_of(northwind).record_payment(one, key=KEY)
    assert ATTACH not in northwind.calls()


def test_what_stripe_refuses_is_said_in_its_words(northwind: Any) -> None:
    invoice, customer, due = owing(northwind)
    others = [one["customer"] for one in northwind.truth()["invoices"].values() if one["customer"][:4] == "cus_"]
    another = next(one for one in others if one != customer)
    for number, (minor, currency, payer, why) in enumerate(
        (
            (5000, "USD", another, "belong to the customer of the invoice"),
            (5000, "USD", "", "belong to the customer of the invoice"),
            (5000, "JPY", customer, "currency"),
            (due + 100, "USD", customer, "greater than the amount remaining"),
        )
    ):
        payment = paid(northwind, minor, currency, key=f"k{number}", customer=payer)
        one = received(northwind, payment, (invoice, Money(minor, currency)))
        with pytest.raises(Refused, match=why):
            books_of(northwind).record_payment(one, key=f"r{number}")
    assert northwind.truth()["invoices"][invoice.id]["open"] == due


def test_what_is_left_of_a_payment_cannot_be_split_off(northwind: Any) -> None:
    invoice, customer, due = owing(northwind)
    payment = paid(northwind, customer=customer)
    half = received(northwind, payment, (invoice, Money(2500, "USD")))
    both = received(northwind, payment, (invoice, Money(2500, "USD")), (invoice, Money(2500, "USD")))
    for one, why in ((half, "only whole"), (both, "one payment on one invoice"), (received(northwind, payment), "one")):
        with pytest.raises(Refused, match=why):
            books_of(northwind).record_payment(one, key=KEY)
    assert northwind.truth()["invoices"][invoice.id]["open"] == due


def test_a_payment_on_another_invoice_is_not_taken_for_this_ones(northwind: Any) -> None:
    invoice, customer, _ = owing(northwind)
    payment = paid(northwind, customer=customer)
    books_of(northwind).record_payment(received(northwind, payment, (invoice, Money(5000, "USD"))), key=KEY)
    other = northwind.ref(Kind.INVOICE, "in_another00000000000000")
    elsewhere = received(northwind, payment, (other, Money(5000, "USD")))
    assert books_of(northwind).found_payment(elsewhere, KEY, since=northwind.wire.clock.now()) is Lookup.NOT_THERE
    with pytest.raises(Refused, match="another invoice"):
        books_of(northwind).record_payment(elsewhere, key=KEY)


def test_an_invoice_that_is_drawn_automatically_takes_no_parts(northwind: Any) -> None:
    automatic = northwind.invoice("paid", automatic=True)
    with pytest.raises(Refused, match="automatically"):
        books_of(northwind).record_payment(
            received(northwind, paid(northwind), (automatic, Money(5000, "USD"))), key=KEY
        )


@pytest.mark.parametrize("payment", ["", "ch_1", "pi_a/b"])
def test_money_from_elsewhere_is_refused_before_any_call(northwind: Any, payment: str) -> None:
    invoice, _, _ = owing(northwind)
    northwind.calls()
    with pytest.raises(Refused, match="taken at Stripe"):
        books_of(northwind).record_payment(received(northwind, payment, (invoice, Money(5000, "USD"))), key=KEY)
    assert northwind.calls() == {}


def test_what_stripe_lacks_is_unsupported_before_any_call(northwind: Any) -> None:
    books, now = books_of(northwind), northwind.wire.clock.now()
    payment = northwind.ref(Kind.PAYMENT, "inpay_1")
    northwind.calls()
    with pytest.raises(Unsupported, match="open a paid invoice again"):
        books.reverse_payment(payment, now.date(), "chargeback", key=KEY)
    with pytest.raises(Unsupported, match="open a paid invoice again"):
        books.found_reversal(payment, KEY, since=now)
    with pytest.raises(Unsupported, match="no ledger accounts"):
        books.make_clearing_account("Stripe", "USD", key=KEY)
    assert northwind.calls() == {}


def test_what_is_put_there_is_read_back_as_any_payment(northwind: Any) -> None:
    invoice, customer, _ = owing(northwind)
    cursor = northwind.save(northwind.books().changes(None))
    payment = paid(northwind, customer=customer)
    receipt = books_of(northwind).record_payment(received(northwind, payment, (invoice, Money(5000, "USD"))), key=KEY)
    northwind.save(northwind.books().changes(cursor))
    read = northwind.of(Kind.PAYMENT)[receipt.id]
    assert (read.reference, read.amount) == (payment, Money(5000, "USD"))
