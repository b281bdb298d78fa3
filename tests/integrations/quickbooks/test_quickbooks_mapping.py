"""A payload in, a receivable out: values only, and properties that hold for any payload."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.quickbooks.mapping import Mapped, Place, country_code, map_rows, split_addresses
from integrations.quickbooks.payloads import decode
from integrations.quickbooks.statements import literal, select
from receivables.money import Money
from receivables.records import (
    Credit,
    Customer,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
)

HERE = Place("conn-1")
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
TIMES = {"CreateTime": "2026-03-09T08:00:00-07:00", "LastUpdatedTime": "2026-03-10T08:00:00-07:00"}
HEAD: dict[str, Any] = {"Id": "7", "SyncToken": "3", "MetaData": TIMES, "CurrencyRef": {"value": "USD"}}
DOCUMENT = {**HEAD, "CustomerRef": {"value": "2", "name": "Somebody"}, "TxnDate": "2026-03-09"}
INVOICE = {**DOCUMENT, "DocNumber": "1001", "DueDate": "2026-04-08", "TotalAmt": 100.0, "Balance": 40.0}


def mapped(entity: str, *payloads: object, place: Place = HERE) -> Mapped:
    rows = decode(entity, json.dumps(payloads).encode())
    return map_rows(entity, rows, place, at=NOON)


def invoice(**fields: Any) -> Invoice:
    (record,) = mapped("Invoice", {**INVOICE, **fields}).records
    assert isinstance(record, Invoice)
    return record


def payment(*lines: tuple[str, str, Any], **fields: Any) -> Payment:
    line = [{"Amount": amount, "LinkedTxn": [{"TxnId": row, "TxnType": kind}]} for kind, row, amount in lines]
    (record,) = mapped("Payment", {**DOCUMENT, "Line": line, **fields}).records
    assert isinstance(record, Payment)
    return record


def why(entity: str, payload: object) -> str:
    result = mapped(entity, payload)
    assert result.records == ()
    return result.odd[0].why


def test_an_invoice_says_what_is_open_deposited_and_paid() -> None:
    record = invoice(Deposit=10, LinkedTxn=[{"TxnId": "9", "TxnType": "Payment"}])
    assert record.total == Money(10000, "USD")
    assert (record.open, record.paid) == (Money(4000, "USD"), Money(5000, "USD"))
    assert (record.adjusted, record.credited) == (Money(1000, "USD"), Money(0, "USD"))
    assert (record.number, record.customer.id, record.status) == ("1001", "2", InvoiceStatus.OPEN)
    assert (record.issued_on, record.due_on) == (date(2026, 3, 9), date(2026, 4, 8))
    assert record.changed_at == datetime(2026, 3, 10, 15, tzinfo=UTC)
    assert record.entered_at == datetime(2026, 3, 9, 15, tzinfo=UTC)
    assert record.version == 3


def test_only_credit_memos_behind_an_invoice_mean_that_it_was_credited() -> None:
    credited = invoice(LinkedTxn=[{"TxnId": "9", "TxnType": "CreditMemo"}, {"TxnId": "1", "TxnType": "Estimate"}])
    assert (credited.paid.minor, credited.credited.minor) == (0, 6000)
    both = invoice(LinkedTxn=[{"TxnId": "9", "TxnType": "CreditMemo"}, {"TxnId": "8", "TxnType": "Payment"}])
    assert (both.paid.minor, both.credited.minor) == (6000, 0)


def test_a_balance_above_the_total_is_an_adjustment_and_nothing_is_lost() -> None:
    record = invoice(Balance=130.0)
    assert (record.paid.minor, record.adjusted.minor) == (0, -3000)
    assert record.balances()


@pytest.mark.parametrize("note", ["Voided", "Voided - our own words"])
def test_a_voided_invoice_is_known_by_its_memo(note: str) -> None:
    assert invoice(TotalAmt=0, Balance=0, PrivateNote=note).status is InvoiceStatus.VOID
    assert invoice(TotalAmt=0, Balance=0, PrivateNote="Was Voided?").status is InvoiceStatus.PAID
    assert invoice(PrivateNote=note).status is InvoiceStatus.OPEN


def test_a_mail_is_told_with_its_time_addresses_and_trouble() -> None:
    record = invoice(
        EmailStatus="EmailSent",
        BillEmail={"Address": "a@x.example, b@x.example"},
        DeliveryInfo={
            "DeliveryType": "Email",
            "DeliveryTime": "2026-03-01T08:00:00-08:00",
            "DeliveryErrorType": "Bounced Email",
        },
    )
    assert record.sent_at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert record.sent_to == ("a@x.example", "b@x.example")
    assert record.mail_problem == "Bounced Email"
    waiting = invoice(EmailStatus="NeedToSend", BillEmail={"Address": "a@x.example"})
    assert (waiting.sent_at, waiting.sent_to) == (None, ())


def test_trap_14_what_is_null_is_as_good_as_missing() -> None:
    nothing = dict.fromkeys(
        ("DocNumber", "DueDate", "Deposit", "LinkedTxn", "EmailStatus", "BillEmail", "DeliveryInfo", "PrivateNote")
    )
    record = invoice(**nothing)
    assert (record.number, record.due_on, record.paid.minor) == ("", None, 6000)
    assert payment(TotalAmt=5, Line=None, UnappliedAmt=None).applications == ()


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [
        ("USD", "100.1", 10010),
        ("JPY", "12000.0", 12000),
        ("KWD", "1.235", 1235),
        ("USD", "90071992547409.93", 9007199254740993),
    ],
)
def test_trap_26_money_is_exact_in_every_currency(currency: str, amount: str, minor: int) -> None:
    text = json.dumps({**INVOICE, "CurrencyRef": {"value": currency}, "TotalAmt": 0, "Balance": 0})
    rows = decode("Invoice", f"[{text}]".replace('"TotalAmt": 0', f'"TotalAmt": {amount}').encode())
    (record,) = map_rows("Invoice", rows, HERE, at=NOON).records
    assert isinstance(record, Invoice)
    assert record.total == Money(minor, currency)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"TotalAmt": 1.005}, "more decimals than USD"),
        ({"CurrencyRef": {"value": "JPY"}, "TotalAmt": 1.5}, "more decimals than JPY"),
        ({"CurrencyRef": {"value": "XXX"}}, "ISO 4217"),
        ({"CurrencyRef": None}, "ISO 4217"),
        ({"TotalAmt": "NaN"}, "not a number"),
        ({"TotalAmt": 1e300}, "not a number"),
        ({"TotalAmt": None}, "no total"),
        ({"Balance": None}, "no balance"),
        ({"CustomerRef": None}, "no customer"),
        ({"DueDate": "soon"}, "dates cannot be read"),
        ({"MetaData": None}, "when it was changed"),
        ({"MetaData": {"LastUpdatedTime": "2026-03-10T08:00:00"}}, "timezone"),
        ({"MetaData": {"LastUpdatedTime": "noon"}}, "RFC3339"),
        ({"MetaData": {"LastUpdatedTime": "0001-01-01T00:00:00+14:00"}}, "cannot be read"),
        ({"TotalAmt": {"value": 3}}, "TotalAmt"),
        ({"CustomerRef": "2"}, "CustomerRef"),
        ({"Line": 5, "LinkedTxn": 5}, "LinkedTxn"),
    ],
)
def test_what_cannot_be_taken_is_odd_and_says_why(fields: dict[str, Any], says: str) -> None:
    assert says in why("Invoice", {**INVOICE, **fields})


def test_odd_records_keep_their_id_and_the_rest_of_the_page() -> None:
    result = mapped("Invoice", {**INVOICE, "Id": "8", "TotalAmt": []}, INVOICE, {**INVOICE, "Id": 9}, "what", 5)
    assert [record.ref.id for record in result.records] == ["7"]
    assert [odd.ref.id for odd in result.odd] == ["8", "9", "", ""]


def test_why_a_record_is_odd_holds_nothing_of_it() -> None:
    bad = {**INVOICE, "DisplayName": "Ms Secret", "TotalAmt": "12,34", "BillEmail": {"Address": "ms@secret.example"}}
    told = why("Invoice", bad)
    assert not any(part in told for part in ("Secret", "12,34", "secret.example"))
    assert "4711" not in why("Invoice", {**INVOICE, "TotalAmt": 4711.005})


def test_a_stub_of_changed_data_is_gone() -> None:
    stub = {
        "domain": "QBO",
        "status": "Deleted",
        "Id": "266",
        "MetaData": {"LastUpdatedTime": TIMES["LastUpdatedTime"]},
    }
    bare = {"domain": "QBO", "status": "Deleted", "Id": "267"}
    result = mapped("Invoice", stub, bare)
    assert result.records == ()
    assert [(gone.ref.id, gone.at) for gone in result.gone] == [
        ("266", datetime(2026, 3, 10, 15, tzinfo=UTC)),
        ("267", NOON),
    ]


def test_a_payment_goes_to_its_invoices() -> None:
    record = payment(("Invoice", "1", 30), ("Invoice", "2", 20.5), TotalAmt=60, UnappliedAmt=9.5, PaymentRefNum="R1")
    assert [(part.to.kind, part.to.id, part.amount.minor) for part in record.applications] == [
        (Kind.INVOICE, "1", 3000),
        (Kind.INVOICE, "2", 2050),
    ]
    assert (record.amount.minor, record.unapplied.minor, record.reference) == (6000, 950, "R1")
    assert record.status is PaymentStatus.SETTLED
    assert record.received_on == date(2026, 3, 9)


def test_the_use_of_a_credit_memo_draws_on_it() -> None:
    record = payment(("Invoice", "1", 50), ("CreditMemo", "4", 50), TotalAmt=0)
    assert [(part.to.kind, part.amount.minor) for part in record.applications] == [
        (Kind.INVOICE, 5000),
        (Kind.CREDIT, -5000),
    ]
    assert record.applied() == record.amount


def test_money_and_credit_together_add_up() -> None:
    record = payment(("Invoice", "1", 80), ("CreditMemo", "4", 30), TotalAmt=60, UnappliedAmt=10)
    assert record.applied() + record.unapplied == record.amount


def test_lines_of_other_kinds_and_java_noise_are_left_alone() -> None:
    noise = {"any": [{"value": {"Name": "txnOpenBalance", "Value": "999.99"}}]}
    line = {"Amount": 5, "LinkedTxn": [{"TxnId": "1", "TxnType": "Invoice"}, {"TxnId": "9", "TxnType": "Payment"}]}
    journal = {"Amount": 7, "LinkedTxn": [{"TxnId": "3", "TxnType": "JournalEntry"}]}
    record = payment(TotalAmt=12, Line=[{**line, "LineEx": noise}, journal, {"Amount": 1}])
    assert [part.amount.minor for part in record.applications] == [500]


def test_a_voided_payment_applies_nothing() -> None:
    record = payment(TotalAmt=0, UnappliedAmt=0, PrivateNote="Voided")
    assert (record.status, record.applications) == (PaymentStatus.VOID, ())


cents = st.integers(min_value=0, max_value=10**9)


@given(st.lists(cents, max_size=4), st.lists(cents, max_size=3), cents)
def test_applications_never_exceed_the_payment_and_what_it_drew(
    invoices: list[int], credits_: list[int], spare: int
) -> None:
    drawn = min(sum(credits_), sum(invoices))
    lines: list[tuple[str, str, Any]] = [("Invoice", str(at), float_free(part)) for at, part in enumerate(invoices)]
    lines.append(("CreditMemo", "c", float_free(drawn)))
    record = payment(*lines, TotalAmt=float_free(sum(invoices) - drawn + spare), UnappliedAmt=float_free(spare))
    to_invoices = sum(part.amount.minor for part in record.applications if part.to.kind is Kind.INVOICE)
    from_credits = -sum(part.amount.minor for part in record.applications if part.to.kind is Kind.CREDIT)
    assert to_invoices <= record.amount.minor + from_credits
    assert record.applied() + record.unapplied == record.amount


@given(
    total=cents, left=cents, deposit=cents, kinds=st.sets(st.sampled_from(["Payment", "CreditMemo", "Estimate", "?"]))
)
def test_every_invoice_adds_up(total: int, left: int, deposit: int, kinds: set[str]) -> None:
    record = invoice(
        TotalAmt=float_free(total),
        Balance=float_free(left),
        Deposit=float_free(deposit),
        LinkedTxn=[{"TxnId": "1", "TxnType": kind} for kind in sorted(kinds)],
    )
    assert record.balances()
    assert record.total.minor == total
    assert record.open.minor == left


def float_free(minor: int) -> str:
    """Decimals may also come as text; this keeps Python's floats out of the test."""
    return str(Decimal(minor).scaleb(-2))


