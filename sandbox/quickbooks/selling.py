"""An invoice made by another program: one item, in the customer's currency, on an item and a tax code in use."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.rows import Invoice, to_minor

KNOWN = {"CustomerRef", "CurrencyRef", "TxnDate", "DueDate", "PrivateNote", "Line", "DocNumber"}
NOTE_MAX, TEXT_MAX = 4000, 4000


class Wrong(Exception):
    """QuickBooks would refuse it: its code, its message, and what it is about."""

    def __init__(self, code: str, message: str, detail: str) -> None:
        super().__init__(message)
        self.code, self.message, self.detail = code, message, detail


def read(held: Company, body: bytes) -> dict[str, Any]:
    """The request, looked through. Raises Wrong."""
    asked: dict[str, Any] = json.loads(body, parse_float=Decimal)
    if unknown := set(asked) - KNOWN:
        raise Wrong("2010", "Request has invalid or unsupported property", str(sorted(unknown)))
    for name in ("CustomerRef", "Line"):
        if not asked.get(name):
            raise Wrong("2020", "Required param missing, need to supply the required value for the API", name)
    if len(asked["Line"]) != 1 or asked["Line"][0].get("DetailType") != "SalesItemLineDetail":
        raise Wrong("2500", "Invalid Reference Id", "only one line of one item is modelled by this sandbox")
    _look_through(held, asked)
    return asked


def _look_through(held: Company, asked: dict[str, Any]) -> None:
    customer = held.ledger.customers.get(asked["CustomerRef"]["value"])
    if customer is None or not customer.active:
        raise Wrong("2500", "Invalid Reference Id", "CustomerRef")
    line, detail = asked["Line"][0], asked["Line"][0]["SalesItemLineDetail"]
    item = held.ledger.tables["Item"].get(detail.get("ItemRef", {}).get("value", ""))
    if item is None or not item.active:
        raise Wrong("2500", "Invalid Reference Id", "Item assigned to this transaction has been deleted or is inactive")
    if not _taxed(held, detail.get("TaxCodeRef", {}).get("value", "NON")):
        raise Wrong("2500", "Invalid Reference Id", "TaxCodeRef")
    if asked.get("CurrencyRef", {}).get("value", customer.currency) != customer.currency:
        raise Wrong("6000", "A business validation error has occurred while processing your request", "Currency")
    if len(asked.get("PrivateNote", "")) > NOTE_MAX or len(line.get("Description", "")) > TEXT_MAX:
        raise Wrong("2050", "String length is either shorter or longer than supported by specification", "Line")
    if asked.get("TxnDate", "9999") <= held.book_close:
        raise Wrong("6200", "Account Period Closed, Cannot Update Through Services API", "TxnDate")


def _taxed(held: Company, code: str) -> bool:
    """The United States know two words, everybody else numbers."""
    if held.country == "US":
        return code in ("TAX", "NON")
    found = held.ledger.tables["TaxCode"].get(code)
    return found is not None and bool(found.rate)


def sell(held: Company, asked: dict[str, Any]) -> Invoice:
    """Enter it: taxed on top, as QuickBooks does unless told otherwise, under the company's next number."""
    ledger, line = held.ledger, asked["Line"][0]
    detail, currency = line["SalesItemLineDetail"], ledger.customers[asked["CustomerRef"]["value"]].currency
    code = detail.get("TaxCodeRef", {}).get("value", "NON")
    rate = ledger.tables["TaxRate"][ledger.tables["TaxCode"][code].rate].rate if code not in ("NON", "TAX") else 0
    now = held.now()
    return ledger.sell(
        asked["CustomerRef"]["value"],
        now,
        total=to_minor(Decimal(str(line["Amount"])), currency) * (100 + rate) // 100,
        number=asked.get("DocNumber") or f"Q{len(ledger.invoices) + 1}",
        dated_on=date.fromisoformat(asked.get("TxnDate") or now.date().isoformat()),
        due_on=date.fromisoformat(asked.get("DueDate") or now.date().isoformat()),
        private_note=asked.get("PrivateNote", ""),
        sold=(detail["ItemRef"]["value"], code, line.get("Description", "")),
    )
