"""First pull and again on PostgreSQL: the processor time of both sides, and what an unchanged pull writes."""

import tempfile
from pathlib import Path

from bench.installing import install
from bench.postgres import running_server
from bench.processes import measured, ours
from bench.ratios import Target
from bench.table import Line, Report
from bench.town import Town


def on_postgres(town: Town, report: Report) -> None:
    """One first pull, one unchanged one, and its pages once more without the pull's own bookkeeping."""
    with running_server() as server, tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
        install(town, Path(folder), database=server.fresh())
        before = server.cpu()
        first = measured(ours("pulling", folder))
        middle = server.cpu()
        again = measured(ours("pulling", folder, "again", "pages"))
        alone = again.told["pages_alone"]
    rows = sum(one[name] for one in (again.told["saved"], alone) for name in ("new", "changed", "gone"))
    cpu = [float(one.told["cpu"]) for one in (first, again)]
    beside = f"PostgreSQL {middle - before:.2f} s, first pull"
    name = f"{town.platform} on PostgreSQL"
    report.lines += [
        Line("unchanged pull again ÷ first", name, f"{cpu[1]:.2f} s of {cpu[0]:.2f} s", beside, cpu[1] / cpu[0],
             Target(0.35), rounds=1),
        Line("unchanged pull: rows written", name, figure=float(rows), target=Target(0), rounds=1),
        Line("unchanged pull: WAL bytes of its pages", name, figure=float(alone["wal"]), target=Target(0), rounds=1),
        Line("unchanged pull: WAL bytes with lease, cursor and meter", name, figure=float(again.told["wal"]),
             rounds=1),
    ]  # fmt: skip
