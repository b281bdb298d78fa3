"""Pull: bring one connection's books up to date, pages at a time, each saved with the cursor that is then true."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from receivables.page import Page
from receivables.records import Answer
from storage import connections
from storage.database import Tx
from storage.leases import Leases
from storage.pages import Saved, save_page
from sync.gathering import gathered
from sync.health import watched
from sync.source import Source

log = structlog.get_logger(__name__)

LEASE_SECONDS = 300.0
Progress = Callable[[Page, Saved], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. `busy` says that somebody else was pulling the same connection, so this one did not finish."""

    saved: Saved = Saved()
    pages: int = 0
    busy: bool = False
    first: bool = False


def pull(source: Source, progress: Progress | None = None) -> Pulled:
    """Read everything that changed since the saved cursor; the whole books when there is none.

    Safe to run twice at once and to kill at any moment: the next pull goes on from the last saved page.
    Raises what the contract allows, after noting it on the connection.
    """
    leases = Leases(source.database, source.clock.now)
    name = f"pull:{source.connection}"
    holder = leases.take(name, seconds=LEASE_SECONDS)
    if holder is None:
        return Pulled(busy=True)
    try:
        with watched(source):
            return _pull(source, _Hold(source, leases, name, holder), progress)
    finally:
        leases.release(name, holder)


class _Hold:
    """Our lease on the connection. It is made longer when a third of it is over: until then nobody can have it."""

    def __init__(self, source: Source, leases: Leases, name: str, holder: str) -> None:
        self._source = source
        self._leases = leases
        self._name = name
        self._holder = holder
        self._since = source.clock.now()

    def still_ours(self) -> bool:
        """Did we keep it? False when we were too slow and somebody else took over."""
        now = self._source.clock.now()
        if (now - self._since).total_seconds() < LEASE_SECONDS / 3:
            return True
        self._since = now
        return self._leases.extend(self._name, self._holder, seconds=LEASE_SECONDS)


def _pull(source: Source, hold: _Hold, progress: Progress | None) -> Pulled:
    state = source.state()
    first = state.first_pull_done_at is None
    if state.company is None:
        meet(source)
    saved, pages = Saved(), 0
    for lot in gathered(source.books.changes(state.cursor), source.clock):
        if not hold.still_ours():
            log.warning("pull stopped: somebody else took over", connection=source.connection)
            return Pulled(saved, pages, busy=True)
        saved += keep(source, *lot, progress=progress)
        pages += len(lot)
    with source.database.write() as tx:
        connections.pulled(tx, source.business, source.connection, now=source.clock.now())
    return Pulled(saved, pages, first=first)


def meet(source: Source) -> None:
    """Read who the creditor is; what the platform does not tell is filled in with what was asked at connect."""
    told = source.books.company()
    asked = source.state().details
    reminds = Answer(asked.get("own_reminders") or Answer.UNKNOWN)
    company = replace(
        told,
        time_zone=told.time_zone or asked.get("time_zone", ""),
        own_reminders=reminds if told.own_reminders is Answer.UNKNOWN else told.own_reminders,
    )
    with source.database.write() as tx:
        connections.save_company(tx, source.business, company)


def keep(source: Source, *pages: Page, progress: Progress | None = None) -> Saved:
    """Save pages in their order, and the cursors of those that have one, in one transaction."""
    now = source.clock.now()
    with source.database.write() as tx:
        saved = [_save(source, tx, page, now) for page in pages]
    if progress is not None:
        for page, what in zip(pages, saved, strict=True):
            progress(page, what)
    return sum(saved, Saved())


def _save(source: Source, tx: Tx, page: Page, now: datetime) -> Saved:
    saved = save_page(tx, source.business, source.connection, page, now=now)
    if page.usable:
        connections.usable(tx, source.business, source.connection, now=now)
    return saved
