"""Payments taken back in one organisation: deleted, or in a locked period set off by later entries."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import msgspec

from integrations.contract import LateCharge, Lookup, Receipt
from integrations.errors import IntegrationError, NotThere, Refused, Unsupported
from integrations.xero import banking, reading
from integrations.xero.charging import enter, entered, unreadable
from integrations.xero.clearing import Account, every
from integrations.xero.decoding import decode
from integrations.xero.payloads import Payment, calendar_date
from integrations.xero.receiving import PLAIN, two_places, written
from integrations.xero.refusals import complaint
from integrations.xero.streams import Room
from integrations.xero.writing import leave_note
from receivables.records import Answer, Kind, Ref
from receivables.records import Payment as Paid

THROUGH = "Returned payments"


class _Where(msgspec.Struct, rename="pascal"):
    account_id: str | None = msgspec.field(default=None, name="AccountID")


class _Standing(Payment, kw_only=True, gc=False):
    """A payment with the account it went to."""

    account: _Where | None = None


def reverse(room: Room, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
    """Delete it, which Xero keeps in sight, so that its invoice is open again. What was deleted already stays so."""
    named = _named(key)
    row = _read(room, payment)
    if row.status == "DELETED":
        return Receipt(payment.id)
    locked = _locked_until(room)
    received_on = calendar_date(row.date, "Date")
    if locked and received_on and received_on <= locked:
        return _set_off(room, row, locked, LateCharge(why, _paid(room, row).amount, on, on, "", "NONE"), named=named)
    taken = {"Payments": [{"Status": "DELETED"}]}
    made = room.client.write("delete_payment", written, payment.id, taken, key=f"back:{payment.id}:{key}")
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the payment back: {wrong}")
    # the books are right without it
    with suppress(IntegrationError):
        leave_note(room, _paid(room, row).applications[0].to, why, key=key)
    return Receipt(payment.id, room.wire.clock.now())


def _named(key: str) -> str:
    """What an invoice that stands for a returned payment says as its reference."""
    if not PLAIN.fullmatch(key):
        raise Refused("a key has letters and digits only")
    return f"Returned payment {key}"


def _read(room: Room, payment: Ref) -> _Standing:
    if payment.kind is not Kind.PAYMENT:
        raise Unsupported("only payments can be taken back in Xero")
    found = room.client.read(
        "get_payment", lambda reply: decode(reply.body, "Payments", _Standing, unreadable).payloads, payment.id
    )
    if not found or found[0].payment_type != "ACCRECPAYMENT":
        raise NotThere("Xero has no such payment of a customer")
    return found[0]


def _paid(room: Room, row: Payment) -> Paid:
    paid = room.mapper.payment(row)
    if not isinstance(paid, Paid):
        raise NotThere("Xero has no such payment of a customer")
    return paid


def _locked_until(room: Room) -> date | None:
    told = room.mapper.company(reading.organisation(room), reminders=Answer.UNKNOWN, multicurrency=False)
    return told.locked_until_on


def _set_off(room: Room, row: _Standing, locked: date, charge: LateCharge, *, named: str) -> Receipt:
    """An invoice, so that it is owed again, whose other side takes the money out of the clearing account. Xero lets no
    invoice name a bank: from there the money is spent by a second entry, through an account that somebody has made."""
    chart = every(room)
    clearing = _clearing(chart, row)
    through = clearing if clearing and clearing.type != "BANK" else _named_so(chart)
    if clearing is None or through is None or not through.code:
        raise Refused(
            f"the period of this payment is locked in Xero up to {locked}: make a current asset account there, with a "
            f"code and named {THROUGH}, and try again, or take the payment back there by hand"
        )
    contact = _contact(room, row)
    known = entered(room, named)
    if not isinstance(known, Receipt):
        known = enter(room, replace(charge, account=through.code), contact, named=named, reference=named)
    if through is not clearing and banking.known(room, banking.SPENT, named) is None:
        _spend(room, clearing, replace(charge, account=through.code), contact, named=named)
    return known


def _clearing(chart: list[Account], row: _Standing) -> Account | None:
    held = row.account.account_id if row.account else None
    return next((one for one in chart if one.account_id == held), None)


def _named_so(chart: list[Account]) -> Account | None:
    usable = (one for one in chart if one.type != "BANK" and one.status == "ACTIVE" and not one.system_account)
    return next((one for one in usable if (one.name or "").strip().casefold() == THROUGH.casefold()), None)


def _contact(room: Room, row: Payment) -> str:
    customer = _paid(room, row).customer
    if customer is None:
        raise Refused("Xero does not say whose payment this was, so it cannot be set off")
    return customer.id


def _spend(room: Room, clearing: Account, charge: LateCharge, contact: str, *, named: str) -> None:
    line = {
        "Description": charge.text,
        "Quantity": "1",
        "UnitAmount": two_places(charge.amount),
        "AccountCode": charge.account,
        "TaxType": charge.tax,
    }
    body = {
        "Type": banking.SPENT,
        "Contact": {"ContactID": contact},
        "BankAccount": {"AccountID": clearing.account_id},
        "Date": charge.issued_on.isoformat(),
        "CurrencyCode": charge.amount.currency,
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
        "Reference": named,
    }
    banking.enter(room, body)


def found(room: Room, payment: Ref, key: str) -> Receipt | Lookup:
    """Deleted, by whomever; or set off under this key, and whole."""
    named = _named(key)
    row = _read(room, payment)
    if row.status == "DELETED":
        return Receipt(payment.id)
    known = entered(room, named)
    if not isinstance(known, Receipt):
        return Lookup.NOT_THERE
    clearing = _clearing(every(room), row)
    halved = clearing is not None and clearing.type == "BANK" and banking.known(room, banking.SPENT, named) is None
    return Lookup.NOT_THERE if halved else known
