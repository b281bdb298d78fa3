"""The company's API: queries, changed data, single records, sending, notes and PDFs."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask, request
from werkzeug.wrappers import Response

from sandbox.quickbooks import answers, receiving, selling
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.files import download
from sandbox.quickbooks.finding import batched, changed_slots, queried
from sandbox.quickbooks.ledger import NoSuchRecord, whole
from sandbox.quickbooks.payloads import company_info, preferences, render
from sandbox.quickbooks.query import BadQuery
from sandbox.quickbooks.rows import Attachable, Invoice, Row

BATCH_MAX = 30
READABLE = {
    "customer": "Customer",
    "invoice": "Invoice",
    "payment": "Payment",
    "creditmemo": "CreditMemo",
    "term": "Term",
}
READABLE |= {"attachable": "Attachable"}
NOTE_MAX = 2000
REQUEST_ID_MAX = 50
LINK_LIFE = timedelta(days=30)


def pdf(text: str) -> bytes:
    """A tiny but valid PDF of one page with one line."""
    drawn = f"BT /F1 18 Tf 72 720 Td ({text}) Tj ET".encode("ascii", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for index, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj" % index + body + b"endobj\n"
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)


def add_api(app: Flask, opened: Callable[[str], Company | Response]) -> None:
    """Routes below /v3/company. `opened` gives the company of a realm to whoever holds its token, or the refusal."""

    def route(path: str, *methods: str) -> Callable[[Callable[..., Response]], None]:
        def add(view: Callable[..., Response]) -> None:
            app.add_url_rule(f"/v3/company/<realm>{path}", view.__name__, _guarded(opened, view), methods=list(methods))

        return add

    route("/query", "GET", "POST")(query)
    route("/cdc", "GET")(changed)
    route("/batch", "POST")(batch)
    route("/companyinfo/<row_id>", "GET")(company)
    route("/preferences", "GET")(settings)
    route("/attachable", "POST")(note)
    route("/invoice", "POST")(sell)
    route("/payment", "POST")(pay)
    route("/account", "POST")(account)
    route("/invoice/<row_id>/send", "POST")(send)
    route("/invoice/<row_id>/pdf", "GET")(document)
    route("/download/<row_id>", "GET")(download)
    route("/<entity>/<row_id>", "GET")(single)


def _guarded(opened: Callable[[str], Company | Response], view: Callable[..., Response]) -> Callable[..., Response]:
    def guarded(realm: str, **parts: str) -> Response:
        held = opened(realm)
        if isinstance(held, Response):
            return held
        with held.world.lock:
            try:
                return view(held, **parts)
            except NoSuchRecord:
                return gone(held.now())
            finally:
                held.announce()

    return guarded


def gone(now: datetime) -> Response:
    """610: deleted, or never there."""
    detail = "Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts."
    return answers.fault("610", "Object Not Found", now, detail=detail)


def query(held: Company) -> Response:
    """A statement as text in the body, or in the address."""
    text = sent().decode() if request.method == "POST" else request.args.get("query", "")
    if request.method == "POST" and not (request.content_type or "").startswith("application/text"):
        return answers.fault("2010", "Unsupported content type", held.now(), detail="use application/text")
    try:
        return answers.answer({"QueryResponse": queried(held, text)}, held.now())
    except BadQuery as bad:
        return answers.fault(bad.code, "Error parsing query", held.now(), detail=bad.detail)


def changed(held: Company) -> Response:
    """Everything changed since, deleted ones as stubs; at most 1000 objects in all, without a word about the rest."""
    try:
        told = changed_slots(held, request.args.get("entities", ""), request.args.get("changedSince", ""))
    except BadQuery as bad:
        return answers.fault(bad.code, "Invalid query", held.now(), detail=bad.detail)
    return answers.answer({"CDCResponse": [told]}, held.now())


def batch(held: Company) -> Response:
    """Up to thirty queries at once, each with its own answer or fault; the answers come in no order."""
    items = json.loads(sent()).get("BatchItemRequest", [])
    if len(items) > BATCH_MAX:
        return answers.fault("2020", "Too many batch items", held.now(), detail=f"at most {BATCH_MAX}")
    told = [batched(held, item) for item in items]
    return answers.answer({"BatchItemResponse": told[::-1]}, held.now())


def sent() -> bytes:
    """The request's body, which may be compressed."""
    body = request.get_data()
    return gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body


def company(held: Company, row_id: str) -> Response:
    """The address carries the realm; the record says 1."""
    if row_id not in (held.ledger.realm, "1"):
        return gone(held.now())
    return answers.answer({"CompanyInfo": company_info(held.ledger, held.country)}, held.now())


def settings(held: Company) -> Response:
    """The company's preferences."""
    return answers.answer({"Preferences": preferences(held.ledger, held.book_close)}, held.now())


def single(held: Company, entity: str, row_id: str) -> Response:
    """One record; with include=invoiceLink an invoice also tells where to pay, if it can be paid online."""
    name = READABLE.get(entity.lower())
    if name is None:
        return answers.fault("500", "Unsupported Operation", held.now(), detail=f"Operation {entity} is not supported.")
    row = held.ledger.get(name, row_id)
    shown = held.shown(row)
    if isinstance(row, Invoice) and "invoiceLink" in request.args.get("include", "").split(","):
        shown |= _link(held, row)
    return answers.answer({name: shown}, held.now())


