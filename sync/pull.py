"""Pull: bring one connection's books up to date, page by page, each saved with the cursor that is then true."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from receivables.page import Page
from receivables.records import Answer
from storage import connections
from storage.leases import Leases
from storage.pages import Saved, save_page
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
            return _pull(source, lambda: leases.extend(name, holder, seconds=LEASE_SECONDS), progress)
    finally:
        leases.release(name, holder)


def _pull(source: Source, still_ours: Callable[[], bool], progress: Progress | None) -> Pulled:
    state = source.state()
    first = state.first_pull_done_at is None
    if state.company is None:
        meet(source)
    saved, pages = Saved(), 0
    for page in source.books.changes(state.cursor):
        if not still_ours():
            log.warning("pull stopped: somebody else took over", connection=source.connection)
            return Pulled(saved, pages, busy=True)
        saved += keep(source, page, progress)
        pages += 1
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


def keep(source: Source, page: Page, progress: Progress | None = None) -> Saved:
    """Save one page, and its cursor if it has one, in one transaction."""
    with source.database.write() as tx:
        saved = save_page(tx, source.business, source.connection, page, now=source.clock.now())
    if progress is not None:
        progress(page, saved)
    return saved
