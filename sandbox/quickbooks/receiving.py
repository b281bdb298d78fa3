"""Payments entered and taken back by another program, and the accounts they go to."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import undoing
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.ledger import NoSuchRecord, whole
from sandbox.quickbooks.rows import Account, Customer, Payment, to_minor
from sandbox.quickbooks.selling import NOTE_MAX, Wrong

KNOWN = {
    "CustomerRef", "TotalAmt", "CurrencyRef", "TxnDate", "DepositToAccountRef", "PaymentRefNum", "PrivateNote",
    "ProcessPayment", "PaymentMethodRef", "Line", "ExchangeRate",
}  # fmt: skip
NUMBER_MAX = 21
UNDEPOSITED = "4"
TAKES = ("Bank", "Other Current Asset")
SELF = "A business validation error has occurred while processing your request"
CLOSED = "Account Period Closed, Cannot Update Through Services API"
OTHER_EDITOR = "Stale Object Error : You and Taylor Reed were working on this at the same time."


def enter(held: Company, body: bytes) -> Payment:
    """A payment received. A line on somebody else's invoice is left out, so that its money stays unapplied."""
    asked: dict[str, Any] = json.loads(body, parse_float=Decimal)
    customer = _look_through(held, asked)
    total = _minor(asked["TotalAmt"], customer.currency)
    lines = [_line(held, one, customer.currency) for one in asked.get("Line", ())]
    if sum(amount for _, amount in lines) > total:
        raise _against_rules("The amount applied is more than the amount received.")
    mine = [(id, amount) for id, amount in lines if held.ledger.invoices[id].customer == customer.id]
    return held.ledger.pay(
        customer.id,
        held.now(),
        total=total,
        applied=mine,
        dated_on=date.fromisoformat(asked.get("TxnDate") or held.now().date().isoformat()),
        reference=asked.get("PaymentRefNum", ""),
        private_note=asked.get("PrivateNote", ""),
        account=asked.get("DepositToAccountRef", {}).get("value", UNDEPOSITED),
    )


def _look_through(held: Company, asked: dict[str, Any]) -> Customer:
    if unknown := set(asked) - KNOWN:
        raise Wrong("2010", "Request has invalid or unsupported property", str(sorted(unknown)))
    for name in ("CustomerRef", "TotalAmt"):
        if not asked.get(name):
            raise Wrong("2020", "Required param missing, need to supply the required value for the API", name)
    if len(asked.get("PaymentRefNum", "")) > NUMBER_MAX or len(asked.get("PrivateNote", "")) > NOTE_MAX:
        raise Wrong("2050", "String length is either shorter or longer than supported by specification", "too long")
    customer = held.ledger.customers.get(asked["CustomerRef"]["value"])
    if customer is None or not customer.active:
        raise Wrong("2500", "Invalid Reference Id", "CustomerRef")
    if asked.get("CurrencyRef", {}).get("value", customer.currency) != customer.currency:
        raise _against_rules("The currency of the transaction is not the customer's.")
    _require_account(held, asked.get("DepositToAccountRef", {}).get("value", UNDEPOSITED), customer.currency)
    if asked.get("ProcessPayment"):
        raise _against_rules("This company does not process payments.")
    if asked.get("TxnDate", "9999") <= held.book_close:
        raise Wrong("6200", CLOSED, "The account period has closed and the account books cannot be updated.")
    return customer


def _require_account(held: Company, id: str, currency: str) -> None:
    row = held.ledger.tables["Account"].get(id)
    if row is None or not row.active:
        raise Wrong("2500", "Invalid Reference Id", "DepositToAccountRef has been deleted or is inactive")
    if row.kind not in TAKES:
        raise _against_rules("Select a bank or other current asset account to deposit to.")
    if row.currency not in (currency, held.ledger.home):
        raise _against_rules("The deposit account is in another currency than the payment.")


def _line(held: Company, line: Mapping[str, Any], currency: str) -> tuple[str, int]:
    linked = line["LinkedTxn"][0]
    row = held.ledger.invoices.get(linked["TxnId"]) if linked["TxnType"] == "Invoice" else None
    if row is None:
        raise NoSuchRecord(f"{linked['TxnType']} {linked['TxnId']}")
    amount = _minor(line["Amount"], currency)
    if amount > row.balance:
        raise _against_rules("You can't apply more than the open balance of a transaction.")
    return row.id, amount


def _minor(amount: Any, currency: str) -> int:
    try:
        return to_minor(Decimal(str(amount)), currency)
    except ValueError:
        raise Wrong("2030", "Invalid number", "the amount is finer than its currency") from None


def void(held: Company, body: bytes) -> Payment:
    """Its amount goes, its number stays, and its invoices are open again."""
    row = _to_be_undone(held, body)
    undoing.void_payment(held.ledger, row.id, held.now())
    return row


def _to_be_undone(held: Company, body: bytes) -> Payment:
    asked = json.loads(body)
    row: Payment = held.ledger.get("Payment", str(asked.get("Id", "")))
    if asked.get("SyncToken") != str(row.token):
        raise Wrong("5010", "Stale Object Error", OTHER_EDITOR)
    if row.dated_on.isoformat() <= held.book_close:
        raise Wrong("6200", CLOSED, "The account period has closed and the account books cannot be updated.")
    if row.deposited:
        raise _against_rules("This payment is part of a deposit. Take it out of the deposit first.")
    return row


def _against_rules(detail: str) -> Wrong:
    return Wrong("6000", SELF, f"Business Validation Error: {detail}")


WAYS: Mapping[tuple[str, str], Callable[[Company, bytes], Payment]] = {("", ""): enter, ("update", "void"): void}


def open_account(held: Company, body: bytes) -> Account:
    """A new account; its name is nobody else's."""
    asked = json.loads(body)
    rows = held.ledger.tables["Account"]
    if unknown := set(asked) - {"Name", "AccountType", "AccountSubType", "CurrencyRef"}:
        raise Wrong("2010", "Request has invalid or unsupported property", str(sorted(unknown)))
    name, currency = asked.get("Name", ""), asked.get("CurrencyRef", {}).get("value", held.ledger.home)
    if any(one.name.casefold() == name.casefold() for one in rows.values()):
        raise Wrong("6240", "Duplicate Name Exists Error", "The name supplied already exists.")
    if currency not in held.ledger.currencies:
        raise _against_rules("This currency is not on the company's list of currencies.")
    now = whole(held.now())
    made = Account(
        id=str(max(int(one) for one in rows) + 1),
        name=name,
        kind=asked["AccountType"],
        detail=asked.get("AccountSubType", ""),
        currency=currency,
        created=now,
        updated=now,
    )
    rows[made.id] = made
    return made
