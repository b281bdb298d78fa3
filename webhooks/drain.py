"""Drain: fetch again what the deliveries in the inbox named, once per record, however often it was named."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import structlog

from integrations.contract import Clock, Delivery, Touched
from integrations.errors import IntegrationError
from integrations.registry import platform, slugs
from receivables.page import Gone, Page
from receivables.records import Kind, Ref
from storage import inbox
from storage.connections import Connected, State, routed
from storage.database import Database
from storage.leases import Leases
from sync.pull import keep
from sync.refresh import refresh
from sync.source import Source

log = structlog.get_logger(__name__)

LEASE_SECONDS = 300.0
PAUSE_SECONDS = 60.0
OpenSource = Callable[[Connected], Source]


@dataclass
class _Load:
    """What one connection has to fetch, and the deliveries that asked for it."""

    connected: Connected
    wanted: set[Ref] = field(default_factory=set)
    merged: dict[Ref, Ref] = field(default_factory=dict)
    deliveries: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Drained:
    """How many deliveries were done with and how many records were fetched; which businesses saw a change.

    `tills` are, by business, the pages and payments at tills that were named: books keep none, so nothing was fetched.
    """

    deliveries: int = 0
    records: int = 0
    businesses: frozenset[str] = frozenset()
    tills: frozenset[tuple[str, Ref]] = frozenset()

    def __add__(self, other: "Drained") -> "Drained":
        businesses = self.businesses | other.businesses
        tills = self.tills | other.tills
        return Drained(self.deliveries + other.deliveries, self.records + other.records, businesses, tills)


def drain(database: Database, clock: Clock, open_source: OpenSource) -> Drained:
    """Work off the inbox. A connection that cannot be reached keeps its deliveries waiting; the others go on."""
    leases = Leases(database, clock.now)
    holder = leases.take("drain", seconds=LEASE_SECONDS)
    if holder is None:
        return Drained()
    total, last = Drained(), 0
    try:
        while (arrived := _after(database, last)) and leases.extend("drain", holder, seconds=LEASE_SECONDS):
            total, last = total + _some(database, clock, open_source, arrived), arrived[-1].id
    finally:
        leases.release("drain", holder)
    return total


def _after(database: Database, last: int) -> list[inbox.Arrived]:
    with database.read() as tx:
        return inbox.undrained(tx, after=last)


def _some(database: Database, clock: Clock, open_source: OpenSource, arrived: Sequence[inbox.Arrived]) -> Drained:
    """One batch: what waits for a platform in trouble must not keep what comes after it from being read."""
    loads = _sort(database, arrived)
    fared = [load for load in loads if _carry(database, clock, open_source, load)]
    stuck = {id for load in loads if load not in fared for id in load.deliveries}
    done = [one.id for one in arrived if one.id not in stuck]
    with database.write() as tx:
        inbox.drained(tx, done, now=clock.now())
    changed = frozenset(load.connected.business for load in fared)
    tills = frozenset((load.connected.business, ref) for load in fared for ref in load.wanted if _at_till(ref))
    return Drained(len(done), sum(len(load.wanted) for load in fared) - len(tills), changed, tills)


def _at_till(ref: Ref) -> bool:
    return ref.kind is Kind.CHECKOUT


def _sort(database: Database, arrived: Iterable[inbox.Arrived]) -> list[_Load]:
    """Coalesce: what every connection has to fetch. Deliveries for companies that are not connected name nothing."""
    loads: dict[str, _Load] = {}
    with database.read() as tx:
        for one in arrived:
            for touched in _touched(one):
                for connected in routed(tx, one.platform, external_id=touched.external_id, connection=one.connection):
                    if connected.state is not State.DISCONNECTED:
                        load = loads.setdefault(connected.id, _Load(connected))
                        load.deliveries.add(one.id)
                        _add(load, touched)
    return list(loads.values())


def _touched(one: inbox.Arrived) -> list[Touched]:
    """What it names. One that cannot be read names nothing: it must not block the inbox, and the pull sees all."""
    if one.platform not in slugs():
        return []
    try:
        return platform(one.platform).touched(Delivery(one.body, one.headers, (), one.connection))
    except Exception:
        log.exception("webhook not understood", platform=one.platform, delivery=one.id)
        return []


def _add(load: _Load, touched: Touched) -> None:
    if touched.kind is Kind.OTHER and not touched.id:
        return
    ref = Ref(load.connected.id, touched.kind, touched.id)
    if touched.became:
        survivor = Ref(load.connected.id, touched.kind, touched.became)
        load.merged[ref] = survivor
        load.wanted.add(survivor)
    else:
        load.wanted.add(ref)


def _carry(database: Database, clock: Clock, open_source: OpenSource, load: _Load) -> bool:
    """Fetch what one connection's deliveries named; False when they have to wait.

    One that is parked is left alone. One that failed is tried again a minute later, not at every tick: the lease that
    was taken for the trial simply runs out.
    """
    connected, leases = load.connected, Leases(database, clock.now)
    resting = connected.resting(clock.now())
    trial = None if resting else leases.take(f"drain:{connected.id}", seconds=PAUSE_SECONDS)
    if trial is None:
        return False
    try:
        _fetch(open_source(connected), clock, load)
    except IntegrationError as error:
        log.info("webhooks wait", connection=connected.id, why=str(error))
        return False
    except Exception:
        log.exception("webhooks wait", connection=connected.id)
        return False
    leases.release(f"drain:{connected.id}", trial)
    return True


def _fetch(source: Source, clock: Clock, load: _Load) -> None:
    refresh(source, {ref for ref in load.wanted if ref not in load.merged and not _at_till(ref)})
    if load.merged:
        now = clock.now()
        keep(source, Page(gone=tuple(Gone(loser, now, survivor) for loser, survivor in load.merged.items())))
