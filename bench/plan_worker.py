"""A process that plans the whole business, or runs only the bare query that finds what has a step; one JSON line."""

import json
import sys
import time
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from bench.owing import BUSINESS, NOW
from bench.processes import most_memory_mib
from collector.narrowing import windows
from collector.plan import plan
from collector.policy import DEFAULT
from storage.database import Database
from storage.due import query

DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]


def main(address: str, what: str) -> None:
    """`what` is plan or bare."""
    database = Database.open(address)
    began = time.monotonic()
    told = _bare(database) if what == "bare" else _plan(database)
    told |= {"seconds": time.monotonic() - began, "memory": most_memory_mib()}
    database.close()
    sys.stdout.write(json.dumps(told) + "\n")


def _plan(database: Database) -> dict[str, float]:
    """Fetch and decide; what is decided is let go of as it comes."""
    found = {"invoices": 0, "messages": 0, "held": 0}
    for one in plan(database, BUSINESS, lambda _: DEFAULT, NOW, windows=windows([DEFAULT], NOW)):
        found["invoices"] += sum(bool(verdict.step) for verdict in one.decision.verdicts)
        found["messages"] += one.decision.candidate is not None
        found["held"] += sum(verdict.say.value == "hold" for verdict in one.decision.verdicts)
    return dict(found)


def _bare(database: Database) -> dict[str, float]:
    """The same rows by the driver alone: nothing is decoded."""
    statement = query(BUSINESS, "books", windows([DEFAULT], NOW))
    compiled = statement.compile(dialect=DIALECTS[database.engine.dialect.name], compile_kwargs={"literal_binds": True})
    with database.engine.connect() as line:
        cursor = line.connection.cursor()
        cursor.execute(str(compiled))
        count = sum(1 for _ in iter(cursor.fetchone, None))
    return {"rows": count}


if __name__ == "__main__":
    main(*sys.argv[1:])
