"""How much memory a first pull needs, of a small history and of one five times its size."""

import tempfile
from pathlib import Path

from bench.first_pull import DATABASE
from bench.installing import install
from bench.processes import measured, ours
from bench.proving import prove_ours
from bench.ratios import Target
from bench.table import Line, Report
from bench.town import Size, Town

TIMES = 2


def memory(platform: str, sizes: tuple[Size, Size], report: Report) -> None:
    """The most memory of the pulling process at both sizes, and the difference."""
    small, large = (_most(platform, size) for size in sizes)
    said = f"{small[0]:.1f} MiB with {small[1]:,} records"
    beside = f"{large[0]:.1f} MiB with {large[1]:,} records"
    report.lines += [
        Line("memory: five times the records, MiB more", platform, beside, said, round(large[0] - small[0], 1),
             Target(5), memory=large[0], rounds=TIMES),
        Line("memory: in all, MiB", platform, beside, figure=round(large[0], 1), target=Target(120),
             memory=large[0], rounds=TIMES),
    ]  # fmt: skip


def _most(platform: str, size: Size) -> tuple[float, int]:
    most, records = 0.0, 0
    with Town(platform, size) as town:
        for _ in range(TIMES):
            with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
                install(town, Path(folder))
                done = measured(ours("pulling", folder))
                held = prove_ours(Path(folder) / DATABASE, town.truth())
                records = sum(number for name, number in held.items() if name != "open")
                most = max(most, float(done.told["memory"]))
    return most, records