def test_a_credit_memo_says_what_is_left() -> None:
    (record,) = mapped("CreditMemo", {**DOCUMENT, "DocNumber": "CN1", "TotalAmt": 50, "RemainingCredit": 20}).records
    assert isinstance(record, Credit)
    assert (record.amount.minor, record.remaining.minor, record.status) == (5000, 2000, InvoiceStatus.OPEN)
    (older,) = mapped("CreditMemo", {**DOCUMENT, "TotalAmt": 50, "Balance": 0}).records
    assert isinstance(older, Credit)
    assert older.status is InvoiceStatus.PAID


def test_a_sub_customer_is_billed_with_its_parent() -> None:
    payload = {
        **HEAD,
        "DisplayName": "Ocean View Road",
        "FullyQualifiedName": "Freeman:Ocean View Road",
        "GivenName": "Sasha",
        "FamilyName": "Tillou",
        "Job": True,
        "BillWithParent": True,
        "ParentRef": {"value": "6"},
        "IsProject": True,
        "PrimaryEmailAddr": {"Address": "a@x.example,b@x.example ; c@x.example"},
        "PrimaryPhone": {"FreeFormNumber": "1"},
        "Mobile": {"FreeFormNumber": "1"},
        "BillAddr": {"Line1": "1 Road", "City": "Town", "CountrySubDivisionCode": "CA", "Country": "USA"},
        "SyncToken": "0",
    }
    (record,) = mapped("Customer", payload).records
    assert isinstance(record, Customer)
    assert (record.name, record.currency, record.version) == ("Ocean View Road", "USD", 0)
    assert record.parent is not None
    assert (record.parent.id, record.bills_with_parent, record.project) == ("6", True, True)
    assert [one.address for one in record.emails] == ["a@x.example", "b@x.example", "c@x.example"]
    assert record.emails[0].name == "Sasha Tillou"
    assert record.phones == ("1",)
    assert (record.address.lines, record.address.country) == (("1 Road",), "US")
    assert record.active


