"""Xero's payloads as values: dates, money, zones and countries, without any wire."""

import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.xero import payloads
from integrations.xero.decoding import decode
from integrations.xero.mapping import Mapper
from integrations.xero.payloads import Unreadable, calendar_date, instant
from integrations.xero.places import ZONES, country, time_zone
from receivables.money import Money
from receivables.records import Credit, Invoice, InvoiceStatus, Kind

MAPPER = Mapper("c1")


def invoice(**fields: Any) -> Any:
    known = {
        "Type": "ACCREC",
        "InvoiceID": "i1",
        "Contact": {"ContactID": "k1"},
        "Status": "AUTHORISED",
        "Total": 115,
        "AmountDue": 115.00,
        "CurrencyCode": "NZD",
        "UpdatedDateUTC": "/Date(1541176290160+0000)/",
    }
    body = json.dumps({"Invoices": [{**known, **fields}]}).encode()
    found = decode(body, "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))
    return MAPPER.invoice(found.payloads[0])


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("/Date(1543449600000+0000)/", date(2018, 11, 29)),
        ("/Date(1543449600000)/", date(2018, 11, 29)),
        ("/Date(1543449600000+1300)/", date(2018, 11, 29)),
        ("/Date(-86400000+0000)/", date(1969, 12, 31)),
        ("2018-11-29T00:00:00", date(2018, 11, 29)),
        ("2018-11-29", date(2018, 11, 29)),
        ("", None),
        (None, None),
    ],
)
def test_document_dates_are_days_of_the_calendar(text: str | None, on: date | None) -> None:
    assert calendar_date(text, "Date") == on


@pytest.mark.parametrize("text", ["/Date()/", "/Date(x)/", "tomorrow", "/Date(9e9)/", "2018-13-01"])
def test_what_is_no_date_says_which_field(text: str) -> None:
    with pytest.raises(Unreadable, match=r"^DueDate is not a date$"):
        calendar_date(text, "DueDate")


def test_instants_keep_their_milliseconds() -> None:
    assert instant("/Date(1541176290160+0000)/", "x") == datetime(2018, 11, 2, 16, 31, 30, 160000, UTC)
    assert instant("2019-12-07T18:46:19.516", "x") == datetime(2019, 12, 7, 18, 46, 19, 516000, UTC)


@given(st.integers(-(10**12), 7 * 10**12))
def test_every_instant_comes_back(milliseconds: int) -> None:
    found = instant(f"/Date({milliseconds}+0000)/", "x")
    assert (found - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) == milliseconds


@pytest.mark.parametrize(
    ("code", "total", "minor"),
    [
        ("NZD", "115", 11500),
        ("JPY", "1200.00", 1200),
        ("KWD", "12.35", 12350),
        ("GBP", "0.10", 10),
        ("XCG", "9.99", 999),
    ],
)
def test_money_is_exact_whatever_the_decimals(code: str, total: str, minor: int) -> None:
    body = (
        '{"Invoices":[{"Type":"ACCREC","InvoiceID":"i","Contact":{"ContactID":"k"},"Status":"AUTHORISED","CurrencyCode"'
        f':"{code}","Total":{total},"AmountDue":{total},"UpdatedDateUTC":"/Date(0+0000)/"}}]}}'
    )
    found = decode(body.encode(), "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))
    mapped = MAPPER.invoice(found.payloads[0])
    assert isinstance(mapped, Invoice)
    assert mapped.open == mapped.total == Money(minor, code)


def test_withheld_tax_is_what_is_left_of_the_sum() -> None:
    one = invoice(Total=1000, AmountDue=500, AmountPaid=200, AmountCredited=100)
    assert one.adjusted == Money(20000, "NZD")
    assert one.balances()


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("DRAFT", InvoiceStatus.DRAFT),
        ("SUBMITTED", InvoiceStatus.DRAFT),
        ("AUTHORISED", InvoiceStatus.OPEN),
        ("PAID", InvoiceStatus.PAID),
        ("VOIDED", InvoiceStatus.VOID),
        ("DELETED", InvoiceStatus.DELETED),
        ("", InvoiceStatus.OTHER),
        (None, InvoiceStatus.OTHER),
    ],
)
def test_statuses(status: str | None, becomes: InvoiceStatus) -> None:
    assert invoice(Status=status).status is becomes