def _link(held: Company, row: Invoice) -> dict[str, str]:
    if not (row.online and row.email and row.balance > 0 and held.takes_payments):
        return {}
    held.links_made += 1
    base = held.world.addresses["quickbooks"]
    link = f"{base}/portal/asei/{held.ledger.realm}-{row.id}-{held.links_made}"
    return {"InvoiceLink": link, "InvoiceLinkExpiryDate": (held.now() + LINK_LIFE).date().isoformat()}


def _once(held: Company, act: Callable[[], Response]) -> Response:
    """A repeated requestid gets the first answer again instead of a second act."""
    key = request.args.get("requestid", "")
    if len(key) > REQUEST_ID_MAX:
        return answers.fault("2050", "String length is too long", held.now(), detail="requestid")
    if not key:
        return act()
    if key not in held.replays:
        first = act()
        if first.status_code != 200:
            return first
        held.replays[key] = (first.get_data(), str(first.content_type))
    elif held.refuses_replays:
        return answers.fault("6000", "A business validation error has occurred", held.now(), detail="requestid")
    body, content_type = held.replays[key]
    return Response(body, 200, headers={"intuit_tid": answers.tid(held.now())}, content_type=content_type)


def send(held: Company, row_id: str) -> Response:
    """Mail the invoice with the company's own words. `sendTo` replaces the address on the invoice for good."""
    if (request.content_type or "") != "application/octet-stream" or request.get_data():
        return answers.fault("2020", "Required param missing", held.now(), detail="application/octet-stream, no body")
    return _once(held, lambda: _send(held, held.ledger.get("Invoice", row_id)))


def _send(held: Company, row: Invoice) -> Response:
    row.email = request.args.get("sendTo", row.email)
    if not row.email:
        return answers.fault("2020", "Required param missing", held.now(), detail="BillEmail.Address")
    if not held.mail(row):
        detail = "You have sent the maximum number of e-mails for today."
        return answers.fault("6000", "A business validation error has occurred", held.now(), detail=detail)
    return answers.answer({"Invoice": held.shown(row)}, held.now())


def note(held: Company) -> Response:
    """A note on a record: the record itself does not move."""
    body = json.loads(sent())
    unknown = set(body) - {"AttachableRef", "Note"}
    if unknown or not body.get("AttachableRef"):
        return answers.fault(
            "2010", "Request has invalid or unsupported property", held.now(), detail=str(sorted(unknown))
        )
    if len(body.get("Note", "")) > NOTE_MAX:
        return answers.fault("2050", "String length is too long", held.now(), detail="Note")
    hangs_on = body["AttachableRef"][0]
    on = hangs_on["EntityRef"]
    held.ledger.get(READABLE.get(str(on["type"]).lower(), "Attachable"), on["value"])
    include = bool(hangs_on.get("IncludeOnSend"))
    return _once(held, lambda: _hang(held, on, body["Note"], include))


def sell(held: Company) -> Response:
    """A new invoice."""
    try:
        asked = selling.read(held, sent())
    except selling.Wrong as wrong:
        return answers.fault(wrong.code, wrong.message, held.now(), detail=wrong.detail)
    return _once(held, lambda: answers.answer({"Invoice": held.shown(selling.sell(held, asked))}, held.now()))


def pay(held: Company) -> Response:
    """A new payment, or the end of one. What was done under a request id is answered before anything is looked at."""
    done = receiving.WAYS.get((request.args.get("operation", ""), request.args.get("include", "")))
    if done is None:
        return answers.fault("500", "Unsupported Operation", held.now(), detail="payment")
    body = sent()
    return _once(held, lambda: _judged(held, "Payment", lambda: done(held, body)))


def account(held: Company) -> Response:
    """A new account."""
    body = sent()
    return _once(held, lambda: _judged(held, "Account", lambda: receiving.open_account(held, body)))


def _judged(held: Company, entity: str, act: Callable[[], Row]) -> Response:
    try:
        return answers.answer({entity: held.shown(act())}, held.now())
    except selling.Wrong as wrong:
        return answers.fault(wrong.code, wrong.message, held.now(), detail=wrong.detail)


def _hang(held: Company, on: dict[str, str], text: str, include: bool) -> Response:
    at = whole(held.now())
    row = Attachable(
        id=held.ledger.new_id("attachables"),
        created=at,
        updated=at,
        entity=on["type"],
        target=on["value"],
        note=text,
        include_on_send=include,
    )
    held.ledger.tables["Attachable"][row.id] = row
    return answers.answer({"Attachable": render(held.ledger, row)}, held.now())


def document(held: Company, row_id: str) -> Response:
    """The invoice as a PDF, if that is what the client accepts."""
    row = held.ledger.get("Invoice", row_id)
    if "application/pdf" not in request.headers.get("Accept", ""):
        return answers.fault("2020", "Required param missing", held.now(), detail="Accept: application/pdf")
    return Response(pdf(f"Invoice {row.number}"), 200, content_type="application/pdf")