def test_a_customer_without_family_or_currency_is_still_a_customer() -> None:
    (record,) = mapped("Customer", {"Id": "1", "MetaData": TIMES, "Active": False, "BillWithParent": True}).records
    assert isinstance(record, Customer)
    assert (record.parent, record.bills_with_parent, record.currency, record.active) == (None, False, "", False)
    (at_home,) = mapped("Customer", {"Id": "1", "MetaData": TIMES}, place=Place("c", "CAD")).records
    assert isinstance(at_home, Customer)
    assert at_home.currency == "CAD"


@pytest.mark.parametrize(
    ("text", "code"), [("USA", "US"), ("gbr", "GB"), ("us", "US"), ("Canada", ""), (None, ""), ("XYZ", ""), ("12", "")]
)
def test_countries_come_as_codes_of_two_or_three_letters(text: str | None, code: str) -> None:
    assert country_code(text) == code


def test_addresses_are_split() -> None:
    assert split_addresses(" a@x.example ,, b@x.example;") == ("a@x.example", "b@x.example")
    assert split_addresses(None) == ()


def test_a_statement_asks_for_whole_pages_and_for_inactive_names() -> None:
    assert select("Customer") == "SELECT * FROM Customer WHERE Active IN (true, false) STARTPOSITION 1 MAXRESULTS 1000"
    assert select("Invoice", "a = 'b'", order_by="Id", start=5) == (
        "SELECT * FROM Invoice WHERE a = 'b' ORDERBY Id STARTPOSITION 5 MAXRESULTS 1000"
    )
    assert literal("Amy\\'s") == "'Amy\\\\\\'s'"
