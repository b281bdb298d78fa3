"""What is entered at one organisation's bank accounts: overpayments, and money that went out again."""

from collections.abc import Mapping

import msgspec

from integrations.contract import Receipt
from integrations.errors import Refused
from integrations.xero.charging import digest, unreadable
from integrations.xero.client import Reply
from integrations.xero.decoding import decode
from integrations.xero.payloads import Unreadable, instant
from integrations.xero.refusals import Element, ScopeMissing, complaint
from integrations.xero.streams import Room

SCOPE = "accounting.banktransactions"
NOT_ALLOWED = (
    f"Xero has not let us enter bank transactions; enter this one there, or connect again and allow it ({SCOPE})"
)
OVERPAYMENT, SPENT = "RECEIVE-OVERPAYMENT", "SPEND"


class _Banked(Element, kw_only=True):
    bank_transaction_id: str | None = msgspec.field(default=None, name="BankTransactionID")
    overpayment_id: str | None = msgspec.field(default=None, name="OverpaymentID")
    updated: str | None = msgspec.field(default=None, name="UpdatedDateUTC")


def known(room: Room, kind: str, reference: str) -> Receipt | None:
    """The one with this reference, which holds no quotes, whatever has become of it since."""
    where = f'Type=="{kind}" AND Reference=="{reference}"'
    try:
        rows = room.client.read("get_bank_transactions", _listed, where=where, page=1)
    except ScopeMissing:
        raise Refused(NOT_ALLOWED) from None
    return _receipt(rows[0]) if rows else None


def enter(room: Room, body: Mapping[str, object]) -> Receipt:
    """A new one. The receipt of an overpayment has the overpayment's id."""
    named = f"bank:{body['Reference']}:{digest(dict(body))}"
    try:
        made = room.client.write("create_bank_transactions", _made, {"BankTransactions": [body]}, key=named)
    except ScopeMissing:
        raise Refused(NOT_ALLOWED) from None
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the bank transaction: {wrong}")
    return _receipt(made[0])


def _receipt(row: _Banked) -> Receipt:
    at = instant(row.updated, "UpdatedDateUTC") if row.updated else None
    return Receipt(row.overpayment_id or row.bank_transaction_id or "", at)


def _listed(reply: Reply) -> list[_Banked]:
    return list(decode(reply.body, "BankTransactions", _Banked, unreadable).payloads)


def _made(reply: Reply) -> list[_Banked]:
    made = _listed(reply)
    if not made or not (made[0].bank_transaction_id or complaint(list(made))):
        raise Unreadable("it does not name the bank transaction")
    return made
