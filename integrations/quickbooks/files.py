"""The files that hang on an invoice: those that go along when QuickBooks mails it, and what is in them."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import requests

from integrations.contract import Attached, Wire
from integrations.errors import NotThere, Refused, TryLater, Unsupported
from integrations.http import careful_session, out_of_reach, patiently, require_loopback, retry_after
from integrations.quickbooks.lookups import pages_by_id
from integrations.quickbooks.payloads import AttachableRow, HangsOn
from integrations.quickbooks.reader import Reader
from integrations.quickbooks.statements import literal
from receivables.records import Kind, Ref

HOSTS = (".amazonaws.com", ".intuit.com")
ENTITY = "Invoice"


def attachments(reader: Reader, invoice: Ref) -> Sequence[Attached]:
    """Files, no notes, with IncludeOnSend for this very invoice: the company's own word that its customer gets them."""
    _require_invoice(invoice)
    return list(_files(reader, invoice))


def _files(reader: Reader, invoice: Ref) -> Iterator[Attached]:
    conditions = (
        f"AttachableRef.EntityRef.Type = {literal(ENTITY.lower())}",
        f"AttachableRef.EntityRef.value = {literal(invoice.id)}",
    )
    for _, rows in pages_by_id(reader, "Attachable", *conditions):
        for row in rows:
            if isinstance(row, AttachableRow) and row.file_name and _goes_along(row, invoice):
                yield Attached(row.id, row.file_name, row.content_type or "", int(row.size or 0))


def _goes_along(row: AttachableRow, invoice: Ref) -> bool:
    """One file may hang on several records, and go along with some of them only."""
    return any(one.include_on_send and _is(one, invoice) for one in row.attachable_ref or ())


def _is(one: HangsOn, invoice: Ref) -> bool:
    on = one.entity_ref
    return on is not None and on.value == invoice.id and (on.type or "").lower() == ENTITY.lower()


def attachment(reader: Reader, wire: Wire, invoice: Ref, one: Attached) -> bytes:
    """By an address that QuickBooks gives for a quarter of an hour; asked for afresh, so that it cannot be old."""
    _require_invoice(invoice)
    with careful_session(wire) as session:
        return patiently(wire, lambda: _fetched(wire, session, reader.client.download_address(one.id)))


def _fetched(wire: Wire, session: requests.Session, url: str) -> bytes:
    """No token is sent: the address itself is the secret, and is named nowhere."""
    _require_theirs(wire, url)
    try:
        answer = session.get(url, allow_redirects=False)
    except requests.RequestException as error:
        raise out_of_reach(error, writing=False) from None
    if answer.status_code in (404, 410):
        raise NotThere("QuickBooks does not have this file any more")
    if answer.status_code != 200:
        after = retry_after(answer.headers, wire.clock)
        raise TryLater(f"QuickBooks did not give the file (HTTP {answer.status_code})", after=after)
    return answer.content


def _require_theirs(wire: Wire, url: str) -> None:
    """Raises Refused for any other place than theirs, or this machine when the API is overridden to it."""
    parts = urlsplit(url)
    if parts.scheme == "https" and (parts.hostname or "").endswith(HOSTS):
        return
    if not wire.app.addresses.get("api"):
        raise Refused("QuickBooks named an address for the file that is not QuickBooks'")
    require_loopback("the file's address", f"{parts.scheme}://{parts.netloc}")


def _require_invoice(ref: Ref) -> None:
    if ref.kind is not Kind.INVOICE:
        raise Unsupported("we read only the files of invoices in QuickBooks")
