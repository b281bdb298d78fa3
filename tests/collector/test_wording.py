"""The letters as people read them: every wording, one and several invoices, hostile names, other ways of writing."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from collector.channels.smtp import Postbox, compose
from collector.decide import Message
from collector.policy import Channel, Step
from collector.wording import Letter, known_letters, one_line, write
from receivables.case import Case
from receivables.money import Money
from receivables.records import Address, Company, Customer, EmailAddress, Invoice, InvoiceStatus, Kind, Ref

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ANN = Ref("c1", Kind.CUSTOMER, "ann")


def invoice(id: str, amount: Money) -> Invoice:
    none = Money.zero(amount.currency)
    ref = Ref("c1", Kind.INVOICE, id)
    due_on = date(2026, 3, 2)
    return Invoice(ref, f"INV-{id}", ANN, due_on, due_on, amount, amount, none, none, none, InvoiceStatus.OPEN, NOW)


def letter(
    *invoices: Invoice, wording: str = "first_reminder", name: str = "Ann", country: str = "US", url: str = ""
) -> Letter:
    customer = Customer(
        ANN, "Ann's Bakery", NOW, emails=(EmailAddress("ann@bakery.example", name),), address=Address(country=country)
    )
    case = Case("c1/ann", Company("c1", "Northwind", "USD", country="US"), (customer,), invoices)
    step = Step("a-step", 7, wording)
    about = tuple((one, step) for one in invoices)
    message = Message("c1/ann", date(2026, 3, 10), about, step, Channel.MAIL, customer.emails)
    return write(message, case, sender="Robin", pay_urls={one.ref: url for one in invoices if url})


@pytest.mark.parametrize("wording", sorted(known_letters()))
def test_every_wording_reads_well_for_one_and_for_several(wording: str) -> None:
    one = letter(invoice("1", Money(123450, "USD")), wording=wording)
    two = letter(invoice("1", Money(123450, "USD")), invoice("2", Money(5000, "JPY")), wording=wording)

    assert "$1,234.50" in one.text
    assert "March 2, 2026" in one.text
    assert "¥5,000 and $1,234.50" in two.text
    for each in (one, two):
        greeting, first, second, *_ = each.text.split("\n\n")
        assert greeting == "Hello Ann,"
        assert first[0].isupper()
        assert second[0].isupper()
        assert "INV-1" in each.subject
        assert "\n" not in each.subject
        assert "{" not in each.text + each.html


def test_dates_and_sums_are_written_as_the_customers_country_writes_them() -> None:
    british = letter(invoice("1", Money(123450, "GBP")), country="GB")

    assert "2 March 2026" in british.text
    assert "£1,234.50" in british.text


def test_many_invoices_do_not_flood_the_subject() -> None:
    many = letter(*(invoice(str(number), Money(100, "USD")) for number in range(9)))

    assert "INV-0, INV-1, INV-2 and 6 more" in many.subject
    assert "INV-8" in many.text


def test_a_hostile_name_stays_text() -> None:
    hostile = letter(invoice("1", Money(100, "USD")), name="<script>alert(1)</script>{{ 7*7 }}\r\nBcc: all@x.example")

    assert "<script>" not in hostile.html
    assert "&lt;script&gt;" in hostile.html
    assert "{{ 7*7 }}" in hostile.text
    postbox = Postbox("127.0.0.1", 25, "Robin\r\nBcc: all@x.example", "accounts@business.example", security="none")
    to = [("Ann\nBcc: c", "ann@bakery.example")]
    mail = compose(replace(hostile, subject="a\r\nBcc: b"), postbox, to=to, key="k", now=NOW)
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<k@business.example>"


def test_the_pay_link_is_in_both_versions() -> None:
    paid_by_link = letter(invoice("1", Money(100, "USD")), url="https://pay.example/i/1?a=1&b=2")

    assert "https://pay.example/i/1?a=1&b=2" in paid_by_link.text
    assert 'href="https://pay.example/i/1?a=1&amp;b=2"' in paid_by_link.html


def test_control_and_direction_characters_do_not_reach_a_header() -> None:
    assert one_line("a\u202eb\x00c\td\n\n e") == "a b c d e"
