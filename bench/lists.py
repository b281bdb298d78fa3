"""What a whole first reading consists of: each platform's lists, how they are asked for, and the floor's flat rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = tuple[Any, ...]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class List:
    """One list: its name at the platform, whose part of the truth it is, and a record as a flat row.

    A row is id, customer, number, currency, total, open, dated, changed.
    """

    kind: str
    part: str
    row: Callable[[Record], Row]
    asked: Mapping[str, str] = field(default_factory=dict)


PAGE = {"quickbooks": 1000, "xero": 1000, "stripe": 100}


def _quickbooks(one: Record) -> Row:
    who, money = one.get("CustomerRef") or {}, one.get("CurrencyRef") or {}
    changed = one["MetaData"]["LastUpdatedTime"]
    open_ = one.get("Balance", one.get("UnappliedAmt"))
    number, total = one.get("DocNumber"), one.get("TotalAmt")
    return one["Id"], who.get("value"), number, money.get("value"), total, open_, one.get("TxnDate"), changed


def _xero_contact(one: Record) -> Row:
    return one["ContactID"], None, one.get("Name"), None, None, None, None, one["UpdatedDateUTC"]


def _xero_document(key: str) -> Callable[[Record], Row]:
    def row(one: Record) -> Row:
        who, number = one.get("Contact") or {}, one.get("InvoiceNumber") or one.get("CreditNoteNumber")
        open_ = one.get("AmountDue", one.get("RemainingCredit"))
        money = (one.get("CurrencyCode"), one.get("Total"), open_)
        return one[key], who.get("ContactID"), number, *money, one.get("DateString"), one["UpdatedDateUTC"]

    return row


def _xero_payment(one: Record) -> Row:
    whose = one.get("Invoice") or {}
    money = (whose.get("CurrencyCode"), one.get("Amount"), None)
    return one["PaymentID"], None, whose.get("InvoiceID"), *money, one.get("Date"), one["UpdatedDateUTC"]


def _stripe(one: Record) -> Row:
    total = one.get("total", one.get("amount", one.get("amount_requested")))
    number = one.get("number") or one.get("invoice") or one.get("name")
    money = (one.get("currency"), total, one.get("amount_remaining"))
    return one["id"], one.get("customer"), number, *money, one.get("due_date"), one["created"]


LISTS: Mapping[str, tuple[List, ...]] = {
    "quickbooks": (
        List("Customer", "customers", _quickbooks, {"where": "WHERE Active IN (true, false)"}),
        List("Invoice", "invoices", _quickbooks),
        List("CreditMemo", "credits", _quickbooks),
        List("Payment", "payments", _quickbooks),
    ),
    "xero": (
        List("Contacts", "customers", _xero_contact, {"includeArchived": "true"}),
        List(
            "Invoices",
            "invoices",
            _xero_document("InvoiceID"),
            {"where": 'Type=="ACCREC"', "summaryOnly": "true", "order": "InvoiceID ASC"},
        ),
        List("CreditNotes", "credits", _xero_document("CreditNoteID"), {"order": "CreditNoteID ASC"}),
        List("Prepayments", "credits", _xero_document("PrepaymentID"), {"order": "PrepaymentID ASC"}),
        List("Overpayments", "credits", _xero_document("OverpaymentID"), {"order": "OverpaymentID ASC"}),
        List("Payments", "payments", _xero_payment, {"order": "PaymentID ASC"}),
    ),
    "stripe": (
        List("customers", "customers", _stripe),
        List("invoices", "invoices", _stripe),
        List("invoice_payments", "payments", _stripe),
        List("credit_notes", "credits", _stripe),
        List("refunds", "refunds", _stripe),
        List("disputes", "disputes", _stripe),
    ),
}


def least_calls(platform: str, rows: Mapping[str, int]) -> int:
    """The fewest calls that read lists of these lengths (by the platform's names): an empty one costs a call too."""
    size = PAGE[platform]
    return sum(max(1, -(-rows.get(one.kind, 0) // size)) for one in LISTS[platform])
