"""Everything Stripe has, read from several places at once: open invoices and their customers first, then the rest."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from integrations.errors import BadCursor
from integrations.stripe.client import CONNECTIONS
from integrations.stripe.cursor import Place, Span
from integrations.stripe.listing import Lists, behind
from integrations.stripe.mapping import Seen
from integrations.stripe.streams import BY_NAME, CREDITS, CUSTOMERS, DISPUTES, INVOICES, PAYMENTS, REFUNDS, Sheet
from receivables.page import Odd, Page
from receivables.records import Customer, Record

# In the order of their importance. Invoices by status are a partition; what moves between two of its parts while they
# are read has an event, which is read afterwards.
OPEN = Span(INVOICES.name, "open")
EVERYTHING = (
    OPEN,
    Span(CUSTOMERS.name),
    *(Span(INVOICES.name, status) for status in ("uncollectible", "draft", "paid", "void")),
    *(Span(stream.name) for stream in (PAYMENTS, CREDITS, REFUNDS, DISPUTES)),
)
# Invoices and payments reach their 25 a second with five calls under way; one will do for the shorter lists.
AT_ONCE_OF = {INVOICES.name: 5, PAYMENTS.name: 5, CUSTOMERS.name: 1, CREDITS.name: 1, REFUNDS.name: 1, DISPUTES.name: 1}
# A long list is cut by time: after so many pages, their pace tells how far back so many more will reach. Each cut costs
# about one page more, which is dear for short lists and well spent where a person waits for the open invoices.
PAGES_LOOKED_AT, PAGES_KEPT = 3, 16
OPEN_LOOKED_AT, OPEN_KEPT = 1, 6

Read = tuple[Seen, Sheet[Any]]


@dataclass
class Reader:
    """One part of a list: what is left of it, and how many pages and seconds lie between here and its last cut.

    `look` is after how many pages it is cut again, where not as usual: what is known to be far down a long list is cut
    at once, so that soon enough are under way.
    """

    span: Span
    pages: int = 0
    seconds: int = 0
    look: int = 0

    def moved(self, sheet: Sheet[Any]) -> "tuple[Reader, ...]":
        """What is left after this page: nothing, one part, or two when it is worth reading from two places."""
        if not sheet.has_more:
            return ()
        left = behind(self.span, sheet)
        pages, seconds = self.pages + 1, self.seconds + sheet.seconds
        look, keep = (OPEN_LOOKED_AT, OPEN_KEPT) if _is_open(left) else (PAGES_LOOKED_AT, PAGES_KEPT)
        if pages < (self.look or look):
            return (Reader(left, pages, seconds, self.look),)
        reach = keep * max(1, seconds // pages)
        if left.above and left.upto - left.above < 2 * reach:
            return (Reader(left),)
        cut = left.upto - reach
        return Reader(structs.replace(left, above=cut)), Reader(structs.replace(left, upto=cut, after=""), look=1)


@dataclass
class FirstRun:
    """A first run from a place on. In test mode one limit holds for all lists, so that the open invoices go alone."""

    lists: Lists
    place: Place
    live: bool
    met: set[str] = field(default_factory=set)

    def pages(self) -> Iterator[Page]:
        """Pages as they come, at most one of each part ahead of whoever saves them; each cursor names what is left.

        Raises what a call raised, when those under way have ended. Raises BadCursor for a list that is not known.
        """
        if not {span.stream for span in self.place.todo} <= set(BY_NAME):
            raise BadCursor("Stripe's reading place names no list known here; this connection is read from the start")
        waiting = [Reader(span) for span in self.place.todo]
        under_way: dict[Future[Read], Reader] = {}
        pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="reading")
        try:
            while waiting or under_way:
                self._begin(pool, waiting, under_way)
                came = _together(under_way, wait(under_way, return_when=FIRST_COMPLETED).done)
                reads = [(under_way.pop(one), one.result()) for one in came]
                for reader, (_, sheet) in reads:
                    waiting += reader.moved(sheet)
                self._begin(pool, waiting, under_way)
                yield self._page(reads, left=[one.span for one in (*under_way.values(), *waiting)])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, pool: ThreadPoolExecutor, waiting: list[Reader], under_way: dict[Future[Read], Reader]) -> None:
        """Begin as many calls as may be under way, the most important first; none once one has failed."""
        if any(one.done() and one.exception() for one in under_way):
            return
        open_first = any(_is_open(one.span) for one in (*waiting, *under_way.values()))
        for reader in sorted(waiting, key=_importance):
            if self._may_begin(reader.span, under_way.values(), open_first=open_first):
                waiting.remove(reader)
                under_way[pool.submit(self._read, reader.span)] = reader

    def _may_begin(self, span: Span, under_way: Iterable[Reader], *, open_first: bool) -> bool:
        """Nothing may keep the open invoices back: neither others of their endpoint nor, in test mode, anybody."""
        if open_first and not _is_open(span) and (span.stream == INVOICES.name or not self.live):
            return False
        return sum(one.span.stream == span.stream for one in under_way) < AT_ONCE_OF[span.stream]

    def _read(self, span: Span) -> Read:
        """A page. Open invoices bring their customers along, of whom there may be very many who owe nothing."""
        return self.lists.span(span, {"expand": ["data.customer"]} if _is_open(span) else None)

    def _page(self, reads: list[tuple[Reader, Read]], *, left: list[Span]) -> Page:
        """What came of one list since the last page, as one page: saving a few hundred costs little more than one."""
        records: list[Record] = []
        odd: list[Odd] = []
        for reader, (seen, sheet) in reads:
            mapped, strange = BY_NAME[reader.span.stream].mapped(sheet, seen)
            records += [one for one in mapped if not self._met(one)] if _is_open(reader.span) else mapped
            odd += strange
        usable = any(_is_open(reader.span) for reader, _ in reads) and not any(_is_open(span) for span in left)
        cursor, stream = self.place.with_todo(left).cursor(), reads[0][0].span.stream
        return Page(tuple(records), odd=tuple(odd), cursor=cursor, stream=stream, usable=usable)

    def _met(self, one: Record) -> bool:
        """A customer who came along before. Accounts come again: the newest invoice knows them best."""
        if not isinstance(one, Customer) or one.ref.id.startswith("acct_"):
            return False
        known = one.ref.id in self.met
        self.met.add(one.ref.id)
        return known


def _together(under_way: dict[Future[Read], Reader], finished: Iterable[Future[Read]]) -> list[Future[Read]]:
    """Those that make one page: of the list that matters most, what was read well; one that failed only by itself."""
    first, *others = sorted(finished, key=lambda one: (one.exception() is not None, _importance(under_way[one])))
    stream = under_way[first].span.stream
    return [first, *(one for one in others if under_way[one].span.stream == stream and one.exception() is None)]


def _is_open(span: Span) -> bool:
    return span.status == OPEN.status and span.stream == OPEN.stream


def _importance(reader: Reader) -> int:
    whole = Span(reader.span.stream, reader.span.status)
    return EVERYTHING.index(whole) if whole in EVERYTHING else len(EVERYTHING)
