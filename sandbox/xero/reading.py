"""The reading half of the Accounting API: lists with their filters and pages, single records, histories, PDF."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.xero import chart, query, rendering
from sandbox.xero.organisation import Organisation
from sandbox.xero.records import LIVE, Contact, Credit, Invoice
from sandbox.xero.replies import Answer, bad_query, envelope, invalid, not_found

Payload = dict[str, Any]
# asked for by other people's clients; no such records are kept here
EMPTY = {
    "brandingthemes": "BrandingThemes",
    "contactgroups": "ContactGroups",
    "items": "Items",
    "repeatinginvoices": "RepeatingInvoices",
    "trackingcategories": "TrackingCategories",
    "users": "Users",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has passed the gate."""

    organisation: Organisation
    request: Request
    now: datetime
    base: str

    @property
    def args(self) -> Mapping[str, str]:
        """The query's parameters."""
        return self.request.args


@dataclass(frozen=True, slots=True)
class Listing:
    """How one endpoint lists its records."""

    name: str
    rows: Callable[[Organisation], list[Any]]
    fields: query.Fields
    id_field: str
    show: Callable[[Asked, list[Any], bool], list[Payload]]
    comma: tuple[tuple[str, str], ...] = ()


def _show_invoices(asked: Asked, rows: list[Any], paged: bool) -> list[Payload]:
    summary = query.truthy(asked.args, "summaryOnly")
    ledger, shown = asked.organisation.ledger, asked.organisation.shown
    return [shown(one.id, rendering.invoice_list(ledger, one, lines=paged, summary=summary)) for one in rows]


def _show_credits(asked: Asked, rows: list[Any], paged: bool) -> list[Payload]:
    organisation = asked.organisation
    return [organisation.shown(one.id, rendering.credit_list(organisation.ledger, one, lines=paged)) for one in rows]


def _show_payments(asked: Asked, rows: list[Any], paged: bool) -> list[Payload]:
    del paged
    organisation = asked.organisation
    return [organisation.shown(one.id, rendering.payment_list(organisation.ledger, one)) for one in rows]


def _show_contacts(asked: Asked, rows: list[Any], paged: bool) -> list[Payload]:
    organisation, ledger = asked.organisation, asked.organisation.ledger
    owed = organisation.kept.get(ledger, "outstanding", ledger.outstanding) if paged else {}
    shown = [organisation.shown(one.id, rendering.contact_full(one, owed)) for one in rows]
    if not paged:
        for payload in shown:
            payload.pop("MergedToContactID", None)
            payload["ContactPersons"] = []
    return shown


def _credit_listing(name: str) -> Listing:
    return Listing(
        name,
        lambda organisation: [one for one in organisation.ledger.credits.values() if one.group == name],
        {
            rendering.SINGLE_ID[name]: lambda row: row.id,
            "UpdatedDateUTC": lambda row: row.updated,
            "Type": lambda row: row.type,
            "Status": lambda row: row.status,
            "Date": lambda row: row.on,
            "CreditNoteNumber": lambda row: row.number,
        },
        rendering.SINGLE_ID[name],
        _show_credits,
    )


