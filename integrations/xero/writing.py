"""The writes of one organisation: mail, note, expected date; and whether one of them was done."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NoReturn

import msgspec

from integrations.contract import KEY_LENGTH_MAX, Act, Lookup, Receipt
from integrations.errors import NotThere, Refused, Unsupported
from integrations.xero import payloads
from integrations.xero.client import Reply
from integrations.xero.decoding import decode
from integrations.xero.payloads import Line, Unreadable, calendar_date, instant
from integrations.xero.refusals import Element, complaint
from integrations.xero.streams import INVOICES, Room, ask_one
from receivables.records import Kind, Ref

NOTE_MAX = 2500
# an old page of Xero's says 250: the key has to stand within whatever is kept
NOTE_SAFE = 250
# clocks differ; our claim may be stamped a little after Xero's own time
SKEW = timedelta(minutes=2)
HISTORIES = {
    Kind.INVOICE: ("create_invoice_history", "get_invoice_history"),
    Kind.CREDIT: ("create_credit_note_history", "get_credit_note_history"),
}


class _Link(msgspec.Struct):
    OnlineInvoiceUrl: str | None = None


def act_key(act: Act, on: Ref, key: str) -> str:
    """The Idempotency-Key: one per act and record, since Xero refuses a key that comes with another request."""
    if not 0 < len(key) <= KEY_LENGTH_MAX:
        raise Refused(f"a key has 1 to {KEY_LENGTH_MAX} characters")
    return f"{act}:{on.id}:{key}"


def invoice_only(ref: Ref) -> None:
    """Raises Unsupported for any other record."""
    if ref.kind is not Kind.INVOICE:
        raise Unsupported("Xero does this for invoices only")


def fresh(room: Room, invoice: Ref) -> payloads.Invoice:
    """The sales invoice as it is this moment. Raises NotThere."""
    found = ask_one(room, INVOICES, invoice.id)
    if not found.payloads or found.payloads[0].type != "ACCREC":
        raise NotThere("Xero has no such sales invoice")
    only: payloads.Invoice = found.payloads[0]
    return only


def send_invoice(room: Room, invoice: Ref, *, key: str) -> Receipt:
    """Have Xero mail the invoice by its own template. Xero would do so for a paid one too, hence the fresh look."""
    invoice_only(invoice)
    named = act_key(Act.SEND_INVOICE, invoice, key)
    now = fresh(room, invoice)
    if now.status != "AUTHORISED" or not now.amount_due:
        raise Refused("nothing is due on this invoice any more, so it was not sent")
    if not now.contact or not now.contact.email_address:
        raise Refused("the contact has no e-mail address in Xero, so the invoice was not sent")
    room.client.write("email_invoice", lambda reply: reply, invoice.id, {}, key=named)
    return Receipt("", room.wire.clock.now())


def note_text(text: str, key: str) -> str:
    """The note with its key: at the end when it is short, in front when it might be cut."""
    marker = f"[dw {key}]"
    if len(text) + 1 + len(marker) <= NOTE_SAFE:
        return f"{text} {marker}"
    return f"{marker} {text}"[:NOTE_MAX]


def leave_note(room: Room, on: Ref, text: str, *, key: str) -> Receipt:
    """A line in the record's history, which the customer never sees and nobody can change."""
    method, _ = _histories(on)
    named = act_key(Act.LEAVE_NOTE, on, key)
    body = {"HistoryRecords": [{"Details": note_text(text, key)}]}
    lines = room.client.write(method, _lines, on.id, body, key=named)
    return Receipt("", _line_at(lines[0], room.wire.clock.now()) if lines else room.wire.clock.now())


def _histories(on: Ref) -> tuple[str, str]:
    if on.kind not in HISTORIES:
        raise Unsupported("in Xero notes are left on invoices and credit notes; contacts are only read")
    return HISTORIES[on.kind]


def _lines(reply: Reply) -> Sequence[Line]:
    return decode(reply.body, "HistoryRecords", Line, _unreadable).payloads


def _unreadable(_id: str, why: str) -> NoReturn:
    raise Unreadable(why)


def _line_at(line: Line, otherwise: datetime) -> datetime:
    return instant(line.date_utc, "DateUTC") if line.date_utc else otherwise


def set_expected_date(room: Room, invoice: Ref, on: date, *, key: str) -> Receipt:
    """Write ExpectedPaymentDate and nothing else: any further field would replace lines or rewrite the contact."""
    invoice_only(invoice)
    named = act_key(Act.SET_EXPECTED_DATE, invoice, key)
    body = {"Invoices": [{"InvoiceID": invoice.id, "ExpectedPaymentDate": on.isoformat()}]}
    elements = room.client.write("update_invoice", _elements, invoice.id, body, key=named)
    # Xero may say 200 and put the error inside
    wrong = complaint(elements)
    if wrong:
        raise Refused(f"Xero did not take the expected date: {wrong}")
    return Receipt("", room.wire.clock.now())


def _elements(reply: Reply) -> list[Element]:
    return list(decode(reply.body, "Invoices", Element, _unreadable).payloads)


def payment_url(room: Room, invoice: Ref) -> str:
    """The online invoice's address; empty for drafts and void ones, which have none."""
    invoice_only(invoice)
    try:
        links = room.client.read(
            "get_online_invoice",
            lambda reply: decode(reply.body, "OnlineInvoices", _Link, _unreadable),
            invoice.id,
        )
    except NotThere:
        raise
    except Refused:
        return ""
    return next((one.OnlineInvoiceUrl for one in links.payloads if one.OnlineInvoiceUrl), "")


def document(room: Room, invoice: Ref) -> bytes:
    """The PDF as raw bytes; the SDK would write it to a file whose name two companies can share."""
    invoice_only(invoice)
    return room.client.read("get_invoice_as_pdf", _pdf, invoice.id)


def _pdf(reply: Reply) -> bytes:
    if not reply.body.startswith(b"%PDF"):
        raise Unreadable("it is no PDF")
    return reply.body


def found(room: Room, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
    """Was it done? A note carries its key. Mail and expected date have no place for one: only a clear sign counts."""
    if act is Act.LEAVE_NOTE:
        return _found_note(room, on, key)
    invoice_only(on)
    if act is Act.SEND_INVOICE:
        return _found_mail(room, on, since - SKEW)
    return _found_date(room, on, since - SKEW)


def _found_note(room: Room, on: Ref, key: str) -> Receipt | Lookup:
    for line in _history(room, on):
        if f"[dw {key}]" in (line.details or ""):
            return Receipt("", _line_at(line, room.wire.clock.now()))
    return Lookup.NOT_THERE


def _found_mail(room: Room, on: Ref, since: datetime) -> Receipt | Lookup:
    """A line of history that says it was sent, since we began. Without one nobody knows: never blindly again."""
    for line in _history(room, on):
        if line.date_utc and "sent" in (line.changes or "").lower().split():
            at = instant(line.date_utc, "DateUTC")
            if at >= since:
                return Receipt("", at)
    return Lookup.CANNOT_TELL


def _found_date(room: Room, on: Ref, since: datetime) -> Receipt | Lookup:
    now = fresh(room, on)
    try:
        if calendar_date(now.expected_payment_date, "ExpectedPaymentDate") is None:
            return Lookup.NOT_THERE
        changed_at = instant(now.updated, "UpdatedDateUTC")
    except Unreadable:
        return Lookup.CANNOT_TELL
    return Receipt("", changed_at) if changed_at >= since else Lookup.CANNOT_TELL


def _history(room: Room, on: Ref) -> Sequence[Line]:
    _, method = _histories(on)
    return room.client.read(method, _lines, on.id)
