"""A first pull under the platforms' real limits and a real distance: how long, and when a first plan can be made."""

import tempfile
from pathlib import Path

from bench.allowing import Allowance, allowed, rows_of
from bench.first_pull import DATABASE
from bench.installing import install
from bench.machine import Weather, round_of
from bench.processes import Done, measured, ours
from bench.proving import prove_ours
from bench.ratios import Target
from bench.table import Line, Report, Traffic
from bench.town import Size, Town

LATENCY = 0.15


def limited(platform: str, size: Size, report: Report, *, live: bool = False) -> None:
    """One pull, for it waits more than it works; with `live`, in Stripe's live mode."""
    name = f"{platform} ({'live' if live else 'test'} key)" if platform == "stripe" else platform
    with Town(platform, size, latency=LATENCY, limits=True) as town, tempfile.TemporaryDirectory() as folder:
        if live:
            town.act("go_live")
        install(town, Path(folder))
        rest = allowed(platform, rows_of(platform, town.truth()), latency=LATENCY, live=live)
        town.count_from_here()
        busy = town.cpu()
        with round_of(town.pid) as weather:
            done = measured(ours("pulling", folder, "plan", f"counts={town.control}"))
        busy, refused, counted = town.cpu() - busy, town.refused(), town.traffic(rest.calls)
        held = prove_ours(Path(folder) / DATABASE, town.truth())
        _tell(report, name, done, rest=rest, refused=refused, traffic=counted, weather=weather)
        words = ", ".join(f"{number:,} {kind}" for kind, number in held.items())
        cost = f"ours {done.told['cpu']:.1f} CPU s, the sandbox {busy:.1f}, history played in {town.played:.0f} s"
        report.remarks.append(f"{name} under limits: {words}; {cost}; the limit is {rest.binding}; {weather}.")


def _tell(
    report: Report, name: str, done: Done, *, rest: Allowance, refused: int, traffic: Traffic, weather: Weather
) -> None:
    told, dirty = done.told, int(weather.dirty)
    wall, plan = float(told["wall"]), told["plan"]
    until = f"usable after {told['usable']:.2f} s, {told['calls_until_usable']:,} calls" if told["usable"] else ""
    report.lines += [
        Line("under limits: wall ÷ what they allow", name, f"{wall:.1f} s", f"{rest.seconds:.1f} s, {rest.binding}",
             wall / rest.seconds, Target(1.1), traffic, float(told["memory"]), 1, dirty),
        Line("under limits: 429s met", name, figure=float(refused), target=Target(0), rounds=1),
        Line("under limits: seconds to a first plan", name, f"{told['planned']:,} decided", until, plan, Target(3),
             rounds=1, dirty=dirty),
        Line("under limits: calls beyond the least", name, figure=float(traffic.calls - rest.calls), traffic=traffic,
             rounds=1),
    ]  # fmt: skip
