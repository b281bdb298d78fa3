"""Renders records the way QuickBooks writes them: Pacific offsets, nothing that is null, noise on payment lines."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from sandbox.quickbooks.ledger import Ledger
from sandbox.quickbooks.rows import (
    CURRENCY_NAMES,
    EXPONENTS,
    Account,
    Attachable,
    CreditMemo,
    Customer,
    CustomerType,
    Document,
    Invoice,
    Item,
    Line,
    Payment,
    Row,
    TaxCode,
    TaxRate,
    Term,
    Tombstone,
)

WRITE = msgspec.json.Encoder(decimal_format="number")
PACIFIC = ZoneInfo("America/Los_Angeles")
RATES = {"JPY": Decimal("0.0067"), "KWD": Decimal("3.25")}


def stamp(at: datetime) -> str:
    """A time as QuickBooks shows it, in whole seconds."""
    return at.astimezone(PACIFIC).isoformat(timespec="seconds")


def number(minor: int, currency: str) -> Decimal:
    """A sum as QuickBooks shows it: `0` for nothing, else at least one decimal and no idle zeros (`100.0`)."""
    if minor == 0:
        return Decimal(0)
    text = f"{Decimal(minor).scaleb(-EXPONENTS.get(currency, 2)):f}"
    if "." in text:
        text = text.rstrip("0")
    return Decimal(text + "0" if text.endswith(".") else text if "." in text else text + ".0")


def _head(row: Row, *, entity: str = "") -> dict[str, Any]:
    head: dict[str, Any] = {"domain": "QBO"}
    head |= {"status": "Deleted"} if entity else {"sparse": False}
    head["Id"] = row.id
    if not entity:
        head["SyncToken"] = str(row.token)
    created = {} if entity else {"CreateTime": stamp(row.created)}
    return head | {"MetaData": created | {"LastUpdatedTime": stamp(row.updated)}}


def render(ledger: Ledger, row: Row) -> dict[str, Any]:
    """Any record as its JSON object."""
    if isinstance(row, Tombstone):
        return _head(row, entity=row.entity)
    writer = WRITERS[type(row).__name__]
    return {name: value for name, value in (_head(row) | writer(ledger, row)).items() if value is not None}


def named(ledger: Ledger, row: Row) -> tuple[Any, ...]:
    """What a record shows of others, so that it looks different when they move."""
    multicurrency = len(ledger.currencies) > 1
    if isinstance(row, Customer):
        parent = ledger.customers.get(row.parent)
        return multicurrency, parent and parent.name, family_balance(ledger, row)
    owner = ledger.customers.get(row.customer) if isinstance(row, Document) else None
    return multicurrency, owner and owner.name


def _currency(ledger: Ledger, code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"CurrencyRef": {"value": code, "name": CURRENCY_NAMES.get(code, code)}}
    if len(ledger.currencies) > 1:
        shown["ExchangeRate"] = RATES.get(code, Decimal(1))
    return shown


def _customer(ledger: Ledger, row: Customer) -> dict[str, Any]:
    given, _, family = row.contact.partition(" ")
    parent = ledger.customers.get(row.parent)
    address = {"Line1": row.street, "City": row.city, "CountrySubDivisionCode": row.region, "PostalCode": row.postcode}
    return {
        "Taxable": False,
        "Job": bool(parent),
        "BillWithParent": row.bills_with_parent,
        "ParentRef": {"value": parent.id} if parent else None,
        "Level": 1 if parent else None,
        "IsProject": row.project,
        "Balance": number(row.balance, row.currency),
        "BalanceWithJobs": number(family_balance(ledger, row), row.currency),
        "CurrencyRef": {"value": row.currency, "name": CURRENCY_NAMES.get(row.currency, row.currency)},
        "CustomerTypeRef": {"value": row.kind} if row.kind else None,
        "PreferredDeliveryMethod": "Email" if row.emails else "Print",
        "GivenName": given or None,
        "FamilyName": family or None,
        "FullyQualifiedName": f"{parent.name}:{row.name}" if parent else row.name,
        "CompanyName": None if row.project else row.name,
        "DisplayName": row.name,
        "PrintOnCheckName": row.name,
        "Active": row.active,
        "BillAddr": {name: text for name, text in address.items() if text} | {"Country": "USA"} if row.street else None,
        "PrimaryPhone": {"FreeFormNumber": row.phone} if row.phone else None,
        "PrimaryEmailAddr": {"Address": row.emails} if row.emails else None,
    }


def family_balance(ledger: Ledger, row: Customer) -> int:
    """The customer's balance with its jobs."""
    return row.balance + sum(ledger.customers[child].balance for child in ledger.children.get(row.id, ()))


