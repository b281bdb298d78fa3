"""The vendor's SDK, tamed: its addressing and headers are used; its retries, tokens, models and errors are not."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import urllib3
import xero_python.api_client as xero_sdk
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from xero_python.accounting import AccountingApi
from xero_python.api_client.configuration import Configuration
from xero_python.exceptions import ApiException, HTTPStatusException

from integrations.contract import Account, Token, Wire
from integrations.errors import Reconnect, TryLater
from integrations.http import address, patiently, trusted
from integrations.xero.payloads import Unreadable
from integrations.xero.refusals import TokenRefused, refusal

T = TypeVar("T")
API = "https://api.xero.com"
CONCURRENT = 5
# redirect=False: a redirect comes back as what it is; total=0: no call is ever repeated behind our back,
# and urllib3 does not sleep through a Retry-After of eighteen hours
ONCE = urllib3.Retry(total=0, redirect=False, respect_retry_after_header=False, raise_on_status=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's body, unpacked."""

    body: bytes = field(repr=False)


class _Bearer:
    """Stands where the SDK expects its own token object: ours never renews, and is never shared.

    The SDK's Configuration hands every client the first one's token object; two companies in two threads then
    swap bearers now and then.
    """

    def __init__(self) -> None:
        self._in_hand = threading.local()

    def hold(self, access: str) -> None:
        """The token for this thread's next call."""
        self._in_hand.access = access

    def get_auth_settings(self) -> Callable[..., Mapping[str, str]]:
        """The SDK's own hook."""
        return self._header

    def _header(self, *, api_client: object) -> Mapping[str, str]:
        del api_client
        return {"type": "oauth2", "in": "header", "key": "Authorization", "value": f"Bearer {self._in_hand.access}"}


class Client:
    """One organisation's Accounting API."""

    def __init__(self, wire: Wire, account: Account, token: Token) -> None:
        self._wire = wire
        self._token = token
        # of our calls that are under way one renews; the others wait here and take what it got
        self._renewing = threading.Lock()
        # a custom connection belongs to one organisation and must not name it
        self._tenant = "" if account.details.get("custom") else account.external_id
        self._bearer = _Bearer()
        base = address(wire, "api", API)
        self._api = AccountingApi(self._sdk_client(), base_url=f"{base}/api.xro/2.0")

    def _sdk_client(self) -> Any:
        configuration = Configuration()
        configuration.oauth2_token = self._bearer
        configuration.connection_pool_maxsize = CONCURRENT
        client = xero_sdk.ApiClient(configuration)
        client.set_default_header("Accept-Encoding", "gzip")
        client.user_agent = "duewell"
        pool = client.rest_client.pool_manager.connection_pool_kw
        pool["retries"] = ONCE
        pool["ssl_context"] = trusted(pool.pop("ca_certs"))
        client.rest_client.request = _Careful(self._wire, client.rest_client.request)
        return client

    def read(self, method: str, parse: Callable[[Reply], T], *ids: str, **asked: Any) -> T:
        """A safe call, repeated patiently; `parse` may raise Unreadable, which counts as Xero being unwell."""
        return patiently(self._wire, lambda: self._parsed(method, parse, ids, asked=asked, writing=False))

    def write(self, method: str, parse: Callable[[Reply], T], *args: Any, key: str) -> T:
        """A write, with its idempotency key (kept by Xero for six minutes). Only a 429, which did nothing, is
        waited for; a lost reply raises TryLater with may_have_acted."""
        asked = {"idempotency_key": key}
        return patiently(self._wire, lambda: self._parsed(method, parse, args, asked=asked, writing=True))

    def _parsed(
        self,
        method: str,
        parse: Callable[[Reply], T],
        args: tuple[Any, ...],
        *,
        asked: Mapping[str, Any],
        writing: bool,
    ) -> T:
        reply = self._admitted(method, args, asked=asked, writing=writing)
        try:
            return parse(reply)
        except Unreadable as error:
            raise TryLater(f"Xero answered with something else: {error}", may_have_acted=writing) from None

    def _admitted(self, method: str, args: tuple[Any, ...], *, asked: Mapping[str, Any], writing: bool) -> Reply:
        """With a token that works: an expired one is renewed once, then a person has to connect again."""
        with self._renewing:
            access = self._token.current()
        try:
            return self._send(access, method, args, asked=asked, writing=writing)
        except TokenRefused:
            with self._renewing:
                access = self._token.renewed(access)
        try:
            return self._send(access, method, args, asked=asked, writing=writing)
        except TokenRefused:
            raise Reconnect("Xero does not accept the access it just gave us; please connect again") from None

    def _send(
        self, access: str, method: str, args: tuple[Any, ...], *, asked: Mapping[str, Any], writing: bool
    ) -> Reply:
        self._bearer.hold(access)
        with self._wire.budget.turn() as turn:
            try:
                response = getattr(self._api, method)(self._tenant, *args, **asked, _preload_content=False)
            except HTTPStatusException as error:
                found = error.http_resp
                headers = dict(found.urllib3_response.headers)
                turn.answered(found.status, headers)
                problem = refusal(found.status, headers, found.data, clock=self._wire.clock, writing=writing)
                raise problem from None
            except (HTTPError, ApiException) as error:
                raise _out_of_reach(error, writing=writing) from None
            turn.answered(response.status, response.headers)
        return Reply(cast(bytes, response.data))


class _Careful:
    """Around the SDK's one request method: time-outs that count, no empty tenant, every exchange metered once."""

    def __init__(self, wire: Wire, request: Callable[..., Any]) -> None:
        self._wire = wire
        self._request = request

    def __call__(self, method: str, url: str, **options: Any) -> Any:
        # only an int or a pair works here: the SDK silently ignores a float
        options["_request_timeout"] = (self._wire.connect_timeout, self._wire.read_timeout)
        options["headers"] = {name: value for name, value in options["headers"].items() if value != ""}
        body = options.get("body")
        sent = len(json.dumps(body)) if body is not None else 0
        received = 0
        try:
            response = self._request(method, url, **options)
            _ = response.data
            response.release_conn()
            received = response.tell()
        except HTTPStatusException as error:
            received = error.http_resp.urllib3_response.tell()
            raise
        finally:
            self._wire.meter.count(calls=1, sent_bytes=sent, received_bytes=received)
        return response


def _out_of_reach(error: Exception, *, writing: bool) -> TryLater:
    """A broken or silent line; nothing was done when no line was ever there."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    never_connected = isinstance(cause, NewConnectionError | ConnectTimeoutError)
    return TryLater(f"no answer from Xero ({type(cause).__name__})", may_have_acted=writing and not never_connected)
