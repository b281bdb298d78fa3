"""A connection's night: pull, sweep what the feed hides, and see whether the books agree."""

from dataclasses import dataclass

from storage.pages import Saved
from sync.health import watched
from sync.pull import Progress, Pulled, pull
from sync.reconcile import Agreement, reconcile
from sync.refresh import look_again, sweep
from sync.source import Source


@dataclass(frozen=True, slots=True)
class Night:
    """What the night brought. There is no agreement when somebody else was pulling."""

    pulled: Pulled
    swept: Saved = Saved()
    agreement: Agreement | None = None


def night(source: Source, progress: Progress | None = None) -> Night:
    """Bring one connection fully up to date. After a first pull the sweep is left out: everything was just read."""
    pulled = pull(source, progress)
    if pulled.busy:
        return Night(pulled)
    with watched(source):
        swept = Saved() if pulled.first else sweep(source)
        swept += look_again(source)
        return Night(pulled, swept, reconcile(source))
