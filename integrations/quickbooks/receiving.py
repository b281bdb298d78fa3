"""Payments taken at a till, recorded in one company: one payment for all its invoices, found by its number and memo."""

from datetime import datetime

from integrations.contract import Lookup, Receipt
from integrations.errors import NotThere, Refused, TryLater
from integrations.quickbooks.charging import CLOCKS_APART, digest
from integrations.quickbooks.lookups import fetch, pages_by_id
from integrations.quickbooks.payloads import PaymentRow
from integrations.quickbooks.reader import Reader
from integrations.quickbooks.statements import literal, select
from integrations.quickbooks.writing import marked, require_key, row_of, told_at
from integrations.receiving import Received, names, sum_of
from receivables.records import Invoice, Ref

NUMBER_MAX = 21
TEXT_MAX = 3000


def record(reader: Reader, received: Received, *, key: str) -> Receipt:
    """Under the invoices' own customer, since under its parent it would stay unapplied. What stands there
    under this key is left as it is."""
    require_key(key)
    standing = _numbered(reader, key)
    if standing is not None:
        return receipt_of(standing)
    body = _body(received, _payer(reader, received), key)
    answer = reader.client.make_payment(body, key=f"{key}-{digest(body)}")
    made = row_of(answer.payment, PaymentRow)
    if made is None:
        raise TryLater("QuickBooks did not confirm the payment", may_have_acted=True)
    return receipt_of(made)


def _payer(reader: Reader, received: Received) -> str:
    """Whose payment it is. Raises Refused for whatever QuickBooks would refuse or leave unapplied."""
    sum_of(received)
    if not received.payment:
        raise Refused("it is not said which payment of the till this is")
    if not received.account:
        raise Refused("no clearing account in QuickBooks was chosen for this payment; choose one and try again")
    payers = {invoice.customer.id for invoice in _invoices(reader, received).values()}
    if not received.on and received.customer is not None:
        payers = {received.customer.id}
    if len(payers) != 1:
        raise Refused("QuickBooks records a payment for one customer only; record one for each of them")
    return payers.pop()


def _invoices(reader: Reader, received: Received) -> dict[Ref, Invoice]:
    refs = [ref for ref, _ in received.on]
    found = {one.ref: one for one in fetch(reader, refs).records if isinstance(one, Invoice)} if refs else {}
    for ref, amount in received.on:
        invoice = found.get(ref)
        if invoice is None:
            raise NotThere("QuickBooks does not have an invoice of this payment (any more)")
        if invoice.open.currency != amount.currency:
            raise Refused(f"invoice {invoice.number} is in {invoice.open.currency}, the payment in {amount.currency}")
        if amount > invoice.open:
            raise Refused(f"invoice {invoice.number} has only {invoice.open} open in QuickBooks, less than {amount}")
    return found


def _body(received: Received, customer: str, key: str) -> dict[str, object]:
    """What has no line stays on the customer's account. Without an account it would go to what is not deposited yet."""
    total = sum_of(received)
    lines = [
        {"Amount": amount.amount, "LinkedTxn": [{"TxnId": ref.id, "TxnType": "Invoice"}]} for ref, amount in received.on
    ]
    said = f"{received.text[:TEXT_MAX]} {received.payment} {marked(key)}".strip()
    return {
        "CustomerRef": {"value": customer},
        "TotalAmt": total.amount,
        "CurrencyRef": {"value": total.currency},
        "TxnDate": received.received_on.isoformat(),
        "DepositToAccountRef": {"value": received.account},
        "PaymentRefNum": key,
        "PrivateNote": said,
        "ProcessPayment": False,
        "Line": lines,
    }


def found(reader: Reader, received: Received, key: str, *, since: datetime) -> Receipt | Lookup:
    """Ours, whatever has become of it since; else what somebody else entered for this payment, if it still stands."""
    require_key(key)
    ours = _numbered(reader, key)
    if ours is not None:
        return receipt_of(ours)
    theirs: PaymentRow | None = None
    begun = f"MetaData.CreateTime >= {literal((since - CLOCKS_APART).isoformat(timespec='seconds'))}"
    for _, rows in pages_by_id(reader, "Payment", begun):
        for row in rows:
            if isinstance(row, PaymentRow):
                if marked(key) in (row.private_note or ""):
                    return receipt_of(row)
                theirs = theirs or (row if _names(row, received.payment) else None)
    return Lookup.NOT_THERE if theirs is None else receipt_of(theirs)


def _names(row: PaymentRow, payment: str) -> bool:
    """Does it say the till's id? As a number it may be cut short."""
    number = row.payment_ref_num or ""
    return not row.voided and (names(row.private_note, payment) or names(number, payment[:NUMBER_MAX]))


def _numbered(reader: Reader, key: str) -> PaymentRow | None:
    answer = reader.client.query(select("Payment", f"PaymentRefNum = {literal(key)}"))
    rows = (row for row in reader.rows("Payment", answer) if isinstance(row, PaymentRow))
    return next((row for row in rows if row.payment_ref_num == key), None)


def receipt_of(row: PaymentRow) -> Receipt:
    """A payment that stands there."""
    return Receipt(row.id, told_at(row.meta_data.create_time if row.meta_data else None))
