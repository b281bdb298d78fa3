"""Chaos for as long as you like: `python -m tests.chaos --minutes 10`, or one seed alone with `--seed 7`."""

import argparse
import itertools
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import click

from duewell.config import Settings
from duewell.logs import configure
from tests.chaos.storming import Round, Tally
from tests.conftest import running_postgres

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """Round after round, on both databases in turn; 1 when a round failed."""
    asked = _asked()
    configure(Settings(log_level="error"))
    total, rounds, failed, began = Tally(), 0, [], time.monotonic()
    with running_postgres() as postgres:
        seeds = [asked.seed] if asked.seed is not None else itertools.count(asked.first)
        for seed in seeds:
            for database in (
                ("sqlite", "postgresql") if asked.seed is not None else (("sqlite", "postgresql")[seed % 2],)
            ):
                url = postgres.make_ready() if database == "postgresql" else ""
                rounds += 1
                if not _round(seed, database, url, total):
                    failed.append(f"{seed} ({database})")
            if asked.seed is None and time.monotonic() - began > asked.minutes * 60:
                break
    _tell(total, rounds, failed, time.monotonic() - began)
    return 1 if failed else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="begin no further round after so many (default 5)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--seed", type=int, help="replay this seed alone, on both databases")
    return parser.parse_args()


def _rounds(seed: int | None, first: int) -> Iterator[tuple[int, str]]:
    """One seed on both databases, or seed after seed, each on one of them."""
    if seed is not None:
        return iter([(seed, name) for name in DATABASES])
    return ((number, DATABASES[number % 2]) for number in itertools.count(first))


def _round(seed: int, database: str, url: str, total: Tally) -> bool:
    folder, began = Path(tempfile.mkdtemp(prefix="duewell-chaos-")), time.monotonic()
    story = Round(seed, folder, database=url)
    try:
        story.play()
    except Exception:  # noqa: BLE001 - one failed round must not hide the others
        traceback.print_exc()
        click.echo(f"seed {seed} on {database} FAILED; its log is {folder}; alone: make chaos SEED={seed}")
        return False
    finally:
        total += story.tally
    shutil.rmtree(folder, ignore_errors=True)
    one = story.tally
    click.echo(
        f"seed {seed:>4} {database:<10} ok   {one.faults.total():>4} faults  {one.kills.total()} kills  "
        f"{one.deliveries.total():>3} deliveries astray  {one.calls:>5} calls  {one.mails:>3} mails  "
        f"{time.monotonic() - began:.1f} s"
    )
    return True


def _tell(total: Tally, rounds: int, failed: list[str], seconds: float) -> None:
    faults, kills, records = total.faults.total(), total.kills.total(), total.records
    click.echo(f"\n{rounds} rounds in {seconds / 60:.1f} minutes: {faults} faults, {kills} kills")
    click.echo(f"  workers {total.workers}, calls {total.calls:,}, mails {total.mails}, records compared {records:,}")
    for name, counted in (("faults", total.faults), ("kills", total.kills), ("webhooks", total.deliveries)):
        click.echo(f"  {name:<9}" + ", ".join(f"{kind} {times}" for kind, times in counted.most_common()))
    click.echo("every round ended with books that agree" if not failed else f"FAILED: {', '.join(failed)}")


if __name__ == "__main__":
    sys.exit(main())
