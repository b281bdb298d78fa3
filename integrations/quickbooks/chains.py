"""Reads lists of records by queries: several side by side, the long ones from both ends, what is open before the rest.

Rows are ordered by their time of change. The next page starts at the last time of the one before, so that rows which
move between pages push nobody off an edge. A row that changes in the meantime leaves the part that is still unread:
changed data from before the run began tells of it afterwards.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile

from integrations.quickbooks.cursor import CHAINS, FIRST, Edge, Run, Span
from integrations.quickbooks.mapping import instant
from integrations.quickbooks.payloads import Row, Unreadable
from integrations.quickbooks.reader import Reader, Rows, said_at, server_time
from integrations.quickbooks.statements import PAGE, literal, select
from integrations.together import as_they_come

TIME = "MetaData.LastUpdatedTime"
AGAIN = 20
AHEAD = 1
LONG = 2  # full pages, after which a chain is read from both ends
SECOND = timedelta(seconds=1)
Mark = tuple[str, datetime | None, str]
Seen = frozenset[Mark]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of a chain, from its lower end upwards or from its upper end downwards. `edge` is where that end is read
    to with it, None when nothing at all is left of the chain; `seen` are the rows at the very edge."""

    chain: str
    down: bool
    rows: Rows
    edge: Edge | None
    seen: Seen
    began: str
    at: datetime


class Front:
    """One chain while it is read. Each end is moved by a thread of its own, bounded by where the other has come."""

    def __init__(self, reader: Reader, name: str, span: Span) -> None:
        self.name = name
        self.over = False
        self._reader = reader
        self._span = span
        self._long = LONG if span.high.time else 0
        self._seen: dict[bool, Seen] = {True: frozenset(), False: frozenset()}
        self._widths: dict[bool, timedelta] = {}
        self._under_way: set[bool] = set()
        self._changed = threading.Condition()

    def read(self, *, down: bool) -> Iterator[Fetched]:
        """Pages from one end, until the two have met. The upper end is read only once the chain is known to be long."""
        while self._begin(down):
            fetched = self._page(down, self._span)
            if not self._end(fetched):
                return
            yield fetched

    def stop(self) -> None:
        """Let nobody wait or go on."""
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def _begin(self, down: bool) -> bool:
        """Wait until there is something to be read from this end; False when there is nothing any more."""
        with self._changed:
            self._changed.wait_for(lambda: self.over or not self._better_wait(down))
            if self.over or (down and self._span.within_one_time()):
                return False
            self._under_way.add(down)
        return True

    def _better_wait(self, down: bool) -> bool:
        """Is the chain too short for two, or is the other end about to bring what may well be the last page?"""
        if down and self._long < LONG:
            return True
        width = self._widths.get(down)
        return (not down) in self._under_way and width is not None and self._span.narrower_than(width)

    def _page(self, down: bool, span: Span) -> Fetched:
        chain, end, known = CHAINS[self.name], span.high if down else span.low, self._seen[down]
        answer = self._reader.client.query(_statement(self.name, span, down=down))
        rows = self._reader.rows(chain.entity, answer)
        edge, seen = _moved(end, rows, known) if len(rows) == PAGE else (_last(span, down=down), frozenset())
        fresh = [row for row in rows if _mark(row) not in known] if known else rows
        return Fetched(self.name, down, fresh, edge, seen, server_time(answer), said_at(answer))

    def _end(self, fetched: Fetched) -> bool:
        """Go on from where the page ends; False when the other end was quicker to the last rows."""
        with self._changed:
            self._under_way.discard(fetched.down)
            self._changed.notify_all()
            if self.over:
                return False
            before = self._span.high if fetched.down else self._span.low
            self._seen[fetched.down] = fetched.seen
            if fetched.edge is not None:
                self._span = with_edge(self._span, fetched.edge, down=fetched.down)
                self._widths[fetched.down] = before.to(fetched.edge)
            self.over = fetched.edge is None or self._span.empty()
            self._long += 1
        return True


