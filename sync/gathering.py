"""Gathers pages that come quickly: of a hundred records, saving one costs less than the transaction around it."""

from collections.abc import Iterable, Iterator

from integrations.contract import Clock
from receivables.page import Page

RECORDS = 1000
SECONDS = 1.0


def gathered(pages: Iterable[Page], clock: Clock) -> Iterator[list[Page]]:
    """The pages in lots that are saved together: of about RECORDS, not kept back for longer than SECONDS while more
    come, and ending with one that is `usable`, which somebody waits for.

    Raises what reading raised, after the lot that was read before it: what was read stays read.
    """
    lot: list[Page] = []
    since = clock.monotonic()
    try:
        for page in pages:
            since = since if lot else clock.monotonic()
            lot.append(page)
            if _enough(lot) or clock.monotonic() - since >= SECONDS:
                yield lot
                lot = []
    except Exception:
        if lot:
            yield lot
        raise
    if lot:
        yield lot


def _enough(lot: list[Page]) -> bool:
    return lot[-1].usable or sum(len(page.records) for page in lot) >= RECORDS
