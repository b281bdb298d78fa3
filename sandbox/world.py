"""What all twins share: the clock, the companies and their histories, the courier, and where things listen."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask
from werkzeug.wrappers import Request, Response

from sandbox.clock import MovedClock, SkewedClock
from sandbox.courier import Courier
from sandbox.history import Happening, History, Shape
from sandbox.limits import Caller, Leave, Limits


@dataclass(frozen=True, slots=True)
class Business:
    """One seeded company of one platform. `key` names it on the control port; a `small` one ignores the asked size."""

    key: str
    platform: str
    name: str
    time_zone: str
    shape: Shape
    small: bool = False


@dataclass
class World:
    """Built once by the server and handed to every twin. `addresses` maps a slug to its base address."""

    seed: int
    clock: MovedClock
    businesses: tuple[Business, ...]
    courier: Courier
    addresses: dict[str, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    limits: Limits = field(default_factory=Limits)
    skews: Mapping[str, float] = field(default_factory=dict)

    def clock_of(self, platform: str) -> SkewedClock:
        """The clock by which a platform stamps, expires and answers."""
        return SkewedClock(self.clock, self.skews.get(platform, 0.0))

    def histories(self) -> dict[str, History]:
        """A fresh history for every business, by key."""
        start = self.clock.now()
        return {one.key: History(f"{self.seed}/{one.key}", one.shape, start) for one in self.businesses}

    def of(self, platform: str) -> tuple[Business, ...]:
        """The businesses of one platform, in order."""
        return tuple(one for one in self.businesses if one.platform == platform)


class Twin(Protocol):
    """One platform's other side. Every change to its ledger happens under `world.lock`."""

    slug: str

    def app(self) -> Flask:
        """What listens on the platform's port. Compression, counting and faults are wrapped around it."""
        ...

    def play(self, business: str, happening: Happening) -> None:
        """Enter a happening into the books of `business`, dated by the happening's own `at`, and queue its webhooks
        only when the app has somewhere to send them. Kinds the platform does not have are ignored."""
        ...

    def wake(self) -> None:
        """Let happen what is due by the clock, though nobody asks."""
        ...

    def credentials(self) -> dict[str, Any]:
        """Ready-made tokens, keys and ids per business, so that any client can be pointed here."""
        ...

    def truth(self, business: str) -> dict[str, Any]:
        """The ledger's own state for tests, in minor units: at least
        `invoices: {id: {number, status, currency, total, open}}`, `customers`, `payments`, `credits`: [ids]."""
        ...

    def fail(self, kind: str, path: str) -> Response | None:
        """The platform's own answer for a fault (of `troubles`), or None where the path has none of that kind."""
        ...

    def troubles(self) -> tuple[str, ...]:
        """The kinds that `fail` and `twist` know, each fit for a storm: once it is over, the books are what they were.

        A twist therefore leaves a record's meaning alone or makes it unreadable; it never tells a plausible lie.
        """
        ...

    def twist(self, kind: str, document: Any, dice: random.Random) -> bool:
        """Garble a good answer's decoded JSON in place ("unknown_enum", "null_field", "missing_field", "new_field",
        "odd_currency", …); False when there is nothing in it to be garbled so, or the kind is not known."""
        ...

    def stir(self, dice: random.Random) -> None:
        """Change something in some company's books, as a bookkeeper might between two pages: pay, void, add, edit."""
        ...

    def caller(self, request: Request) -> Caller | None:
        """Who makes an API call, by which rules; None for what no limit holds for (tokens, consent, pay pages)."""
        ...

    def too_many(self, leave: Leave) -> Response:
        """The platform's own 429 for the rule in `leave.over`."""
        ...

    def told(self, response: Response, leave: Leave) -> Response:
        """The answer with what the platform says about limits in its headers."""
        ...

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts for the control port by name, called with the JSON body's fields, e.g. `pay(business, invoice)`.

        Every twin has: pay(business, invoice, amount=None), void(business, invoice), delete(business, invoice),
        change_due(business, invoice, due_on), credit(business, invoice, amount), subscribe(url), and its traps' own.
        """
        ...
