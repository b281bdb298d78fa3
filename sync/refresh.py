"""Refresh: read some records again as they are now, and find the edits that a change feed hides."""

from collections.abc import Iterable

from receivables.records import Ref
from storage import books
from storage.oddities import oddities
from storage.pages import Saved
from sync.gathering import gathered
from sync.health import watched
from sync.pull import keep
from sync.source import Source

ODD_MAX = 50


def refresh(source: Source, refs: Iterable[Ref]) -> Saved:
    """Fetch these records and save them; what is no more is marked gone. Trouble is noted on the connection."""
    wanted = set(refs)
    if not wanted:
        return Saved()
    with watched(source):
        return read_again(source, wanted)


def refresh_together(source: Source, invoices: Iterable[Ref], customers: Iterable[Ref]) -> bool:
    """Refresh invoices, each in its own books, and the customers who stand in one of these.

    False, and nothing done, while the past of one of these books is still being read.
    """
    found: dict[str, list[Ref]] = {source.connection: []}
    for invoice in invoices:
        found.setdefault(invoice.connection, []).append(invoice)
    for customer in customers:
        if customer.connection in found:
            found[customer.connection].append(customer)
    opened = [(source.of(connection), refs) for connection, refs in sorted(found.items())]
    if any(one.state().first_pull_done_at is None for one, _ in opened):
        return False
    for one, refs in opened:
        refresh(one, refs)
    return True


def read_again(source: Source, refs: Iterable[Ref]) -> Saved:
    """The same for whoever is `watched` already, as a night is."""
    wanted = sorted(set(refs), key=str)
    return keep(source, source.books.fetch(wanted)) if wanted else Saved()


def look_again(source: Source) -> Saved:
    """Read once more what could not be understood so far: the platform may have mended it, or we may have."""
    with source.database.read() as tx:
        odd = oddities(tx, source.business, source.connection)
    return read_again(source, [one.ref for one in odd[:ODD_MAX] if one.ref.id])


def sweep(source: Source) -> Saved:
    """Let the platform's open set be compared with ours. Nothing is closed because it is absent: it is fetched."""
    with source.database.read() as tx:
        known = books.open_refs(tx, source.business, source.connection)
    saved = Saved()
    for lot in gathered(source.books.sweep(known), source.clock):
        saved += keep(source, *lot)
    return saved
