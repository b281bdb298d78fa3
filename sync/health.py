"""Whether a connection works: said once when it breaks and once when it works again, in the log and on the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from integrations.errors import IntegrationError, Reconnect, TryLater
from storage import connections
from sync.source import Source

log = structlog.get_logger(__name__)

PARK_FROM_SECONDS = 60.0


@contextmanager
def watched(source: Source) -> Iterator[None]:
    """Run a piece of sync; note trouble or recovery on the connection, and let the error through."""
    try:
        yield
    except IntegrationError as error:
        if _note(source, error):
            log.warning("connection in trouble", connection=source.connection, platform=source.platform, why=str(error))
        raise
    with source.database.read() as tx:
        found = connections.connection(tx, source.business, source.connection)
    if found is not None and found.state in (connections.State.UNHEALTHY, connections.State.PARKED):
        _recover(source)


def _note(source: Source, error: IntegrationError) -> bool:
    """Whether it is news."""
    now = source.clock.now()
    with source.database.write() as tx:
        if isinstance(error, TryLater) and error.after is not None and error.after >= PARK_FROM_SECONDS:
            until = now + timedelta(seconds=error.after)
            return connections.park(tx, source.business, source.connection, str(error), now=now, until=until)
        why = f"Please connect again: {error}" if isinstance(error, Reconnect) else str(error)
        return connections.unwell(tx, source.business, source.connection, why, now=now)


def _recover(source: Source) -> None:
    with source.database.write() as tx:
        news = connections.well(tx, source.business, source.connection)
    if news:
        log.info("connection works again", connection=source.connection, platform=source.platform)
