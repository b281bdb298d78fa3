"""Where a business's customers pay, opened for pages and jobs; and the jobs that see what came of it."""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import structlog

from collector.once import Hand
from collector.paying.balance import read_balance
from collector.paying.counter import Counter, Ledger
from collector.paying.lasting import watch_links
from collector.paying.settle import Settled, settle
from collector.paying.taken_back import look_back, reverse
from duewell.businesses import living, resting, the_business, zone_among
from duewell.tills import Chosen, chosen_till, clearing_of, looks_first
from duewell.wiring import House
from duewell.workers import WORKER
from integrations.errors import IntegrationError, NotThere
from integrations.receiving import Receiving
from storage.checkouts import UNSETTLED, checkouts
from storage.connections import Connected
from storage.lasting_links import lasting_links
from storage.meters import StoredMeter

log = structlog.get_logger(__name__)

HELD_SECONDS = 180.0
"""Longer than opening a page takes when everything is slow."""


class _Prompt(StoredMeter):
    """Writes each exchange at once: whoever opened the counter need not close it."""

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Add it and write it."""
        super().count(calls=calls, sent_bytes=sent_bytes, received_bytes=received_bytes)
        self.flush()


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a counter opens when it is needed."""

    house: House
    business: str
    connected: dict[str, Connected]
    until: ExitStack | None

    def meter(self, one: Connected) -> StoredMeter:
        """Counts its calls, and writes them at the end, if there is one."""
        kind = StoredMeter if self.until else _Prompt
        meter = kind(self.house.database, self.business, one.id, clock_now=self.house.clock.now)
        if self.until:
            self.until.callback(meter.flush)
        return meter

    def ledger(self, id: str) -> Ledger:
        """Raises NotThere for one that is no longer connected."""
        if id not in self.connected:
            raise NotThere("the company of this invoice is no longer connected")
        source = self.house.open(self.connected[id], self.meter(self.connected[id]))
        with self.house.database.read() as tx:
            accounts = clearing_of(tx, self.business, id)
        books: Receiving = source.books
        return Ledger(source, books, {currency: one.id for currency, one in accounts.items()})

    def day_of(self, id: str, at: datetime) -> date:
        """The day where the company is."""
        return at.astimezone(self.zone(id)).date()

    def zone(self, id: str) -> ZoneInfo:
        """The company's, or else the business's."""
        company = self.connected[id].company if id in self.connected else None
        others = [one.company for one in self.connected.values() if one.company]
        business = the_business(self.house, self.business)
        if company and company.time_zone:
            try:
                return ZoneInfo(company.time_zone)
            except (KeyError, ValueError, OSError):
                log.info("a company's time zone is not known here", connection=id)
        return zone_among(business, others)

    def hold(self, name: str) -> AbstractContextManager[bool]:
        """A lease."""
        return self.house.leases.hold(name, seconds=HELD_SECONDS)


def counter_of(house: House, business: str, *, until: ExitStack | None = None) -> Counter | None:
    """Where its customers pay; None while it has named no till, or that one is no longer connected. No HTTP yet.

    What it costs is written at once, or (cheaper for many calls) when `until` ends.
    """
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
    return _counter(house, business, chosen, until) if chosen else None


def _counter(house: House, business: str, chosen: Chosen, until: ExitStack | None) -> Counter | None:
    opened = _Opened(house, business, {one.id: one for one in living(house, business)}, until)
    if chosen.connection not in opened.connected:
        return None
    till = opened.connected[chosen.connection]
    ledger = cache(opened.ledger)
    return Counter(
        source=ledger(till.id).source,
        till=house.till(till, opened.meter(till)),
        ledger=ledger,
        hold=opened.hold,
        day_of=opened.day_of,
        hand=Hand(house.writer.do, WORKER),
        methods=chosen.methods,
        without_card=chosen.without_card,
        card_most=chosen.ceilings,
        adopts=frozenset(one.id for one in opened.connected.values() if one.id != till.id and looks_first(one)),
    )


def settle_all(house: House, business: str, named: Collection[str] = ()) -> Settled:
    """See what came of every page and link, write it into the books, and take back what a bank took back.

    `named` are the pages and payments of which there are news; without any it is looked at what is due to be.
    """
    with ExitStack() as until:
        for former in _former(house, business, until):
            watch_links(former, wanted=False)
            settle(former)
        counter = counter_of(house, business, until=until)
        if counter is None or _rests(house, business, counter):
            return Settled()
        watch_links(counter)
        done = settle(counter, news=bool(named))
        look_back(counter, {*_moved(counter, news=bool(named)), *named})
        reverse(counter)
    return done


def _former(house: House, business: str, until: ExitStack) -> Iterator[Counter]:
    """Tills that were named before, where somebody can still pay or money is under way."""
    with house.database.read() as tx:
        chosen = chosen_till(tx, business)
        there = {one.connection for one in lasting_links(tx, business)}
        there |= {one.connection for one in checkouts(tx, business, states=UNSETTLED)}
    for id in sorted(there - {chosen.connection if chosen else ""}):
        counter = _counter(house, business, Chosen(id), until)
        if counter is not None and not _rests(house, business, counter):
            yield counter


def _rests(house: House, business: str, counter: Counter) -> bool:
    return any(resting(house, one) for one in living(house, business) if one.id == counter.source.connection)


def _moved(counter: Counter, *, news: bool) -> Collection[str]:
    try:
        return read_balance(counter, news=news)
    except IntegrationError as error:
        log.info("the till's balance was not read", connection=counter.source.connection, why=str(error))
        return ()
