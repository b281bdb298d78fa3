"""`python -m bench.night_worker FOLDER first|night|found NUMBER`: a worker of a night, or a look after it."""

import itertools
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import text

from bench.installing import opened
from bench.night import WORKERS
from bench.processes import most_memory_mib
from duewell.businesses import all_businesses, living
from duewell.jobs import nightly
from duewell.running import sync_one
from duewell.wiring import House
from integrations.budget import Budgets, CompanyBudget
from integrations.contract import Limit
from storage.businesses import change_business
from storage.settings import setting

TABLES = ("customer", "invoice", "payment", "credit", "chargeback", "other_entry")
CHANGED = "SELECT count(*) FROM {} WHERE seen_at >= :since"


class EachAlone(Budgets):
    """Every connection with turns of its own: here they all stand for different companies, though it is one."""

    _numbers = itertools.count()

    def of(self, app: str, company: str, limits: Sequence[Limit]) -> CompanyBudget:
        """The budget of a company that nobody else has. It is deaf to headers, which count what all of them used."""
        deaf = [replace(limit, remaining="") for limit in limits]
        return super().of(app, f"{company}/{next(self._numbers)}", deaf)


def main() -> None:
    """Do the part, and say what it cost."""
    folder, what, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    house = opened(folder)
    house.budgets = EachAlone(house.clock)
    began, cpu = time.monotonic(), time.process_time()
    told: dict[str, Any] = {}
    if what == "first":
        told = _first(house, number)
    elif what == "night":
        nightly(house)
    else:
        told = _found(house, since=number)
    told |= {"cpu": time.process_time() - cpu, "wall": time.monotonic() - began, "memory": most_memory_mib()}
    house.close()
    click.echo(json.dumps(told))


def _first(house: House, number: int) -> dict[str, Any]:
    """First pulls of every second business; and it is noon where they live, so that their night is due."""
    zone = noon_zone(datetime.now(UTC))
    troubles = []
    for business in all_businesses(house)[number::WORKERS]:
        with house.database.write() as tx:
            change_business(tx, business.id, settings={"time_zone": zone})
        troubles += [
            one.trouble for one in (sync_one(house, each) for each in living(house, business.id)) if one.trouble
        ]
    return {"troubles": troubles}


def noon_zone(now: datetime) -> str:
    """A time zone in which it is about noon. POSIX counts them the other way round."""
    ahead = 12 - now.hour
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{-ahead:+d}"


def _found(house: House, *, since: int) -> dict[str, Any]:
    """How many had their night, what troubles there were, and how many records were written since (microseconds)."""
    known = all_businesses(house)
    with house.database.read() as tx:
        nights = sum(bool(setting(tx, one.id, "night_done_on")) for one in known)
        changes = sum(tx.execute(text(CHANGED.format(table)), {"since": since}).scalar_one() for table in TABLES)
    troubles = [one.trouble for business in known for one in living(house, business.id) if one.trouble]
    return {"nights": nights, "changes": changes, "troubles": troubles}


if __name__ == "__main__":
    main()
