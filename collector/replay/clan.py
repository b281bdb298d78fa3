"""A debtor's past in memory: every version of everything that was known, and the case as of any instant. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Generic

from collector.calendar import only_zone
from collector.debtors.cases import Material, build
from collector.replay.remembering import company_then, receipts_then, unanswered_then, usual_then
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
from receivables.case import Case, Contact, Past
from receivables.records import Credit, Customer, Invoice, InvoiceStatus, Kind, Payment, PaymentStatus, Ref
from receivables.said import Said
from storage.connections import Connected
from storage.habits import pasts_of
from storage.plannings import Known
from storage.records import R
from storage.versions import Version

OWED = (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant at which is judged, on which local day of the business, and what was known of the connection then.

    `reconstructed`: it lies before the books were first read.
    """

    at: datetime
    on: date
    known: Known
    reconstructed: bool = False


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
class Clan:
    """Customers who were ever billed together, or between whom an invoice moved, with all that was known of them.

    `ids` are the customers; `since` the first day that is looked at. `first_at` is when the books had been read for
    the first time; None: they have not been.
    """

    connected: Connected
    ids: frozenset[str]
    first_at: datetime | None
    since: date
    customers: Shelf[Customer]
    invoices: Shelf[Invoice]
    payments: Shelf[Payment]
    credits: Shelf[Credit]
    said: tuple[Said, ...]
    contacts: tuple[Contact, ...]
    _habits: dict[int, Mapping[Ref, Past]] = field(default_factory=dict)
    _last: tuple[object, list[Case]] | None = None

    @property
    def debtors(self) -> frozenset[str]:
        """The names under which anything may be recorded about them."""
        return frozenset(f"{self.connected.id}/{id}" for id in self.ids)

    def zones(self, of_company: Iterable[str]) -> frozenset[str]:
        """Every zone by whose clock their days may have been told, with the zones the company was in."""
        own = {only_zone(one.record.address.country) for one in self.customers.found} or {""}
        return frozenset(zone for name in own for zone in ([name] if name else of_company))

    @cached_property
    def changes(self) -> list[datetime]:
        """The instants at which something became known, in their order."""
        found = {at for shelf in (self.customers, self._open, self._left, self._credit) for at in shelf.changes()}
        for one in self.said:
            found |= {at for at in (one.at, one.ended_at) if at is not None}
        return sorted(found | {one.at for one in self.contacts})

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
        at = self.first_at
        if at is None:
            return Books(self.invoices.now(), self.payments.now(), self.credits.now())
        return Books(self.invoices.at(at), self.payments.at(at), self.credits.at(at))

    @cached_property
    def _walked(self) -> Books:
        return touched_since(self._first, self.since)

    @cached_property
    def _settled(self) -> tuple[Settlement, ...]:
        return settlements(self._first)

    def ever_open(self) -> bool:
        """Was anything open since the first day that is looked at?"""
        return bool(self._open.found) or bool(self._walked.invoices)

    def cases(self, moment: Moment, told: Sequence[Contact]) -> list[Case]:
        """One case per debtor with something open at the instant, to whom `told` was said before it."""
        same, known = self.sign(moment, told), moment.known
        if self._last is None or self._last[0] != same:
            self._last = same, build(self._material(moment, told))
        receipts, synced_at = receipts_then(known), known.synced_at
        return [replace(one, receipts=receipts, synced_at=synced_at) for one in self._last[1]]

    def sign(self, moment: Moment, told: Sequence[Contact]) -> object:
        """Equal for two moments between which nothing changed but the day, the last sync and the last receipt."""
        noted = moment.known.habits_at
        habits = bisect_right(self._all_changes, noted) if noted else -1
        return self._segment(moment), len(told), habits, _about(moment.known)

    def told_by(self, moment: Moment) -> tuple[Contact, ...]:
        """What had been said, or may have, as far as was known at the instant."""
        before = [one for one in self.contacts if one.at <= moment.at]
        there = {(one.debtor, one.at) for one in before}
        lost = (one for one in unanswered_then(moment.known, self.connected.id) if (one.debtor, one.at) not in there)
        return (*before, *lost)

    def payments_shown(self, moment: Moment) -> tuple[Payment, ...]:
        """The payments as the books showed them."""
        if moment.reconstructed:
            return visible(self._walked, moment.on, moment.at)
        return self.payments.at(moment.at)

    def _segment(self, moment: Moment) -> tuple[bool, int, int, int]:
        if not moment.reconstructed:
            return False, bisect_right(self.changes, moment.at), 0, 0
        days, instants = self._turning_points
        settled = bisect_right(self._settled, moment.on, key=lambda one: one.on)
        return True, bisect_right(days, moment.on), bisect_right(instants, moment.at), settled

    @cached_property
    def _turning_points(self) -> tuple[list[date], list[datetime]]:
        return turning_points(self._walked)

    def _material(self, moment: Moment, told: Sequence[Contact]) -> Material:
        known, company = moment.known, self.connected.company
        assert company is not None, "asked before"
        books, customers = self._books(moment)
        return Material(
            company=company_then(company, known),
            customers=customers,
            invoices=books.invoices,
            payments=books.payments,
            credits=books.credits,
            contacts=tuple(told),
            said=tuple(_as_known(one, moment.at) for one in self.said if one.at is None or one.at <= moment.at),
            differing=[Ref(self.connected.id, Kind.CUSTOMER, id) for id in known.differing],
            usual=usual_then(known),
            pasts=self._pasts(moment),
            reminder_days=known.reminder_days,
            operator=known.operator,
            reconstructed=moment.reconstructed,
        )

    def _books(self, moment: Moment) -> tuple[Books, tuple[Customer, ...]]:
        if not moment.reconstructed:
            at = moment.at
            return Books(self._open.at(at), self._left.at(at), self._credit.at(at)), self.customers.at(at)
        walked = as_of(self._walked, moment.on, moment.at)
        invoices = tuple(one for one in walked.invoices if one.status in OWED and one.open.minor)
        payments = tuple(one for one in walked.payments if _left(one))
        credits = tuple(one for one in walked.credits if one.remaining.minor)
        customers = self.customers.now() if self.first_at is None else self.customers.at(self.first_at)
        return Books(invoices, payments, credits), customers

    def _pasts(self, moment: Moment) -> Mapping[Ref, Past]:
        if moment.reconstructed:
            return pasts_on(self._settled, moment.on)
        noted = moment.known.habits_at
        if noted is None:
            return {}
        segment = bisect_right(self._all_changes, noted)
        if segment not in self._habits:
            self._habits[segment] = pasts_of(self.invoices.at(noted), self.payments.at(noted))
        return self._habits[segment]

    @cached_property
    def _all_changes(self) -> list[datetime]:
        return sorted({at for shelf in (self.invoices, self.payments) for at in shelf.changes()})


def _about(known: Known) -> object:
    """All of it that shapes a case beside when the books and the receipts were entered."""
    usual = tuple(known.usual.items())
    own = known.own_reminders, known.reminder_days, known.country, known.time_zone, known.operator
    return own, known.differing, usual, known.unanswered, known.channels


def _left(payment: Payment) -> bool:
    return bool(payment.unapplied.minor) or payment.status is PaymentStatus.PENDING


def _as_known(one: Said, at: datetime) -> Said:
    """What was ended later had not been ended."""
    later = one.ended_at is not None and one.ended_at > at
    return replace(one, ended_at=None, ended_by="") if later else one
