"""The first page, and today's plan with its one button."""

from urllib.parse import quote, unquote

from flask import Blueprint, render_template, request

from duewell.access import Act
from duewell.views import PlanRow
from duewell.web.current import business, needs, office, person
from duewell.web.office import InvoiceKey

pages = Blueprint("overview", __name__)
SHOWN_MAX = 100


@pages.get("/")
def home() -> str:
    """What is open, how late, whether the books agree, and what is planned."""
    return render_template("overview.html", view=office().overview(business().id))


@pages.get("/plan")
def plan() -> str:
    """Every candidate of today and why it is sent, held or skipped. What would be sent is never cut short."""
    view = office().plan(business().id)
    groups = {say: [row for row in view.rows if row.say == say] for say in ("send", "hold", "skip")}
    whole = request.args.get("all") == "yes"
    return render_template("plan.html", view=view, groups=groups, limit=None if whole else SHOWN_MAX, key_of=_key_of)


@pages.post("/plan")
@needs(Act.SEND)
def send() -> tuple[str, int]:
    """Send the invoices that were ticked on the page the person saw, and no others."""
    rows = [_invoice_key(text) for text in request.form.getlist("row")]
    lines = office().send_now(business().id, rows, by=person().name) if rows else ()
    return render_template("sent.html", lines=lines, asked=len(rows)), 200 if rows else 422


def _key_of(row: PlanRow) -> str:
    return f"{quote(row.connection, safe='')}:{quote(row.invoice_id, safe='')}"


def _invoice_key(text: str) -> InvoiceKey:
    connection, _, invoice = text.partition(":")
    return unquote(connection), unquote(invoice)
