"""A night of many connections: two worker processes on PostgreSQL, each company with 800 changes and 500 open."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.installing import install
from bench.machine import Weather, round_of
from bench.postgres import running_server
from bench.processes import CaseFailed, ours, started, waited
from bench.ratios import Target
from bench.table import Line, Report, Traffic
from bench.town import Size, Town

WORKERS = 2
LATENCY = 0.15
COMPANY = Size(1_090, 110, 3)
PAID, MOVED = 250, 250
MILLISECONDS = {"quickbooks": 50.0, "xero": 50.0, "stripe": 150.0}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a night: each worker's answer, PostgreSQL's processor seconds, what the sandbox counted, and the weather."""

    workers: list[Mapping[str, Any]]
    postgres: float
    traffic: Traffic
    weather: Weather


def night(platform: str, connections: int, report: Report) -> None:
    """First pulls, then 800 changes, then the night: only the night is measured."""
    with (
        running_server() as server,
        Town(platform, COMPANY, latency=LATENCY) as town,
        tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder,
    ):
        install(town, Path(folder), database=server.fresh(), connections=connections)
        _check_first(_work(Path(folder), "first"))
        open_before, since = _live(town), time.time_ns() // 1000
        town.count_from_here()
        with round_of(town.pid, server.pid) as weather:
            before = server.cpu()
            told = _work(Path(folder), "night")
            cost = Cost(told, server.cpu() - before, town.traffic(), weather)
        found = waited(started(ours("night_worker", folder, "found", str(since))))
        _check(found, connections)
        _tell(report, platform, connections, cost=cost, books=(found["changes"] // connections, open_before))


def _work(folder: Path, what: str) -> list[Mapping[str, Any]]:
    """Both workers side by side; what each says."""
    workers = [started(ours("night_worker", str(folder), what, str(number))) for number in range(WORKERS)]
    return [waited(one) for one in workers]


def _check_first(told: list[Mapping[str, Any]]) -> None:
    if troubles := [trouble for one in told for trouble in one["troubles"]]:
        raise CaseFailed(f"a first pull ended badly: {troubles[0]}")


def _live(town: Town) -> int:
    """Customers pay parts of invoices, and due dates are moved: what that touches is read in the night."""
    rows = [(id, one) for id, one in sorted(town.truth()["invoices"].items()) if one["status"] == "open"]
    owing = [id for id, one in rows if one["open"] == one["total"] > 0 and one["currency"] in ("USD", "GBP")]
    amount: Any = 100 if town.platform == "stripe" else "1.00"
    later = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
    if len(owing) < PAID + MOVED // 2:
        raise CaseFailed(f"only {len(owing)} invoices are open")
    for invoice in owing[:PAID]:
        town.act("pay", invoice=invoice, amount=amount)
    for invoice in owing[PAID : PAID + MOVED]:
        town.act("change_due", invoice=invoice, due_on=later)
    return len(rows)


def _check(found: Mapping[str, Any], connections: int) -> None:
    if found["nights"] != connections or found["troubles"]:
        raise CaseFailed(f"{found['nights']} of {connections} nights ended well; {found['troubles'][:3]}")


def _tell(report: Report, platform: str, connections: int, *, cost: Cost, books: tuple[int, int]) -> None:
    each = 1000 * sum(one["cpu"] for one in cost.workers) / connections
    postgres = 1000 * cost.postgres / connections
    traffic = Traffic(
        *(number // connections for number in (cost.traffic.calls, 0, cost.traffic.sent, cost.traffic.raw))
    )
    memory = max(one["memory"] for one in cost.workers)
    wall = max(one["wall"] for one in cost.workers)
    report.lines.append(
        Line(f"night of {connections:,} connections: CPU ms each", platform, f"{books[0]} changes, {books[1]} open",
             f"PostgreSQL {postgres:.0f} ms each", each, Target(MILLISECONDS[platform]), traffic, memory, 1,
             int(cost.weather.dirty))
    )  # fmt: skip
    report.remarks.append(
        f"{platform} night: {connections} connections in {wall:.1f} s by {WORKERS} workers; {cost.weather}."
    )
