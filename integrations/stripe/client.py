"""The vendor's SDK, tamed: it addresses, authenticates and encodes; bodies stay bytes, and nothing is retried or told.

Without this file the SDK would report the machine it runs on, take its key from a .netrc, follow proxies, turn
notices into warnings and answers into slow objects, print bodies when an environment variable says so, and invent a new
idempotency key for every try.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import msgspec
import stripe as stripe_sdk
from stripe import _util as sdk_logging

from integrations.contract import Token, Wire
from integrations.errors import Reconnect, TryLater
from integrations.http import address, careful_session, out_of_reach, patiently
from integrations.stripe.failures import KeyRejected, failure

T = TypeVar("T")

API_VERSION = stripe_sdk.api_version
API_HOST = "https://api.stripe.com"
# Kept open by one account's client: as many as a first run has calls under way.
CONNECTIONS = 14
# How far `Date` may be from our clock though both are right: it is cut to seconds, and some time under way.
AGREE = timedelta(seconds=-1.25), timedelta(seconds=0.25)

# Before the first request: it would look for a home directory, fail without one, and send what machine this is.
stripe_sdk.enable_telemetry = False
# The SDK logs URLs, parameters and bodies, and prints them when STRIPE_LOG is set.
logging.getLogger("stripe").disabled = True
sdk_logging.STRIPE_LOG = None


class KeepingTransport(stripe_sdk.RequestsClient):
    """The SDK's own requests transport, which sets good answers' bytes aside before the SDK parses them.

    Good bodies come back empty, so that the SDK builds nothing of them; refusals pass through for its error classes.
    """

    def __init__(self, wire: Wire) -> None:
        session = careful_session(wire)
        for adapter in session.adapters.values():
            adapter.init_poolmanager(1, CONNECTIONS)  # type: ignore[attr-defined]
        super().__init__(timeout=(wire.connect_timeout, wire.read_timeout), session=session)
        self._kept = threading.local()

    def request(  # type: ignore[override]
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One exchange. The user agent names us and not the machine or what else runs on it."""
        ours = {name: value for name, value in (headers or {}).items() if name != "X-Stripe-Client-User-Agent"}
        ours["User-Agent"] = f"Duewell Stripe/v1 PythonBindings/{stripe_sdk.VERSION}"
        content, status, answered = super().request(method, url, ours, post_data)
        self._kept.body, self._kept.status, self._kept.headers = content, status, answered
        if 200 <= status < 300:
            return b"{}", status, answered
        # The SDK's errors trip over bytes that are no UTF-8, which only somebody else than Stripe would send.
        return content.decode("utf-8", "replace").encode(), status, answered

    def taken(self) -> bytes:
        """The bytes of this thread's last answer."""
        return bytes(self._kept.body)

    def answered(self) -> tuple[int, Mapping[str, str]]:
        """Status and headers of this thread's last answer."""
        status: int = self._kept.status
        headers: Mapping[str, str] = self._kept.headers
        return status, headers


