"""What we do in a company's books for now: send an invoice again, leave a note, and find out whether it was done."""

from datetime import datetime
from typing import TypeVar

import msgspec

from integrations.contract import KEY_LENGTH_MAX, Act, Lookup, Receipt
from integrations.errors import Refused, TryLater, Unsupported
from integrations.quickbooks.lookups import pages_by_id
from integrations.quickbooks.mapping import ENTITIES, NotUnderstood, instant, utc
from integrations.quickbooks.payloads import AttachableRow, DeliveryInfo, InvoiceRow
from integrations.quickbooks.reader import Reader, server_time
from integrations.quickbooks.statements import among, literal, select
from receivables.records import Kind, Ref

T = TypeVar("T")
NOTE_MAX = 2000


def send_invoice(reader: Reader, invoice: Ref, *, key: str) -> Receipt:
    """QuickBooks mails it to the address on the invoice, with the company's own words."""
    require_key(key)
    require_invoice(invoice)
    answer = reader.client.send(invoice.id, key=key)
    row = row_of(answer.invoice, InvoiceRow)
    return Receipt(invoice.id, _delivered_at(row.delivery_info if row else None))


def leave_note(reader: Reader, on: Ref, text: str, *, key: str) -> Receipt:
    """A note beside the record: memos could reach the customer, and would move the record."""
    require_key(key)
    entity = _entity(on)
    mark = f" {marked(key)}"
    note = text if len(text) + len(mark) <= NOTE_MAX else text[: NOTE_MAX - len(mark) - 1] + "…"
    hangs_on = {"EntityRef": {"type": entity, "value": on.id}, "IncludeOnSend": False}
    answer = reader.client.attach({"AttachableRef": [hangs_on], "Note": note + mark}, key=key)
    row = row_of(answer.attachable, AttachableRow)
    if row is None:
        raise TryLater("QuickBooks did not confirm the note", may_have_acted=True)
    return _receipt(row)


def marked(key: str) -> str:
    """How a note ends, by which it is found again."""
    return f"[dw {key}]"


def found(reader: Reader, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
    """Was it done? A note carries its key; of a mail only its time is known, and that somebody sent it."""
    require_key(key)
    if act is Act.LEAVE_NOTE:
        return _found_note(reader, on, key)
    if act is Act.SEND_INVOICE:
        return _found_mail(reader, on, since)
    raise Unsupported("QuickBooks has no expected payment date")


def _found_note(reader: Reader, on: Ref, key: str) -> Receipt | Lookup:
    conditions = (
        f"AttachableRef.EntityRef.Type = {literal(_entity(on).lower())}",
        f"AttachableRef.EntityRef.value = {literal(on.id)}",
    )
    for _, rows in pages_by_id(reader, "Attachable", *conditions):
        for row in rows:
            if isinstance(row, AttachableRow) and (row.note or "").rstrip().endswith(marked(key)):
                return _receipt(row)
    return Lookup.NOT_THERE


def _found_mail(reader: Reader, invoice: Ref, since: datetime) -> Receipt | Lookup:
    """Delivery times are whole seconds by QuickBooks' own clock, so `since` is told by that one too. An earlier time
    proves nothing: the mail may still be on its way."""
    answer = reader.client.query(select("Invoice", among("Id", [invoice.id])))
    begun = since + (instant(server_time(answer)) - reader.clock.now())
    for row in reader.rows("Invoice", answer):
        delivered = _delivered_at(row.delivery_info) if isinstance(row, InvoiceRow) else None
        if delivered is not None and delivered >= begun.replace(microsecond=0):
            return Receipt(invoice.id, delivered)
    return Lookup.CANNOT_TELL


def payment_url(reader: Reader, invoice: Ref) -> str:
    """QuickBooks' own pay page, asked for one invoice at a time; empty without QuickBooks Payments."""
    require_invoice(invoice)
    row = row_of(reader.client.invoice(invoice.id, include="invoiceLink").invoice, InvoiceRow)
    return (row.invoice_link or "") if row else ""


def document(reader: Reader, invoice: Ref) -> bytes:
    """The invoice as PDF."""
    require_invoice(invoice)
    body = reader.client.pdf(invoice.id)
    if not body.startswith(b"%PDF"):
        raise TryLater("QuickBooks did not answer with a PDF")
    return body


def require_key(key: str) -> None:
    """Raises Refused for a key that would not be found again."""
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not key.isascii() or not key.isprintable():
        raise Refused(f"a key has 1 to {KEY_LENGTH_MAX} plain characters")


def require_invoice(ref: Ref) -> None:
    """Raises Unsupported for any other record."""
    if ref.kind is not Kind.INVOICE:
        raise Unsupported(f"QuickBooks does this only for invoices, not for a {ref.kind}")


def _entity(on: Ref) -> str:
    if on.kind not in ENTITIES:
        raise Unsupported(f"QuickBooks has no record of the kind {on.kind} to leave a note on")
    return ENTITIES[on.kind]


def row_of(raw: msgspec.Raw, shape: type[T]) -> T | None:
    """A record in an answer; None when it is none."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.DecodeError:
        return None


def _receipt(row: AttachableRow) -> Receipt:
    return Receipt(row.id, told_at(row.meta_data.create_time if row.meta_data else None))


def _delivered_at(delivery: DeliveryInfo | None) -> datetime | None:
    return told_at(delivery.delivery_time if delivery else None)


def told_at(moment: datetime | None) -> datetime | None:
    """An instant as QuickBooks told it, in UTC; None where it cannot be understood."""
    try:
        return utc(moment)
    except NotUnderstood:
        return None
