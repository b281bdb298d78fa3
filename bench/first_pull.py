"""First pull and again: ours beside the floor and a tap in the same rounds; what is written; bytes and calls."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.installing import install
from bench.lists import least_calls
from bench.machine import Weather, round_of
from bench.peers import NotRun, Sung, environment, sing
from bench.processes import Done, measured, ours
from bench.proving import prove_floor, prove_ours
from bench.ratios import Spread, Target, ratios, spread
from bench.table import Line, Report, Traffic
from bench.town import Town

PEER_ROUNDS = 3
DATABASE = "duewell.sqlite3"


@dataclass
class Round:
    """What one round brought."""

    weather: Weather
    first: Done
    again: Done
    floor: Done
    sung: Sung | None
    sandbox: float
    traffic: Traffic
    floor_traffic: Traffic
    sung_calls: int


@dataclass
class Rounds:
    """All rounds of one platform, what the books held, and why the peer was not run."""

    platform: str
    held: dict[str, int] = field(default_factory=dict)
    all: list[Round] = field(default_factory=list)
    not_run: str = ""

    @property
    def dirty(self) -> int:
        """How many were dirty."""
        return sum(one.weather.dirty for one in self.all)

    def line(self, case: str, figure: Spread | float, *, target: Target | None = None) -> Line:
        """A line of this platform about a figure that has no other beside it."""
        return Line(case, self.platform, figure=figure, target=target, rounds=len(self.all))


def first_pull(town: Town, report: Report, rounds: int) -> None:
    """The cases first pull, bytes, calls and unchanged pull of one platform."""
    found = Rounds(town.platform)
    try:
        binaries: Path | None = environment(town.platform)
    except NotRun as error:
        binaries, found.not_run = None, str(error)
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
            found.all.append(_round(town, Path(folder), found, binaries if number < PEER_ROUNDS else None))
    _tell(report, found, town)


def _round(town: Town, folder: Path, found: Rounds, binaries: Path | None) -> Round:
    truth, home, database = town.truth(), folder / "ours", folder / "floor.sqlite3"
    with round_of(town.pid) as weather:
        install(town, home)
        town.count_from_here()
        sandbox = town.cpu()
        first = measured(ours("pulling", str(home)))
        sandbox, traffic = town.cpu() - sandbox, town.traffic()
        found.held = prove_ours(home / DATABASE, truth)
        town.count_from_here()
        floor = measured(ours("floor", json.dumps(_plan(town, database))))
        floor_traffic = town.traffic(least_calls(town.platform, prove_floor(database, town.platform, truth)))
        again = measured(ours("pulling", str(home), "again", "pages"))
        prove_ours(home / DATABASE, truth)
        town.count_from_here()
        sung = sing(town, binaries) if binaries else None
        sung_calls = town.traffic().calls
    least = Traffic(traffic.calls, floor_traffic.least, traffic.sent, traffic.raw)
    return Round(weather, first, again, floor, sung, sandbox, least, floor_traffic, sung_calls)


def _plan(town: Town, database: Path) -> dict[str, Any]:
    """What the floor has to know: where, with which key, and into which file."""
    _, company = town.keys()
    base, headers = town.address(), {"Accept": "application/json"}
    if town.platform == "stripe":
        from integrations.stripe.client import API_VERSION

        headers |= {"Authorization": f"Bearer {company['api_key']}", "Stripe-Version": API_VERSION}
        address = f"{base}/v1"
    elif town.platform == "xero":
        headers |= {"Authorization": f"Bearer {company['access_token']}", "xero-tenant-id": company["tenant_id"]}
        address = f"{base}/api.xro/2.0"
    else:
        headers |= {"Authorization": f"Bearer {company['access']}"}
        address = f"{base}/v3/company/{company['external_id']}"
    return {"platform": town.platform, "address": address, "headers": headers, "database": str(database)}


def _tell(report: Report, found: Rounds, town: Town) -> None:
    for lines in (_against_floor(found), _against_peer(found), _again(found), _bytes(found)):
        report.lines += lines
    held = ", ".join(f"{number:,} {name}" for name, number in found.held.items())
    report.remarks.append(f"{found.platform}: {held}; the sandbox played its history in {town.played:.1f} s.")
    for number, one in enumerate(found.all, 1):
        sung = f", {one.sung.name} {one.sung.cpu:.2f}" if one.sung else ""
        cost = (
            f"ours {_cpu(one.first):.2f} (whole {one.first.cpu:.2f}), floor {_cpu(one.floor):.2f} ({one.floor.cpu:.2f})"
        )
        rest = f"again {_cpu(one.again):.2f}{sung}, sandbox {one.sandbox:.2f} while ours read"
        report.remarks.append(f"{found.platform} round {number}: {cost}, {rest}; {one.weather}.")


def _against_floor(found: Rounds) -> list[Line]:
    mine, floors = ([_cpu(one) for one in column] for column in _columns(found))
    whole, whole_floors = ([one.cpu for one in column] for column in _columns(found))
    pull = _line(found, "first pull: the pull alone ÷ floor", mine, floors, target=Target(1.3))
    processes = _line(found, "first pull: whole processes ÷ floor's", whole, whole_floors, target=Target(1.3))
    return [pull, processes]


def _columns(found: Rounds) -> tuple[list[Done], list[Done]]:
    return [one.first for one in found.all], [one.floor for one in found.all]


def _line(found: Rounds, case: str, above: list[float], below: list[float], *, target: Target) -> Line:
    last = found.all[-1]
    return Line(
        case,
        found.platform,
        f"{spread(above).median:.2f} s",
        f"{spread(below).median:.2f} s",
        ratios(above, below),
        target,
        last.traffic,
        float(last.first.told["memory"]),
        len(found.all),
        found.dirty,
    )


def _against_peer(found: Rounds) -> list[Line]:
    target, case = Target(15, at_least=True), "first pull: tap ÷ ours"
    pairs = [(one, one.sung) for one in found.all if one.sung]
    if not pairs:
        return [Line(case, found.platform, beside=f"not run: {found.not_run[:80]}", target=target)]
    taps, dirty = [sung.cpu for _, sung in pairs], sum(one.weather.dirty for one, _ in pairs)
    last, sung = pairs[-1]
    traffic = Traffic(last.sung_calls, last.floor_traffic.least, 0, 0)
    name = f"{sung.name} {spread(taps).median:.1f} s, {sum(sung.records.values()):,} lines"
    alone, whole = ([of(one) for one, _ in pairs] for of in (lambda one: _cpu(one.first), lambda one: one.first.cpu))
    return [
        Line(f"{case} ({words})", found.platform, f"{spread(mine).median:.2f} s", name, ratios(taps, mine), target,
             traffic, sung.memory, len(pairs), dirty)
        for words, mine in (("pull alone", alone), ("whole processes", whole))
    ]  # fmt: skip


def _again(found: Rounds) -> list[Line]:
    firsts, agains = ([_cpu(done) for done in column] for column in
                      ([one.first for one in found.all], [one.again for one in found.all]))  # fmt: skip
    cpu = _line(found, "unchanged pull again ÷ first", agains, firsts, target=Target(0.35))
    last = found.all[-1].again.told
    alone = last["pages_alone"]
    rows = sum(_written(told) for told in (last["saved"], alone))
    wal = spread([float(one.again.told["wal"]) for one in found.all])
    return [
        cpu,
        found.line("unchanged pull: rows written", float(rows), target=Target(0)),
        found.line("unchanged pull: WAL bytes of its pages", float(alone["wal"]), target=Target(0)),
        found.line("unchanged pull: WAL bytes with lease, cursor and meter", wal),
    ]


def _written(saved: Mapping[str, int]) -> int:
    return saved["new"] + saved["changed"] + saved["gone"]


def _bytes(found: Rounds) -> list[Line]:
    share = spread([one.traffic.share for one in found.all])
    extra = found.all[-1].traffic.calls - found.all[-1].traffic.least
    floor = f"floor read with {found.all[-1].floor_traffic.calls:,}"
    return [
        replace(found.line("bytes on the wire ÷ raw", share, target=Target(0.15)), traffic=found.all[-1].traffic),
        replace(found.line("calls beyond the least", float(extra)), beside=floor, traffic=found.all[-1].traffic),
    ]


def _cpu(done: Done) -> float:
    """Of the reading alone, without start and imports."""
    return float(done.told["cpu"])
