"""Every answer of the sandbox held against what the platforms themselves publish, while the tests run.

The documents lie beside the project, in `shared/contracts`; where they are absent nothing is checked. They are read,
made strict and compiled when the first answer of a platform comes.
"""

import threading
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import msgspec
from werkzeug.wrappers import Request, Response

from tests.contracts.quickbooks_rules import QuickBooksRules
from tests.contracts.strictness import sampled
from tests.contracts.stripe_rules import StripeRules
from tests.contracts.xero_rules import XeroRules

CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"
PUBLISHED = ("quickbooks", "stripe", "xero")
REMEMBERED = 200_000
OURS = (AttributeError, LookupError, TypeError, ValueError, msgspec.DecodeError)


class Parcel(Protocol):
    """A webhook as the sandbox's courier carries it."""

    @property
    def platform(self) -> str: ...

    @property
    def body(self) -> bytes: ...


class Official:
    """Collects what does not fit; an answer that was seen before is not looked at again."""

    def __init__(self, contracts: Path = CONTRACTS) -> None:
        self._contracts = contracts
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self._found: list[str] = []

    def check(self, platform: str, request: Request, response: Response) -> None:
        """Hold one answer against its platform's documents. Never raises for what it finds."""
        if platform not in PUBLISHED or "json" not in (response.content_type or "") or response.status_code == 204:
            return
        body = response.get_data()
        called = f"{platform} {request.method} {request.path} {response.status_code}"
        if self._known(f"{called} {request.query_string!r}".encode(), body):
            return
        try:
            self._keep(called, self._faults(platform, request, response, msgspec.json.decode(body)))
        except OURS as error:
            self._keep(called, [f"the check itself failed: {error!r:.300}"])

    def check_webhook(self, parcel: Parcel) -> None:
        """The same for a delivery, where the platform publishes what one looks like."""
        if self._known(b"webhook", parcel.body):
            return
        if parcel.platform == "xero":
            self._keep("xero webhook", self._xero.webhook(msgspec.json.decode(parcel.body)))
        elif parcel.platform == "stripe":
            self._keep("stripe webhook", self._stripe.event(msgspec.json.decode(parcel.body)))

    def problems(self) -> list[str]:
        """What was found since this was last asked."""
        with self._lock:
            found, self._found = self._found, []
        return found

    def _faults(self, platform: str, request: Request, response: Response, body: Any) -> Iterable[str]:
        if platform == "stripe":
            version = response.headers.get("Stripe-Version", "")
            return self._stripe.faults(request, response.status_code, version, sampled(body))
        if platform == "xero":
            return self._xero.faults(request, response.status_code, sampled(body))
        return self._quickbooks.faults(request, response.status_code, sampled(body))

    def _known(self, called: bytes, body: bytes) -> bool:
        mark = blake2b(called + body, digest_size=16).digest()
        with self._lock:
            known = mark in self._seen
            if len(self._seen) < REMEMBERED:
                self._seen.add(mark)
        return known

    def _keep(self, called: str, faults: Iterable[str]) -> None:
        found = [f"{called}: {fault}" for fault in faults]
        with self._lock:
            self._found.extend(found)

    @property
    def _stripe(self) -> StripeRules:
        return _stripe_rules(self._contracts)

    @property
    def _xero(self) -> XeroRules:
        return _xero_rules(self._contracts)

    @property
    def _quickbooks(self) -> QuickBooksRules:
        return _quickbooks_rules(self._contracts)


_stripe_rules = cache(StripeRules)
_xero_rules = cache(XeroRules)
_quickbooks_rules = cache(QuickBooksRules)


def official() -> Official | None:
    """The checker, or None where the contracts are not beside the project."""
    return Official() if CONTRACTS.is_dir() else None
