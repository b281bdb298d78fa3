"""Records that are not as documented: each is set aside or read with OTHER, and its page goes on."""

from collections.abc import Callable
from typing import Any

import pytest

from receivables.records import (
    Credit,
    CreditKind,
    Customer,
    Invoice,
    InvoiceStatus,
    OtherEntry,
    OtherKind,
    Payment,
    PaymentStatus,
)

pytestmark = pytest.mark.planted


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"CurrencyCode": "ZZZ"}, "'ZZZ' is not an ISO 4217 currency"),
        ({"CurrencyCode": None}, "the currency is missing"),
        ({"AmountDue": None}, "AmountDue is missing"),
        ({"AmountDue": "much"}, "it is not as documented"),
        ({"Total": 10.005}, "Total has more decimals than its currency allows"),
        ({"UpdatedDateUTC": None}, "UpdatedDateUTC is missing"),
        ({"UpdatedDateUTC": "soon"}, "UpdatedDateUTC is not a date"),
        ({"DueDate": "/Date(99999999999999999999+0000)/"}, "DueDate is not a date"),
        ({"Contact": None}, "the id of the customer is missing"),
        ({"Contact": "Mrs Example"}, "it is not as documented"),
        ({"InvoiceID": None}, "the id of the invoice is missing"),
    ],
)
def test_an_odd_invoice_is_set_aside(desk: Any, shelf: Callable[[], Any], fields: dict[str, Any], why: str) -> None:
    invoice = desk.invoice("open", paid=False)
    desk.act("distort", record=invoice, fields=fields)
    ours = shelf().take(desk.books.changes(None))
    assert [one.why.startswith(why) for one in ours.odd] == [True]
    assert ours.odd[0].ref.id == ("" if "InvoiceID" in fields else invoice)
    assert "Mrs Example" not in ours.odd[0].why
    assert len(ours.of(Invoice)) == len(desk.truth["invoices"]) - 1


@pytest.mark.parametrize("code", ["XCG", "ZWG"])
def test_trap_05_currencies_the_sdk_does_not_know_are_money(desk: Any, shelf: Callable[[], Any], code: str) -> None:
    invoice = desk.invoice("open", paid=False)
    desk.act("distort", record=invoice, fields={"CurrencyCode": code})
    ours = shelf().take(desk.books.changes(None))
    assert ours.of(Invoice)[invoice].open.currency == code
    assert not ours.odd


def test_trap_05_unknown_words_become_other(open_desk: Callable[..., Any], shelf: Callable[[], Any]) -> None:
    desk = open_desk(invoices=500, customers=40)
    invoice, payment, credit = desk.invoice("open"), desk.truth["payments"][0], desk.truth["credits"][0]
    refund = desk.truth["refunds"][0]
    desk.act("distort", record=invoice, fields={"Status": "ASCENDED", "Brand": {"New": ["key"]}})
    desk.act("distort", record=payment, fields={"Status": "PENDINGAUTHORISATION"})
    desk.act("distort", record=credit, fields={"Type": "LOYALTY", "Status": "MAYBE"})
    desk.act("distort", record=refund, fields={"PaymentType": "ARMOONPAYMENT"})
    ours = shelf().take(desk.books.changes(None))
    assert ours.of(Invoice)[invoice].status is InvoiceStatus.OTHER
    assert ours.of(Payment)[payment].status is PaymentStatus.OTHER
    assert (ours.of(Credit)[credit].kind, ours.of(Credit)[credit].status) == (CreditKind.OTHER, InvoiceStatus.OTHER)
    # a payment of an unknown kind on a credit note still cannot be money for an invoice
    assert ours.of(OtherEntry)[refund].kind is OtherKind.REFUND
    assert not ours.odd


def test_a_payment_of_an_unknown_kind_is_shown_not_applied(desk: Any, shelf: Callable[[], Any]) -> None:
    payment = desk.truth["payments"][0]
    desk.act("distort", record=payment, fields={"PaymentType": "CRYPTO"})
    ours = shelf().take(desk.books.changes(None))
    assert ours.of(OtherEntry)[payment].kind is OtherKind.OTHER
    assert payment not in ours.of(Payment)


def test_trap_06_null_never_becomes_the_word_none(desk: Any, shelf: Callable[[], Any]) -> None:
    customer, payment = desk.truth["customers"][0], desk.truth["payments"][0]
    nulls = dict.fromkeys(("EmailAddress", "FirstName", "LastName", "ContactPersons", "Phones", "Addresses"))
    desk.act("distort", record=customer, fields=nulls)
    desk.act("distort", record=payment, fields={"Reference": None})
    ours = shelf().take(desk.books.changes(None))
    plain = ours.of(Customer)[customer]
    assert (plain.emails, plain.phones, plain.address.lines) == ((), (), ())
    assert ours.of(Payment)[payment].reference == ""


def test_trap_05_long_and_strange_contacts_are_read(desk: Any, shelf: Callable[[], Any]) -> None:
    customer = desk.truth["customers"][0]
    fields = {"Name": "Ü" * 600, "ContactStatus": "HIBERNATING", "DefaultCurrency": "", "BankAccountDetails": None}
    desk.act("distort", record=customer, fields=fields)
    ours = shelf().take(desk.books.changes(None))
    assert (len(ours.of(Customer)[customer].name), ours.of(Customer)[customer].active) == (600, True)


def test_trap_07_documents_with_iso_dates_are_read(desk: Any, shelf: Callable[[], Any]) -> None:
    invoice = desk.invoice("open", paid=False)
    dates = {"Date": "2026-01-31", "DueDate": "2026-02-28T00:00:00", "ExpectedPaymentDate": "/Date(1772323200000)/"}
    desk.act("distort", record=invoice, fields=dates)
    one = shelf().take(desk.books.changes(None)).of(Invoice)[invoice]
    assert (str(one.issued_on), str(one.due_on), str(one.expected_on)) == ("2026-01-31", "2026-02-28", "2026-03-01")
