"""The files that hang on an invoice: what there is, and what is in one of them."""

from werkzeug.wrappers import Response

from sandbox.xero.reading import Asked
from sandbox.xero.records import Attachment, Invoice
from sandbox.xero.replies import envelope, not_found


def attachments(asked: Asked, invoice: Invoice) -> Response:
    """All of them, whether the customer may see them or not."""
    return envelope(asked.now, "Attachments", [_shown(asked, invoice, one) for one in invoice.attachments])


def _shown(asked: Asked, invoice: Invoice, one: Attachment) -> dict[str, object]:
    return {
        "AttachmentID": one.id,
        "FileName": one.name,
        "Url": f"{asked.base}/api.xro/2.0/Invoices/{invoice.id}/Attachments/{one.name}",
        "MimeType": one.kind,
        "ContentLength": one.told_size,
        "IncludeOnline": one.online,
    }


def attachment(invoice: Invoice, named: str) -> Response:
    """The raw bytes, by id or by name."""
    for one in invoice.attachments:
        if named in (one.id, one.name.lower()):
            return Response(one.content, 200, content_type=one.kind or "application/octet-stream")
    return not_found()