INVOICES = Listing(
    "Invoices",
    lambda organisation: list(organisation.ledger.invoices.values()),
    {
        "InvoiceID": lambda row: row.id,
        "InvoiceId": lambda row: row.id,
        "UpdatedDateUTC": lambda row: row.updated,
        "Type": lambda row: row.type,
        "Status": lambda row: row.status,
        "InvoiceNumber": lambda row: row.number,
        "Reference": lambda row: row.reference,
        "Contact.ContactID": lambda row: row.contact,
        "Date": lambda row: row.on,
        "DueDate": lambda row: row.due_on,
        "AmountDue": lambda row: row.due,
        "AmountPaid": lambda row: row.paid,
        "Total": lambda row: row.total,
    },
    "InvoiceID",
    _show_invoices,
    (("IDs", "InvoiceID"), ("Statuses", "Status"), ("InvoiceNumbers", "InvoiceNumber"),
     ("ContactIDs", "Contact.ContactID")),
)  # fmt: skip
CONTACTS = Listing(
    "Contacts",
    lambda organisation: list(organisation.ledger.contacts.values()),
    {
        "ContactID": lambda row: row.id,
        "UpdatedDateUTC": lambda row: row.updated,
        "Name": lambda row: row.name,
        "EmailAddress": lambda row: row.email,
        "ContactStatus": lambda row: row.status,
    },
    "ContactID",
    _show_contacts,
    (("IDs", "ContactID"),),
)
PAYMENTS = Listing(
    "Payments",
    lambda organisation: list(organisation.ledger.payments.values()),
    {
        "PaymentID": lambda row: row.id,
        "UpdatedDateUTC": lambda row: row.updated,
        "PaymentType": lambda row: row.type,
        "Status": lambda row: row.status,
        "Date": lambda row: row.on,
        "Amount": lambda row: row.amount,
        "Reference": lambda row: row.reference,
        "Invoice.InvoiceID": lambda row: row.target,
    },
    "PaymentID",
    _show_payments,
)
BANK_TRANSACTIONS = Listing(
    "BankTransactions",
    lambda organisation: list(organisation.ledger.banked.values()),
    {
        "BankTransactionID": lambda row: row.id,
        "UpdatedDateUTC": lambda row: row.updated,
        "Type": lambda row: row.type,
        "Status": lambda row: row.status,
        "Date": lambda row: row.on,
        "Reference": lambda row: row.reference,
    },
    "BankTransactionID",
    lambda asked, rows, _: [rendering.bank_transaction(asked.organisation.ledger, one) for one in rows],
)
LISTINGS = {
    "banktransactions": BANK_TRANSACTIONS,
    "contacts": CONTACTS,
    "invoices": INVOICES,
    "payments": PAYMENTS,
    **{name.lower(): _credit_listing(name) for name in rendering.GROUPS},
}


def list_records(asked: Asked, listing: Listing) -> Response:
    """A list: filtered, ordered, then cut at an offset into the table as it is this very moment."""
    summary = query.truthy(asked.args, "summaryOnly")
    paging = query.paging(asked.args, forced=summary)
    rows = asked.organisation.kept.get(asked.organisation.ledger, _name(asked, listing), lambda: _rows(asked, listing))
    asked.organisation.ledger.seen_at = asked.now
    if paging is None:
        return envelope(asked.now, listing.name, listing.show(asked, rows, False))
    page, about = paging.cut(rows)
    reply = envelope(asked.now, listing.name, listing.show(asked, page, True), about)
    if asked.organisation.between_pages:
        asked.organisation.between_pages.pop(0)()
    return reply


def _name(asked: Asked, listing: Listing) -> tuple[str, ...]:
    """What makes two lists the same but for the page of it."""
    named = [f"{name}={value}" for name, value in sorted(asked.args.items()) if name not in ("page", "pageSize")]
    return (listing.name, asked.request.headers.get("If-Modified-Since", ""), *named)


def _rows(asked: Asked, listing: Listing) -> list[Any]:
    """Filtered and in order; rows that are equal in what was asked for stand by their id."""
    order = asked.args.get("order") or "UpdatedDateUTC ASC"
    return query.ordered(_filtered(asked, listing), f"{order},{listing.id_field} ASC", listing.fields)


def _filtered(asked: Asked, listing: Listing) -> list[Any]:
    rows = listing.rows(asked.organisation)
    if listing is CONTACTS and not query.truthy(asked.args, "includeArchived"):
        rows = [row for row in rows if row.status != "ARCHIVED"]
    since = query.modified_since(asked.request.headers.get("If-Modified-Since"))
    if since is not None:
        rows = [row for row in rows if row.updated.replace(microsecond=0) > since - timedelta(seconds=1)]
    for name, field in listing.comma:
        rows = _named(asked, rows, (name, listing.fields[field]))
    if asked.args.get("where"):
        test = query.where(asked.args["where"], listing.fields)
        rows = [row for row in rows if test(row)]
    return rows


