"""The local Xero: builds three organisations, lets history happen in them, and serves the API on one port."""

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import Flask, render_template_string, request
from werkzeug.wrappers import Request, Response

from sandbox.history import Happening, Shape
from sandbox.limits import Caller, Leave
from sandbox.world import Business, World
from sandbox.xero import metering
from sandbox.xero.consents import ACCESS_LIFE, EVERYTHING, App, Consents
from sandbox.xero.controls import Controls
from sandbox.xero.gate import Gate
from sandbox.xero.ledger import Ledger
from sandbox.xero.oauth import add_identity
from sandbox.xero.organisation import Organisation
from sandbox.xero.playing import Player
from sandbox.xero.records import RECEIVABLE, Invoice, Payment, minor
from sandbox.xero.stirring import stir
from sandbox.xero.troubles import Troubles, twist
from sandbox.xero.webhooks import Webhooks

BUSINESSES = (
    Business(
        "brightwater",
        "xero",
        "Brightwater Studio",
        "Europe/London",
        Shape(currencies=("GBP", "JPY", "KWD"), country="GB", prefix="INV-"),
    ),
    Business(
        "harbour",
        "xero",
        "Harbour Lane Catering",
        "Europe/London",
        Shape(currencies=("GBP",), country="GB"),
        small=True,
    ),
    Business(
        "fenwick",
        "xero",
        "Fenwick & Sons Joinery",
        "Europe/London",
        Shape(currencies=("GBP",), country="GB"),
        small=True,
    ),
)
CUSTOM = "fenwick"
WORDS = {
    "DRAFT": "draft",
    "SUBMITTED": "draft",
    "AUTHORISED": "open",
    "PAID": "paid",
    "VOIDED": "void",
    "DELETED": "deleted",
}
PAY_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{{ one.number }}</title>
<style>body{font:16px/1.5 system-ui;max-width:30rem;margin:3rem auto;padding:0 1rem}</style>
<h1>{{ name }}</h1><p>Invoice {{ one.number }}: {{ one.due }} {{ one.currency }} to pay, due {{ one.due_on }}.</p>
{% if one.due %}<form method="post"><button>Pay now</button></form>
{% else %}<p>Nothing to pay. Thank you.</p>{% endif %}
</html>"""


class Twin:
    """One platform's other side."""

    slug = "xero"

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock_of(self.slug)
        self.consents = Consents(world.seed)
        self.webhooks = Webhooks(world, self.consents)
        self.organisations = [self._organisation(one) for one in world.of(self.slug)]
        by_tenant = {one.tenant: one for one in self.organisations}
        self.gate = Gate(world, self.consents, by_tenant)
        self.main = self._register("main")
        self._ready: dict[str, dict[str, Any]] = {}
        self._custom = {
            one.key: self._register(one.key, custom_tenant=one.tenant)
            for one in self.organisations
            if one.key == CUSTOM
        }
        self._troubles = Troubles(self.clock.now, self.consents.expire)
        self._controls = Controls(world, self.consents, by_tenant, self.webhooks, self.main.client_id)

    def _organisation(self, business: Business) -> Organisation:
        ledger = Ledger(f"{self.world.seed}/xero/{business.key}", business.name)
        short = f"!{ledger.guid()[:5]}"
        player = Player(ledger, business.shape.currencies[0])
        organisation = Organisation(business, ledger, player, short, reminders=business.key == "harbour")
        ledger.watch = lambda category, id_, kind, at: self.webhooks.tell(organisation, category, id_, (kind, at))
        return organisation

    def _register(self, name: str, custom_tenant: str = "") -> App:
        draw = self.consents.draw
        app = App(draw(f"client/{name}")[:32].upper(), draw("secret"), draw("webhook") + "==", custom_tenant)
        self.consents.apps[app.client_id] = app
        return app

    def app(self) -> Flask:
        """The API, the identity pages and the online invoice, on one port."""
        app = Flask("sandbox.xero")
        add_identity(app, self.gate)

        @app.route("/api.xro/2.0/<path:rest>", methods=["GET", "POST", "PUT", "DELETE"])
        def api(rest: str) -> Response:
            with self.world.lock:
                return self.gate.answer(request, rest)

        @app.route("/in/<slug>", methods=["GET", "POST"])
        def online_invoice(slug: str) -> Response | str | tuple[str, int]:
            with self.world.lock:
                return self._pay_page(slug)

        return app

    def _pay_page(self, slug: str) -> str | tuple[str, int]:
        for organisation in self.organisations:
            invoice = self._by_slug(organisation, slug)
            if invoice is not None:
                if request.method == "POST" and invoice.due > Decimal(0):
                    self._controls.pay(organisation.key, invoice.id)
                return render_template_string(PAY_PAGE, one=invoice, name=organisation.business.name)
        return "This invoice is not available.", 404

    def _by_slug(self, organisation: Organisation, slug: str) -> Invoice | None:
        dashed = "-".join((slug[:8], slug[8:12], slug[12:16], slug[16:20], slug[20:]))
        return organisation.ledger.invoices.get(dashed)

    def play(self, business: str, happening: Happening) -> None:
        """Enter a happening into the organisation's books."""
        with self.world.lock:
            self._of(business).player.play(happening)

    def _of(self, business: str) -> Organisation:
        return next(one for one in self.organisations if one.key == business)

    def wake(self) -> None:
        """Nothing happens here by itself."""

    def credentials(self) -> dict[str, Any]:
        """The app's keys, and per business a token pair of a consent of its own, ready to use."""
        with self.world.lock:
            base = self.world.addresses["xero"]
            return {
                "app": {
                    "client_id": self.main.client_id,
                    "client_secret": self.main.secret,
                    "webhook_secrets": [self.main.webhook_key],
                    "addresses": {"authorize": base, "identity": base, "api": base},
                },
                "businesses": {one.key: self._keys_of(one) for one in self.organisations},
            }

    def _keys_of(self, organisation: Organisation) -> dict[str, Any]:
        ready = self._ready_made(organisation)
        connection = self.consents.connected(self.main.client_id).get(organisation.tenant)
        keys: dict[str, Any] = {
            "external_id": organisation.tenant,
            "tenant_id": organisation.tenant,
            "label": organisation.business.name,
            "connection_id": connection.id if connection else "",
            "short_code": organisation.short_code,
            **ready,
        }
        custom = self._custom.get(organisation.key)
        if custom is not None:
            keys["custom"] = {
                "client_id": custom.client_id,
                "client_secret": custom.secret,
                "webhook_secrets": [custom.webhook_key],
            }
        return keys

    def _ready_made(self, organisation: Organisation) -> dict[str, Any]:
        """A consent is given at the first asking, and again only when its access token is over."""
        now, ready = self.clock.now(), self._ready.get(organisation.key)
        known = self.consents.token(ready["access_token"]) if ready else None
        if ready is None or known is None or known.expires_at <= now:
            event = self.consents.consent(self.main.client_id, [organisation.tenant], now)
            issued = self.consents.issue(self.main, set(EVERYTHING), event, now)
            # by everybody else's clock, as a client reckons it from expires_in
            expires_at = self.world.clock.now() + ACCESS_LIFE
            ready = {
                "access_token": issued["access_token"],
                "refresh_token": issued["refresh_token"],
                "expires_at": expires_at.isoformat(),
            }
            self._ready[organisation.key] = ready
        return ready

    def truth(self, business: str) -> dict[str, Any]:
        """The sales side of the ledger in minor units; statuses in plain words beside Xero's own."""
        with self.world.lock:
            organisation = self._of(business)
            ledger = organisation.ledger
            credits = [one for one in ledger.credits.values() if one.type in RECEIVABLE]
            payments = [one for one in ledger.payments.values() if one.type == "ACCRECPAYMENT"]
            refunds = [one for one in ledger.payments.values() if one.type.startswith(("ARC", "ARO", "ARP"))]
            return {
                "invoices": {one.id: _told(one) for one in ledger.invoices.values() if one.type == "ACCREC"},
                "customers": [one.id for one in ledger.contacts.values() if not one.merged_to],
                "merged": {one.id: one.merged_to for one in ledger.contacts.values() if one.merged_to},
                "payments": [one.id for one in payments if one.status != "DELETED"],
                "deleted_payments": [one.id for one in payments if one.status == "DELETED"],
                "refunds": [one.id for one in refunds if one.status != "DELETED"],
                "credits": [one.id for one in credits],
                "remaining": {one.id: minor(one.remaining, one.currency) for one in credits},
                "outstanding": {key: str(owed) for key, owed in ledger.outstanding().items()},
                "records": _records(ledger),
            }

    def fail(self, kind: str, path: str) -> Response | None:
        """Xero's own answer for a fault."""
        return self._troubles.answer(kind, path)

    def troubles(self) -> tuple[str, ...]:
        """The kinds a storm may use here."""
        return Troubles.STORM

    def twist(self, kind: str, document: Any, dice: random.Random) -> bool:
        """Garble one record of a good answer."""
        return twist(kind, document, dice)

    def stir(self, dice: random.Random) -> None:
        """Pay, part-pay, void, credit, sell or redate something in one of the organisations."""
        stir(self._controls, self.organisations, dice)

    def caller(self, request: Request) -> Caller | None:
        """Which app calls for which organisation."""
        return metering.caller(request, self.consents, self.gate.organisations)

    def too_many(self, leave: Leave) -> Response:
        """The 429 for the limit in `leave.over`."""
        return metering.refused(leave)

    def told(self, response: Response, leave: Leave) -> Response:
        """With the remaining calls in its headers."""
        return metering.told(response, leave)

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts for the control port by name."""
        return self._controls.acts()


def _told(invoice: Invoice) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "customer": invoice.contact,
        "status": WORDS[invoice.status],
        "platform_status": invoice.status,
        "currency": invoice.currency,
        "total": minor(invoice.total, invoice.currency),
        "open": minor(invoice.due, invoice.currency),
    }


def _records(ledger: Ledger) -> dict[str, Any]:
    """What else of each record can be compared, for other people's clients."""
    received = [one for one in ledger.payments.values() if one.type == "ACCRECPAYMENT"]
    paid = {status: [one for one in received if one.status == status] for status in ("AUTHORISED", "DELETED")}
    credits = [one for one in ledger.credits.values() if one.type in RECEIVABLE]
    return {
        "customers": {
            one.id: {"name": one.name, "email": one.email} for one in ledger.contacts.values() if not one.merged_to
        },
        "payments": {one.id: _amount(ledger, one) for one in paid["AUTHORISED"]},
        "deleted_payments": {one.id: _amount(ledger, one) for one in paid["DELETED"]},
        "credits": {
            one.id: {
                "type": one.type,
                "currency": one.currency,
                "total": minor(one.total, one.currency),
                "remaining": minor(one.remaining, one.currency),
            }
            for one in credits
        },
    }


def _amount(ledger: Ledger, payment: Payment) -> dict[str, Any]:
    currency = ledger.document(payment.target).currency
    return {"currency": currency, "amount": minor(payment.amount, currency)}


TWIN = Twin
