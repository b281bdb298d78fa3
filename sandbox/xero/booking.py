"""Money booked by another program: payments and their end, overpayments, bank transactions, accounts."""

from datetime import date
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Response

from sandbox.xero import chart, rendering
from sandbox.xero.reading import Asked
from sandbox.xero.records import BankTransaction, Credit, Invoice, Payment, Rejected, two_places
from sandbox.xero.replies import envelope, invalid
from sandbox.xero.writing import LOCKED, body_of, calendar_date

OVERPAYMENT, SPENT = "RECEIVE-OVERPAYMENT", "SPEND"
NO_ACCOUNT = "Account could not be found"
NOT_FOR_PAYMENTS = "Account is not valid for payments; use a bank account or enable payments to this account"


def add_payments(asked: Asked) -> Response:
    """Payments against invoices, each to an account that takes them."""
    ledger, posted = asked.organisation.ledger, []
    for entry in body_of(asked.request, "Payments"):
        invoice = ledger.invoices.get(str(entry.get("Invoice", {}).get("InvoiceID", "")).lower())
        if invoice is None:
            return invalid("Invoice could not be found")
        try:
            posted.append(_payment(asked, entry, invoice))
        except Rejected as error:
            return invalid(str(error), {"Amount": Decimal(str(entry.get("Amount", 0)))})
    return envelope(asked.now, "Payments", [rendering.payment_list(ledger, one) for one in posted])


def _payment(asked: Asked, entry: dict[str, Any], invoice: Invoice) -> Payment:
    on = calendar_date(entry["Date"]) if "Date" in entry else asked.now.date()
    account = _account(asked, entry.get("Account", {}), invoice.currency)
    _require_open_period(asked, on)
    amount, reference = Decimal(str(entry.get("Amount", 0))), str(entry.get("Reference", ""))
    made = asked.organisation.ledger.pay(invoice, amount, on, at=asked.now, reference=reference)
    made.account = "" if account == asked.organisation.tenant else account
    return made


def _account(asked: Asked, named: dict[str, Any], currency: str) -> str:
    """The account's id. Raises Rejected for one that is not there, takes no payments or is kept in another currency."""
    organisation = asked.organisation
    by_code = (one for one in organisation.accounts() if one.get("Code") == named.get("Code", "?"))
    found = organisation.account(str(named.get("AccountID", ""))) or next(by_code, None)
    if found is None or found["Status"] != "ACTIVE":
        raise Rejected(NO_ACCOUNT)
    if found["Type"] != "BANK" and not found["EnablePaymentsToAccount"]:
        raise Rejected(NOT_FOR_PAYMENTS)
    home = organisation.business.shape.currencies[0]
    if found.get("CurrencyCode", home) not in (currency, home):
        raise Rejected("The currency of the account does not match the currency of the document")
    return str(found["AccountID"])


def _require_open_period(asked: Asked, on: date) -> None:
    if asked.organisation.locked(on):
        raise Rejected(LOCKED)


def take_back(asked: Asked, payment: Payment) -> Response:
    """Delete a payment: the only thing that can be done to one."""
    if body_of(asked.request, "Payments")[0].get("Status") != "DELETED":
        return invalid("A payment can only be deleted")
    try:
        _require_open_period(asked, payment.on)
        asked.organisation.ledger.unpay(payment, asked.now)
    except Rejected as error:
        return invalid(str(error), {"PaymentID": payment.id})
    return envelope(asked.now, "Payments", [rendering.payment_list(asked.organisation.ledger, payment)])


def add_bank_transaction(asked: Asked) -> Response:
    """Money that came as an overpayment, or was spent on one account; only at a bank account."""
    entry = body_of(asked.request, "BankTransactions")[0]
    ledger = asked.organisation.ledger
    try:
        made = _bank_transaction(asked, entry)
    except Rejected as error:
        return invalid(str(error))
    if made.type == OVERPAYMENT:
        credit = Credit(ledger.guid(), OVERPAYMENT, "", made.contact, currency=made.currency, total=made.total,
                        on=made.on, updated=asked.now, reference=made.reference)  # fmt: skip
        made.overpayment = ledger.add_credit(credit, asked.now).id
    ledger.banked[made.id] = made
    ledger.edited()
    return envelope(asked.now, "BankTransactions", [rendering.bank_transaction(ledger, made)])


