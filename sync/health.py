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
        _note(source, error)
        raise
    _recover(source)


def _note(source: Source, error: IntegrationError) -> None:
    now = source.clock.now()
    if isinstance(error, TryLater) and (error.after or 0.0) >= PARK_FROM_SECONDS:
        until = now + timedelta(seconds=error.after or 0.0)
        _tell(
            source,
            connections.park(source.database, source.business, source.connection, until=until, why=str(error), now=now),
            error,
        )
        return
    why = str(error) if not isinstance(error, Reconnect) else f"Please connect again: {error}"
    _tell(source, connections.break_(source.database, source.business, source.connection, why=why, now=now), error)


def _tell(source: Source, news: bool, error: IntegrationError) -> None:
    if news:
        log.warning("connection in trouble", connection=source.connection, platform=source.platform, why=str(error))


def _recover(source: Source) -> None:
    if connections.mend(source.database, source.business, source.connection):
        log.info("connection works again", connection=source.connection, platform=source.platform)