def _customer_ref(ledger: Ledger, customer: str) -> dict[str, str]:
    return {"value": customer, "name": ledger.customers[customer].name}


WORK = ("10", "NON", "Work as agreed")


def _sales_lines(ledger: Ledger, total: int, currency: str, sold: tuple[str, str, str] = WORK) -> list[dict[str, Any]]:
    amount, (item, tax, text) = number(total, currency), sold
    detail = {
        "ItemRef": {"value": item, "name": ledger.tables["Item"][item].name if item in ledger.tables["Item"] else "?"},
        "UnitPrice": amount,
        "Qty": 1,
        "TaxCodeRef": {"value": tax},
    }
    return [
        {
            "Id": "1",
            "LineNum": 1,
            "Description": text,
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": detail,
        },
        {"Amount": amount, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}},
    ]


def _linked(payments: list[str]) -> list[dict[str, str]]:
    return [{"TxnId": payment, "TxnType": "Payment"} for payment in reversed(payments)]


def _invoice(ledger: Ledger, row: Invoice) -> dict[str, Any]:
    delivery: dict[str, Any] | None = None
    if row.sent_at is not None:
        delivery = {"DeliveryType": "Email", "DeliveryTime": stamp(row.sent_at)}
        if row.mail_error:
            delivery["DeliveryErrorType"] = row.mail_error
    return {
        "AllowIPNPayment": False,
        "AllowOnlinePayment": row.online,
        "AllowOnlineCreditCardPayment": row.online,
        "AllowOnlineACHPayment": row.online,
        "DocNumber": row.number or None,
        "TxnDate": row.dated_on.isoformat(),
        **_currency(ledger, row.currency),
        "PrivateNote": row.private_note or None,
        "LinkedTxn": _linked(row.payments),
        "Line": _sales_lines(ledger, row.total, row.currency, row.sold),
        "TxnTaxDetail": {"TotalTax": 0},
        "CustomerRef": _customer_ref(ledger, row.customer),
        "CustomerMemo": {"value": "Thank you for your business."},
        "SalesTermRef": {"value": "3", "name": "Net 30"} if (row.due_on - row.dated_on).days == 30 else None,
        "DueDate": row.due_on.isoformat(),
        "TotalAmt": number(row.total, row.currency),
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": row.email_status,
        "BillEmail": {"Address": row.email} if row.email else None,
        "Balance": number(row.balance, row.currency),
        "Deposit": number(row.deposit, row.currency) if row.deposit else None,
        "DeliveryInfo": delivery,
    }


def _noise(ledger: Ledger, line: Line, currency: str) -> dict[str, Any]:
    """What no client should read: the same facts again, as serialised Java."""
    document = ledger.tables[line.kind][line.id]
    facts = {
        "txnId": line.id,
        "txnOpenBalance": str(number(line.amount, currency)),
        "txnReferenceNumber": document.number,
    }
    return {
        "any": [
            {
                "name": "{http://schema.intuit.com/finance/v3}NameValue",
                "declaredType": "com.intuit.schema.finance.v3.NameValue",
                "scope": "javax.xml.bind.JAXBElement$GlobalScope",
                "value": {"Name": name, "Value": value},
                "nil": False,
                "globalScope": True,
                "typeSubstituted": False,
            }
            for name, value in facts.items()
        ]
    }


def _payment(ledger: Ledger, row: Payment) -> dict[str, Any]:
    lines = [
        {
            "Amount": number(line.amount, row.currency),
            "LinkedTxn": [{"TxnId": line.id, "TxnType": line.kind}],
            "LineEx": _noise(ledger, line, row.currency),
        }
        for line in row.lines
    ]
    return {
        "CustomerRef": _customer_ref(ledger, row.customer),
        "DepositToAccountRef": {"value": row.account},
        "PaymentRefNum": row.reference or None,
        "TotalAmt": number(row.total, row.currency),
        "UnappliedAmt": number(row.unapplied, row.currency),
        "ProcessPayment": False,
        "TxnDate": row.dated_on.isoformat(),
        **_currency(ledger, row.currency),
        "PrivateNote": row.private_note or None,
        "Line": lines or None,
    }


