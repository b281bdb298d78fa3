"""Payments taken back in one company: voided, or in a closed period set off by an invoice of the day they came back."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

from integrations.contract import LateCharge, Lookup, Receipt
from integrations.errors import IntegrationError, NotThere, Refused, TryLater, Unsupported
from integrations.quickbooks.charging import UNTAXED, enter, invoice_marked, listed, taxes
from integrations.quickbooks.mapping import payment as payment_of
from integrations.quickbooks.payloads import ItemRow, PaymentRow
from integrations.quickbooks.reader import Reader
from integrations.quickbooks.receiving import receipt_of
from integrations.quickbooks.statements import among, select
from integrations.quickbooks.writing import leave_note, require_key, row_of, told_at
from receivables.records import Kind, Ref

WHY_MAX = 1000
EVER = datetime(2001, 1, 1, tzinfo=UTC)


def reverse(reader: Reader, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
    """Void it, which leaves a trace and opens its invoices again; what was voided already is left as it is."""
    require_key(key)
    row = _payment(reader, payment)
    if row.voided:
        return receipt_of(row)
    closed = _closed_until(reader)
    if closed and (row.txn_date or "") <= closed:
        amount = payment_of(row, reader.place((row,))).amount
        return _set_off(reader, row, closed, LateCharge(why, amount, on, on, "", ""), key=key)
    answer = reader.client.void_payment(lambda: _fresh(reader, payment), key=key)
    if row_of(answer.payment, PaymentRow) is None:
        raise TryLater("QuickBooks did not confirm that the payment was voided", may_have_acted=True)
    # the books are right without it
    with suppress(IntegrationError):
        leave_note(reader, payment, why[:WHY_MAX], key=key)
    return Receipt(payment.id, reader.clock.now())


def _payment(reader: Reader, payment: Ref) -> PaymentRow:
    found = _standing(reader, payment)
    if found is None:
        raise NotThere("QuickBooks does not have this payment (any more)")
    return found


def _standing(reader: Reader, payment: Ref) -> PaymentRow | None:
    if payment.kind is not Kind.PAYMENT:
        raise Unsupported("only payments can be taken back in QuickBooks")
    rows = reader.rows("Payment", reader.client.query(select("Payment", among("Id", [payment.id]))))
    return next((row for row in rows if isinstance(row, PaymentRow)), None)


def _fresh(reader: Reader, payment: Ref) -> tuple[str, str]:
    return payment.id, _payment(reader, payment).sync_token or "0"


def _closed_until(reader: Reader) -> str:
    accounting = reader.settings().accounting_info_prefs
    return (accounting.book_close_date or "")[:10] if accounting else ""


def _set_off(reader: Reader, row: PaymentRow, closed: str, charge: LateCharge, *, key: str) -> Receipt:
    """An invoice over an item that leads to the clearing account: what a bookkeeper enters for a cheque that bounced. A
    journal would do the same to the ledger, and stand on no list of what is owed."""
    made_at = told_at(row.meta_data.create_time if row.meta_data else None) or EVER
    known = invoice_marked(reader, key, made_at)
    if isinstance(known, Receipt):
        return known
    account = row.deposit_to_account_ref.value if row.deposit_to_account_ref else ""
    item = next((one.id for one in listed(reader, "Item", ItemRow) if _leads_to(one, account)), "")
    if not item:
        raise Refused(
            f"the books in QuickBooks are closed up to {closed}: make an item there whose income account is the"
            " clearing account this payment went to and try again, or take the payment back there by hand"
        )
    tax = next(iter(taxes(reader)), UNTAXED).code
    owner = row.customer_ref.value if row.customer_ref else ""
    return enter(reader, replace(charge, account=item, tax=tax), owner, key=key, memo="Returned payment")


def _leads_to(item: ItemRow, account: str) -> bool:
    return bool(account) and item.income_account_ref is not None and item.income_account_ref.value == account


def found(reader: Reader, payment: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
    """Voided or gone, by whomever; or set off by an invoice that carries the key."""
    require_key(key)
    row = _standing(reader, payment)
    if row is None:
        return Receipt(payment.id)
    return receipt_of(row) if row.voided else invoice_marked(reader, key, since)
