"""What goes wrong on demand, what was counted, and compression: wrapped around every twin."""

import gzip
import json
import os
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response

from sandbox.limits import Caller, Leave
from sandbox.world import Twin, World

IDS = re.compile(
    r"(?<=/)(?:[0-9a-f]{8}-[0-9a-f-]{27}|\d+|[a-z]+_(?:test_|live_)?(?=\w*[A-Z0-9])[A-Za-z0-9]{8,})(?=/|$)"
)
GZIP_FROM_BYTES = 200
GZIP_LEVEL = 4
AT_ONCE_THERE = b"\x01\x00\x00\x00\x00\x00\x00\x00"

# Told every answer that was not garbled on purpose, before compression: (platform, request, response).
WATCHERS: list[Callable[[str, Request, Response], None]] = []


class LineCut(Exception):
    """The connection is to be closed without an answer; with `reset`, rudely."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


@dataclass
class Fault:
    """The next `times` requests whose method and path fit go wrong as `kind` says, after letting `skip` pass.

    Kinds of the line: drop_before, drop_after (committed, but the answer is lost), reset (likewise, rudely),
    slow (`seconds`), half (the body is cut). `stir`: somebody changes the books right after the answer. All others
    are the platform's own: what it answers (Twin.fail), and how it garbles a good answer (Twin.twist), with `dice`
    to choose where.
    """

    platform: str
    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 1.0
    dice: float = 0.5

    def fits(self, request: Request) -> bool:
        """Does the request count for this fault?"""
        return self.method in ("", request.method) and self.path in request.path


class Weather(Protocol):
    """What may strike any call: see sandbox.storm."""

    def strike(self, platform: str, route: str) -> Fault | None:
        """The trouble this call meets, if any."""
        ...


class FaultBook:
    """The faults still to happen and the calls that came in, for all platforms. `storms` strike what is left alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.storms: dict[str, Weather] = {}
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
            self.storms.clear()
            for counter in (self.calls, self.bytes_out, self.bytes_raw):
                counter.clear()

    def note(self, platform: str, request: Request) -> Fault | None:
        """Count the call; give back the fault it meets, if any."""
        route = f"{request.method} {IDS.sub('*', request.path)}"
        with self._lock:
            self.calls[platform, route] += 1
            for fault in self._faults:
                if fault.platform == platform and fault.times > 0 and fault.fits(request):
                    return self._use(fault)
        storm = self.storms.get(platform)
        return storm.strike(platform, route) if storm else None

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


class Late:
    """An application that is made when somebody calls: laying out its routes takes longer than many a test."""

    def __init__(self, make: Callable[[], Callable[..., Iterable[bytes]]]) -> None:
        self._make = make

    @cached_property
    def _app(self) -> Callable[..., Iterable[bytes]]:
        return self._make()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """As the application itself."""
        return self._app(environ, start_response)


class Troubled:
    """A WSGI application with the sandbox's troubles in front of a twin's own."""

    def __init__(self, twin: Twin, book: FaultBook, world: World, *, latency: float = 0.0) -> None:
        self._twin = twin
        self._app = Late(twin.app)
        self._book = book
        self._world = world
        self._latency = latency

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Count, hold the limits, meet the fault if there is one, else let the twin answer; compress as asked."""
        request = _whole(environ)
        fault = self._book.note(self._twin.slug, request)
        caller = self._twin.caller(request)
        leave = self._enter(caller)
        raw = sent = status = 0
        try:
            if self._latency:
                time.sleep(self._latency)
            response = self._answer(request, fault, leave)
            raw, status = len(response.get_data()), response.status_code
            _compress(request, response)
            sent = len(response.get_data())
        finally:
            self._book.weigh(self._twin.slug, raw=raw, sent=sent)
            if leave is not None:
                self._world.limits.leave(self._twin.slug, leave, raw=raw, sent=sent, good=200 <= status < 300)
        if fault and fault.kind == "half":
            return _half(response, environ, start_response)
        return response(environ, start_response)

    def _enter(self, caller: Caller | None) -> Leave | None:
        if caller is None:
            return None
        return self._world.limits.enter(self._twin.slug, caller, self._world.clock.now())

    def _answer(self, request: Request, fault: Fault | None, leave: Leave | None) -> Response:
        if leave is not None and leave.over is not None:
            return self._watched(request, self._twin.told(self._twin.too_many(leave), leave))
        response = self._troubled(request, fault)
        return response if leave is None else self._twin.told(response, leave)

    def _troubled(self, request: Request, fault: Fault | None) -> Response:
        kind = fault.kind if fault else ""
        if kind == "drop_before":
            raise LineCut
        if fault and kind == "slow":
            time.sleep(fault.seconds)
        prepared = self._twin.fail(kind, request.path) if kind else None
        if prepared is not None:
            return self._watched(request, prepared)
        answer = self._watched(request, Response.from_app(self._app, request.environ))
        if kind in ("drop_after", "reset"):
            raise LineCut(reset=kind == "reset")
        if fault and kind == "stir":
            self._stir(fault)
        elif fault:
            self._twist(fault, answer)
        return answer

    def _watched(self, request: Request, response: Response) -> Response:
        for watch in WATCHERS:
            watch(self._twin.slug, request, response)
        return response

    def _stir(self, fault: Fault) -> None:
        with self._world.lock:
            self._twin.stir(random.Random(f"stir/{fault.dice}"))  # noqa: S311 - a play, not a secret

    def _twist(self, fault: Fault, response: Response) -> None:
        """Garble a good JSON answer, as the platform might one day."""
        if response.status_code != 200 or "json" not in (response.content_type or ""):
            return
        document = json.loads(response.get_data())
        if self._twin.twist(fault.kind, document, random.Random(f"twist/{fault.dice}")):  # noqa: S311 - a play
            response.set_data(json.dumps(document))


def _whole(environ: dict[str, Any]) -> Request:
    """The request with its body kept, so that the twin can read it and so can whoever watches."""
    request = Request(environ)
    environ["wsgi.input"] = BytesIO(request.get_data(cache=True))
    return request


def _compress(request: Request, response: Response) -> None:
    body = response.get_data()
    if "gzip" in request.headers.get("Accept-Encoding", "") and len(body) >= GZIP_FROM_BYTES:
        response.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def _half(response: Response, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """Half of the promised body, then the line is cut."""
    whole = response.get_data()
    response.headers["Content-Length"] = str(len(whole))
    list(response(environ, start_response))
    yield whole[: len(whole) // 2]
    cut(environ, reset=False)


def cut(environ: dict[str, Any], *, reset: bool) -> None:
    """Close the line under the server's hands. Raises ConnectionError, as when the client had left."""
    line: socket.socket | None = environ.get("werkzeug.socket")
    if line is not None and reset:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE_THERE)
        os.close(line.detach())
    elif line is not None:
        line.shutdown(socket.SHUT_RDWR)
    raise ConnectionError("cut on purpose")