class Reading:
    """All chains of a run. The first ones are fetched before the others begin."""

    def __init__(self, reader: Reader, run: Run) -> None:
        self._fronts = [Front(reader, name, span) for name, span in run.spans.items()]
        self._first = [front for front in self._fronts if front.name in FIRST]
        self._gate = threading.Event()
        if not self._first:
            self._gate.set()

    def pages(self) -> Iterator[Fetched]:
        """Every page, as it comes; pages of one end of one chain in their order."""
        ends = [partial(self._read, front, down=down) for front in self._fronts for down in (False, True)]
        try:
            for _, fetched in as_they_come(ends, ahead=AHEAD):
                yield fetched
        finally:
            self._stop()

    def _read(self, front: Front, *, down: bool) -> Iterator[Fetched]:
        """One end's thread. Whatever ends it early ends them all: others may be waiting for it."""
        try:
            if front not in self._first:
                self._gate.wait()
            for fetched in front.read(down=down):
                if all(one.over for one in self._first):
                    self._gate.set()
                yield fetched
        except BaseException:
            self._stop()
            raise

    def _stop(self) -> None:
        for front in self._fronts:
            front.stop()
        self._gate.set()


def with_edge(span: Span, edge: Edge, *, down: bool) -> Span:
    """The span with one of its ends moved."""
    return Span(span.low, edge) if down else Span(edge, span.high)


def not_given(fetched: Fetched, span: Span, seen: Seen) -> Rows:
    """The rows without those that the other end gave already; `seen` are the rows at its edge."""
    other = span.low if fetched.down else span.high
    if not other.time:
        return fetched.rows
    until = instant(other.time)
    return [row for row in fetched.rows if not _beyond(row, until, down=fetched.down) and _mark(row) not in seen]


def _beyond(row: Row | Unreadable, until: datetime, *, down: bool) -> bool:
    if row.changed is None:
        return False
    return row.changed < until if down else row.changed > until


def _statement(name: str, span: Span, *, down: bool) -> str:
    chain = CHAINS[name]
    conditions = [chain.condition] if chain.condition else []
    if span.low.time:
        conditions.append(f"{TIME} >= {literal(span.low.time)}")
    if span.high.time:  # times are shown without their fraction, which may well be compared
        conditions.append(f"{TIME} < {literal((instant(span.high.time) + SECOND).isoformat())}")
    order, end = (f"{TIME} DESC", span.high) if down else (TIME, span.low)
    return select(chain.entity, *conditions, order_by=order, start=end.position)


def _last(span: Span, *, down: bool) -> Edge | None:
    """The edge after a page with which everything up to the other end is read."""
    other = span.low if down else span.high
    if not other.time:
        return None
    return Edge((instant(other.time) + (-SECOND if down else SECOND)).isoformat())


def _moved(edge: Edge, rows: Rows, seen: Seen) -> tuple[Edge, Seen]:
    """Where to go on: at the last time seen. Positions are only used inside that time, and a few of its rows are read
    again, in case some moved away in the meantime."""
    times = [row.changed for row in rows if row.changed is not None and row.changed.year > 1]
    if not times:
        return Edge(edge.time, edge.position + PAGE), seen
    last = times[-1]
    boundary = frozenset(_mark(row) for row in takewhile(lambda row: row.changed in (last, None), reversed(rows)))
    inside = len(boundary)
    if edge.time and instant(edge.time) == times[0] == last:
        inside, boundary = edge.position - 1 + len(rows), boundary | seen
    return Edge(last.isoformat(), max(1, inside - AGAIN + 1)), boundary


def _mark(row: Row | Unreadable) -> Mark:
    """One version of one record: two changes within a second share their time."""
    return row.id, row.changed, "" if isinstance(row, Unreadable) else row.sync_token or ""


def reached(fetched: Fetched, span: Span) -> bool:
    """Does the page come up to where the other end is?"""
    other = span.low if fetched.down else span.high
    if not other.time or fetched.edge is None:
        return fetched.edge is None
    met, edge = instant(other.time), instant(fetched.edge.time)
    return edge <= met if fetched.down else edge >= met