def _bank_transaction(asked: Asked, entry: dict[str, Any]) -> BankTransaction:
    organisation, lines = asked.organisation, entry.get("LineItems") or [{}]
    contact = organisation.ledger.contacts.get(str(entry.get("Contact", {}).get("ContactID", "")).lower())
    bank = organisation.account(str(entry.get("BankAccount", {}).get("AccountID", "")))
    on = calendar_date(entry["Date"])
    if entry.get("Type") not in (OVERPAYMENT, SPENT) or len(lines) != 1:
        raise Rejected("Only an overpayment or money spent, of one line, is modelled by this sandbox")
    if contact is None:
        raise Rejected("A Contact must be specified for this type of transaction")
    if bank is None or bank["Type"] != "BANK" or bank["Status"] != "ACTIVE":
        raise Rejected("BankAccount must be a valid, active bank account")
    if entry.get("CurrencyCode", bank["CurrencyCode"]) != bank["CurrencyCode"]:
        raise Rejected("The currency of the transaction must be the currency of the bank account")
    if entry["Type"] == SPENT and not any(one["Code"] == lines[0].get("AccountCode") for one in organisation.opened):
        raise Rejected(f"Account code '{lines[0].get('AccountCode')}' is not a valid code for this document.")
    _require_open_period(asked, on)
    return BankTransaction(
        id=organisation.ledger.guid(),
        type=entry["Type"],
        contact=contact.id,
        account=bank["AccountID"],
        currency=bank["CurrencyCode"],
        total=two_places(Decimal(str(lines[0]["UnitAmount"])) * Decimal(str(lines[0].get("Quantity", 1)))),
        on=on,
        updated=asked.now,
        reference=str(entry.get("Reference", "")),
        code=str(lines[0].get("AccountCode", "")),
    )


def open_account(asked: Asked) -> Response:
    """A new bank account, with a name and a code of its own, in one of the organisation's currencies."""
    entry, organisation = body_of(asked.request, "Accounts")[0], asked.organisation
    wrong = _wrong_account(asked, entry)
    if wrong:
        return invalid(wrong, {"Name": entry.get("Name", "")})
    made = {
        "AccountID": organisation.ledger.guid(),
        "Code": entry["Code"],
        "Name": entry["Name"],
        "Status": "ACTIVE",
        "Type": "BANK",
        "Class": "ASSET",
        "TaxType": "NONE",
        "BankAccountNumber": entry["BankAccountNumber"],
        "BankAccountType": "BANK",
        "CurrencyCode": entry.get("CurrencyCode", organisation.business.shape.currencies[0]),
        "EnablePaymentsToAccount": False,
    }
    organisation.opened.append(made)
    return envelope(asked.now, "Accounts", [made])


def _wrong_account(asked: Asked, entry: dict[str, Any]) -> str:
    known, name, code = asked.organisation.accounts(), str(entry.get("Name", "")), str(entry.get("Code", ""))
    if entry.get("Type") != "BANK" or not entry.get("BankAccountNumber"):
        return "Only a bank account with a number is modelled by this sandbox"
    if not 1 <= len(name) <= chart.NAME_MAX or any(one["Name"].lower() == name.lower() for one in known):
        return "Please enter a unique Name."
    if not 1 <= len(code) <= chart.CODE_MAX or any(one.get("Code") == code for one in known):
        return "Please enter a unique Code."
    if entry.get("CurrencyCode") not in (None, *asked.organisation.business.shape.currencies):
        return "The currency has not been added to this organisation"
    return ""
