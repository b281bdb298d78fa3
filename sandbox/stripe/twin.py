"""The Stripe twin: one seeded account behind the real one's paths, and what the control port may do to it."""

import random
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from werkzeug.http import http_date
from werkzeug.wrappers import Request, Response

from sandbox.history import Happening, Shape
from sandbox.limits import Caller, Leave
from sandbox.stripe.acting import add_acting
from sandbox.stripe.acts import Acts
from sandbox.stripe.announcing import Announcer
from sandbox.stripe.answering import Desk
from sandbox.stripe.billing import add_billing
from sandbox.stripe.checkout import add_checkout
from sandbox.stripe.checkout_pages import add_checkout_pages
from sandbox.stripe.ledger import Ledger
from sandbox.stripe.limiting import caller, too_many
from sandbox.stripe.listing import add_reading
from sandbox.stripe.mischief import TWISTS, stirred, twisted
from sandbox.stripe.pages import add_pages, make_key
from sandbox.stripe.payment_links import add_payment_links
from sandbox.stripe.playing import play
from sandbox.stripe.posting import tick
from sandbox.stripe.protocol import PASSING, PERMISSIONS, Problem, fault
from sandbox.stripe.shelf import spelled
from sandbox.stripe.taking_acts import TakingActs
from sandbox.stripe.telling import told_in_full, told_of_taking
from sandbox.world import Business, World

SHAPE = Shape(currencies=("USD", "JPY", "KWD"), country="US", prefix="NWC-")
BUSINESSES = (Business("northwind", "stripe", "Northwind Cloud", "America/New_York", SHAPE),)


class StripeTwin:
    """Stripe as seen from one restricted key."""

    slug = "stripe"

    def __init__(self, world: World) -> None:
        self._world = world
        self._desk = Desk(world)
        self._ledgers = {one.key: self._open(one) for one in world.of(self.slug)}
        platform = Ledger("platform", "acct_platform", self._desk.clock.now)
        self._desk.ledgers[platform.account] = platform
        self._acts = Acts(self._desk, self._ledgers)
        self._takings = TakingActs(self._desk, self._ledgers)

    def _open(self, business: Business) -> Ledger:
        seed = f"{self._world.seed}/{business.key}"
        ledger = Ledger(seed, f"acct_{spelled(seed, 16)}", self._desk.clock.now)
        ledger.name, ledger.time_zone = business.name, business.time_zone
        ledger.currency = business.shape.currencies[0].lower()
        ledger.base = self._world.addresses.get(self.slug, "")
        ledger.announce = Announcer(self._world, ledger)
        self._desk.ledgers[ledger.account] = ledger
        return ledger

    def app(self) -> Flask:
        """The API, the Dashboard's key page, the hosted invoice pages."""
        app = Flask("sandbox.stripe")
        add_reading(app, self._desk)
        add_acting(app, self._desk)
        add_billing(app, self._desk)
        add_checkout(app, self._desk)
        add_payment_links(app, self._desk)
        add_checkout_pages(app, self._world, self._desk)
        add_pages(app, self._world, self._desk)

        @app.after_request
        def dated(answer: Response) -> Response:
            return self._dated(answer)

        @app.errorhandler(404)
        def unknown(_: Exception) -> Response:
            problem = Problem(404, "Unrecognized request URL. Please see https://stripe.com/docs.")
            return Response(problem.body(), 404, {"Request-Id": "req_unknown"}, "application/json")

        return app

    def play(self, business: str, happening: Happening) -> None:
        """Enter a happening into the account."""
        with self._world.lock:
            play(self._ledgers[business], happening)

    def wake(self) -> None:
        """Let sessions expire, debits be answered and payouts go out that are due by now."""
        with self._world.lock:
            for ledger in self._ledgers.values():
                tick(ledger, self._desk.clock.now())

    def credentials(self) -> dict[str, Any]:
        """No app: a ready-made restricted key per business, its account, and where the API and the Dashboard are."""
        base = self._world.addresses.get(self.slug, "")
        return {
            "app": {
                "client_id": "",
                "client_secret": "",
                "webhook_secrets": [],
                "addresses": {"api": base, "dashboard": base},
            },
            "businesses": {
                key: {
                    "api_key": make_key(self._desk, one, frozenset(PERMISSIONS)).text,
                    "account": one.account,
                    "livemode": one.live,
                    "time_zone": one.time_zone,
                }
                for key, one in self._ledgers.items()
            },
        }

    def truth(self, business: str) -> dict[str, Any]:
        """The account's own state, in smallest units. Payments are what is money: paid, or attached and under way."""
        books = self._ledgers[business].books
        payers = {one.customer.account for one in books.invoices if one.customer.account}
        return {
            "invoices": {
                one.id: {
                    "number": one.number,
                    "status": one.status,
                    "currency": one.currency.upper(),
                    "total": one.total,
                    "open": one.open,
                    "paid": one.paid,
                    "credited": one.pre,
                    "automatic": one.automatic,
                    "customer": one.customer.id,
                }
                for one in books.invoices
            },
            "customers": [*(one.id for one in books.customers), *sorted(payers)],
            "payments": [one.id for one in books.invoice_payments if one.status == "paid" or not one.is_default],
            "credits": [one.id for one in books.credit_notes],
            "refunds": [one.id for one in books.refunds],
            "disputes": [one.id for one in books.disputes],
            "events": len(books.events),
            **told_of_taking(self._ledgers[business]),
            "mails": self._ledgers[business].mails,
            "records": told_in_full(self._ledgers[business]),
        }

    def fail(self, kind: str, path: str) -> Response | None:
        """Stripe's answer for a fault, whatever the path."""
        answer = fault(kind, path)
        return answer and self._dated(answer)

    def _dated(self, answer: Response) -> Response:
        """By Stripe's own clock."""
        answer.headers["Date"] = http_date(self._desk.clock.now())
        return answer

    def troubles(self) -> tuple[str, ...]:
        """What passes. A refused key does not (a person has to make another), nor does a wait of a day."""
        return (*PASSING, *TWISTS)

    def twist(self, kind: str, document: Any, dice: random.Random) -> bool:
        """Garble an answer."""
        return twisted(kind, document, dice)

    def stir(self, dice: random.Random) -> None:
        """Somebody works in the Dashboard."""
        stirred(dice.choice(list(self._ledgers.values())), dice, self._desk.clock.now())

    def caller(self, request: Request) -> Caller | None:
        """The account behind the key."""
        return caller(request, self._desk.keys)

    def too_many(self, leave: Leave) -> Response:
        """The 429."""
        return self._dated(too_many(leave))

    def told(self, response: Response, leave: Leave) -> Response:
        """Stripe says nothing about limits until one is met."""
        del leave
        return response

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts by name."""
        return {**self._acts.table(), **self._takings.table()}


TWIN = StripeTwin
