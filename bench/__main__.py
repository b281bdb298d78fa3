"""`python -m bench [CASE …]`: measure, print one table, and keep it in a page when asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from bench.first_pull import first_pull
from bench.hooks import hooks
from bench.limited import limited
from bench.machine import machine_line
from bench.memory import memory
from bench.night import night
from bench.on_postgres import on_postgres
from bench.owing import Owing
from bench.plan import plan
from bench.processes import CaseFailed
from bench.table import Line, Report, put_into
from bench.town import PLATFORMS, Size, Town


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked on the command line."""

    rounds: int
    full: bool
    months: int
    connections: int

    def size(self, times: int = 1, *, months: int = 0) -> Size:
        """Of a history: 20,000 invoices of 2,000 customers, or a tenth of it; and so many times that."""
        part = 1 if self.full else 10
        return Size(20_000 * times // part, 2_000 * times // part, months or self.months)


def _first(wanted: Wanted, platform: str, report: Report) -> None:
    with Town(platform, wanted.size()) as town:
        first_pull(town, report, wanted.rounds)


def _postgres(wanted: Wanted, platform: str, report: Report) -> None:
    with Town(platform, wanted.size()) as town:
        on_postgres(town, report)


def _memory(wanted: Wanted, platform: str, report: Report) -> None:
    memory(platform, (wanted.size(), wanted.size(5)), report)


def _limits(wanted: Wanted, platform: str, report: Report) -> None:
    """A year and a half, of which a tenth is open; Stripe in both modes, whose limits differ."""
    for live in (True, False) if platform == "stripe" else (False,):
        limited(platform, wanted.size(5, months=18), report, live=live)


def _night(wanted: Wanted, platform: str, report: Report) -> None:
    night(platform, wanted.connections, report)


def _hooks(wanted: Wanted, platform: str, report: Report) -> None:
    hooks(platform, report, wanted.rounds)


def _plan(wanted: Wanted, _: str, report: Report) -> None:
    part = 1 if wanted.full else 10
    plan(Owing(1_000_000 // part, 50_000 // part), report, rounds=wanted.rounds)


CASES: dict[str, Callable[[Wanted, str, Report], None]] = {
    "first": _first,
    "postgres": _postgres,
    "memory": _memory,
    "limits": _limits,
    "night": _night,
    "webhooks": _hooks,
    "plan": _plan,
}
WITHOUT_PLATFORM = ("plan",)


@click.command(help=f"Measure CASES, all without any: {', '.join(CASES)}.")
@click.argument("cases", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--platform", "platforms", multiple=True, type=click.Choice(PLATFORMS), help="Only this one.")
@click.option(
    "--rounds", default=5, show_default=True, type=click.IntRange(1, 50), help="Of what is compared by ratio."
)
@click.option(
    "--scale", default="full", show_default=True, type=click.Choice(["small", "full"]), help="A tenth for trying."
)
@click.option("--months", default=3, show_default=True, help="Of history in the first pull.")
@click.option("--connections", default=60, show_default=True, help="Of a night, for each platform.")
@click.option(
    "--write", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Put the table into this page."
)
def main(cases: tuple[str, ...], platforms: tuple[str, ...], write: Path | None, *, scale: str, **asked: int) -> None:
    """Everything that was asked, one after the other; a case that fails is a line of the table and does not stop."""
    wanted, report = Wanted(full=scale == "full", **asked), Report()
    machine, began = machine_line(), datetime.now(UTC)
    for case in cases or CASES:
        for platform in ("",) if case in WITHOUT_PLATFORM else platforms or PLATFORMS:
            click.echo(f"{datetime.now(UTC):%H:%M:%S} {case} {platform} …", err=True)
            known = len(report.lines)
            with _failing_softly(report, case, platform):
                CASES[case](wanted, platform, report)
            for line in report.lines[known:]:
                click.echo(f"    {' | '.join(cell for cell in line.cells() if cell)}", err=True)
    lasted = (datetime.now(UTC) - began).total_seconds() / 60
    told = report.markdown(f"{began:%Y-%m-%d %H:%M} UTC, {lasted:.0f} minutes, scale {scale}. {machine}.")
    click.echo(told)
    if write is not None:
        write.write_text(put_into(write.read_text(encoding="utf-8"), told), encoding="utf-8")


@contextmanager
def _failing_softly(report: Report, case: str, platform: str) -> Iterator[None]:
    """What could not be measured, or was not the same work, is said in the table and is no pass."""
    try:
        yield
    except CaseFailed as error:
        click.echo(str(error), err=True)
        report.lines.append(Line(case, platform, beside="FAILED", dirty=0))
        report.remarks.append(f"{case} {platform} failed: {str(error).splitlines()[-1][:300]}")


if __name__ == "__main__":
    main()
