"""One careful way to speak HTTP: time-outs, gzip, no hidden retries, counted bytes, logs without secrets."""

import email.utils
import ipaddress
import math
import random
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import structlog
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from integrations.contract import Clock, Wire
from integrations.errors import Refused, TryLater

T = TypeVar("T")

log = structlog.get_logger(__name__)

NEVER_RETRY = Retry(total=0, read=False, redirect=0, respect_retry_after_header=False, raise_on_status=False)
WAIT_SECONDS_MAX = 8.0
LONGEST_WAIT = 31 * 86400.0


class CarefulAdapter(HTTPAdapter):
    """A transport that always has time-outs, never retries on its own and counts what crosses the wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(max_retries=NEVER_RETRY)
        self._wire = wire

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """With whom we trust already read."""
        super().init_poolmanager(*args, **kwargs, ssl_context=trusted(DEFAULT_CA_BUNDLE_PATH))

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Always, against the context that is there: `requests` would have the file read for every line."""
        del url, verify, cert
        conn.cert_reqs = "CERT_REQUIRED"

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once. `requests` exceptions pass through; the platform's client turns them into ours."""
        kwargs["timeout"] = (self._wire.connect_timeout, self._wire.read_timeout)
        kwargs["verify"] = True  # Stripe's SDK names a file of its own
        body = request.body or b""
        sent = len(body.encode() if isinstance(body, str) else body)
        try:
            response = super().send(request, *args, **kwargs)
            _ = response.content
        except requests.RequestException:
            self._wire.meter.count(calls=1, sent_bytes=sent, received_bytes=0)
            raise
        self._wire.meter.count(calls=1, sent_bytes=sent, received_bytes=response.raw.tell())
        return response


@cache
def trusted(certificates: str) -> ssl.SSLContext:
    """Whom we believe over TLS, for all companies: reading the file takes 20 ms, which else every line would."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(certificates)
    return context


def careful_session(wire: Wire) -> requests.Session:
    """A session for one connection: no environment proxies or .netrc, gzip, no redirects followed by accident."""
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0
    session.headers["Accept-Encoding"] = "gzip"
    for scheme in ("https://", "http://"):
        session.mount(scheme, CarefulAdapter(wire))
    return session


def address(wire: Wire, name: str, default: str) -> str:
    """The base address `name`, overridden only towards this machine. Raises Refused for anything else."""
    override = wire.app.addresses.get(name)
    if not override:
        return default
    require_loopback(name, override)
    return override.rstrip("/")


def require_loopback(name: str, url: str) -> None:
    """Raises Refused unless `url` is http(s) on a loopback address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
        raise Refused(f"the address {name!r} may only be overridden with one of this machine (127.0.0.1), not {url!r}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def retry_after(headers: Mapping[str, str], clock: Clock) -> float | None:
    """Seconds the platform asks us to wait, from `Retry-After` as a number or an HTTP date; None when it is silent."""
    value = next((text for name, text in headers.items() if name.lower() == "retry-after"), "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, clock)
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_WAIT)


def _until(value: str, clock: Clock) -> float:
    """Seconds until a date; not a number for anything else."""
    try:
        moment = email.utils.parsedate_to_datetime(value)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" parses as naive, and means UTC
        return aware.timestamp() - clock.now().timestamp()
    except (ValueError, OverflowError):
        return math.nan


def out_of_reach(error: Exception, *, writing: bool) -> TryLater:
    """A broken or silent line. A write that was on its way may have been done, unless nothing was ever connected."""
    name = type(error).__name__
    never_connected = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error)
    return TryLater(f"no answer ({name})", may_have_acted=writing and not never_connected)


def patiently(wire: Wire, call: Callable[[], T]) -> T:
    """Run a safe call, again after a pause when the platform is busy and asks for no longer than our patience.

    Only for reads and for writes that the platform itself deduplicates: a write that may have acted is never
    repeated here. A longer wait is raised as TryLater, for the connection to be parked.
    """
    retrying = Retrying(
        stop=stop_after_attempt(wire.attempts),
        retry=retry_if_exception(lambda error: _worth_waiting(error, wire.patience)),
        wait=_pause,
        sleep=wire.clock.sleep,
        reraise=True,
    )
    return retrying(call)


def _worth_waiting(error: BaseException, patience: float) -> bool:
    return isinstance(error, TryLater) and not error.may_have_acted and (error.after or 0.0) <= patience


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.after if isinstance(error, TryLater) else None
    growing = min(WAIT_SECONDS_MAX, 0.5 * 2.0 ** (state.attempt_number - 1))
    pause = asked if asked is not None else growing * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    log.info("waiting for a platform", seconds=round(pause, 2), attempt=state.attempt_number)
    return pause
