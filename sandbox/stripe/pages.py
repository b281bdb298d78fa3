"""What people see: the Dashboard's page for making a restricted key, the hosted invoice page, and the PDF."""

from typing import Any

from flask import Flask, Response, abort, redirect, render_template_string, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.stripe import cashier, posting
from sandbox.stripe.answering import Desk
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.protocol import KNOWN, Key
from sandbox.stripe.records import Invoice
from sandbox.stripe.shelf import spelled
from sandbox.world import World

DAY = 86400
LOOK = """<!doctype html><meta charset="utf-8"><title>{{ title }}</title>
<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:38rem;padding:0 1rem}code{background:#eee;padding:.2em}
</style><h1>{{ title }}</h1>"""
KEY_PAGE = (
    LOOK
    + """<p>Restricted key <b>{{ name }}</b> for {{ business }} (test mode). It may:</p>
<ul>{% for one in permissions %}<li>{{ one }}</li>{% endfor %}</ul><p><code id="key">{{ key }}</code></p>"""
)
PAY_PAGE = (
    LOOK
    + """<p>{{ amount }} {{ currency }} is due on invoice {{ number }}.</p>
{% if payable %}<form method="post"><button>Pay</button></form>{% else %}<p>Nothing to pay here.</p>{% endif %}"""
)


def add_pages(app: Flask, world: World, desk: Desk) -> None:
    """Routes for people."""
    _add_dashboard(app, desk)

    @app.get("/i/<key>")
    def hosted(key: str) -> str:
        ledger, invoice = _payable(desk, key)
        _young_enough(invoice, int(desk.clock.now().timestamp()))
        return _pay_page(ledger, invoice)

    @app.post("/i/<key>")
    def pay(key: str) -> str:
        with world.lock:
            ledger, invoice = _payable(desk, key)
            if invoice.open:
                paid = posting.pay(ledger, invoice, invoice.open, desk.clock.now())
                if paid is not None:
                    cashier.backed(ledger, paid, desk.clock.now())
            return _pay_page(ledger, invoice)

    @app.get("/i/<key>/pdf")
    def document(key: str) -> AnyResponse:
        _payable(desk, key)
        return redirect(f"/i/{key}/pdf/file")

    @app.get("/i/<key>/pdf/file")
    def file(key: str) -> Response:
        return Response(pdf(f"Invoice {_payable(desk, key)[1].number}"), mimetype="application/pdf")


def _add_dashboard(app: Flask, desk: Desk) -> None:
    @app.get("/apikeys/create")
    def create() -> str:
        """The key is there at once, and the same for the same permissions; unknown names are silently ignored."""
        ledger = next(iter(desk.ledgers.values()))
        asked = [text for name, text in request.args.items() if name.startswith("permissions[")]
        key = make_key(desk, ledger, frozenset(asked) & KNOWN)
        return render_template_string(
            KEY_PAGE,
            title="Create restricted key",
            name=request.args.get("name", ""),
            business=ledger.name,
            permissions=sorted(key.permissions),
            key=key.text,
        )


def make_key(desk: Desk, ledger: Ledger, permissions: frozenset[str], *, tag: str = "") -> Key:
    """A restricted key of an account, named after what it may do."""
    seed = f"{ledger.account}/{tag}/{','.join(sorted(permissions))}"
    mode = "live" if ledger.live else "test"
    key = Key(f"rk_{mode}_{spelled(seed, 40)}", ledger.account, permissions)
    return desk.keys.setdefault(key.text, key)


def _payable(desk: Desk, key: str) -> tuple[Ledger, Invoice]:
    found = [(one, invoice) for one in desk.ledgers.values() if (invoice := one.books.invoices.get(key)) is not None]
    if not found or found[0][1].status == "draft":
        abort(404)
    return found[0]


def _young_enough(invoice: Invoice, now: int) -> None:
    """A link dies thirty days after the due date, but lives ten days at least and 120 at most from when it was made."""
    made = request.args.get("s", type=int) or 0
    dies = max(made + 10 * DAY, (invoice.due_date or invoice.created) + 30 * DAY)
    if now > min(dies, made + 120 * DAY):
        abort(410, "This invoice link has expired.")


def _pay_page(ledger: Ledger, invoice: Invoice) -> str:
    told: dict[str, Any] = {"title": ledger.name, "number": invoice.number, "payable": invoice.open > 0}
    return render_template_string(PAY_PAGE, amount=invoice.open, currency=invoice.currency.upper(), **told)


def pdf(line: str) -> bytes:
    """One page with one line."""
    text = f"BT /F1 18 Tf 72 720 Td ({line}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % at for at in offsets)
    trailer = b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
    return body + b"xref\n0 6\n0000000000 65535 f \n" + table + trailer