def _named(asked: Asked, rows: list[Any], by: tuple[str, Callable[[Any], Any]]) -> list[Any]:
    name, read = by
    wanted = query.comma_list(asked.args, name)
    if wanted is None:
        return rows
    if name == "IDs" and len(wanted) > asked.organisation.ids_max:
        raise Answer(not_found())
    return [row for row in rows if str(read(row)).lower() in wanted]


def single(asked: Asked, listing: Listing, named: str) -> Response:
    """One record by id (invoices by number as well), in full."""
    record = find(asked.organisation, listing, named)
    organisation, ledger = asked.organisation, asked.organisation.ledger
    if isinstance(record, Invoice):
        payload = rendering.invoice_single(ledger, record)
    elif isinstance(record, Contact):
        payload = rendering.contact_full(record, ledger.outstanding())
    elif isinstance(record, Credit):
        payload = rendering.credit_list(ledger, record, lines=True)
    else:
        payload = rendering.payment_list(ledger, record)
    return envelope(asked.now, listing.name, [organisation.shown(record.id, payload)])


def find(organisation: Organisation, listing: Listing, named: str) -> Any:
    """The record called `named` under an endpoint. Raises Answer (404)."""
    ledger = organisation.ledger
    tables: dict[str, Mapping[str, Any]] = {
        "Invoices": ledger.invoices,
        "Contacts": ledger.contacts,
        "Payments": ledger.payments,
    }
    table = tables.get(listing.name, ledger.credits)
    record = table.get(named)
    if record is None and listing is INVOICES:
        numbers = {number.lower(): id_ for number, id_ in ledger.numbers.items()}
        record = table.get(numbers.get(named, ""))
    if record is None or (isinstance(record, Credit) and record.group != listing.name):
        raise Answer(not_found())
    return record


def history(asked: Asked, record: Any) -> Response:
    """The record's history, newest line first."""
    lines = [rendering.history_line(line) for line in sorted(record.history, key=lambda one: one.at, reverse=True)]
    return envelope(asked.now, "HistoryRecords", lines)


def online_invoice(asked: Asked, invoice: Invoice) -> Response:
    """The pay page's address; only sales invoices that are approved have one."""
    if invoice.type != "ACCREC" or invoice.status not in LIVE:
        return invalid("Online invoices are only available for approved sales invoices")
    url = f"{asked.base}/in/{invoice.id.replace('-', '')}"
    return envelope(asked.now, "OnlineInvoices", [{"OnlineInvoiceUrl": url}])


def pdf(invoice: Invoice) -> Response:
    """A one-page PDF with the number and what is due."""
    text = f"{invoice.number}  due {invoice.due} {invoice.currency}"
    stream = f"BT /F1 18 Tf 60 760 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    body += b"xref\n0 6\n0000000000 65535 f \n" + table + tail
    name = f'attachment; filename="{invoice.number}.pdf"'
    return Response(body, 200, content_type="application/pdf", headers={"Content-Disposition": name})


def settings(asked: Asked, resource: str) -> Response | None:
    """Organisation, currencies, reminder setting, accounts, tax rates, lists with nothing in them; None for the
    rest."""
    organisation = asked.organisation
    if resource in ("organisation", "organisations"):
        return envelope(asked.now, "Organisations", [organisation.about()])
    if resource == "currencies":
        codes = organisation.business.shape.currencies
        return envelope(asked.now, "Currencies", [{"Code": code, "Description": code} for code in codes])
    if resource == "invoicereminders/settings":
        return envelope(asked.now, "InvoiceReminders", [{"Enabled": organisation.reminders}])
    if resource == "accounts":
        return envelope(asked.now, "Accounts", organisation.accounts())
    if resource == "taxrates":
        return envelope(asked.now, "TaxRates", chart.tax_rates())
    return envelope(asked.now, EMPTY[resource], []) if resource in EMPTY else None


def only_known(asked: Asked, listing: Listing) -> None:
    """Filters that an endpoint does not have are a client's mistake, not silently everything."""
    unknown = {"Statuses", "IDs"} & set(asked.args) - {name for name, _ in listing.comma}
    if unknown:
        raise Answer(bad_query(f"{', '.join(sorted(unknown))} cannot be used here"))
