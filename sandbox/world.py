"""What all twins share: the clock, the companies and their histories, the courier, and where things listen."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import Flask
from werkzeug.wrappers import Response

from sandbox.clock import MovedClock
from sandbox.courier import Courier
from sandbox.history import Happening, History, Shape


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

    def credentials(self) -> dict[str, Any]:
        """Ready-made tokens, keys and ids per business, so that any client can be pointed here."""
        ...

    def truth(self, business: str) -> dict[str, Any]:
        """The ledger's own state for tests, in minor units: at least
        `invoices: {id: {number, status, currency, total, open}}`, `customers`, `payments`, `credits`: [ids]."""
        ...

    def fail(self, kind: str, path: str) -> Response | None:
        """The platform's own answer for a fault ("429", "429_day", "500", "503", "html", "expired"), or None."""
        ...

    def controls(self) -> Mapping[str, Callable[..., Any]]:
        """Acts for the control port by name, called with the JSON body's fields, e.g. `pay(business, invoice)`.

        Every twin has: pay(business, invoice, amount=None), void(business, invoice), delete(business, invoice),
        change_due(business, invoice, due_on), credit(business, invoice, amount), subscribe(url), and its traps' own.
        """
        ...
