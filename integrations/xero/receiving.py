"""Payments taken at a till, recorded in one organisation: each on one invoice, what is beyond it as an overpayment."""

import re
from collections.abc import Sequence

import msgspec

from integrations.contract import KEY_LENGTH_MAX, Lookup, Receipt
from integrations.errors import Refused
from integrations.receiving import Received, names, sum_of
from integrations.xero import banking, payloads
from integrations.xero.charging import digest, unreadable
from integrations.xero.client import Reply
from integrations.xero.decoding import decode
from integrations.xero.payloads import Unreadable, instant
from integrations.xero.refusals import Element, complaint
from integrations.xero.streams import PAYMENTS, Room, ask
from integrations.xero.writing import fresh, invoice_only
from receivables.money import Money
from receivables.records import Invoice, Ref

PLAIN = re.compile(r"[\w-]{1,100}", re.ASCII)
DECIMALS = 2


class Written(Element, kw_only=True):
    """A payment as it came back."""

    payment_id: str | None = msgspec.field(default=None, name="PaymentID")
    status: str | None = None


def record(room: Room, received: Received, *, key: str) -> Receipt:
    """What stands there for it already is left as it is. The receipt is the payment's, else the overpayment's."""
    reference = _reference(received, key)
    sum_of(received)
    if len(received.on) > 1:
        raise Refused("Xero records a payment one invoice at a time; record each invoice by itself")
    if not received.account:
        raise Refused("no clearing account in Xero was chosen for this payment; choose one and try again")
    done = [_standing(room, ref, received, key) or _pay(room, received, reference) for ref, _ in received.on]
    if received.unapplied is not None:
        done.append(banking.known(room, banking.OVERPAYMENT, reference) or _keep(room, received, reference))
    return done[0]


def found(room: Room, received: Received, key: str) -> Receipt | Lookup:
    """All of it, or nothing: what is left undone is done by `record`, which looks again."""
    reference = _reference(received, key)
    done = [_standing(room, ref, received, key) for ref, _ in received.on]
    if received.unapplied is not None:
        done.append(banking.known(room, banking.OVERPAYMENT, reference))
    known = [one for one in done if one is not None]
    return known[0] if known and len(known) == len(done) else Lookup.NOT_THERE


def _reference(received: Received, key: str) -> str:
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not PLAIN.fullmatch(key):
        raise Refused(f"a key has 1 to {KEY_LENGTH_MAX} letters and digits")
    if not PLAIN.fullmatch(received.payment):
        raise Refused("the till's id of a payment has letters and digits only")
    return f"{key} {received.payment}"


def _standing(room: Room, invoice: Ref, received: Received, key: str) -> Receipt | None:
    """Ours, whatever has become of it since; else one that names the same payment of the till and still stands."""
    invoice_only(invoice)
    where = f'Invoice.InvoiceID==guid("{invoice.id}")'
    rows: Sequence[payloads.Payment] = ask(room, PAYMENTS, page=1, where=where).payloads
    ours = (one for one in rows if key in (one.reference or "").split())
    theirs = (one for one in rows if names(one.reference, received.payment) and one.status != "DELETED")
    known = next(ours, None) or next(theirs, None)
    return None if known is None else Receipt(known.payment_id or "", instant(known.updated, "UpdatedDateUTC"))


def _pay(room: Room, received: Received, reference: str) -> Receipt:
    (ref, amount) = received.on[0]
    _require_open(room, ref, amount)
    body = {
        "Invoice": {"InvoiceID": ref.id},
        "Account": {"AccountID": received.account},
        "Date": received.received_on.isoformat(),
        "Amount": two_places(amount),
        "Reference": reference,
    }
    named = f"pay:{reference}:{digest(body)}"[:128]
    made = room.client.write("create_payment", written, {"Payments": [body]}, key=named)
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the payment: {wrong}")
    return Receipt(made[0].payment_id or "", room.wire.clock.now())


def _require_open(room: Room, ref: Ref, amount: Money) -> None:
    invoice = room.mapper.invoice(fresh(room, ref))
    if not isinstance(invoice, Invoice) or not invoice.owing:
        raise Refused("the invoice in Xero is not open, so no payment was put on it")
    if invoice.open.currency != amount.currency:
        raise Refused(f"invoice {invoice.number} is in {invoice.open.currency}, the payment in {amount.currency}")
    if amount > invoice.open:
        raise Refused(f"invoice {invoice.number} has only {invoice.open} open in Xero, less than {amount}")


def two_places(amount: Money) -> str:
    """An amount as Xero takes it: two decimals in every currency, since it would round a third without a word."""
    if round(amount.amount, DECIMALS) != amount.amount:
        raise Refused(f"Xero keeps two decimals only, so {amount} cannot be recorded there")
    return str(amount.amount)


def written(reply: Reply) -> list[Written]:
    """Payments as they came back, or what was wrong with them."""
    made = list(decode(reply.body, "Payments", Written, unreadable).payloads)
    if not made or not (made[0].payment_id or complaint(list(made))):
        raise Unreadable("it does not name the payment")
    return made


def _keep(room: Room, received: Received, reference: str) -> Receipt:
    """Money of the contact's that no invoice has used yet."""
    over = received.unapplied
    assert over is not None
    line = {
        "Description": f"Paid beyond what was owed, {received.payment}",
        "Quantity": "1",
        "UnitAmount": two_places(over),
    }
    body = {
        "Type": banking.OVERPAYMENT,
        "Contact": {"ContactID": _contact(room, received)},
        "BankAccount": {"AccountID": received.account},
        "Date": received.received_on.isoformat(),
        "CurrencyCode": over.currency,
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
        "Reference": reference,
    }
    return banking.enter(room, body)


def _contact(room: Room, received: Received) -> str:
    if received.customer is not None:
        return received.customer.id
    invoice = fresh(room, received.on[0][0]) if received.on else None
    contact = invoice.contact.contact_id if invoice and invoice.contact else None
    if not contact:
        raise Refused("it is not said whose money this is, so Xero cannot keep it")
    return contact