def test_void_ones_owe_nothing_whatever_is_said() -> None:
    one = invoice(Status="VOIDED", AmountDue=115, AmountPaid=3)
    assert (one.open.minor, one.paid.minor, one.adjusted.minor, one.total.minor) == (0, 0, 0, 11500)


def test_zones_are_real_and_unknown_ones_are_empty() -> None:
    assert len(ZONES) == 131
    for zone in ZONES.values():
        assert ZoneInfo(zone).key == zone
    assert time_zone("GMTSTANDARDTIME") == "Europe/London"
    assert time_zone("NEWZEALANDSTANDARDTIME") == "Pacific/Auckland"
    assert time_zone("EASTERNSTANDARDTIME(MEXICO)") == "America/Cancun"
    assert (time_zone("UTC"), time_zone("UTC02"), time_zone("UTC+13")) == ("Etc/UTC", "Etc/GMT+2", "Etc/GMT-13")
    assert time_zone("MARSSTANDARDTIME") == time_zone("") == ""


def test_countries_as_people_type_them() -> None:
    assert [country(text) for text in ("USA", " united kingdom ", "UK", "nz", "GB")] == ["US", "GB", "GB", "NZ", "GB"]
    assert [country(text) for text in ("Narnia", "", "1A")] == ["", "", ""]


def test_one_unreadable_record_does_not_cost_the_others() -> None:
    body = b'{"Invoices":[{"InvoiceID":"a","Total":"x"},{"InvoiceID":"b"},7]}'
    found = decode(body, "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))
    assert [one.invoice_id for one in found.payloads] == ["b"]
    assert [one.ref.id for one in found.odd] == ["a", ""]
    assert len(found) == 3


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"Invoices":{}}', b'{"Contacts":[]}', b'{"Invoices":[', b"\xff"]
)
def test_what_is_no_reply_of_xero_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(body, "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))


@given(st.binary(max_size=60))
def test_no_bytes_at_all_raise_anything_else(body: bytes) -> None:
    try:
        decode(body, "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))
    except Unreadable:
        return


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
FIELDS = ("Type", "InvoiceID", "Contact", "Status", "Total", "AmountDue", "CurrencyCode", "UpdatedDateUTC", "Date")


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_an_invoice_of_any_shape_is_mapped_or_odd(fields: dict[str, Any]) -> None:
    body = msgspec.json.encode({"Invoices": [fields]})
    found = decode(body, "Invoices", payloads.Invoice, MAPPER.odd(Kind.INVOICE))
    assert len(found) == 1
    for payload in found.payloads:
        with suppress(Unreadable):
            assert MAPPER.invoice(payload) is None or payload.type != "ACCPAY"


def test_prepayments_are_numbered_by_what_they_have() -> None:
    body = (
        b'{"Prepayments":[{"PrepaymentID":"p1","Type":"RECEIVE-PREPAYMENT","Reference":"INV-0011","InvoiceNumber":'
        b'"INV-0011","RemainingCredit":3450.0,"Total":3450.0,"CurrencyCode":"NZD","Status":"AUTHORISED","Allocations":[],'
        b'"UpdatedDateUTC":"/Date(1552489187730+0000)/"}]}'
    )
    found = decode(body, "Prepayments", payloads.Credit, MAPPER.odd(Kind.CREDIT))
    one = MAPPER.credit(found.payloads[0])
    assert isinstance(one, Credit)
    assert (one.number, one.ref.id, one.remaining) == ("INV-0011", "p1", Money(345000, "NZD"))
