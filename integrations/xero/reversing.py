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
from integrations.xero.streams import OVERPAYMENTS, Room, ask_one
from integrations.xero.writing import leave_note
from receivables.money import Money, sum_money
from receivables.records import Answer, Credit, Kind, Ref
from receivables.records import Payment as Paid

THROUGH = "Returned payments"


class _Where(msgspec.Struct, rename="pascal"):
    account_id: str | None = msgspec.field(default=None, name="AccountID")


class _Standing(Payment, kw_only=True, gc=False):
    """A payment with the account it went to."""

    account: _Where | None = None


def reverse(room: Room, payment: Ref, on: date, why: str, *, key: str) -> Receipt:
    """Delete it, which Xero keeps in sight, so that its invoice is open again. What was deleted already stays so.

    What was kept beyond its invoice is refunded by a person: Refused says so, as long as it stands there.
    """
    named, row = _named(key), _row(room, payment)
    done = Receipt(payment.id) if row is None else _taken_back(room, row, on, why, named=named, key=key)
    if kept := _kept(room, row, payment):
        raise Refused(
            f"{kept} of this payment stands in Xero as an overpayment of the customer; refund it there out of the "
            "clearing account, then have this tried again"
        )
    return done


def _taken_back(room: Room, row: _Standing, on: date, why: str, *, named: str, key: str) -> Receipt:
    id = row.payment_id or ""
    if row.status == "DELETED":
        return Receipt(id)
    locked = _locked_until(room)
    received_on = calendar_date(row.date, "Date")
    if locked and received_on and received_on <= locked:
        return _set_off(room, row, locked, LateCharge(why, _paid(room, row).amount, on, on, "", "NONE"), named=named)
    taken = {"Payments": [{"Status": "DELETED"}]}
    made = room.client.write("delete_payment", written, id, taken, key=f"back:{id}:{key}")
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the payment back: {wrong}")
    # the books are right without it
    with suppress(IntegrationError):
        leave_note(room, _paid(room, row).applications[0].to, why, key=key)
    return Receipt(id, room.wire.clock.now())


def _kept(room: Room, row: _Standing | None, payment: Ref) -> Money | None:
    """What is left of the overpayment that was kept with a payment, or that is all of it: Xero deletes none."""
    id = payment.id if row is None else _overpayment(room, row.reference or "")
    found = ask_one(room, OVERPAYMENTS, id).payloads if id else ()
    one = room.mapper.credit(found[0]) if found else None
    if not isinstance(one, Credit):
        return None
    used = sum_money((part.amount for part in one.applications), one.amount.currency)
    return one.remaining + used or None


def _overpayment(room: Room, reference: str) -> str:
    """The id of the one with this reference; empty where there is none, or we were never let in to make one."""
    if not all(PLAIN.fullmatch(word) for word in reference.split()) or not reference:
        return ""
    try:
        known = banking.known(room, banking.OVERPAYMENT, reference)
    except Refused:
        return ""
    return known.id if known else ""


def _named(key: str) -> str:
    """What an invoice that stands for a returned payment says as its reference."""
    if not PLAIN.fullmatch(key):
        raise Refused("a key has letters and digits only")
    return f"Returned payment {key}"


def _row(room: Room, payment: Ref) -> _Standing | None:
    """None where the overpayment is all of it. Raises NotThere when it is neither."""
    try:
        return _read(room, payment)
    except NotThere:
        if ask_one(room, OVERPAYMENTS, payment.id).payloads:
            return None
        raise


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
    """Deleted, by whomever; or set off under this key, and whole. What was kept beyond it is gone as well."""
    named, row = _named(key), _row(room, payment)
    known = Receipt(payment.id) if row is None or row.status == "DELETED" else _found_set_off(room, row, named)
    return Lookup.NOT_THERE if isinstance(known, Receipt) and _kept(room, row, payment) else known


def _found_set_off(room: Room, row: _Standing, named: str) -> Receipt | Lookup:
    known = entered(room, named)
    if not isinstance(known, Receipt):
        return Lookup.NOT_THERE
    clearing = _clearing(every(room), row)
    halved = clearing is not None and clearing.type == "BANK" and banking.known(room, banking.SPENT, named) is None
    return Lookup.NOT_THERE if halved else known
