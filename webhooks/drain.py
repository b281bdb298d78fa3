"""Drain: fetch again what the deliveries in the inbox named, once per record, however often it was named."""

from collections.abc import Callable, Iterable
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
    """How many deliveries were done with and how many records were fetched; which businesses saw a change."""

    deliveries: int = 0
    records: int = 0
    businesses: frozenset[str] = frozenset()


def drain(database: Database, clock: Clock, open_source: OpenSource) -> Drained:
    """Work off the inbox. A connection that cannot be reached keeps its deliveries waiting; the others go on."""
    with Leases(database, clock.now).hold("drain", seconds=LEASE_SECONDS) as mine:
        if not mine:
            return Drained()
        with database.read() as tx:
            arrived = inbox.undrained(tx)
        loads = _sort(database, arrived)
        stuck: set[int] = set()
        records = sum(_carry(open_source, clock, load, stuck) for load in loads)
        done = [one.id for one in arrived if one.id not in stuck]
        with database.write() as tx:
            inbox.drained(tx, done, now=clock.now())
    changed = frozenset(load.connected.business for load in loads)
    return Drained(len(done), records, changed)


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
    if one.platform not in slugs():
        return []
    return platform(one.platform).touched(Delivery(one.body, one.headers, (), one.connection))


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


def _carry(open_source: OpenSource, clock: Clock, load: _Load, stuck: set[int]) -> int:
    source = open_source(load.connected)
    try:
        refresh(source, load.wanted - set(load.merged))
    except IntegrationError as error:
        log.info("webhooks wait", connection=load.connected.id, why=str(error))
        stuck |= load.deliveries
        return 0
    if load.merged:
        now = clock.now()
        keep(source, Page(gone=tuple(Gone(loser, now, survivor) for loser, survivor in load.merged.items())))
    return len(load.wanted)
