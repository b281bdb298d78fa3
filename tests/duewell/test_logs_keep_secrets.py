"""What is logged at the most talkative level holds no token, no key, no body and nobody's address."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from duewell.config import load
from duewell.wiring import House, build
from sandbox.faults import Fault
from sandbox.server import Sandbox
from storage import tables
from tests.duewell.terminal import PASSWORD, Terminal, sit_down

# with this patience QuickBooks' two seconds are waited out and Xero's seven are not
LOUD = {"DUEWELL_LOG_LEVEL": "debug", "DUEWELL_LOG_FORMAT": "json", "DUEWELL_HTTP__PATIENCE": "3"}
CANARY = "canary-in-a-body-5f1c"
FORGED = "canary-of-a-signature-77aa"
EVENTS = ("connected", "connection in trouble", "connection works again", "waiting", "an act", "webhook refused")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")

SPEAKING = """
import logging, sys, warnings
import structlog
from duewell.config import Settings
from duewell.logs import configure
configure(Settings(log_level="debug", log_format=sys.argv[1]))
def cry(log, **said):
    try:
        raise ValueError("rk_live_canary1 robin@canary.example")
    except ValueError:
        log.exception("Bearer canary2", **said)
ours, things = structlog.get_logger("ours"), [{"token": "canary4"}, "a@canary.example"]
url = "https://a.example/?code=canary6&page=2"
cry(ours, why="eyJcanary3canary3canary3canary3", things=things, api_key="canary5", count=3, url=url, email="canary7")
cry(logging.getLogger("some.library"))
logging.getLogger("some.library").warning("%s", "Basic canary8")
logging.getLogger("urllib3.connectionpool").debug("canary9")
logging.getLogger("waitress").info("canary10")
logging.getLogger("waitress.queue").warning("Task queue depth is canary12")
warnings.warn("whsec_canary11")
"""


@pytest.mark.parametrize("style", ["json", "text"])
def test_whatever_is_said_by_us_or_by_a_library_loses_its_secrets(style: str) -> None:
    told = subprocess.run([sys.executable, "-c", SPEAKING, style], capture_output=True, text=True)

    assert told.returncode == 0, told.stderr
    source = ("raise", "warnings.warn", "File")  # a traceback's own lines of code, which are ours
    heard = [line for line in told.stderr.splitlines() if not line.lstrip().startswith(source)]
    assert not re.search(r"canary\w*", "\n".join(heard)), heard
    assert told.stderr.count("ValueError: [hidden] [hidden]") == 2
    assert "page=2" in told.stderr
    assert "some.library" in told.stderr
    if style == "json":
        assert json.loads(heard[0])["count"] == 3


def strings(value: Any) -> Iterator[str]:
    """Every text in nested credentials."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def given_out(sandbox: Sandbox) -> set[str]:
    """The sandbox's ready-made tokens, keys and secrets; names, ids, addresses and times are none."""
    public = {"label", "external_id", "tenant_id", "time_zone", "addresses", "account", "short_code", "connection_id"}
    public |= {"expires_at", "dies_at", "client_id"}

    def private(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: private(inner) for name, inner in value.items() if name not in public}
        return value

    return {text for twin in sandbox.twins.values() for text in strings(private(twin.credentials())) if text}


def held(terminal: Terminal) -> set[str]:
    """What the installation itself was given: access and refresh tokens, keys, and the secrets of its webhooks."""
    house = build(load(terminal.folder / "duewell.toml", {}))
    try:
        return set(_held(house, terminal))
    finally:
        house.close()


def _held(house: House, terminal: Terminal) -> Iterator[str]:
    with house.database.read() as tx:
        ids = [row.id for row in tx.execute(tables.grant.select())]
        sealed = [row.webhook_secret for row in tx.execute(tables.connection.select()) if row.webhook_secret]
    for id in ids:
        grant = house.grants.load(id)
        yield from (text for text in (grant.access, grant.refresh) if text)
    yield from (house.seal.open(one).decode() for one in sealed)
    yield (terminal.folder / "data" / "secret.key").read_text(encoding="utf-8").strip()


