"""`duewell sandbox`: the three platforms on this machine, for trying and for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sandbox.server import Sandbox, Setup

PORTS = {"control": 8700, "quickbooks": 8701, "xero": 8702, "stripe": 8703, "twilio": 8704, "smtp": 8725, "imap": 8743}


@click.command("sandbox")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same companies.")
@click.option("--customers", default=40, show_default=True, type=click.IntRange(1, 5000), help="In each big company.")
@click.option("--invoices", default=240, show_default=True, type=click.IntRange(1, 200_000), help="In each of them.")
@click.option("--months", default=18, show_default=True, type=click.IntRange(1, 60), help="How far back history goes.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]), help="Where its clock begins (UTC).")
@click.option("--limits", is_flag=True, help="Enforce the platforms' rate limits.")
@click.option("--latency", default=0.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds before answers.")
@click.option("--any-ports", is_flag=True, help="Take free ports instead of 8700 to 8704, 8725 and 8743.")
@click.option("--json", "as_json", is_flag=True, help="Print the addresses as JSON.")
def command(*, any_ports: bool, as_json: bool, **asked: object) -> None:
    """Run a local QuickBooks, Xero and Stripe until interrupted.

    GET /credentials on the control port tells how to point any client here; /mail shows the mails that arrived.
    """
    import signal
    import threading

    from duewell.say import answer
    from sandbox.server import Sandbox

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with _started(Sandbox(_setup(asked, {} if any_ports else PORTS))) as running:
        lines = "\n".join(f"  {name:<11} {address}" for name, address in running.addresses.items())
        answer(running.addresses, f"The sandbox is running.\n{lines}\nInterrupt to stop.", as_json=as_json)
        stop.wait()


@contextmanager
def _started(running: "Sandbox") -> Iterator["Sandbox"]:
    try:
        running.start()
    except OSError as error:
        ports = ", ".join(str(port) for port in running.setup.ports.values())
        why = error.strerror or type(error).__name__
        raise click.UsageError(f"the ports {ports} cannot all be had ({why}); try --any-ports") from None
    try:
        yield running
    finally:
        running.stop()


def _setup(asked: dict[str, object], ports: dict[str, int]) -> "Setup":
    from datetime import UTC, datetime
    from typing import Any

    from sandbox.server import START, Setup

    start = asked.pop("start") or START
    assert isinstance(start, datetime)
    values: dict[str, Any] = {**asked, "start": start.replace(tzinfo=UTC), "ports": ports}
    return Setup(**values)
