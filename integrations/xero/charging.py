"""Late charges in one organisation: the accounts and tax rates to choose from, an invoice of one line, found by its
reference."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeVar

import msgspec

from integrations.contract import Act, ChargeChoices, Choice, LateCharge, Lookup, Receipt
from integrations.errors import Refused
from integrations.xero.client import Reply
from integrations.xero.decoding import decode
from integrations.xero.payloads import Unreadable, instant
from integrations.xero.refusals import Element, complaint
from integrations.xero.streams import INVOICES, Room, ask
from integrations.xero.writing import act_key, fresh, invoice_only
from receivables.records import Ref

T = TypeVar("T")


class _Invoice(Element):
    invoice_id: str | None = msgspec.field(default=None, name="InvoiceID")


class _Account(msgspec.Struct, rename="pascal"):
    code: str | None = None
    name: str | None = None
    class_: str | None = msgspec.field(default=None, name="Class")
    status: str | None = None


class _TaxRate(msgspec.Struct, rename="pascal"):
    tax_type: str | None = None
    name: str | None = None
    status: str | None = None
    can_apply_to_revenue: bool = True


EARNED = ("REVENUE",)
GIVEN_UP = ("REVENUE", "EXPENSE")
"""A sum that is given up lessens the income, or is a bad debt."""


def choices(room: Room, classes: Sequence[str] = EARNED) -> ChargeChoices:
    """The accounts of these classes that have a code, and the tax rates for income; of both what is in use."""
    accounts = listed(room, "get_accounts", "Accounts", type_=_Account)
    rates = listed(room, "get_tax_rates", "TaxRates", type_=_TaxRate)
    fitting = (one for one in accounts if one.class_ in classes and one.status == "ACTIVE")
    found = [Choice(one.code, f"{one.code} {one.name or ''}".strip()) for one in fitting if one.code]
    taxes = [Choice(one.tax_type, one.name or one.tax_type) for one in rates if _taxes(one) and one.tax_type]
    return ChargeChoices(_by_name(found), _by_name(taxes))


def _taxes(rate: _TaxRate) -> bool:
    return rate.can_apply_to_revenue and rate.status == "ACTIVE"


def _by_name(found: list[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.code)))


def listed(room: Room, method: str, name: str, *, type_: type[T]) -> Sequence[T]:
    """All of a list that has no pages."""
    return room.client.read(method, lambda reply: decode(reply.body, name, type_, unreadable)).payloads


def post_charge(room: Room, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
    """Approved at once, to the contact of `on` as it is now: whoever was merged into another is billed as that one.

    The line's amount counts as including tax, so that the invoice is about the amount asked for under every tax code.
    """
    invoice_only(on)
    named = act_key(Act.POST_CHARGE, on, key)
    late = fresh(room, on)
    contact = late.contact.contact_id if late.contact else None
    if not contact or late.currency_code != charge.amount.currency:
        raise Refused("the invoice in Xero has another currency or no contact, so nothing was posted")
    return enter(room, charge, contact, named=named, reference=_reference(key))


def enter(room: Room, charge: LateCharge, contact: str, *, named: str, reference: str) -> Receipt:
    """The invoice itself, to any contact, under an idempotency key of its own."""
    body = _body(charge, contact, reference)
    made = room.client.write("create_invoices", _made, {"Invoices": [body]}, key=f"{named}:{digest(body)}")
    # Xero may say 200 and put the error inside
    if wrong := complaint(list(made)):
        raise Refused(f"Xero did not take the late charges: {wrong}")
    return Receipt(made[0].invoice_id or "", room.wire.clock.now())


def found_charge(room: Room, on: Ref, key: str) -> Receipt | Lookup:
    """The invoice whose reference carries the key, whatever has become of it since."""
    invoice_only(on)
    return entered(room, _reference(key))


def entered(room: Room, reference: str) -> Receipt | Lookup:
    """The sales invoice with this reference, which holds no quotes."""
    where = f'Type=="ACCREC" AND Reference=="{reference}"'
    for one in ask(room, INVOICES, page=1, where=where).payloads:
        if one.invoice_id:
            return Receipt(one.invoice_id, instant(one.updated, "UpdatedDateUTC"))
    return Lookup.NOT_THERE


def _reference(key: str) -> str:
    """Read by people as well; made of the key alone, since a look-up knows nothing else."""
    if not key.isalnum():
        raise Refused("a key has letters and digits only")
    return f"Late payment {key}"


def _body(charge: LateCharge, contact: str, reference: str) -> dict[str, object]:
    line = {
        "Description": charge.text,
        "Quantity": "1",
        "UnitAmount": str(charge.amount.amount),
        "AccountCode": charge.account,
        "TaxType": charge.tax,
    }
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact},
        "Date": charge.issued_on.isoformat(),
        "DueDate": charge.due_on.isoformat(),
        "CurrencyCode": charge.amount.currency,
        "LineAmountTypes": "Inclusive",
        "Reference": reference,
        "LineItems": [line],
    }


def digest(body: Mapping[str, object]) -> str:
    """Part of an idempotency key: Xero keeps a refusal under its key for six minutes, and takes no mended request under
    the same one."""
    return hashlib.blake2b(msgspec.json.encode(body), digest_size=8).hexdigest()


def _made(reply: Reply) -> list[_Invoice]:
    made = list(decode(reply.body, "Invoices", _Invoice, unreadable).payloads)
    if not made or not (made[0].invoice_id or complaint(list(made))):
        raise Unreadable("it does not name the invoice that was made")
    return made


def unreadable(_id: str, why: str) -> NoReturn:
    """For what nothing can be done without. Raises Unreadable."""
    raise Unreadable(why)