def connect_all(terminal: Terminal) -> Iterator[str]:
    answers = ("--own-reminders", "no", "--time-zone", "America/New_York")
    yield terminal.done("init", "--business", "Acme Ltd", **LOUD).err
    yield terminal.consent("connect", "quickbooks", *answers).err
    yield terminal.consent("connect", "xero").err
    yield terminal("connect", "stripe", typed=f"{'rk_test_' + 'wrongcanary' * 3}\n", **LOUD).err
    yield terminal.done("connect", "stripe", "--own-reminders", "no", typed=f"{terminal.stripe_key}\n", **LOUD).err


def sync_in_bad_weather(terminal: Terminal) -> Iterator[str]:
    book = terminal.sandbox.book
    for slug in terminal.sandbox.twins:
        book.add(Fault(slug, "expired", times=1))
        book.add(Fault(slug, "429", times=1, skip=1))
    yield terminal("sync", **LOUD).err
    for kind in ("expired", "429_day"):
        book.clear()
        for slug in terminal.sandbox.twins:
            book.add(Fault(slug, kind, times=200))
        told = terminal("sync", **LOUD)
        assert told.code == 3
        yield told.err
    book.clear()
    terminal.move(days=1, hours=1)
    yield terminal("sync", **LOUD).err


@contextmanager
def served(terminal: Terminal) -> Iterator[tuple[str, list[str]]]:
    """The pages and the jobs in a process of their own; what it said is in the list afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    said: list[str] = []
    kept = {name: text for name, text in os.environ.items() if not name.startswith("DUEWELL_")}
    process = subprocess.Popen(
        [Path(sys.executable).parent / "duewell", "serve"],
        cwd=terminal.folder,
        env={**kept, **LOUD, "DUEWELL_WEB__LISTEN": f"127.0.0.1:{port}", "DUEWELL_WEB__BASE_URL": url},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(f"{url}/readyz")
        yield url, said
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        said.extend([out, err])
    assert process.returncode == 0, err


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"{url} never answered")


def forge(url: str, slug: str) -> int:
    headers = {"intuit-signature": FORGED, "x-xero-signature": FORGED, "stripe-signature": f"t=1,v1={FORGED}"}
    body = json.dumps({"note": CANARY, "to": "someone@canary.example"})
    return requests.post(f"{url}/webhooks/{slug}", data=body, headers=headers, timeout=30).status_code


def test_from_connecting_to_a_forged_webhook_no_secret_is_logged(
    sandboxes: Callable[..., Sandbox], tmp_path: Path
) -> None:
    terminal = sit_down(sandboxes(customers=6, invoices=30), tmp_path / "here")
    heard = [*connect_all(terminal), *sync_in_bad_weather(terminal)]
    sent = terminal("send", "--yes", "--odd", **LOUD)
    heard.append(sent.err)
    with served(terminal) as (url, said):
        statuses = {slug: forge(url, slug) for slug in ("quickbooks", "xero", "stripe", "sage")}
        wrong = requests.post(f"{url}/login", data={"password": "canary-password"}, timeout=30)
    heard += said
    everything = "\n".join(heard)

    assert statuses == {"quickbooks": 403, "xero": 401, "stripe": 404, "sage": 404}
    assert wrong.status_code == 403
    assert ": sent" in sent.out
    for event in EVENTS:
        assert f'"event": "{event}' in everything, event
    secrets = given_out(terminal.sandbox) | held(terminal) | {PASSWORD, CANARY, FORGED, "canary"}
    assert len(secrets) > 12
    assert [text for text in secrets if text in everything] == []
    assert ADDRESS.findall(everything) == []
    people = {name for mail in terminal.sandbox.mailbox.mails() for name in mail.recipients}
    assert people
    assert not {name.partition("@")[0] for name in people if name in everything}
