"""Stripe's objects become our records: amounts, days, names and what is left out, as values."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.stripe import mapping
from integrations.stripe.amounts import UnreadableAmount, decimals, money
from integrations.stripe.mapping import Seen, zone
from integrations.stripe.streams import CREDITS, CUSTOMERS, DISPUTES, INVOICES, PAYMENTS, REFUNDS, Stream
from receivables.money import Money, exponent
from receivables.page import Odd
from receivables.records import CustomerKind, InvoiceStatus, Kind, OtherKind, PaymentStatus, Record, Ref

SEEN = Seen("c1", datetime(2026, 3, 10, 15, tzinfo=UTC), zone("America/New_York"))
INVOICE: dict[str, Any] = {
    "id": "in_1", "created": 1771300800, "currency": "usd", "total": 10000, "amount_paid": 2500,
    "amount_remaining": 4000, "pre_payment_credit_notes_amount": 1500, "status": "open", "number": "NWC-1",
    "customer": "cus_1", "collection_method": "send_invoice", "due_date": 1773287999,
}  # fmt: skip
PAYMENT: dict[str, Any] = {
    "id": "inpay_1", "created": 1771300800, "currency": "usd", "invoice": "in_1", "amount_requested": 900,
    "amount_paid": 900, "status": "paid", "is_default": True, "payment": {"payment_intent": "pi_1"},
    "status_transitions": {"paid_at": 1771300800},
}  # fmt: skip


def read(stream: Stream[Any], payload: dict[str, Any]) -> tuple[list[Any], list[Odd]]:
    records: list[Record] = []
    odd: list[Odd] = []
    stream.read(msgspec.json.encode(payload), SEEN, records, odd)
    return records, odd


def one(stream: Stream[Any], payload: dict[str, Any]) -> Any:
    records, odd = read(stream, payload)
    assert odd == []
    return records[-1]


@pytest.mark.parametrize(
    ("units", "currency", "minor"),
    [
        (1050, "usd", 1050),
        (1050, "jpy", 1050),
        (1050, "kwd", 1050),
        (1050, "krw", 1050),
        (1050, "mga", 105000),
        (1500, "isk", 15),
        (1500, "ugx", 15),
        (-300, "isk", -3),
        (123400, "huf", 123400),
        (10**15, "usd", 10**15),
    ],
)
def test_amounts_become_iso_minor_units(units: int, currency: str, minor: int) -> None:
    assert money(units, currency) == Money(minor, currency.upper())


@pytest.mark.parametrize(("units", "currency"), [(1550, "isk"), (-1, "ugx"), (5, "zzz"), (5, "xau"), (5, "")])
def test_amounts_that_cannot_be_written_are_refused(units: int, currency: str) -> None:
    with pytest.raises(UnreadableAmount):
        money(units, currency)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "JPY", "KWD", "MGA", "TND", "CLP", "GBP"]))
def test_no_amount_is_rounded(units: int, currency: str) -> None:
    assert money(units, currency).amount.scaleb(decimals(currency)) == units
    assert exponent(currency) >= decimals(currency)


def test_an_invoice_adds_up_with_what_the_balance_paid() -> None:
    invoice = one(INVOICES, INVOICE)
    assert invoice.adjusted == Money(2000, "USD")
    assert invoice.balances()
    assert (invoice.customer, invoice.changed_at) == (Ref("c1", Kind.CUSTOMER, "cus_1"), SEEN.at)


@given(
    st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9),
    st.sampled_from(["draft", "open", "paid", "uncollectible", "void", "on_hold", None]),
)  # fmt: skip
def test_whatever_the_amounts_a_live_invoice_adds_up(total: int, paid: int, left: int, pre: int, status: str) -> None:
    amounts = {"total": total, "amount_paid": paid, "amount_remaining": left, "pre_payment_credit_notes_amount": pre}
    invoice = one(INVOICES, {**INVOICE, **amounts, "status": status})
    assert invoice.balances()
    assert invoice.open.minor == (left if status in ("open", "uncollectible") else 0)


def test_days_are_the_merchants() -> None:
    """The last second of 11 March in New York is 12 March in Greenwich."""
    invoice = one(INVOICES, INVOICE)
    assert invoice.due_on == date(2026, 3, 11)
    assert invoice.issued_on == date(2026, 2, 16)
    assert one(INVOICES, {**INVOICE, "due_date": None}).due_on is None
    assert zone("Mars/Olympus") is UTC
    assert zone("../etc") is UTC


def test_each_pair_of_metadata_is_a_tag() -> None:
    told = {"tier": "gold", "Never Chase": "yes", "long": "x" * 196, "longest": "x" * 194, "lines": "a\nb", "empty": ""}

    customer = one(CUSTOMERS, {"id": "cus_1", "name": "Ada", "metadata": told})

    assert customer.tags == ("Never Chase=yes", "empty=", "tier=gold")
    assert len(one(CUSTOMERS, {"id": "cus_1", "metadata": {"long": "x" * 195}}).tags[0]) == 200
    assert one(CUSTOMERS, {"id": "cus_1", "metadata": None}).tags == ()


def test_an_invoice_of_an_account_brings_its_customer_along() -> None:
    payload = {
        **INVOICE,
        "customer": None,
        "customer_account": "acct_7",
        "customer_name": "Ada",
        "customer_email": "a@b.example",
    }
    (customer, invoice), odd = read(INVOICES, payload)
    assert odd == []
    assert invoice.customer == customer.ref == Ref("c1", Kind.CUSTOMER, "acct_7")
    assert (customer.name, customer.emails[0].address) == ("Ada", "a@b.example")
    assert customer.changed_at == datetime.fromtimestamp(INVOICE["created"], UTC)
    assert customer.tax_number == ""
    known = [{"type": "unknown", "value": None}, {"type": "eu_vat", "value": "DE123456789"}]
    (customer, _), _ = read(INVOICES, {**payload, "customer_tax_ids": known})
    assert customer.tax_number == "DE123456789"


def test_an_expanded_customer_comes_along_unless_it_is_deleted() -> None:
    payer = {"id": "cus_9", "object": "customer", "name": "Ada", "email": "a@b.example", "created": 5}
    (customer, invoice), _ = read(INVOICES, {**INVOICE, "customer": payer})
    assert invoice.customer == customer.ref == Ref("c1", Kind.CUSTOMER, "cus_9")
    assert customer.name == "Ada"
    (invoice,), _ = read(INVOICES, {**INVOICE, "customer": {"id": "cus_9", "object": "customer", "deleted": True}})
    assert invoice.customer == Ref("c1", Kind.CUSTOMER, "cus_9")


@pytest.mark.parametrize(
    "change",
    [
        {"customer": None},
        {"total": "10000"},
        {"total": 100.5},
        {"total": None},
        {"currency": "zzz"},
        {"currency": "isk", "total": 1550},
        {"due_date": 10**18},
        {"created": "yesterday"},
    ],
)
def test_an_odd_invoice_is_set_aside_without_quoting_it(change: dict[str, Any]) -> None:
    records, odd = read(INVOICES, {**INVOICE, **change})
    assert records == []
    assert odd[0].ref == Ref("c1", Kind.INVOICE, "in_1")
    assert not any(str(value) in odd[0].why for value in ("10000", "100.5", "1550", "yesterday"))


def test_a_record_without_an_id_is_odd_too() -> None:
    records, odd = read(INVOICES, {"id": 5})
    assert (records, odd[0].ref.id) == ([], "")


def test_words_of_tomorrow_are_other() -> None:
    assert one(INVOICES, {**INVOICE, "status": "on_hold"}).status is InvoiceStatus.OTHER
    assert one(INVOICES, {**INVOICE, "status": None}).status is InvoiceStatus.OTHER
    assert (
        one(DISPUTES, {"id": "du_1", "created": 1, "currency": "usd", "amount": 1, "status": "new_word"}).status
        == "new_word"
    )


def test_a_default_request_to_pay_is_no_money() -> None:
    for status in ("open", "canceled"):
        assert read(PAYMENTS, {**PAYMENT, "status": status, "amount_paid": None}) == ([], [])
    pending = one(PAYMENTS, {**PAYMENT, "status": "open", "amount_paid": None, "is_default": False})
    assert (pending.status, pending.amount.minor, pending.unapplied.minor) == (PaymentStatus.PENDING, 900, 0)
    assert [part.to.id for part in pending.applications] == [PAYMENT["invoice"]]
    canceled = one(PAYMENTS, {**PAYMENT, "status": "canceled", "amount_paid": None, "is_default": False})
    assert (canceled.status, canceled.applications) == (PaymentStatus.VOID, ())
    strange = one(PAYMENTS, {**PAYMENT, "status": "reversed", "is_default": False})
    assert strange.status is PaymentStatus.OTHER


def test_a_payment_goes_to_its_invoice_whole() -> None:
    payment = one(PAYMENTS, PAYMENT)
    assert (payment.reference, payment.received_on, payment.customer) == ("pi_1", date(2026, 2, 16), None)
    assert (payment.applied(), payment.unapplied) == (Money(900, "USD"), Money(0, "USD"))
    record = one(PAYMENTS, {**PAYMENT, "payment": {"type": "payment_record", "payment_record": "prec_1"}})
    assert record.reference == "prec_1"


def test_a_credit_note_applies_what_came_off_before_payment() -> None:
    note = {"id": "cn_1", "created": 1771300800, "currency": "usd", "invoice": "in_1", "total": 500, "number": "CN-1",
            "pre_payment_amount": 300, "status": "issued", "customer": "cus_1"}  # fmt: skip
    credit = one(CREDITS, note)
    assert (credit.amount.minor, credit.remaining.minor, credit.applications[0].amount.minor) == (500, 0, 300)
    voided = one(CREDITS, {**note, "status": "void"})
    assert (voided.status, voided.applications) == (InvoiceStatus.VOID, ())


def test_a_refund_that_failed_gave_nothing_back() -> None:
    refund = {"id": "re_1", "created": 1771300800, "currency": "usd", "amount": 500, "status": "succeeded",
              "payment_intent": "pi_1", "customer": "cus_1"}  # fmt: skip
    given_back = one(REFUNDS, refund)
    assert (given_back.kind, given_back.amount.minor, given_back.note) == (OtherKind.REFUND, 500, "succeeded pi_1")
    for status in ("failed", "canceled"):
        assert one(REFUNDS, {**refund, "status": status}).amount.minor == 0
    assert one(REFUNDS, {**refund, "status": None}).amount.minor == 500


def test_a_customer_is_named_somehow() -> None:
    payload: dict[str, Any] = {"id": "cus_1", "name": None, "business_name": "Maple", "email": "a@b.example"}
    assert (one(CUSTOMERS, payload).name, one(CUSTOMERS, payload).kind) == ("Maple", CustomerKind.BUSINESS)
    assert one(CUSTOMERS, {"id": "cus_1", "email": "a@b.example"}).name == "a@b.example"
    bare = one(CUSTOMERS, {"id": "cus_1"})
    assert (bare.name, bare.emails, bare.phones, bare.language) == ("cus_1", (), (), "")
    full = one(
        CUSTOMERS,
        {
            **payload,
            "address": {"line1": "1 Road", "city": "Boulder", "country": "US"},
            "preferred_locales": ["de-AT"],
            "currency": "usd",
        },
    )
    assert (full.address.lines, full.language, full.currency) == (("1 Road",), "de-AT", "USD")


def test_mapping_knows_no_clock() -> None:
    """Pure: nothing in it tells the time or draws lots."""
    source = mapping.__dict__
    assert not {"time", "random", "requests", "uuid"} & set(source)
