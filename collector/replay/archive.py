"""What was ever known of some customers of one connection, in memory, and the books as of any instant. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Generic

from collector.replay.moment import Moment
from collector.replay.walking_back import (
    Books,
    Settlement,
    as_of,
    pasts_on,
    settlements,
    touched_since,
    turning_points,
    visible,
)
from receivables.case import Past
from receivables.records import Credit, Customer, Invoice, InvoiceStatus, Payment, PaymentStatus, Ref
from storage.connections import Connected
from storage.habits import pasts_of
from storage.records import R
from storage.versions import Version

OWED = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


class Shelf(Generic[R]):
    """The versions of one kind, and those of them that hold at an instant."""

    def __init__(self, found: Iterable[Version[R]]) -> None:
        self.found: tuple[Version[R], ...] = tuple(found)

    def at(self, instant: datetime) -> tuple[R, ...]:
        """What was known at the instant."""
        return tuple(one.record for one in self.found if one.known(instant))

    def now(self) -> tuple[R, ...]:
        """What is known now."""
        return tuple(one.record for one in self.found if one.seen_until is None)

    def changes(self) -> Iterator[datetime]:
        """The instants at which anything became known or stopped to be."""
        for one in self.found:
            yield one.seen_from
            if one.seen_until is not None:
                yield one.seen_until


@dataclass
class Archive:
    """One connection's part of a clan. `since` is the first day that is looked at; `charges` are the invoices that
    were made of late charges, which say nothing of how a customer pays, and since when that is known."""

    connected: Connected
    since: date
    customers: Shelf[Customer]
    invoices: Shelf[Invoice]
    payments: Shelf[Payment]
    credits: Shelf[Credit]
    charges: Mapping[Ref, datetime] = field(default_factory=dict)
    _habits: dict[int, Mapping[Ref, Past]] = field(default_factory=dict)

    @cached_property
    def changes(self) -> frozenset[datetime]:
        """The instants at which something became known that can be in a case."""
        kept = (self.customers, self._open, self._left, self._credit)
        return frozenset(at for shelf in kept for at in shelf.changes())

    def ever_open(self) -> bool:
        """Was anything open since the first day that is looked at?"""
        return bool(self._open.found) or bool(self._walked.invoices)

    def books(self, moment: Moment) -> Books:
        """What was open, and what was left of payments and credits."""
        if not self._reconstructed(moment):
            at = moment.at
            return Books(self._open.at(at), self._left.at(at), self._credit.at(at))
        walked = as_of(self._walked, moment.on, moment.at)
        return Books(
            tuple(one for one in walked.invoices if one.status in OWED and one.open.minor),
            tuple(one for one in walked.payments if _left(one)),
            tuple(one for one in walked.credits if one.remaining.minor),
        )

    def people(self, moment: Moment) -> tuple[Customer, ...]:
        """The customers; before the books were read, as they were found then."""
        if not self._reconstructed(moment):
            return self.customers.at(moment.at)
        first_at = self.connected.first_pull_done_at
        return self.customers.now() if first_at is None else self.customers.at(first_at)

    def every_invoice(self, moment: Moment) -> tuple[Invoice, ...]:
        """Also what was settled."""
        if not self._reconstructed(moment):
            return self.invoices.at(moment.at)
        return as_of(self._walked, moment.on, moment.at).invoices

    def every_payment(self, moment: Moment) -> tuple[Payment, ...]:
        """As the books showed them, also those of which nothing is left."""
        if not self._reconstructed(moment):
            return self.payments.at(moment.at)
        return visible(self._walked, moment.on, moment.at)

    def pasts(self, moment: Moment) -> Mapping[Ref, Past]:
        """How the customers had paid, as it had been noted."""
        if self._reconstructed(moment):
            return pasts_on(self._settled, moment.on)
        noted = moment.known[self.connected.id].habits_at
        if noted is None:
            return {}
        segment = self.noted(moment)
        if segment not in self._habits:
            charged = {ref for ref, at in self.charges.items() if at <= noted}
            invoices = (one for one in self.invoices.at(noted) if one.ref not in charged)
            payments = (one for one in self.payments.at(noted) if one.customer is not None)
            self._habits[segment] = pasts_of(invoices, payments)
        return self._habits[segment]

    def noted(self, moment: Moment) -> int:
        """Equal for two moments with the same habits."""
        noted = moment.known[self.connected.id].habits_at
        return bisect_right(self._all_changes, noted) if noted else -1

    def walked(self, moment: Moment) -> tuple[int, ...]:
        """Equal for two moments between which the walked-back books stand still; nothing for those that are known."""
        if not self._reconstructed(moment):
            return ()
        days, instants = self._turning_points
        settled = bisect_right(self._settled, moment.on, key=lambda one: one.on)
        return bisect_right(days, moment.on), bisect_right(instants, moment.at), settled

    def _reconstructed(self, moment: Moment) -> bool:
        return self.connected.id in moment.reconstructed

    @cached_property
    def _open(self) -> Shelf[Invoice]:
        open_ones = (one for one in self.invoices.found if one.record.status in OWED and one.record.open.minor)
        return Shelf(sorted(open_ones, key=lambda one: (one.record.customer.id, one.record.ref.id)))

    @cached_property
    def _left(self) -> Shelf[Payment]:
        return Shelf(one for one in self.payments.found if _left(one.record))

    @cached_property
    def _credit(self) -> Shelf[Credit]:
        return Shelf(one for one in self.credits.found if one.record.remaining.minor)

    @cached_property
    def _first(self) -> Books:
        """As the books were when they had been read for the first time, or are."""
        at = self.connected.first_pull_done_at
        if at is None:
            return Books(self.invoices.now(), self.payments.now(), self.credits.now())
        return Books(self.invoices.at(at), self.payments.at(at), self.credits.at(at))

    @cached_property
    def _walked(self) -> Books:
        return touched_since(self._first, self.since)

    @cached_property
    def _settled(self) -> tuple[Settlement, ...]:
        return settlements(self._first)

    @cached_property
    def _turning_points(self) -> tuple[list[date], list[datetime]]:
        return turning_points(self._walked)

    @cached_property
    def _all_changes(self) -> list[datetime]:
        return sorted({at for shelf in (self.invoices, self.payments) for at in shelf.changes()})


def _left(payment: Payment) -> bool:
    return bool(payment.unapplied.minor) or payment.status is PaymentStatus.PENDING
