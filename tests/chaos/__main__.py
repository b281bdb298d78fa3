"""Chaos for as long as you like: `python -m tests.chaos --minutes 10`, or one seed alone with `--seed 7`."""

import argparse
import itertools
import logging
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from duewell.config import Settings
from duewell.logs import configure
from sandbox.server import Sandbox, Setup
from tests.chaos.failing import ERRORS
from tests.chaos.killing import Killer, table
from tests.chaos.killing import Tally as Matrix
from tests.chaos.paying_storm import Storm
from tests.chaos.stage import Stage
from tests.chaos.storming import Round, Tally
from tests.conftest import running_postgres
from tests.scenarios.playing import settle_in

DATABASES = ("sqlite", "postgresql")
# About two hundred and fifty debtors who are due.
CUSTOMERS, INVOICES = 480, 1400
PAYERS = 8
KILLS, ERRORS_EACH = 8, 2
OF_EACH_ACT = 1 + KILLS + ERRORS_EACH * len(ERRORS)
"""One is watched first. What is not reminded is left for charges."""


def main() -> int:
    """Storms and struck acts in turn, on both databases; 1 when something went wrong."""
    asked = _asked()
    configure(Settings(log_level="error"))
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # who is killed leaves half a request behind
    total, began = Total(), time.monotonic()
    with running_postgres() as postgres:
        for seed, database in _rounds(asked.seed, asked.first):
            url = postgres.make_ready() if database == "postgresql" else ""
            if not asked.dispatch:
                total.rounds += 1
                if not _round(seed, database, url, total.storms):
                    total.failed.append(f"{seed} ({database})")
                url = postgres.make_ready() if database == "postgresql" else ""
                if not _payments(seed, database, url, total.money):
                    total.failed.append(f"{seed} ({database}, payments)")
            if not asked.storms:
                url = postgres.make_ready() if database == "postgresql" else ""
                total.add(database, _matrix(seed, database, url))
            if asked.seed is None and time.monotonic() - began > asked.minutes * 60:
                break
    return total.tell(time.monotonic() - began)


@dataclass
class Total:
    """All rounds together."""

    storms: Tally = field(default_factory=Tally)
    rounds: int = 0
    failed: list[str] = field(default_factory=list)
    struck: dict[str, Matrix] = field(default_factory=dict)
    money: Counter[str] = field(default_factory=Counter)

    def add(self, database: str, struck: Matrix) -> None:
        """One stage's."""
        self.struck.setdefault(database, Matrix())
        self.struck[database] += struck

    def tell(self, seconds: float) -> int:
        """Print the figures; 1 when something went wrong."""
        if self.rounds:
            _tell(self.storms, self.money, self.rounds, self.failed, seconds)
        wrong = [f"{database}: {one}" for database, tally in self.struck.items() for one in tally.wrong]
        if self.struck:
            click.echo(f"\nActs struck at one system call each\n{table(self.struck)}")
            click.echo("\n".join(["WRONG:", *wrong]) if wrong else "none went out twice, and none was lost")
        return 1 if self.failed or wrong else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="begin no further round after so many (default 5)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default 1)")
    parser.add_argument("--seed", type=int, help="replay this seed alone, on both databases")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--storms", action="store_true", help="only the storms over the books")
    only.add_argument("--dispatch", action="store_true", help="only acts killed and failed at system calls")
    return parser.parse_args()


def _rounds(seed: int | None, first: int) -> Iterator[tuple[int, str]]:
    """One seed on both databases, or seed after seed, each on one of them."""
    if seed is not None:
        return iter([(seed, name) for name in DATABASES])
    return ((number, DATABASES[number % 2]) for number in itertools.count(first))


def _matrix(seed: int, database: str, url: str) -> Matrix:
    """One stage full of errands, each struck once."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="duewell-struck-") as name,
        Stage(seed, Path(name), database=url, customers=CUSTOMERS, invoices=INVOICES, most=OF_EACH_ACT) as stage,
        Killer(stage, Path(name), random.Random(seed)) as killer,
    ):
        tally = killer.matrix(kills=KILLS, errors=ERRORS_EACH)
    seconds = time.monotonic() - began
    click.echo(f"seed {seed:>4} {database:<10} {tally.of('struck'):>4} acts struck  {seconds:.1f} s")
    return tally


def _payments(seed: int, database: str, url: str, total: Counter[str]) -> bool:
    """Customers pay in a storm; whether each payment stands in the books once, and the clearing accounts at zero."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="duewell-paying-"))
    with Sandbox(Setup(seed=seed, customers=PAYERS, invoices=PAYERS * 5)) as sandbox:
        play = settle_in(sandbox, folder, database=url)
        try:
            play.sync()
            storm = Storm(play, seed, folder / "workers.log")
            ended = storm.rage(PAYERS)
        finally:
            play.house.close()
    done = Counter(payments=ended.payments, returned=ended.returned, kills=storm.kills.total())
    done += Counter(astray=storm.astray.total(), crossed=len(storm.at_source))
    total += done
    if not ended.wrong:
        shutil.rmtree(folder, ignore_errors=True)
    told = f"FAILED: {'; '.join(ended.wrong)}; see {folder}" if ended.wrong else "ok  "
    seconds = time.monotonic() - began
    click.echo(f"seed {seed:>4} {database:<10} {told} {_of_money(done)}  {seconds:.1f} s")
    return not ended.wrong


def _of_money(done: Counter[str]) -> str:
    return (
        f"{done['payments']:>3} payments in a storm, {done['returned']} of them given or taken back, "
        f"{done['crossed']} crossed, {done['kills']} kills, {done['astray']} deliveries astray"
    )


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


def _tell(total: Tally, money: Counter[str], rounds: int, failed: list[str], seconds: float) -> None:
    faults, kills, records = total.faults.total(), total.kills.total(), total.records
    click.echo(f"\n{rounds} rounds in {seconds / 60:.1f} minutes: {faults} faults, {kills} kills")
    click.echo(f"  workers {total.workers}, calls {total.calls:,}, mails {total.mails}, records compared {records:,}")
    for name, counted in (("faults", total.faults), ("kills", total.kills), ("webhooks", total.deliveries)):
        click.echo(f"  {name:<9}" + ", ".join(f"{kind} {times}" for kind, times in counted.most_common()))
    click.echo(f"  {_of_money(money).strip()}")
    click.echo("every round ended with books that agree" if not failed else f"FAILED: {', '.join(failed)}")


if __name__ == "__main__":
    sys.exit(main())
