"""Ledger records in the words of Xero's API: keys left out rather than null, dates as /Date(ms)/, two decimals."""

from datetime import UTC, date, datetime
from typing import Any

from sandbox.xero.ledger import Ledger
from sandbox.xero.records import CENT, NOTHING, BankTransaction, Contact, Credit, Invoice, Line, Payment

Payload = dict[str, Any]
SINGLE_ID = {"Overpayments": "OverpaymentID", "Prepayments": "PrepaymentID", "CreditNotes": "CreditNoteID"}
# a payment's document has words of its own for prepayments and overpayments
STUB_TYPES = {
    "RECEIVE-PREPAYMENT": "ARPREPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENT",
}
USUAL_LINE = ("Work as agreed", "200", "NONE")
GROUPS = ("CreditNotes", "Prepayments", "Overpayments")


def instant(at: datetime) -> str:
    """/Date(ms+0000)/ of an instant."""
    return f"/Date({int(at.timestamp() * 1000)}+0000)/"


def day(on: date) -> str:
    """/Date(ms+0000)/ of a calendar date: midnight UTC, whatever the organisation's zone."""
    return instant(datetime(on.year, on.month, on.day, tzinfo=UTC))


def iso_day(on: date) -> str:
    """The twin field's spelling of a calendar date."""
    return f"{on.isoformat()}T00:00:00"


def _stamps(at: datetime) -> Payload:
    return {"UpdatedDateUTC": instant(at), "UpdatedDateUTCString": f"{at:%Y-%m-%dT%H:%M:%S}Z"}


