"""One company as its API holds it: the ledger with everything around it that tests may bend."""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from sandbox.clock import SkewedClock
from sandbox.quickbooks.ledger import Ledger, whole
from sandbox.quickbooks.payloads import WRITE, named, render
from sandbox.quickbooks.playing import Player
from sandbox.quickbooks.rows import Invoice, Row
from sandbox.world import World


class Company:
    """A ledger, its player, remembered request ids, and records bent by hand."""

    def __init__(self, world: World, clock: SkewedClock, ledger: Ledger, flush: Callable[[Ledger], None]) -> None:
        self.world = world
        self._clock = clock
        self.ledger = ledger
        self.player = Player(ledger)
        self.replays: dict[str, tuple[bytes, str]] = {}
        self.bent: dict[tuple[str, str], dict[str, Any]] = {}
        self.cdc_faults: dict[str, int] = {}
        self.book_close = "2025-12-31"
        self.country = "US"
        self.takes_payments = True
        self.links_made = 0
        self.refuses_replays = False
        self.stale_addresses = 0
        self.addresses: dict[str, tuple[str, datetime]] = {}
        self.mails: Counter[date] = Counter()
        self.mails_a_day = sys.maxsize
        self._written: dict[tuple[str, str], tuple[tuple[Any, ...], msgspec.Raw]] = {}
        self._flush = flush

    def now(self) -> datetime:
        """QuickBooks' own time."""
        return self._clock.now()

    def announce(self) -> None:
        """Send off the webhooks that wait."""
        self._flush(self.ledger)

    def shown(self, row: Any) -> dict[str, Any]:
        """A record as the API shows it, with what a test bent; a bent value of None leaves the field out."""
        if not isinstance(row, Row):
            return dict(row)
        payload = render(self.ledger, row)
        bent = self.bent.get((type(row).__name__, row.id))
        if bent:
            payload = {name: value for name, value in (payload | bent).items() if value is not None}
        return payload

    def written(self, row: Any) -> msgspec.Raw | dict[str, Any]:
        """The same in bytes, which are kept until the record moves or somebody it names does."""
        if not isinstance(row, Row) or self.bent.get((type(row).__name__, row.id)):
            return self.shown(row)
        version = (row.moved, *named(self.ledger, row))
        kept = self._written.get((type(row).__name__, row.id))
        if kept is None or kept[0] != version:
            kept = version, msgspec.Raw(WRITE.encode(render(self.ledger, row)))
            self._written[type(row).__name__, row.id] = kept
        return kept[1]

    def changed_since(self, entity: str, since: datetime) -> list[Any]:
        """Rows and tombstones of one kind, newest first: an answer that is cut off loses the oldest."""
        stones = [stone for stone in self.ledger.tombstones if stone.entity == entity and stone.updated >= since]
        found: list[Row] = [*self.ledger.index.since(entity, since), *stones]
        found.sort(key=lambda row: row.updated, reverse=True)
        return [self.written(row) for row in found[:1000]]

    def slot_fault(self, entity: str) -> dict[str, Any] | None:
        """The next answer for this kind inside CDC may be a fault while the rest is fine."""
        if self.cdc_faults.get(entity, 0) <= 0:
            return None
        self.cdc_faults[entity] -= 1
        error = {"Message": "An application error has occurred", "code": "10000"}
        return {"Fault": {"Error": [error], "type": "SystemFault"}}

    def mail(self, row: Invoice) -> bool:
        """QuickBooks mails the invoice: two echoes, and a later bounce is another change. Not when the day's mails
        are used up."""
        at = whole(self.now())
        if self.mails[at.date()] >= self.mails_a_day:
            return False
        self.mails[at.date()] += 1
        row.email_status, row.sent_at, row.mail_error = "EmailSent", at, ""
        self.ledger.changed(row, at)
        self.ledger.tell(row, "emailed", at)
        return True
