"""QuickBooks as the sandbox serves it: its companies, its keys, its API and what can be done to it."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Flask, request
from werkzeug.wrappers import Request, Response

from sandbox.history import Happening, Shape
from sandbox.limits import Caller, Leave
from sandbox.quickbooks import answers, limiting, troubles
from sandbox.quickbooks.acts import Acts
from sandbox.quickbooks.api import add_api
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.consent import CLIENT_ID, CLIENT_SECRET, add_consent
from sandbox.quickbooks.files import add_files
from sandbox.quickbooks.grants import ACCESS_LIFE, Grant, Grants
from sandbox.quickbooks.ledger import Ledger
from sandbox.quickbooks.rows import Document
from sandbox.quickbooks.stirring import stir
from sandbox.quickbooks.webhooks import CONTENT_TYPES, Announcer
from sandbox.world import Business, World

BUSINESSES = (
    Business(
        "cedar",
        "quickbooks",
        "Cedar Ridge Builders",
        "America/Los_Angeles",
        Shape(currencies=("USD", "JPY", "KWD"), country="US", prefix=""),
    ),
)
ADDRESSES = ("authorize", "token", "revoke", "api")
TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))


class QuickBooksTwin:
    """The other side of the wire."""

    slug = "quickbooks"

    def __init__(self, world: World) -> None:
        self._world = world
        self._clock = world.clock_of(self.slug)
        self._grants = Grants(f"{world.seed}/quickbooks/tokens")
        self._announcer = Announcer(world.courier, f"{world.seed}/quickbooks/events")
        self._companies = {one.key: self._found(one) for one in world.of(self.slug)}
        self._by_realm = {held.ledger.realm: held for held in self._companies.values()}
        self._ready: dict[str, Grant] = {}

    def _found(self, business: Business) -> Company:
        draw = random.Random(f"{self._world.seed}/{business.key}/realm")  # noqa: S311 - a play, not a secret
        ledger = Ledger(f"9341{draw.randrange(10**12):012d}", business.name, business.shape.currencies[0])
        begin = self._world.clock.now() - timedelta(days=30 * business.shape.months + 1)
        for name, days in TERMS:
            ledger.add_term(name, days, begin)
        ledger.stock(begin)
        return Company(self._world, self._clock, ledger, self._announcer.flush)

    def app(self) -> Flask:
        """What listens on the platform's port."""
        app = Flask("sandbox.quickbooks")
        names = {realm: held.ledger.name for realm, held in self._by_realm.items()}
        add_consent(app, self._grants, names, self._clock.now)
        add_api(app, self._opened)
        add_files(app, self._by_realm)
        return app

    def _opened(self, realm: str) -> Company | Response:
        """The company, if the bearer token is good and is for it."""
        now = self._clock.now()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        with self._world.lock:
            allowed = self._grants.realm_of(token, now)
        if not allowed:
            return answers.unauthorised(token, now)
        return self._by_realm[realm] if allowed == realm and realm in self._by_realm else answers.forbidden(now)

    def play(self, business: str, happening: Happening) -> None:
        """Enter a happening and queue its webhooks."""
        with self._world.lock:
            held = self._companies[business]
            held.player.play(happening)
            held.announce()

    def wake(self) -> None:
        """Nothing happens here by itself."""

    def credentials(self) -> dict[str, Any]:
        """Ready-made keys and tokens; the tokens are new with every call, the grant behind them is not."""
        base = self._world.addresses.get(self.slug, "")
        app = {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "webhook_secrets": [self._announcer.secret],
            "addresses": dict.fromkeys(ADDRESSES, base),
        }
        with self._world.lock:
            return {"app": app, "businesses": {key: self._tokens(key) for key in self._companies}}

    def _tokens(self, key: str) -> dict[str, Any]:
        """Lives are told as seconds, so whoever asks reckons their ends by the common clock, not by QuickBooks'."""
        now, realm = self._clock.now(), self._companies[key].ledger.realm
        theirs = self._world.clock.now()
        grant = self._ready.get(key)
        if grant is None or not grant.alive(now):
            grant = self._ready[key] = self._grants.new(realm, now)
        return {
            "external_id": realm,
            "label": self._companies[key].ledger.name,
            "access": self._grants.access(grant, now),
            "refresh": grant.refresh,
            "expires_at": (theirs + ACCESS_LIFE).isoformat(),
            "dies_at": (theirs + (grant.dies_at - now)).isoformat(),
        }

    def truth(self, business: str) -> dict[str, Any]:
        """The ledger in minor units; what is deleted or merged away is not in it."""
        with self._world.lock:
            ledger = self._companies[business].ledger
            return {
                "invoices": {
                    row.id: {
                        "number": row.number,
                        "status": _status(row, row.balance),
                        "currency": row.currency,
                        "total": row.total,
                        "open": row.balance,
                    }
                    for row in ledger.invoices.values()
                },
                "customers": list(ledger.customers),
                "payments": list(ledger.payments),
                "credits": list(ledger.credits),
                "unapplied": {row.id: row.unapplied for row in ledger.payments.values()},
                "remaining": {row.id: row.remaining for row in ledger.credits.values()},
                "balances": {
                    row.id: {"currency": row.currency, "open": row.balance} for row in ledger.customers.values()
                },
                "records": _records(ledger),
                "deleted": {
                    entity: [stone.id for stone in ledger.tombstones if stone.entity == entity]
                    for entity in ("Invoice", "Payment", "CreditMemo", "Customer")
                },
                "notes": {row.id: [row.target, row.note] for row in ledger.tables["Attachable"].values() if row.note},
            }

    def fail(self, kind: str, path: str) -> Response | None:
        """The platform's own answer for a fault."""
        return troubles.trouble(kind, path, self._clock.now())

    def troubles(self) -> tuple[str, ...]:
        """The kinds a storm may use here."""
        return (*troubles.STORMY, *troubles.TWISTS)

    def twist(self, kind: str, document: Any, dice: random.Random) -> bool:
        """Garble a record of an answer."""
        return troubles.twist(kind, document, dice)

    def stir(self, dice: random.Random) -> None:
        """Change something about an open invoice of some company."""
        held = dice.choice(list(self._companies.values()))
        stir(held, dice)
        held.announce()

    def caller(self, request: Request) -> Caller | None:
        """Who calls a company's API."""
        return limiting.caller(request)

    def too_many(self, leave: Leave) -> Response:
        """The 429."""
        return limiting.too_many(leave, self._clock.now())

    def told(self, response: Response, leave: Leave) -> Response:
        """QuickBooks says nothing about its limits until they are met."""
        del leave
        return response

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts for the control port."""
        return {
            **Acts(self._companies).all(),
            "subscribe": self._subscribe,
            "webhook_format": self._webhook_format,
            "expire_token": self._expire_token,
            "disconnect": self._disconnect,
            "token_grace": self._token_grace,
        }

    def _subscribe(self, url: str) -> None:
        """Where the app's one endpoint is."""
        self._announcer.url = url

    def _webhook_format(self, shape: str = "cloudevents", void_word: str = "void", data: str = "empty") -> None:
        """Which of the two shapes deliveries have, and what they say and carry."""
        if shape not in CONTENT_TYPES:
            raise ValueError(f"no such shape: {shape}")
        self._announcer.shape, self._announcer.void_word, self._announcer.data = shape, void_word, data

    def _expire_token(self, business: str) -> dict[str, int]:
        """All access tokens of the company run out now."""
        return {"expired": self._grants.expire(self._companies[business].ledger.realm)}

    def _token_grace(self, hours: float) -> None:
        """How long a refresh token still works after it was replaced; Intuit's own word was once a day."""
        self._grants.grace = timedelta(hours=hours)

    def _disconnect(self, business: str) -> None:
        """The owner disconnects the app inside QuickBooks."""
        self._grants.revoke_all(self._companies[business].ledger.realm)


def _records(ledger: Ledger) -> dict[str, dict[str, dict[str, Any]]]:
    """What other clients read of them, in minor units."""
    return {
        "customers": {row.id: {"name": row.name, "email": row.emails} for row in ledger.customers.values()},
        "payments": {
            row.id: {"currency": row.currency, "amount": row.total, "unapplied": row.unapplied}
            for row in ledger.payments.values()
        },
        "credits": {
            row.id: {"currency": row.currency, "total": row.total, "remaining": row.remaining}
            for row in ledger.credits.values()
        },
    }


def _status(row: Document, balance: int) -> str:
    if row.voided:
        return "void"
    return "paid" if balance == 0 else "open"


TWIN = QuickBooksTwin
