"""A message waits a few runs for files that cannot be read just now, and then goes without them.

How often it has waited is kept with the act that it is going to be, so that it is neither lost nor sent twice.
"""

import json
from collections.abc import Mapping

from storage import actions
from storage.actions import Plan
from sync.source import Source

WAITS_MAX = 3
"""So many runs, an hour each."""
WAITED = "waited"


def waited(source: Source, key: str) -> int:
    """How many runs the message has waited for its files."""
    with source.database.read() as tx:
        found = actions.action(tx, source.business, key)
    count = json.loads(found.payload or "{}").get(WAITED, 0) if found else 0
    return int(count)


def wait(source: Source, wanted: Plan, facts: Mapping[str, object], *, times: int) -> str:
    """Note that it waits once more, `times` in all; a sentence about it."""
    payload = json.dumps({**facts, WAITED: times})
    plan = Plan(wanted.act, wanted.key, wanted.debtor, wanted.connection, wanted.about, payload)
    with source.database.write() as tx:
        actions.plan(tx, source.business, plan, now=source.clock.now())
    return f"A file that goes along could not be read; it is tried again with the next run ({times} of {WAITS_MAX})."
