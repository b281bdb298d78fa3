"""A process that plans a business, runs only the query that finds what has a step, or writes mails; one JSON line."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from email.message import Message as Mail
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from bench.owing import BUSINESS, NOW
from bench.processes import most_memory_mib
from collector.channels.composing import written
from collector.channels.smtp import Postbox, compose
from collector.judgement import Message
from collector.narrowing import windows
from collector.plan import plan
from collector.policy import DEFAULT, Channel
from collector.wording.writing import write
from receivables.case import Case
from storage.database import Database
from storage.due import query

WARMING, AGAIN = 100, 5
PAY_URL = "https://pay.example.test/a-link-as-long-as-they-are-in-life"
POSTBOX = Postbox("mail.example.test", 25, "Robin", "accounts@bench.example.test")
DIALECTS: dict[str, Any] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}  # type: ignore[no-untyped-call]


def main(address: str, what: str) -> None:
    """`what` is plan, bare or mails."""
    database = Database.open(address)
    began = time.monotonic()
    told = WORK[what](database)
    told = {"seconds": time.monotonic() - began, **told, "memory": most_memory_mib()}
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


def _mails(database: Database) -> dict[str, float]:
    """Messages put into words and into a mail, and that as bytes; only this is timed, by this process's own seconds,
    since it waits for nothing. The first ones fill what is cached for good."""
    planned = plan(database, BUSINESS, lambda _: DEFAULT, NOW, windows=windows([DEFAULT], NOW))
    candidates = [(one.case, one.decision.candidate) for one in planned]
    messages = [(case, replace(message, channel=Channel.MAIL)) for case, message in candidates if message is not None]
    for case, message in messages[:WARMING]:
        _mail(case, message)
    messages *= AGAIN
    began = time.process_time()
    mails = [_mail(case, message) for case, message in messages]
    composed = time.process_time()
    size = sum(len(written(mail)) for mail in mails)
    done = time.process_time()
    return {"mails": len(mails), "bytes": size, "seconds": composed - began, "writing": done - composed}


def _mail(case: Case, message: Message) -> Mail:
    letter = write(message, case, sender="Robin", pay_urls={line.invoice.ref: PAY_URL for line in message.lines})
    to = [(one.name, one.address) for one in message.to]
    return compose(letter, POSTBOX, to=to, key=message.debtor, now=NOW)


WORK: dict[str, Callable[[Database], dict[str, float]]] = {"plan": _plan, "bare": _bare, "mails": _mails}

if __name__ == "__main__":
    main(*sys.argv[1:])
