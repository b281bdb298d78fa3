"""The files that hang on an invoice: those that the organisation shows its customer online, and what is in them."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from integrations.contract import Attached
from integrations.errors import Refused
from integrations.xero.decoding import decode
from integrations.xero.payloads import Attachment
from integrations.xero.refusals import ScopeMissing
from integrations.xero.streams import Room
from integrations.xero.writing import invoice_only
from receivables.records import Kind, Ref

T = TypeVar("T")
SCOPE = "accounting.attachments.read"
NOT_ALLOWED = f"Xero has not let us read attachments; connect again and allow it ({SCOPE})"


def attachments(room: Room, invoice: Ref) -> Sequence[Attached]:
    """Those with IncludeOnline, which is the organisation's own word that its customer may see them."""
    invoice_only(invoice)
    read = lambda: room.client.read(  # noqa: E731
        "get_invoice_attachments",
        lambda reply: decode(reply.body, "Attachments", Attachment, room.mapper.odd(Kind.OTHER)),
        invoice.id,
    )
    return [_told(one) for one in _allowed(read).payloads if one.include_online and one.attachment_id]


def _told(one: Attachment) -> Attached:
    return Attached(one.attachment_id or "", one.file_name or "", one.mime_type or "", one.content_length or 0)


def attachment(room: Room, invoice: Ref, one: Attached) -> bytes:
    """The raw bytes; the SDK would write them to a file of a name that somebody else chose."""
    invoice_only(invoice)
    # the SDK wants the type once more, and sends it as a header that Xero does not look at
    return _allowed(
        lambda: room.client.read("get_invoice_attachment_by_id", lambda reply: reply.body, invoice.id, one.id, "*/*")
    )


def _allowed(call: Callable[[], T]) -> T:
    """Who connected before we asked for this permission need not connect again to be of use."""
    try:
        return call()
    except ScopeMissing:
        raise Refused(NOT_ALLOWED) from None
