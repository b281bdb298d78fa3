"""Payments taken back in QuickBooks: voided while the period is open, set off by an invoice once it is closed."""

import json
from datetime import date
from typing import Any

import pytest

from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.quickbooks.refusals import Reply, refusal
from receivables.records import InvoiceStatus, Kind, PaymentStatus, Ref
from tests.integrations.quickbooks.conftest import Cedar
from tests.integrations.quickbooks.test_quickbooks_receiving import KEY, owing, payments, stored, taken

BACK = "r899aabbccddeeff0011"
ON = date(2026, 5, 4)
WHY = "The bank took the debit back."


def booked(cedar: Cedar) -> tuple[Ref, Ref]:
    """A payment of ours and the first of its two invoices."""
    one = taken(cedar, *owing(cedar))
    return cedar.ref(Kind.PAYMENT, cedar.books.record_payment(one, key=KEY).id), one.on[0][0]


def test_it_is_voided_with_a_note_and_its_invoices_are_open_again(cedar: Cedar) -> None:
    shelf = cedar.pull()
    payment, invoice = booked(cedar)
    since = cedar.wire.clock.now()
    assert cedar.books.found_reversal(payment, BACK, since=since) is Lookup.NOT_THERE
    receipt = cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert receipt.id == payment.id
    cedar.pull(shelf)
    assert shelf.of(Kind.PAYMENT)[payment.id].status is PaymentStatus.VOID
    assert shelf.invoices()[invoice.id].status is InvoiceStatus.OPEN
    cedar.agrees(shelf)
    assert isinstance(cedar.books.found_reversal(payment, BACK, since=since), Receipt)
    assert stored(cedar, payment.id).private_note.startswith("Voided - Paid by card")
    assert [payment.id, f"{WHY} [dw {BACK}]"] in cedar.truth()["notes"].values()
    assert cedar.books.reverse_payment(payment, ON, WHY, key=BACK).id == payment.id
    assert stored(cedar, payment.id).token == 1, "voided once"


def test_a_lost_reply_and_a_stale_token_do_no_harm(cedar: Cedar) -> None:
    payment, invoice = booked(cedar)
    cedar.fault("drop_after", path="/payment", method="POST")
    with pytest.raises(TryLater) as lost:
        cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert lost.value.may_have_acted
    assert isinstance(cedar.books.found_reversal(payment, BACK, since=cedar.wire.clock.now()), Receipt)
    cedar.act("forget_requests")
    cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert stored(cedar, payment.id).token == 1
    assert cedar.pull().invoices()[invoice.id].owing


def test_the_token_is_read_again_before_every_attempt(cedar: Cedar) -> None:
    payment, _ = booked(cedar)
    clock: Any = cedar.wire.clock
    waits = clock.sleep

    def somebody_saves_it_meanwhile(seconds: float) -> None:
        cedar.act("touch", entity="Payment", id=payment.id)
        waits(seconds)

    clock.sleep = somebody_saves_it_meanwhile
    cedar.fault("429", path="/payment", method="POST")
    cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert (stored(cedar, payment.id).voided, stored(cedar, payment.id).token) == (True, 2)


def test_a_stale_token_is_met_with_a_fresh_one_and_no_name_is_told(cedar: Cedar) -> None:
    refused = {"Fault": {"Error": [{"Message": "Stale", "Detail": "Taylor Reed was here", "code": "5010"}]}}
    stale = refusal(Reply(400, json.dumps(refused).encode()), writing=True)
    assert isinstance(stale, TryLater)
    assert not stale.may_have_acted
    assert "Taylor" not in str(stale)
    worded = {"Fault": {"Error": [{"Message": "No", "Detail": "Ask 'Ann Oak' at ann@oak.example", "code": "6000"}]}}
    assert str(refusal(Reply(400, json.dumps(worded).encode()), writing=True)).endswith("(code 6000: Ask … at …)")


def test_one_in_a_deposit_is_refused_with_quickbooks_own_words(cedar: Cedar) -> None:
    payment, _ = booked(cedar)
    cedar.act("deposit", payment=payment.id)
    with pytest.raises(Refused, match="part of a deposit"):
        cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    assert not stored(cedar, payment.id).voided
    assert cedar.truth()["notes"] == {}


def test_in_a_closed_period_an_invoice_of_that_day_stands_for_it(cedar: Cedar) -> None:
    shelf = cedar.pull()
    payment, invoice = booked(cedar)
    since = cedar.wire.clock.now()
    cedar.act("close_books", until="2026-03-31")
    with pytest.raises(Refused, match="closed up to 2026-03-31: make an item"):
        cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    cedar.act("keep_books_for", item="11", account=stored(cedar, payment.id).account)
    receipt = cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    cedar.act("forget_requests")
    assert cedar.books.reverse_payment(payment, ON, WHY, key=BACK) == receipt
    assert cedar.books.found_reversal(payment, BACK, since=since) == receipt
    cedar.pull(shelf)
    paid, entry = shelf.of(Kind.PAYMENT)[payment.id], shelf.invoices()[receipt.id]
    assert (entry.total, entry.open, entry.customer, entry.issued_on) == (paid.amount, paid.amount, paid.customer, ON)
    assert (paid.status, shelf.invoices()[invoice.id].owing) == (PaymentStatus.SETTLED, False)
    cedar.agrees(shelf)


def test_what_is_gone_or_no_payment_is_said_so(cedar: Cedar) -> None:
    payment, invoice = booked(cedar)
    cedar.act("delete_payment", payment=payment.id)
    assert cedar.books.found_reversal(payment, BACK, since=cedar.wire.clock.now()) == Receipt(payment.id)
    with pytest.raises(NotThere):
        cedar.books.reverse_payment(payment, ON, WHY, key=BACK)
    with pytest.raises(Unsupported):
        cedar.books.reverse_payment(invoice, ON, WHY, key=BACK)
    assert payments(cedar) > 0
