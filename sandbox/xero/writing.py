"""The writing half: e-mail, history notes, the expected date, payments, and the store of idempotency keys."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.xero import rendering
from sandbox.xero.chart import CODES, TAX_TYPES
from sandbox.xero.reading import Asked
from sandbox.xero.records import Invoice, Line, two_places
from sandbox.xero.replies import Answer, envelope, invalid, json_reply, not_found

KEY_LIFE = timedelta(minutes=6)
KEY_LENGTH_MAX = 128
DETAILS_MAX = 2500
LOCKED = "The document date cannot be before the period lock date. Please choose a later date."
MILLISECONDS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")


@dataclass
class Replays:
    """Answers by (app, Idempotency-Key) for six minutes; errors are kept as well."""

    kept: dict[tuple[str, str], tuple[datetime, str, bytes, int, str]] = field(default_factory=dict)

    def recall(self, app: str, request: Request, now: datetime) -> Response | None:
        """The earlier answer to the same request. Raises Answer (400) when the key was used for another one."""
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > KEY_LENGTH_MAX:
            raise Answer(invalid("The idempotency key is too long"))
        found = self.kept.get((app, key)) if key else None
        if found is None or now - found[0] > KEY_LIFE:
            return None
        if found[1] != _fingerprint(request):
            raise Answer(invalid(f"Idempotency key {key} is used with a different request"))
        return Response(found[2], found[3], content_type=found[4])

    def keep(self, app: str, request: Request, answer: Response, *, now: datetime) -> None:
        """Remember an answer."""
        key = request.headers.get("Idempotency-Key", "")
        if key:
            content_type = answer.content_type or ""
            entry = (now, _fingerprint(request), answer.get_data(), answer.status_code, content_type)
            self.kept[app, key] = entry


def _fingerprint(request: Request) -> str:
    whole = f"{request.method} {request.full_path}\n".encode() + request.get_data()
    return hashlib.sha256(whole).hexdigest()


def body_of(request: Request, name: str) -> list[dict[str, Any]]:
    """The list called `name` in the JSON body. Raises Answer (400)."""
    try:
        payload = json.loads(request.get_data() or b"{}", parse_float=Decimal)
    except ValueError:
        payload = None
    entries = payload.get(name, [payload]) if isinstance(payload, dict) else None
    if not entries or not all(isinstance(one, dict) for one in entries):
        body = {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": f"No {name} in the request"}
        raise Answer(json_reply(body, 400))
    return list(entries)


def calendar_date(value: Any) -> date:
    """/Date(ms)/, /Date(ms+0000)/, YYYY-MM-DD or ISO: all are accepted. Raises Answer (400)."""
    text = str(value)
    found = MILLISECONDS.fullmatch(text)
    if found:
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC).date()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        raise Answer(invalid("The date is not valid")) from None


def email(asked: Asked, invoice: Invoice) -> Response:
    """Send the invoice's mail by the organisation's template: 204. It works on a PAID invoice as well."""
    organisation = asked.organisation
    if invoice.type != "ACCREC" or invoice.status not in ("SUBMITTED", "AUTHORISED", "PAID"):
        return invalid("Invoice not of valid status for sending")
    contact = organisation.ledger.contacts[invoice.contact]
    if not contact.email:
        return invalid("Invoice contact does not have an email address")
    if organisation.emailed[asked.now.date()] >= organisation.emails_a_day:
        return invalid("Daily email limit reached")
    organisation.emailed[asked.now.date()] += 1
    invoice.sent = True
    organisation.ledger.edited()
    invoice.history.append(Line("Invoice sent", f"This invoice has been sent to {contact.email}", asked.now))
    return Response("", 204)


def add_notes(asked: Asked, record: Any) -> Response:
    """Add lines to a record's history; they can never be changed or removed."""
    lines = []
    for entry in body_of(asked.request, "HistoryRecords"):
        details = str(entry.get("Details", ""))
        if len(details) > DETAILS_MAX:
            return invalid("The Details field cannot be longer than 2500 characters")
        lines.append(Line("Note", details, asked.now))
    record.history.extend(lines)
    shown = [
        {
            "DateUTCString": f"{line.at:%Y-%m-%dT%H:%M:%S}",
            "DateUTC": f"/Date({int(line.at.timestamp() * 1000)})/",
            "Details": line.details,
            "ValidationErrors": [],
        }
        for line in lines
    ]
    return envelope(asked.now, "HistoryRecords", shown)


