"""A plan of a million open invoices: fetching and deciding beside the bare query that finds the same rows."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bench.owing import Owing, make
from bench.postgres import running_server
from bench.processes import measured, ours
from bench.ratios import Target, ratios
from bench.table import Line, Report
from storage.database import Database
from storage.schema import upgrade


def plan(size: Owing, report: Report, *, rounds: int) -> None:
    """Both databases, each round the bare query first and then the plan, in processes of their own."""
    for name in ("sqlite", "postgresql"):
        with _filled(name, size) as address:
            _compare(name, address, report, rounds)
            if name == "sqlite":
                _write(address, report, rounds)


@contextmanager
def _filled(name: str, size: Owing) -> Iterator[str]:
    with _empty(name) as address:
        database = Database.open(address)
        upgrade(database)
        make(database, size)
        database.close()
        yield address


@contextmanager
def _empty(name: str) -> Iterator[str]:
    if name == "postgresql":
        with running_server() as server:
            yield server.fresh()
    else:
        with tempfile.TemporaryDirectory(prefix="duewell-bench-") as folder:
            yield f"sqlite:///{folder}/plan.sqlite3"


def _compare(name: str, address: str, report: Report, rounds: int) -> None:
    found, decided = [], []
    for _ in range(rounds):
        found.append(measured(ours("plan_worker", address, "bare")).told)
        decided.append(measured(ours("plan_worker", address, "plan")).told)
    planned, bare = _seconds(decided), _seconds(found)
    memory = max(float(told["memory"]) for told in decided)
    said = f"{planned[-1]:.1f} s: {decided[-1]['invoices']:,} at a step, {decided[-1]['held']:,} held"
    beside = f"{bare[-1]:.1f} s: {found[-1]['rows']:,} rows"
    report.lines += [
        Line("plan: fetch and decide ÷ bare query", name, said, beside, ratios(planned, bare), Target(8),
             memory=memory, rounds=rounds),
        Line("plan: memory, MiB", name, figure=round(memory, 1), target=Target(150), memory=memory, rounds=rounds),
    ]  # fmt: skip


def _write(address: str, report: Report, rounds: int) -> None:
    """Rendering and composing, the quickest of the rounds: what else the machine does only adds."""
    told = [measured(ours("plan_worker", address, "mails")).told for _ in range(rounds)]
    mails = told[-1]["mails"]
    for what, name, target in (
        ("plan: rendering and composing a mail, µs", "seconds", Target(250)),
        ("plan: writing its bytes, µs", "writing", None),
    ):
        each = min(1e6 * float(one[name]) / float(mails) for one in told)
        report.lines.append(Line(what, "", f"{mails:,} mails", figure=round(each), target=target, rounds=rounds))


def _seconds(told: Sequence[Mapping[str, Any]]) -> list[float]:
    return [float(one["seconds"]) for one in told]