def contact_stub(contact: Contact) -> Payload:
    """What lists show of a contact: its name and a lot of nothing. No e-mail here."""
    return {
        "ContactID": contact.id,
        "Name": contact.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def contact_full(contact: Contact, owed: dict[str, Any]) -> Payload:
    """A contact in a paged list or on its own; `owed` is Ledger.outstanding()."""
    payload: Payload = {
        "ContactID": contact.id,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "FirstName": contact.first,
        "LastName": contact.last,
        "EmailAddress": contact.email,
        "BankAccountDetails": "",
        "Addresses": _addresses(contact),
        "Phones": _phones(contact),
        "UpdatedDateUTC": instant(contact.updated),
        "ContactGroups": [{"Name": contact.group, "Status": "ACTIVE"}] if contact.group else [],
        "IsSupplier": contact.supplier,
        "IsCustomer": not contact.supplier,
        "ContactPersons": [_person(one) for one in contact.persons],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }
    if contact.currency:
        payload["DefaultCurrency"] = contact.currency
    if contact.tax_number:
        payload["TaxNumber"] = contact.tax_number
    if contact.company_number:
        payload["CompanyNumber"] = contact.company_number
    if contact.merged_to:
        payload["MergedToContactID"] = contact.merged_to
    if contact.id in owed:
        payload["Balances"] = {
            "AccountsReceivable": {"Outstanding": owed[contact.id] + NOTHING, "Overdue": NOTHING},
            "AccountsPayable": {"Outstanding": NOTHING, "Overdue": NOTHING},
        }
    return payload


def _addresses(contact: Contact) -> list[Payload]:
    empty = {"AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": ""}
    postal = {
        "AddressType": "POBOX",
        "AddressLine1": contact.street,
        "City": contact.city,
        "Region": contact.region,
        "PostalCode": contact.postcode,
        "Country": contact.country,
    }
    return [empty, postal] if contact.street else [empty]


def _phones(contact: Contact) -> list[Payload]:
    return [
        {
            "PhoneType": kind,
            "PhoneNumber": contact.phone if kind == "DEFAULT" else "",
            "PhoneAreaCode": "",
            "PhoneCountryCode": "",
        }
        for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")
    ]


def _person(person: tuple[str, str, str, bool]) -> Payload:
    first, last, email, included = person
    return {"FirstName": first, "LastName": last, "EmailAddress": email, "IncludeInEmails": included}


def invoice_list(ledger: Ledger, invoice: Invoice, *, lines: bool, summary: bool) -> Payload:
    """An invoice in a list: with lines only when paged, without payments and lines in a summary."""
    payload: Payload = {
        "Type": invoice.type,
        "InvoiceID": invoice.id,
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference,
        "AmountDue": invoice.due + NOTHING,
        "AmountPaid": invoice.paid + NOTHING if invoice.status != "VOIDED" else NOTHING,
        "AmountCredited": invoice.credited + NOTHING if invoice.status != "VOIDED" else NOTHING,
        **_applied(ledger, invoice),
        "CurrencyRate": CENT * 100,
        "HasErrors": False,
        "IsDiscounted": False,
        "Contact": contact_stub(ledger.contacts[invoice.contact]),
        "DateString": iso_day(invoice.on),
        "Date": day(invoice.on),
        "DueDateString": iso_day(invoice.due_on),
        "DueDate": day(invoice.due_on),
        "Status": invoice.status,
        "LineAmountTypes": "Exclusive",
        "SubTotal": invoice.total,
        "TotalTax": NOTHING,
        "Total": invoice.total,
        **_stamps(invoice.updated),
        "CurrencyCode": invoice.currency,
    }
    _add_optional(payload, invoice)
    if not summary:
        payload["Payments"] = [_payment_stub(one) for one in invoice.payments]
        payload["HasAttachments"] = bool(invoice.attachments)
        payload["LineItems"] = [_line(invoice)] if lines else []
        if invoice.withheld:
            payload["CISDeduction"] = invoice.withheld
    return payload


def _add_optional(payload: Payload, invoice: Invoice) -> None:
    if invoice.type == "ACCREC":
        payload["SentToContact"] = invoice.sent
    if invoice.expected_on:
        payload["ExpectedPaymentDate"] = day(invoice.expected_on)
    if invoice.paid_on and invoice.status == "PAID":
        payload["FullyPaidOnDate"] = day(invoice.paid_on)


def _applied(ledger: Ledger, invoice: Invoice) -> Payload:
    groups: dict[str, list[Payload]] = {name: [] for name in GROUPS}
    for allocation in invoice.allocations:
        credit = ledger.credits[allocation.credit]
        entry = {
            "ID": credit.id,
            SINGLE_ID[credit.group]: credit.id,
            "AppliedAmount": allocation.amount,
            "Date": day(allocation.on),
            "Total": credit.total,
        }
        groups[credit.group].append(entry)
    return groups


def _payment_stub(payment: Payment) -> Payload:
    return {
        "PaymentID": payment.id,
        "Date": day(payment.on),
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": CENT * 100,
        "HasAccount": False,
        "HasValidationErrors": False,
    }


def _line(document: Invoice | Credit) -> Payload:
    what, account, tax = document.line if isinstance(document, Invoice) else USUAL_LINE
    return {
        "Description": what,
        "UnitAmount": document.total,
        "TaxType": tax,
        "TaxAmount": NOTHING,
        "LineAmount": document.total,
        "AccountCode": account,
        "Tracking": [],
        "Quantity": CENT * 100,
    }


def invoice_single(ledger: Ledger, invoice: Invoice) -> Payload:
    """An invoice fetched on its own: with the whole contact, and the exact rounding fields."""
    payload = invoice_list(ledger, invoice, lines=True, summary=False)
    payload["Contact"] = contact_full(ledger.contacts[invoice.contact], {})
    return payload


def credit_list(ledger: Ledger, credit: Credit, *, lines: bool) -> Payload:
    """A credit note, overpayment or prepayment."""
    payload: Payload = {
        SINGLE_ID[credit.group]: credit.id,
        "ID": credit.id,
        "Type": credit.type,
        "Reference": credit.reference,
        "RemainingCredit": credit.remaining + NOTHING,
        "Allocations": [_allocation(ledger, one.invoice, one.amount, one.on) for one in credit.allocations],
        "Payments": [_payment_stub(one) for one in credit.payments],
        "CurrencyRate": CENT * 100,
        "HasAttachments": False,
        "Contact": contact_stub(ledger.contacts[credit.contact]),
        "DateString": iso_day(credit.on),
        "Date": day(credit.on),
        "Status": credit.status,
        "LineAmountTypes": "NoTax",
        "LineItems": [_line(credit)] if lines else [],
        "SubTotal": credit.total,
        "TotalTax": NOTHING,
        "Total": credit.total,
        **_stamps(credit.updated),
        "CurrencyCode": credit.currency,
    }
    if credit.group == "CreditNotes":
        payload["CreditNoteNumber"] = credit.number
    return payload


def _allocation(ledger: Ledger, invoice: str, amount: Any, on: date) -> Payload:
    number = ledger.invoices[invoice].number
    return {"Amount": amount, "Date": day(on), "Invoice": {"InvoiceID": invoice, "InvoiceNumber": number}}


def payment_list(ledger: Ledger, payment: Payment) -> Payload:
    """A payment. Its document is called Invoice even when it is a credit note that was refunded."""
    document = ledger.document(payment.target)
    return {
        "PaymentID": payment.id,
        "Date": day(payment.on),
        "BankAmount": payment.amount,
        "Amount": payment.amount,
        "Reference": payment.reference,
        "CurrencyRate": CENT * 100,
        "PaymentType": payment.type,
        "Status": payment.status,
        **_stamps(payment.updated),
        "HasAccount": True,
        "IsReconciled": False,
        "Account": {"AccountID": payment.account} if payment.account else {"AccountID": ledger.tenant, "Code": "090"},
        "Invoice": {
            "Type": STUB_TYPES.get(document.type, document.type),
            "InvoiceID": document.id,
            "InvoiceNumber": document.number,
            "Contact": contact_stub(ledger.contacts[document.contact]),
            "LineItems": [],
            "CurrencyCode": document.currency,
        },
        "HasValidationErrors": False,
    }


def bank_transaction(ledger: Ledger, one: BankTransaction) -> Payload:
    """Money at the bank. The one that made an overpayment names it."""
    return {
        "BankTransactionID": one.id,
        **({"OverpaymentID": one.overpayment} if one.overpayment else {}),
        "Type": one.type,
        "Status": one.status,
        "Reference": one.reference,
        "IsReconciled": False,
        "HasAttachments": False,
        "Contact": contact_stub(ledger.contacts[one.contact]),
        "BankAccount": {"AccountID": one.account},
        "Date": day(one.on),
        "LineAmountTypes": "NoTax",
        "LineItems": [],
        "SubTotal": one.total,
        "TotalTax": NOTHING,
        "Total": one.total,
        "UpdatedDateUTC": instant(one.updated),
        "CurrencyCode": one.currency,
    }


def history_line(line: Line) -> Payload:
    """One line of a record's history."""
    return {
        "Changes": line.changes,
        "DateUTCString": f"{line.at:%Y-%m-%dT%H:%M:%S}",
        "DateUTC": instant(line.at),
        "User": line.user,
        "Details": line.details,
    }
