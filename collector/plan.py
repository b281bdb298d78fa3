"""Today's plan of a business: every debtor's case decided, and the verdicts kept."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from collector.calendar import zone_of
from collector.case_book import cases
from collector.decide import Decision, decide
from collector.policy import Policy
from receivables.case import Case
from storage.connections import Connected, connections
from storage.database import Database
from storage.verdicts import KeptVerdict, keep_verdicts


@dataclass(frozen=True, slots=True)
class Decided:
    """One debtor's case and what was decided about it."""

    connected: Connected
    case: Case
    decision: Decision


def plan(database: Database, business: str, policy: Policy, now: datetime) -> list[Decided]:
    """Decide every case of the business as of `now`. Nothing is written."""
    with database.read() as tx:
        books = [one for one in connections(tx, business) if one.books]
    return [
        Decided(connected, case, decide(case, policy, now))
        for connected in books
        for case in cases(database, connected)
    ]


def keep(database: Database, business: str, decided: list[Decided], now: datetime) -> None:
    """Keep the day's verdicts, so that it can always be said why."""
    kept = [verdict for one in decided for verdict in kept_verdicts(one.case, one.decision, now)]
    with database.write() as tx:
        keep_verdicts(tx, business, kept)


def kept_verdicts(case: Case, decision: Decision, now: datetime) -> list[KeptVerdict]:
    """A decision as it is stored, on the debtor's own day."""
    day = now.astimezone(zone_of(case)).date()
    return [
        KeptVerdict(
            invoice=verdict.invoice,
            day=day,
            verdict=verdict.say.value,
            reason=verdict.reason,
            rule=verdict.rule,
            facts=msgspec.json.encode(verdict.facts).decode(),
            step=verdict.step,
            next_look_on=verdict.next_look_on,
        )
        for verdict in decision.verdicts
    ]
