"""Statements: every sum adds up, and what a customer reads."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.occasions.statement import Statement, StatementKind, What, statement
from collector.occasions.statement_paper import statement_pdf, write_statement
from collector.wording.writing import Bank
from receivables.case import Case
from receivables.money import Money
from receivables.records import (
    Company,
    Credit,
    CreditKind,
    Customer,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    OtherEntry,
    OtherKind,
    Payment,
    PaymentStatus,
    Ref,
)

NOW = datetime(2026, 3, 10, tzinfo=UTC)
TODAY = NOW.date()
ANN = Ref("c1", Kind.CUSTOMER, "ann")
NONE = Money.zero("EUR")


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def invoice(id: str, total: int, on: date, paid: int = 0, status: InvoiceStatus = InvoiceStatus.OPEN) -> Invoice:
    ref, due_on = Ref("c1", Kind.INVOICE, id), on + timedelta(days=14)
    left = euros(total - paid)
    return Invoice(ref, f"R-{id}", ANN, on, due_on, euros(total), left, euros(paid), NONE, NONE, status, NOW)


def payment(id: str, amount: int, on: date, unapplied: int = 0) -> Payment:
    ref = Ref("c1", Kind.PAYMENT, id)
    return Payment(ref, ANN, on, euros(amount), euros(unapplied), PaymentStatus.SETTLED, NOW, reference=f"P-{id}")


def credit(id: str, amount: int, on: date, remaining: int) -> Credit:
    ref = Ref("c1", Kind.CREDIT, id)
    kind, status = CreditKind.CREDIT_NOTE, InvoiceStatus.OPEN
    return Credit(ref, ANN, kind, f"G-{id}", on, euros(amount), euros(remaining), status, NOW)


def case(*records: Invoice | Payment | Credit, language: str = "en") -> Case:
    emails = (EmailAddress("ann@bakery.example", "Ann"),)
    customer = Customer(ANN, "Ann's Bakery", NOW, emails=emails, language=language)
    return Case(
        "c1/ann",
        Company("c1", "Northwind", "EUR", country="DE"),
        (customer,),
        tuple(one for one in records if isinstance(one, Invoice)),
        tuple(one for one in records if isinstance(one, Payment)),
        tuple(one for one in records if isinstance(one, Credit)),
    )


JANUARY = date(2026, 1, 5)
FEBRUARY = date(2026, 2, 5)
LIVED = (
    invoice("1", 10_000, JANUARY, paid=10_000, status=InvoiceStatus.PAID),
    invoice("2", 5_000, FEBRUARY, paid=1_000),
    payment("1", 12_000, FEBRUARY, unapplied=1_000),
    credit("1", 500, FEBRUARY, 500),
)


def test_open_items_are_what_is_open_less_what_is_held() -> None:
    (sheet,) = statement(case(*LIVED), StatementKind.OPEN, TODAY, TODAY).sheets

    assert [(one.what, one.number, one.amount.minor) for one in sheet.items] == [
        (What.INVOICE, "R-2", 4_000),
        (What.CREDIT_NOTE, "G-1", -500),
        (What.UNAPPLIED, "P-1", -1_000),
    ]
    assert sheet.closing == euros(2_500)
    assert sheet.credits == euros(-1_500)
    assert sheet.aging.overdue == euros(4_000)


def test_an_activity_carries_the_balance_on() -> None:
    told = statement(case(*LIVED), StatementKind.ACTIVITY, FEBRUARY, TODAY)
    (sheet,) = told.sheets

    assert sheet.opening == euros(10_000)
    assert sheet.unlisted == NONE
    assert [(one.number, one.balance.minor) for one in sheet.items] == [
        ("R-2", 15_000),
        ("G-1", 14_500),
        ("P-1", 2_500),
    ]
    assert sheet.closing == euros(2_500)
    assert told.due == (euros(2_500),)


def test_what_no_record_explains_is_named() -> None:
    lost = invoice("3", 8_000, JANUARY, paid=3_000)
    (sheet,) = statement(case(lost), StatementKind.ACTIVITY, FEBRUARY, TODAY).sheets

    assert (sheet.opening, sheet.unlisted, sheet.closing) == (euros(8_000), euros(-3_000), euros(5_000))
    letter = write_statement(statement(case(lost), StatementKind.ACTIVITY, FEBRUARY, TODAY), case(lost), sender="Robin")
    assert "Entries not listed one by one" in letter.text


def test_drafts_void_invoices_and_money_on_the_way_do_not_count() -> None:
    unreal: list[Invoice | Payment | Credit] = [
        invoice("1", 100, JANUARY, status=InvoiceStatus.DRAFT),
        invoice("2", 100, JANUARY, status=InvoiceStatus.VOID),
        replace_status(payment("1", 100, JANUARY, unapplied=100), PaymentStatus.PENDING),
        replace_status(payment("2", 100, JANUARY, unapplied=100), PaymentStatus.RETURNED),
    ]

    for kind in StatementKind:
        assert statement(case(*unreal), kind, JANUARY, TODAY).sheets == ()


def replace_status(one: Payment, status: PaymentStatus) -> Payment:
    from msgspec.structs import replace as changed

    return changed(one, status=status)


def test_the_days_are_included_and_must_be_in_order() -> None:
    made = [invoice("1", 100, JANUARY), invoice("2", 100, FEBRUARY)]

    (whole,) = statement(case(*made), StatementKind.ACTIVITY, JANUARY, FEBRUARY).sheets
    assert len(whole.items) == 2
    (inner,) = statement(case(*made), StatementKind.ACTIVITY, JANUARY + timedelta(1), FEBRUARY - timedelta(1)).sheets
    assert (inner.opening, inner.items, inner.closing) == (euros(100), (), euros(100))
    with pytest.raises(ValueError, match="must begin before it ends"):
        statement(case(*made), StatementKind.OPEN, FEBRUARY, JANUARY)


days = st.dates(date(2025, 1, 1), date(2026, 3, 10))
minors = st.integers(1, 10_000)


@st.composite
def lives(draw: st.DrawFn) -> Case:
    records: list[Invoice | Payment | Credit] = []
    for id in range(draw(st.integers(0, 5))):
        total = draw(minors)
        paid = draw(st.integers(0, total))
        status = InvoiceStatus.OPEN if paid < total else InvoiceStatus.PAID
        records.append(invoice(str(id), total, draw(days), paid, status))
    for id in range(draw(st.integers(0, 3))):
        amount = draw(minors)
        records.append(payment(str(id), amount, draw(days), draw(st.integers(0, amount))))
        records.append(credit(str(id), amount, draw(days), draw(st.integers(0, amount))))
    return case(*records)


@given(lives(), days, days)
def test_every_sheet_adds_up(one: Case, first: date, second: date) -> None:
    from_on, to_on = min(first, second), max(first, second)
    entry = OtherEntry(Ref("c1", Kind.OTHER, "o"), ANN, OtherKind.JOURNAL, JANUARY, euros(-70), NOW)
    for kind in StatementKind:
        for sheet in statement(one, kind, from_on, to_on, entries=[entry]).sheets:
            moved = sum(item.amount.minor for item in sheet.items)
            assert sheet.opening.minor + sheet.unlisted.minor + moved == sheet.closing.minor
            assert not sheet.items or sheet.items[-1].balance == sheet.closing


@given(lives(), days)
def test_an_activity_up_to_today_ends_with_what_is_open(one: Case, first: date) -> None:
    opened = statement(one, StatementKind.OPEN, TODAY, TODAY)
    lived = statement(one, StatementKind.ACTIVITY, first, TODAY)

    assert _closing(opened) == _closing(lived)


def _closing(told: Statement) -> dict[str, int]:
    return {sheet.currency: sheet.closing.minor for sheet in told.sheets if sheet.closing}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Balance due"), ("de", "Offener Saldo"), ("fr", "Solde à payer"), ("nl", "saldo")]
)
def test_it_is_told_in_the_customers_language(language: str, words: str) -> None:
    spoken = case(*LIVED, language=language)
    letter = write_statement(
        statement(spoken, StatementKind.OPEN, TODAY, TODAY), spoken, sender="Robin", bank=Bank(("IBAN X",))
    )

    assert words in letter.text
    assert words in letter.html
    assert "IBAN X" in letter.text


def test_a_hostile_name_is_printed_as_it_is_and_the_same_values_give_the_same_bytes() -> None:
    whole = case(*LIVED)
    hostile = replace(whole, company=replace(whole.company, name='#panic("x") $1 @a *b*'))
    told = statement(hostile, StatementKind.ACTIVITY, JANUARY, TODAY)

    first, again = (statement_pdf(told, hostile, sender="Robin", at=NOW) for _ in range(2))
    assert first.startswith(b"%PDF")
    assert first == again
    nothing = statement(case(), StatementKind.OPEN, TODAY, TODAY)
    assert statement_pdf(nothing, case(), sender="Robin", at=NOW).startswith(b"%PDF")
