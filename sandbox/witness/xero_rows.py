"""What a row of Xero's says, for both clients that read them."""

from sandbox.witness.comparing import Facts, Records, minor
from sandbox.witness.singing import Row
from sandbox.witness.witnesses import Stream, Truth, part

SALES_CREDITS = ("ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT")


def _contact(row: Row) -> Facts:
    return {"name": row["Name"], "email": row.get("EmailAddress") or ""}


def _invoice(row: Row) -> Facts:
    currency = row["CurrencyCode"]
    return {
        "number": row.get("InvoiceNumber") or "",
        "customer": row["Contact"]["ContactID"],
        "platform_status": row["Status"],
        "currency": currency,
        "total": minor(row["Total"], currency),
        "open": minor(row["AmountDue"], currency),
    }


def _payment(row: Row) -> Facts:
    currency = row["Invoice"]["CurrencyCode"]
    return {"currency": currency, "amount": minor(row["Amount"], currency)}


def _credit(row: Row) -> Facts:
    currency = row["CurrencyCode"]
    amounts = {"total": minor(row["Total"], currency), "remaining": minor(row["RemainingCredit"], currency)}
    return {"currency": currency, **amounts}


def _credits_of(kind: str, field: str) -> Stream:
    def truth(told: Truth) -> Records:
        return {id: one for id, one in part("credits")(told).items() if one.get("type", kind) == kind}

    return Stream(field, _credit, truth, lambda row: row["Type"] == kind)


def _received(row: Row) -> bool:
    return bool(row["PaymentType"] == "ACCRECPAYMENT" and row["Status"] != "DELETED")


def _taken_back(row: Row) -> bool:
    return bool(row["PaymentType"] == "ACCRECPAYMENT" and row["Status"] == "DELETED")


def _with_archived(truth: Truth) -> Records:
    """A contact that was merged into another is archived, and its own address is of no use any more."""
    return {**part("customers")(truth), **{id: {} for id in truth.get("merged", ())}}


def streams(credit_notes: str, *, archived: bool = False) -> dict[str, Stream]:
    """The lists both read; they differ in what they call credit notes, and only one asks for archived contacts."""
    contacts = _with_archived if archived else part("customers")
    return {
        "contacts": Stream("ContactID", _contact, contacts),
        "invoices": Stream("InvoiceID", _invoice, part("invoices", "status"), lambda row: row["Type"] == "ACCREC"),
        "payments": Stream("PaymentID", _payment, part("payments"), _received),
        "payments:deleted": Stream("PaymentID", _payment, part("deleted_payments"), _taken_back),
        credit_notes: _credits_of("ACCRECCREDIT", "CreditNoteID"),
        "overpayments": _credits_of("RECEIVE-OVERPAYMENT", "OverpaymentID"),
        "prepayments": _credits_of("RECEIVE-PREPAYMENT", "PrepaymentID"),
    }
