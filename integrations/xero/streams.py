"""The six lists we read, how each is asked for, and one page of any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from integrations.contract import Account, Wire
from integrations.xero import payloads
from integrations.xero.client import Client, Reply
from integrations.xero.decoding import Decoded, decode
from integrations.xero.mapping import Mapped, Mapper
from integrations.xero.payloads import Unreadable, instant
from receivables.page import Gone, Page
from receivables.records import Kind, Record

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
# the open ones once more, before all others. Paging by what can change may lose a row: the full list brings it
OPEN = replace(INVOICES, name="open_invoices", always={**INVOICES.always, "statuses": ["AUTHORISED"]})
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
NAMES = tuple(one.name for one in (CONTACTS, INVOICES, *CREDITS, PAYMENTS))
STREAMS = {one.name: one for one in (CONTACTS, OPEN, INVOICES, *CREDITS, PAYMENTS)}


def ask(room: Room, stream: Stream, *, page: int, size: int = PAGE_SIZE, **asked: Any) -> Decoded[Any]:
    """One page of a list; what is None in `asked` is left out. Raises TryLater, Reconnect or Refused."""
    wanted = _wanted(stream, page, size, asked)
    return room.client.read(stream.method, lambda reply: read(room, stream, reply.body), **wanted)


def raw(room: Room, stream: Stream, *, page: int, **asked: Any) -> bytes:
    """One page of a list as it came, for whoever reads several side by side and decodes them one after the other."""
    return room.client.read(stream.method, _body, **_wanted(stream, page, PAGE_SIZE, asked))


def _wanted(stream: Stream, page: int, size: int, asked: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"page": page, "page_size": size, "order": stream.order, **stream.always, **asked}
    return {name: value for name, value in wanted.items() if value is not None}


def _body(reply: Reply) -> bytes:
    """A look at both ends, which is enough to tell a maintenance page: the rest shows when it is decoded."""
    if not (reply.body.lstrip()[:1] == b"{" and reply.body.rstrip()[-1:] == b"}"):
        raise Unreadable("the reply is not Xero's JSON")
    return reply.body


def read(room: Room, stream: Stream, body: bytes) -> Decoded[Any]:
    """A page's bytes into payloads. Raises Unreadable when they are no reply of Xero's."""
    return decode(body, stream.plural, stream.payload, room.mapper.odd(stream.kind))


def ask_one(room: Room, stream: Stream, id_: str) -> Decoded[Any]:
    """One record in full. Raises NotThere and the rest."""
    return room.client.read(stream.single, lambda reply: read(room, stream, reply.body), id_)


def mapped(room: Room, stream: Stream, found: Decoded[Any]) -> Page:
    """The page's records, what is gone, and what was odd; without a cursor."""
    records: list[Record] = []
    gone: list[Gone] = []
    odd = list(found.odd)
    for payload in found.payloads:
        try:
            one = stream.map_with(room.mapper, payload)
        except Unreadable as error:
            odd.append(room.mapper.odd(stream.kind)(stream.id_of(payload) or "", str(error)))
            continue
        if isinstance(one, Gone):
            gone.append(one)
        elif one is not None:
            records.append(one)
    expected = found.paging.itemCount if found.paging else None
    return Page(tuple(records), tuple(gone), tuple(odd), stream=stream.name, expected=expected)


def more(found: Decoded[Any], page: int) -> bool:
    """Is there another page? The pagination object saves the closing page; without it a full page means yes."""
    if found.paging is not None and found.paging.pageCount:
        return page < found.paging.pageCount
    return len(found) >= PAGE_SIZE


def told_at(room: Room, found: Decoded[Any]) -> datetime:
    """Xero's own time of the reply. When it says none, ours and a day back: its clock may be behind ours."""
    try:
        return instant(found.told_at, "DateTimeUTC")
    except Unreadable:
        return room.wire.clock.now() - timedelta(days=1)