def _credit_memo(ledger: Ledger, row: CreditMemo) -> dict[str, Any]:
    return {
        "RemainingCredit": number(row.remaining, row.currency),
        "DocNumber": row.number,
        "TxnDate": row.dated_on.isoformat(),
        **_currency(ledger, row.currency),
        "LinkedTxn": _linked(row.payments),
        "Line": _sales_lines(ledger, row.total, row.currency),
        "CustomerRef": _customer_ref(ledger, row.customer),
        "TotalAmt": number(row.total, row.currency),
        "ApplyTaxAfterDiscount": False,
        "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet",
        "Balance": number(row.remaining, row.currency),
    }


def _named_only(_: Ledger, row: CustomerType) -> dict[str, Any]:
    return {"Name": row.name, "Active": row.active}


def _term(_: Ledger, row: Term) -> dict[str, Any]:
    return {"Name": row.name, "Active": row.active, "Type": "STANDARD", "DiscountPercent": 0, "DueDays": row.days}


def _item(_: Ledger, row: Item) -> dict[str, Any]:
    income = {"value": row.account[0], "name": row.account[1]}
    return {"Name": row.name, "Active": row.active, "Type": row.kind, "IncomeAccountRef": income}


def _account(_: Ledger, row: Account) -> dict[str, Any]:
    return {
        "Name": row.name,
        "SubAccount": False,
        "FullyQualifiedName": row.name,
        "Active": row.active,
        "AccountType": row.kind,
        "AccountSubType": row.detail,
        "CurrencyRef": {"value": row.currency, "name": CURRENCY_NAMES.get(row.currency, row.currency)},
    }


def _tax_code(_: Ledger, row: TaxCode) -> dict[str, Any]:
    rates = [{"TaxRateRef": {"value": row.rate}}] if row.rate else []
    return {"Name": row.name, "Active": row.active, "SalesTaxRateList": {"TaxRateDetail": rates}}


def _tax_rate(_: Ledger, row: TaxRate) -> dict[str, Any]:
    return {"Name": row.name, "Active": row.active, "RateValue": row.rate}


def _attachable(ledger: Ledger, row: Attachable) -> dict[str, Any]:
    hangs_on = {"EntityRef": {"type": row.entity, "value": row.target}, "IncludeOnSend": row.include_on_send}
    if not row.file_name:
        return {"AttachableRef": [hangs_on], "Note": row.note}
    return {
        "AttachableRef": [hangs_on],
        "Note": row.note or None,
        "FileName": row.file_name,
        "FileAccessUri": f"/v3/company/{ledger.realm}/download/{row.id}",
        "ContentType": row.content_type or None,
        "Size": len(row.content) if row.told_size is None else row.told_size,
    }


WRITERS: Mapping[str, Any] = {
    "Customer": _customer,
    "Invoice": _invoice,
    "Payment": _payment,
    "CreditMemo": _credit_memo,
    "CustomerType": _named_only,
    "Term": _term,
    "Attachable": _attachable,
    "Item": _item,
    "Account": _account,
    "TaxCode": _tax_code,
    "TaxRate": _tax_rate,
}


def company_info(ledger: Ledger, country: str) -> dict[str, Any]:
    """Its Id is 1, not the realm, and it knows no time zone."""
    return {
        "CompanyName": ledger.name,
        "LegalName": ledger.name,
        "CompanyAddr": {"Id": "1", "Line1": "12 Sawmill Road", "City": "Portland", "Country": "USA"},
        "Country": country,
        "Email": {"Address": "office@cedar-ridge.example"},
        "SupportedLanguages": "en",
        "NameValue": [{"Name": "OfferingSku", "Value": "QuickBooks Online Plus"}],
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "3",
    }


def preferences(ledger: Ledger, book_close: str) -> dict[str, Any]:
    """The settings. Whether QuickBooks sends reminders of its own is not among them."""
    accounting: dict[str, Any] = {"FirstMonthOfFiscalYear": "January", "CustomerTerminology": "Customers"}
    if book_close:
        accounting["BookCloseDate"] = book_close
    return {
        "AccountingInfoPrefs": accounting,
        "SalesFormsPrefs": {"CustomTxnNumbers": False, "AutoApplyCredit": False, "ETransactionPaymentEnabled": True},
        "EmailMessagesPrefs": {
            "InvoiceMessage": {"Subject": "Invoice from us", "Message": "Your invoice is attached."}
        },
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": len(ledger.currencies) > 1,
            "HomeCurrency": {"value": ledger.home},
        },
        "domain": "QBO",
        "sparse": False,
        "Id": "1",
        "SyncToken": "5",
    }
