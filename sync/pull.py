"""Pull: bring one connection's books up to date, page by page, each saved with the cursor that is then true."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from receivables.page import Cursor, Page
from storage import connections, leases
from storage.pages import Saved, save_page
from sync.health import watched
from sync.source import Source

log = structlog.get_logger(__name__)

LEASE_SECONDS = 600.0
Progress = Callable[[Page, Saved], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. `busy` says that somebody else was pulling the same connection and nothing was done."""

    saved: Saved = Saved()
    pages: int = 0
    busy: bool = False
    first: bool = False


def pull(source: Source, progress: Progress | None = None) -> Pulled:
    """Read everything that changed since the saved cursor; the whole books when there is none.

    Safe to run twice at once and to kill at any moment: the next pull goes on from the last saved page.
    Raises what the contract allows, after noting it on the connection.
    """
    name = f"pull:{source.connection}"
    with leases.held(source.database, name, holder=source.holder, seconds=LEASE_SECONDS, now=source.clock.now) as lease:
        if not lease.mine:
            return Pulled(busy=True)
        with watched(source):
            return _pull(source, lease, progress)


def _pull(source: Source, lease: leases.Lease, progress: Progress | None) -> Pulled:
    state = connections.get(source.database, source.business, source.connection)
    first = state.first_pull_done_at is None
    if first or state.company is None:
        connections.keep_company(source.database, source.business, source.connection, source.books.company())
    saved, pages = Saved(), 0
    for page in source.books.changes(Cursor(state.cursor) if state.cursor else None):
        if not lease.extend():
            log.warning("pull stopped: its lease was lost", connection=source.connection)
            return Pulled(saved, pages, busy=True)
        saved += keep(source, page, progress)
        pages += 1
    connections.pulled(source.database, source.business, source.connection, now=source.clock.now())
    return Pulled(saved, pages, first=first)


def keep(source: Source, page: Page, progress: Progress | None = None) -> Saved:
    """Save one page, and its cursor if it has one, in one transaction."""
    with source.database.write() as tx:
        saved = save_page(tx, source.business, source.connection, page, now=source.clock.now())
    if progress is not None:
        progress(page, saved)
    return saved
