"""The six lists we read, how each is asked for, and one page of any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.contract import Account, Wire
from integrations.xero import payloads
from integrations.xero.client import Client
from integrations.xero.decoding import Decoded, decode
from integrations.xero.mapping import Mapped, Mapper, each
from integrations.xero.payloads import Unreadable, instant
from receivables.page import Gone, Odd, Page
from receivables.records import Kind

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Room:
    """What every reading and writing of one organisation needs."""

    wire: Wire
    account: Account
    client: Client
    mapper: Mapper


@dataclass(frozen=True, slots=True)
class Stream:
    """One list: its SDK method, its plural in the JSON, and what its records become.

    `always` never filters by anything that can change: together with page numbers that would lose rows.
    """

    name: str
    plural: str
    method: str
    payload: type[Any]
    kind: Kind
    id_of: Callable[[Any], str | None]
    map_with: Callable[[Mapper, Any], Mapped]
    order: str
    always: Mapping[str, Any]
    single: str


CONTACTS = Stream(
    "contacts", "Contacts", "get_contacts", payloads.Contact, Kind.CUSTOMER, lambda one: one.contact_id,
    Mapper.contact, order="ContactID ASC", always={"include_archived": "true"}, single="get_contact",
)  # fmt: skip
INVOICES = Stream(
    "invoices", "Invoices", "get_invoices", payloads.Invoice, Kind.INVOICE, lambda one: one.invoice_id,
    # a document never changes its type; the summary leaves out lines and payments, which are read elsewhere.
    # booleans as text: the SDK would send True, which the API does not know
    Mapper.invoice, order="InvoiceID ASC", always={"where": 'Type=="ACCREC"', "summary_only": "true"},
    single="get_invoice",
)  # fmt: skip
CREDIT_NOTES = Stream(
    "credit_notes", "CreditNotes", "get_credit_notes", payloads.Credit, Kind.CREDIT, lambda one: one.id,
    Mapper.credit, order="CreditNoteID ASC", always={}, single="get_credit_note",
)  # fmt: skip
PREPAYMENTS = Stream(
    "prepayments", "Prepayments", "get_prepayments", payloads.Credit, Kind.CREDIT, lambda one: one.id,
    Mapper.credit, order="PrepaymentID ASC", always={}, single="get_prepayment",
)  # fmt: skip
OVERPAYMENTS = Stream(
    "overpayments", "Overpayments", "get_overpayments", payloads.Credit, Kind.CREDIT, lambda one: one.id,
    Mapper.credit, order="OverpaymentID ASC", always={}, single="get_overpayment",
)  # fmt: skip
PAYMENTS = Stream(
    "payments", "Payments", "get_payments", payloads.Payment, Kind.PAYMENT, lambda one: one.payment_id,
    Mapper.payment, order="PaymentID ASC", always={}, single="get_payment",
)  # fmt: skip
CREDITS = (CREDIT_NOTES, PREPAYMENTS, OVERPAYMENTS)
STREAMS = {one.name: one for one in (CONTACTS, INVOICES, *CREDITS, PAYMENTS)}
NAMES = tuple(STREAMS)


def ask(room: Room, stream: Stream, *, page: int, size: int = PAGE_SIZE, **asked: Any) -> Decoded[Any]:
    """One page of a list; what is None in `asked` is left out. Raises TryLater, Reconnect or Refused."""
    wanted = {"page": page, "page_size": size, **stream.always, **asked}
    wanted = {name: value for name, value in wanted.items() if value is not None}
    return room.client.read(
        stream.method,
        lambda reply: decode(reply.body, stream.plural, stream.payload, room.mapper.odd(stream.kind)),
        **wanted,
    )


def ask_one(room: Room, stream: Stream, id_: str) -> Decoded[Any]:
    """One record in full. Raises NotThere and the rest."""
    return room.client.read(
        stream.single,
        lambda reply: decode(reply.body, stream.plural, stream.payload, room.mapper.odd(stream.kind)),
        id_,
    )


def mapped(room: Room, stream: Stream, found: Decoded[Any]) -> Page:
    """The page's records, what is gone, and what was odd; without a cursor."""
    odd = room.mapper.odd(stream.kind)
    every = each(
        found.payloads,
        lambda payload: stream.map_with(room.mapper, payload),
        lambda payload, why: odd(stream.id_of(payload) or "", why),
    )
    paging = found.paging()
    return Page(
        records=tuple(one for one in every if one is not None and not isinstance(one, Gone | Odd)),
        gone=tuple(one for one in every if isinstance(one, Gone)),
        odd=(*found.odd, *(one for one in every if isinstance(one, Odd))),
        stream=stream.name,
        expected=paging.itemCount if paging else None,
    )


def more(found: Decoded[Any], page: int) -> bool:
    """Is there another page? The pagination object saves the closing page; without it a full page means yes."""
    paging = found.paging()
    if paging is not None and paging.pageCount:
        return page < paging.pageCount
    return len(found) >= PAGE_SIZE


def told_at(room: Room, found: Decoded[Any]) -> datetime:
    """Xero's own time of the reply; ours when it says none."""
    try:
        return instant(found.told_at(), "DateTimeUTC")
    except Unreadable:
        return room.wire.clock.now()
