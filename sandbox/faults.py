"""What goes wrong on demand, what was counted, and compression: wrapped around every twin."""

import gzip
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.world import Twin

IDS = re.compile(r"(?<=/)(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d+|[a-z]+_(?=\w*[A-Z0-9])[A-Za-z0-9]{8,})(?=/|$)")
GZIP_FROM_BYTES = 200


class LineCut(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Fault:
    """The next `times` requests whose method and path fit go wrong as `kind` says, after letting `skip` pass.

    Kinds: drop_before, drop_after (committed, but the answer is lost), slow (`seconds`), half (a cut body),
    and whatever the platform answers itself: 429, 429_day, 500, 503, html, expired.
    """

    platform: str
    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 1.0

    def fits(self, request: Request) -> bool:
        """Does the request count for this fault?"""
        return self.method in ("", request.method) and self.path in request.path


class FaultBook:
    """The faults still to happen and the calls that came in, for all platforms."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.calls: Counter[tuple[str, str]] = Counter()
        self.bytes_out: Counter[str] = Counter()
        self.bytes_raw: Counter[str] = Counter()

    def add(self, fault: Fault) -> None:
        """Arm it."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Disarm everything and count from zero."""
        with self._lock:
            self._faults.clear()
            for counter in (self.calls, self.bytes_out, self.bytes_raw):
                counter.clear()

    def note(self, platform: str, request: Request) -> Fault | None:
        """Count the call; give back the fault it meets, if any."""
        with self._lock:
            self.calls[platform, f"{request.method} {IDS.sub('*', request.path)}"] += 1
            for fault in self._faults:
                if fault.platform == platform and fault.times > 0 and fault.fits(request):
                    return self._use(fault)
            return None

    def _use(self, fault: Fault) -> Fault | None:
        if fault.skip > 0:
            fault.skip -= 1
            return None
        fault.times -= 1
        return fault

    def weigh(self, platform: str, *, raw: int, sent: int) -> None:
        """Count an answer's bytes before and after compression."""
        with self._lock:
            self.bytes_raw[platform] += raw
            self.bytes_out[platform] += sent

    def counts(self) -> dict[str, Any]:
        """Calls per platform and route, and bytes per platform."""
        with self._lock:
            calls: dict[str, dict[str, int]] = {}
            for (platform, route), number in self.calls.items():
                calls.setdefault(platform, {})[route] = number
            return {"calls": calls, "bytes_sent": dict(self.bytes_out), "bytes_raw": dict(self.bytes_raw)}


class Troubled:
    """A WSGI application with the sandbox's troubles in front of a twin's own."""

    def __init__(self, twin: Twin, book: FaultBook) -> None:
        self._twin = twin
        self._app = twin.app()
        self._book = book

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Count, meet the fault if there is one, else let the twin answer; compress as asked."""
        request = Request(environ)
        fault = self._book.note(self._twin.slug, request)
        response = self._answer(request, fault)
        body = response.get_data()
        raw = len(body)
        if "gzip" in request.headers.get("Accept-Encoding", "") and raw >= GZIP_FROM_BYTES:
            response.set_data(gzip.compress(body, 6, mtime=0))
            response.headers["Content-Encoding"] = "gzip"
        self._book.weigh(self._twin.slug, raw=raw, sent=len(response.get_data()))
        if fault and fault.kind == "half":
            return _half(response, environ, start_response)
        return response(environ, start_response)

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        kind = fault.kind if fault else ""
        if kind == "drop_before":
            raise LineCut
        if fault and kind == "slow":
            time.sleep(fault.seconds)
        prepared = self._twin.fail(kind, request.path) if kind else None
        if prepared is not None:
            return prepared
        answer = Response.from_app(self._app, request.environ)
        if kind == "drop_after":
            raise LineCut
        return answer


def _half(response: Response, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    whole = response.get_data()
    response.headers["Content-Length"] = str(len(whole))
    list(response(environ, start_response))
    return [whole[: len(whole) // 2]]