class StripeClient:
    """Calls one account with one grant's key. Reads are repeated with patience; every write carries its own key."""

    def __init__(self, wire: Wire, token: Token, *, account: str = "") -> None:
        self.wire = wire
        self._token = token
        self._account = account
        self._transport = KeepingTransport(wire)
        self._addresses = {"api": address(wire, "api", API_HOST)}
        self._opened: tuple[str, stripe_sdk.StripeClient] | None = None
        self._ahead: timedelta | None = None

    def by_stripe(self, ours: datetime) -> datetime:
        """An instant of our clock by Stripe's, when they are known to disagree: events tell Stripe's time, and what was
        read has to be older than the events that it does not know yet."""
        return ours + self._ahead if self._ahead is not None and self._apart() else ours

    def at_latest(self, ours: datetime) -> datetime:
        """The same when it must not be too early: `Date` does not tell parts of a second."""
        return self.by_stripe(ours) + (timedelta(seconds=1) if self._apart() else timedelta())

    def _apart(self) -> bool:
        return self._ahead is not None and not AGREE[0] <= self._ahead <= AGREE[1]

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        """It was `Date` or later when Stripe answered, in whole seconds: the most that was heard is the nearest."""
        date = instant_of(headers.get("Date", "")) if "Request-Id" in headers else None  # else somebody else answered
        if date is not None:
            ahead = date - self.wire.clock.now()
            self._ahead = ahead if self._ahead is None else max(ahead, self._ahead)

    def get(self, path: str, decode: Callable[[bytes], T], params: Mapping[str, Any] | None = None) -> T:
        """Read. Raises TryLater, Reconnect, Refused (NotThere for a 404)."""
        return patiently(self.wire, lambda: self._call("get", path, decode, params=params or {}))

    def post(self, path: str, decode: Callable[[bytes], T], params: Mapping[str, Any] | None = None, *, key: str) -> T:
        """Write once under an idempotency key; only what Stripe certainly did not do is tried again."""
        given = {**(params or {}), "idempotency_key": key}
        return patiently(self.wire, lambda: self._call("post", path, decode, params=given))

    def replayed(self) -> bool:
        """Was this thread's last answer one that Stripe had given before, and so perhaps true no more?"""
        return self._transport.answered()[1].get("Idempotent-Replayed") == "true"

    def delete(self, path: str) -> None:
        """Delete. Raises NotThere when it is gone already."""
        patiently(self.wire, lambda: self._call("delete", path, bytes, params={}))

    def _call(self, method: str, path: str, decode: Callable[[bytes], T], *, params: Mapping[str, Any]) -> T:
        key = self._token.current()
        try:
            body = self._once(key, method, path, params=params)
        except KeyRejected:
            body = self._with_another(key, method, path, params)
        try:
            return decode(body)
        except msgspec.MsgspecError:
            raise TryLater("what answered was not Stripe", may_have_acted=method != "get") from None

    def _with_another(self, rejected: str, method: str, path: str, params: Mapping[str, Any]) -> bytes:
        """A restricted key cannot be renewed, but a person may have replaced it meanwhile."""
        fresh = self._token.renewed(rejected)
        try:
            return self._once(fresh, method, path, params=params)
        except KeyRejected:
            raise Reconnect("Stripe does not accept the key; please connect again with a new one") from None

    def _once(self, key: str, method: str, path: str, *, params: Mapping[str, Any]) -> bytes:
        with self.wire.budget.turn(path) as turn:
            try:
                # Raw requests also skip the SDK's notices, which it makes Python warnings of: with -W error, crashes.
                self._sdk(key).raw_request(method, path, **params)
            except stripe_sdk.APIConnectionError as error:
                raise out_of_reach(_cause(error), writing=method != "get") from None
            except stripe_sdk.StripeError:
                turn.answered(*self._transport.answered())
                raise self._failure(writing=method != "get") from None
            status, headers = self._transport.answered()
            turn.answered(status, headers)
            self._compare_clocks(headers)
        return self._transport.taken()

    def _failure(self, *, writing: bool) -> Exception:
        status, headers = self._transport.answered()
        return failure(status, self._transport.taken(), headers, self.wire.clock, writing=writing)

    def _sdk(self, key: str) -> stripe_sdk.StripeClient:
        """The SDK's client for a key. Options go here: among the parameters they would leak into URLs."""
        if self._opened is None or self._opened[0] != key:
            opened = stripe_sdk.StripeClient(
                key,
                stripe_account=self._account or None,
                base_addresses=self._addresses,  # type: ignore[arg-type]
                max_network_retries=0,
                http_client=self._transport,
            )
            self._opened = (key, opened)
        return self._opened[1]


@lru_cache(maxsize=64)
def instant_of(date: str) -> datetime | None:
    """A `Date` header; None for anything else, and for two of them."""
    try:
        return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return None


def _cause(error: stripe_sdk.APIConnectionError) -> Exception:
    return error.__cause__ if isinstance(error.__cause__, Exception) else error
