"""Webhooks into our own server: verified and durable beside verified alone, then killed under load, then replayed."""

import json
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.deliveries import Delivered, deliveries, write_requests
from bench.first_pull import DATABASE
from bench.installing import install, only, opened
from bench.machine import Weather, round_of
from bench.processes import CaseFailed, Done, measured, ours, running_seconds, started
from bench.ratios import Target, ratios, spread
from bench.table import Line, Report
from bench.town import Size, Town
from storage.connections import keep_webhook_secret

SECONDS, CONNECTIONS, DISTINCT = 3.0, 16, 24_000
KILLED_AFTER, REPLAYS = 1.5, 3
SECRET = "whsec_bench"  # noqa: S105 - of a sandbox's endpoint


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the durable server's figures, the verify-only one's, and the weather."""

    durable: Mapping[str, Any]
    verified: Mapping[str, Any]
    weather: Weather


def hooks(platform: str, report: Report, rounds: int) -> None:
    """Rounds of both servers in turn; then the kill."""
    with Town(platform, Size(20, 5, 3)) as town:
        found = [_round(town) for _ in range(rounds)]
        killed = _killed(town)
    _tell(report, platform, found)
    report.lines += [
        Line("webhooks: acknowledged and missing after kill -9", platform, f"{killed['acknowledged']:,} acknowledged",
             figure=float(killed["missing"]), target=Target(0), rounds=1),
        Line(f"webhooks: doubles after {REPLAYS} replays", platform, f"{killed['replayed']:,} replayed",
             figure=float(killed["doubles"]), target=Target(0), rounds=1),
    ]  # fmt: skip


def _round(town: Town) -> Round:
    with round_of(town.pid) as weather:
        told = [_loaded(town, *words) for words in ((), ("verify-only",))]
    return Round(told[0], told[1], weather)


def _loaded(town: Town, *words: str) -> Mapping[str, Any]:
    """A fresh installation under load; every acknowledged delivery must be there unless nothing is stored."""
    with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
        home, requests = Path(folder), Path(folder) / "requests"
        listen, all_ = _prepare(town, home, requests)
        with _serving(home, *words) as server:
            before = running_seconds(server.pid)
            told = dict(_load(requests, listen).told)
            told["server_cpu"] = running_seconds(server.pid) - before
        if told["refused"] or not told["acknowledged"]:
            raise CaseFailed(f"{told['refused']} deliveries were refused, {len(told['acknowledged'])} acknowledged")
        if not words and (missing := _missing(home, all_, told["acknowledged"])):
            raise CaseFailed(f"{missing} acknowledged deliveries are not there")
    return told


def _prepare(town: Town, home: Path, requests: Path) -> tuple[str, Sequence[Delivered]]:
    """An installation that listens on a free port, and distinct deliveries signed for it."""
    listen = f"127.0.0.1:{_free_port()}"
    install(town, home, listen=listen)
    house = opened(home)
    connected, secrets = only(house), house.app(town.platform).webhook_secrets
    with house.database.write() as tx:
        keep_webhook_secret(tx, connected.business, connected.id, SECRET, seal=house.seal)
    house.close()
    own = town.platform == "stripe"
    all_ = deliveries(town.platform, SECRET if own else secrets[0], connected.id if own else "", count=DISTINCT)
    write_requests(requests, listen, all_)
    return listen, all_


@contextmanager
def _serving(home: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Our server, once it answers; ended by the end of its input."""
    process = started(ours("hook_server", str(home), *words))
    if process.stdout is None or not process.stdout.readline():
        raise CaseFailed("the server did not start")
    try:
        yield process
    finally:
        if process.poll() is None:
            process.communicate(timeout=30)


def _load(requests: Path, listen: str, seconds: float = SECONDS) -> Done:
    return measured(ours("hook_load", str(requests), listen, str(seconds), str(CONNECTIONS)))


def _missing(home: Path, all_: Sequence[Delivered], acknowledged: Sequence[int]) -> int:
    stored = _stored(home)
    return sum(all_[number].dedupe not in stored for number in acknowledged)


def _stored(home: Path) -> list[str] | set[str]:
    with closing(sqlite3.connect(home / DATABASE)) as database:
        found = [row[0] for row in database.execute("SELECT dedupe FROM inbox")]
    if len(set(found)) != len(found):
        raise CaseFailed("a delivery stands in the inbox twice")
    return set(found)


def _killed(town: Town) -> Mapping[str, int]:
    """kill -9 under load; what was acknowledged must be there. Then all of it three times more."""
    with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
        home, requests = Path(folder), Path(folder) / "requests"
        listen, all_ = _prepare(town, home, requests)
        with _serving(home) as server:
            load = started(ours("hook_load", str(requests), listen, str(SECONDS), str(CONNECTIONS)))
            time.sleep(KILLED_AFTER)
            server.send_signal(signal.SIGKILL)
            server.wait()
            said, _ = load.communicate()
        told = json.loads(said.strip().splitlines()[-1])
        if told["cut"] == 0:
            raise CaseFailed("the server was not killed under load")
        missing, before = _missing(home, all_, told["acknowledged"]), len(_stored(home))
        again = [all_[number] for number in told["acknowledged"]] * REPLAYS
        write_requests(requests, listen, again)
        with _serving(home):
            replayed = _load(requests, listen, seconds=120.0).told
        if replayed["refused"] or len(replayed["acknowledged"]) != len(again):
            raise CaseFailed("not every replay was acknowledged")
        doubles = len(_stored(home)) - before
    return {"acknowledged": len(told["acknowledged"]), "missing": missing, "doubles": doubles, "replayed": len(again)}


def _tell(report: Report, platform: str, found: Sequence[Round]) -> None:
    durable, verified = ([one["rps"] for one in column] for column in
                         ([one.durable for one in found], [one.verified for one in found]))  # fmt: skip
    dirty = sum(one.weather.dirty for one in found)
    size = found[-1].durable["bytes"] / max(1, found[-1].durable["count"])
    report.lines += [
        Line("webhooks: durable ÷ verify-only, a second", platform, f"{spread(durable).median:,.0f}",
             f"{spread(verified).median:,.0f}", ratios(durable, verified), Target(0.7, at_least=True),
             rounds=len(found), dirty=dirty),
        Line("webhooks: p99 in ms at 16 connections", platform, beside=f"deliveries of {size:,.0f} bytes",
             figure=spread([one.durable["p99"] for one in found]), target=Target(25), rounds=len(found), dirty=dirty),
    ]  # fmt: skip
    for number, one in enumerate(found, 1):
        both = "; ".join(
            f"{name} {told['rps']:,.0f} a second, p50 {told['p50']:.1f} and p99 {told['p99']:.1f} ms, "
            f"server {1e6 * told['server_cpu'] / told['count']:.0f} µs CPU each"
            for name, told in (("durable", one.durable), ("verify-only", one.verified))
        )
        report.remarks.append(f"{platform} webhooks round {number}: {both}; {one.weather}.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
