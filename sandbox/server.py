"""Starts the twins on loopback ports of their own, with the control port and the mailbox beside them."""

import importlib
import pkgutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sandbox.clock import MovedClock
from sandbox.control import control_app
from sandbox.courier import Courier
from sandbox.faults import FaultBook, Late, LineCut, Troubled, cut
from sandbox.history import History
from sandbox.inbox import Inbox, InboxServer
from sandbox.mailbox import Mailbox
from sandbox.serving import Doors
from sandbox.storm import EVERYWHERE, Storm
from sandbox.twilio.texting import Texting
from sandbox.world import Business, Twin, World

HOST = "127.0.0.1"
START = datetime(2026, 3, 10, 16, 30, tzinfo=UTC)
HERE = Path(__file__).parent
FOLDERS = sorted(found.name for found in pkgutil.iter_modules([str(HERE)]) if found.ispkg)
PLATFORMS = tuple(name for name in FOLDERS if (HERE / name / "twin.py").exists())


@dataclass(frozen=True, slots=True)
class Setup:
    """What to build. Ports of 0 are chosen freely; `platforms` limits which twins are started.

    `latency` is how many seconds every answer takes longer; `limits` enforces the platforms' limits from the start;
    `skews` says by how many seconds a platform's own clock is ahead of everybody else's.
    """

    seed: int = 1
    customers: int = 40
    invoices: int = 240
    months: int = 18
    start: datetime = START
    platforms: tuple[str, ...] = PLATFORMS
    ports: dict[str, int] = field(default_factory=dict)
    latency: float = 0.0
    limits: bool = False
    skews: dict[str, float] = field(default_factory=dict)

    def businesses(self) -> tuple[Business, ...]:
        """The companies of the chosen platforms in the asked size; the ones marked small stay small."""
        return tuple(self._sized(one) for slug in self.platforms for one in twin_module(slug).BUSINESSES)

    def _sized(self, business: Business) -> Business:
        customers, invoices = (6, 20) if business.small else (self.customers, self.invoices)
        shape = replace(business.shape, customers=customers, invoices=invoices, months=self.months)
        return replace(business, shape=shape)


def twin_module(slug: str) -> Any:
    """A platform's folder here: it has BUSINESSES and TWIN."""
    return importlib.import_module(f"sandbox.{slug}.twin")


class _Handler(WSGIRequestHandler):
    """Keeps connections alive, writes no access log, and cuts the line when a fault says so."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """The line is gone, perhaps cut on purpose: nothing more is read from it."""
        del error, environ
        self.close_connection = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """The status alone: what the date is, a platform's own clock says."""
        self.send_response_only(code, message)

    def log_request(self, *_: object) -> None:
        """Silence."""

    def log_error(self, *_: object) -> None:
        """Silence."""


class _Cutting:
    """Lets LineCut through to the handler, which the server would else answer with a 500."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self._app(environ, start_response)
        except LineCut as wish:
            cut(environ, reset=wish.reset)
            raise


class Sandbox:
    """A running sandbox. Use it as a context manager, or call start and stop."""

    def __init__(self, setup: Setup | None = None) -> None:
        self.setup = setup or Setup()
        self.clock = MovedClock(self.setup.start)
        self.courier = Courier(self.clock)
        self.world = World(self.setup.seed, self.clock, self.setup.businesses(), self.courier, skews=self.setup.skews)
        self.world.limits.enforced.update(self.setup.platforms if self.setup.limits else ())
        self.book = FaultBook()
        self.mailbox = Mailbox(HOST)
        self.texting = Texting(self.world)
        self._inbox = InboxServer(HOST)
        self.twins: dict[str, Twin] = {}
        self._histories: dict[str, History] = {}
        self._doors = Doors()

    def __enter__(self) -> "Sandbox":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def addresses(self) -> dict[str, str]:
        """Base addresses by name: the platforms, `control`, `twilio`, and `smtp` and `imap` as host:port."""
        return self.world.addresses

    @property
    def inbox(self) -> Inbox:
        """Where customers' answers are put, to be read by IMAP."""
        return self._inbox.inbox

    def start(self) -> None:
        """Bind every port, build the twins and play their history up to now."""
        sockets = {name: self._bind(name) for name in (*self.setup.platforms, "twilio", "control")}
        for name, bound in sockets.items():
            self.world.addresses[name] = f"http://{HOST}:{bound.getsockname()[1]}"
        self.world.addresses["smtp"] = self.mailbox.start(self.setup.ports.get("smtp", 0))
        self.world.addresses["imap"] = self._inbox.start(self.setup.ports.get("imap", 0))
        self.twins = {slug: twin_module(slug).TWIN(self.world) for slug in self.setup.platforms}
        self._histories = self.world.histories()
        self.play()
        for slug, twin in self.twins.items():
            self._serve(Troubled(twin, self.book, self.world, latency=self.setup.latency), sockets[slug])
        self._serve(Troubled(self.texting, self.book, self.world), sockets["twilio"])
        self._serve(Late(partial(control_app, self)), sockets["control"])
        self._doors.start()
        self.courier.start()

    def stop(self) -> None:
        """Close everything."""
        self.courier.stop()
        self.mailbox.stop()
        self._inbox.stop()
        self._doors.stop()

    def play(self) -> int:
        """Let everything happen that is due by the sandbox's clock; returns how much it was."""
        played = 0
        for business in self.world.businesses:
            for happening in self._histories[business.key].until(self.clock.now()):
                self.twins[business.platform].play(business.key, happening)
                played += 1
        return played

    def move(self, by: timedelta, *, quiet: bool = False) -> int:
        """Move the clock day by day, playing what happens on the way unless `quiet`."""
        played = 0
        while by > timedelta():
            step = min(by, timedelta(days=1))
            self.clock.move(step)
            by -= step
            played += 0 if quiet else self.play()
            for twin in self.twins.values():
                twin.wake()
        self.courier.knock()
        return played

    def act(self, platform: str, name: str, **said: Any) -> Any:
        """One of a twin's control acts, as over the control port."""
        with self.world.lock:
            return self.twins[platform].controls()[name](**said)

    def brew(self, seed: str, rate: float, kinds: Iterable[str] | None = None) -> list[str]:
        """A storm over every platform, of these kinds or of all it knows; returns which are in it."""
        for slug, twin in self.twins.items():
            known = (*EVERYWHERE, *twin.troubles())
            self.book.storms[slug] = Storm(seed, rate, tuple(kind for kind in known if kinds is None or kind in kinds))
        return sorted(self.book.storms)

    def _bind(self, name: str) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self.setup.ports.get(name, 0)))
        listener.listen(128)
        return listener

    def _serve(self, app: Any, listener: socket.socket) -> None:
        self._doors.open(listener, partial(_server, _Cutting(app)))


def _server(app: _Cutting, listener: socket.socket) -> BaseWSGIServer:
    host, port = listener.getsockname()
    made = make_server(host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno())
    cast(Any, made).daemon_threads = True
    return made