def edit_invoice(asked: Asked, invoice: Invoice) -> Response:
    """The few edits modelled: the expected date and the due date. A Contact with more than its id is refused here."""
    entry = body_of(asked.request, "Invoices")[0]
    if set(entry) - {"InvoiceID", "ExpectedPaymentDate", "DueDate"}:
        return invalid("Only ExpectedPaymentDate and DueDate are modelled by this sandbox", {"InvoiceID": invoice.id})
    if entry.get("InvoiceID", invoice.id).lower() != invoice.id:
        return not_found()
    if invoice.status in ("VOIDED", "DELETED"):
        return invalid("Invoice not of valid status for modification", {"InvoiceID": invoice.id})
    if "DueDate" in entry:
        asked.organisation.ledger.change_due(invoice, calendar_date(entry["DueDate"]), asked.now)
    if "ExpectedPaymentDate" in entry:
        invoice.expected_on = calendar_date(entry["ExpectedPaymentDate"])
        asked.organisation.ledger.changed(invoice, asked.now)
    payload = rendering.invoice_single(asked.organisation.ledger, invoice)
    return envelope(asked.now, "Invoices", [asked.organisation.shown(invoice.id, payload)])


def add_invoice(asked: Asked) -> Response:
    """One new approved sales invoice of one line, on an account and under a tax code that the organisation has."""
    entry = body_of(asked.request, "Invoices")[0]
    organisation, lines = asked.organisation, entry.get("LineItems") or [{}]
    contact = organisation.ledger.contacts.get(str(entry.get("Contact", {}).get("ContactID", "")).lower())
    if entry.get("Type") != "ACCREC" or entry.get("Status") != "AUTHORISED" or len(lines) != 1:
        return invalid("Only an approved sales invoice of one line is modelled by this sandbox")
    if contact is None:
        return invalid("A Contact must be specified for this type of transaction")
    if lines[0].get("AccountCode") not in (
        *CODES,
        *(one["Code"] for one in organisation.opened if one["Type"] != "BANK"),
    ):
        return invalid(f"Account code '{lines[0].get('AccountCode')}' is not a valid code for this document.")
    if lines[0].get("TaxType") not in TAX_TYPES:
        return invalid(f"The TaxType code '{lines[0].get('TaxType')}' does not exist or cannot be used.")
    if organisation.locked(calendar_date(entry["Date"])):
        return invalid(LOCKED)
    made = organisation.ledger.add_invoice(_new_invoice(asked, entry, contact.id), asked.now)
    payload = rendering.invoice_single(organisation.ledger, made)
    return envelope(asked.now, "Invoices", [organisation.shown(made.id, payload)])


def _new_invoice(asked: Asked, entry: dict[str, Any], contact: str) -> Invoice:
    ledger, line = asked.organisation.ledger, entry["LineItems"][0]
    total = two_places(Decimal(str(line["UnitAmount"])) * Decimal(str(line.get("Quantity", 1))))
    return Invoice(
        ledger.guid(),
        "ACCREC",
        f"{asked.organisation.business.shape.prefix}N{len(ledger.invoices) + 1:05}",
        contact,
        entry.get("CurrencyCode") or asked.organisation.business.shape.currencies[0],
        total,
        "AUTHORISED",
        calendar_date(entry["Date"]),
        calendar_date(entry["DueDate"]),
        asked.now,
        reference=str(entry.get("Reference", "")),
        line=(str(line.get("Description", "")), line["AccountCode"], line["TaxType"]),
    )
