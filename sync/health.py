"""Whether a connection works: said once when it breaks and once when it works again, in the log and on the page.

A circuit: trouble that has lasted a minute keeps the connection at rest for as long again, up to half an hour, so that
a platform that is down is asked less and less; a person may try sooner. A platform that names its hour is left alone
until then, by everybody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from integrations.errors import IntegrationError, Reconnect, TryLater
from storage import connections
from storage.connections import Rest, State
from sync.source import Source

log = structlog.get_logger(__name__)

REST_FROM = timedelta(minutes=1)
REST_AT_MOST = timedelta(minutes=30)
IN_TROUBLE = (State.UNHEALTHY, State.PARKED)


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
    if found is not None and found.state in IN_TROUBLE:
        _recover(source)


def _note(source: Source, error: IntegrationError) -> bool:
    """Whether it is news."""
    now, since = source.clock.now(), source.state().trouble_since
    why = f"Please connect again: {error}" if isinstance(error, Reconnect) else str(error)
    rest = _rest(error, now, since or now)
    with source.database.write() as tx:
        return connections.unwell(tx, source.business, source.connection, why, now=now, rest=rest)


def _rest(error: IntegrationError, now: datetime, since: datetime) -> Rest | None:
    """How long to leave it alone; None for trying again at once."""
    asked = timedelta(seconds=error.after or 0.0) if isinstance(error, TryLater) else timedelta()
    if asked >= REST_FROM:
        return Rest(now + asked, asked=True)
    lasted = min(now - since, REST_AT_MOST)
    return Rest(now + lasted) if lasted >= REST_FROM else None


def _recover(source: Source) -> None:
    with source.database.write() as tx:
        news = connections.well(tx, source.business, source.connection)
    if news:
        log.info("connection works again", connection=source.connection, platform=source.platform)
