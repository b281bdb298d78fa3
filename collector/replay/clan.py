"""Customers who may have been one debtor: all that was ever known of them, and their cases as of any instant. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from collector.calendar import only_zone
from collector.debtors.cases import Material, build, debtor_key
from collector.debtors.elsewhere import WITHIN, not_entered
from collector.debtors.families import Families
from collector.debtors.kin import TAKEN_SINCE, company_of
from collector.debtors.paying import under_way
from collector.paying.progress import progress_of
from collector.replay.archive import Archive
from collector.replay.kinship import Kinship
from collector.replay.moment import Moment
from receivables.case import Case, Contact, Mirror, Past
from receivables.plans import InstallmentPlan, Progress, settled_of
from receivables.records import Company, Customer, Invoice, Payment, Ref
from receivables.said import Said
from storage.plannings import Known

Ledgers = tuple[str, ...]
"""The books in which a debtor stands, those first from which they are written to."""


@dataclass
class Clan:
    """Customers who were ever billed together, said to be one, or between whom an invoice moved or was a mirror.

    `archives` are by connection.
    """

    archives: Mapping[str, Archive]
    said: tuple[Said, ...] = ()
    contacts: tuple[Contact, ...] = ()
    kinship: Kinship = field(default_factory=Kinship)
    debtors: frozenset[str] = frozenset()
    plans: tuple[InstallmentPlan, ...] = ()
    _last: tuple[object, list[tuple[Case, Ledgers]]] | None = None

    def zones(self, of_company: Iterable[str]) -> frozenset[str]:
        """Every zone by whose clock their days may have been told, with the zones the company was in."""
        people = (one.record for archive in self.archives.values() for one in archive.customers.found)
        own = {only_zone(one.address.country) for one in people} or {""}
        return frozenset(zone for name in own for zone in ([name] if name else of_company))

    @cached_property
    def changes(self) -> list[datetime]:
        """The instants at which something became known, in their order."""
        found = {at for one in self.archives.values() for at in (*one.changes, *one.charges.values())}
        for one in self.said:
            found |= {at for at in (one.at, one.ended_at) if at is not None}
        for plan in self.plans:
            found |= {plan.agreement.at} if plan.agreement else set()
            found |= {plan.ended_at} if plan.ended_at else set()
        return sorted(found | {one.at for one in self.contacts} | set(self.kinship.changes()))

    def ever_open(self) -> bool:
        """Was anything open since the first day that is looked at?"""
        return any(one.ever_open() for one in self.archives.values())

    def cases(self, moment: Moment, told: Sequence[Contact]) -> list[Case]:
        """One case per debtor with something open at the instant, to whom `told` was said before it."""
        same = self.sign(moment, told)
        if self._last is None or self._last[0] != same:
            self._last = same, list(self._cases(moment, told))
        receipts = moment.receipts
        return [replace(one, receipts=receipts, synced_at=moment.synced_at(ledgers)) for one, ledgers in self._last[1]]

    def sign(self, moment: Moment, told: Sequence[Contact]) -> object:
        """Equal for two moments between which nothing changed but the day, the last sync and the last receipt."""
        known = {id: (moment.known[id], one) for id, one in self._there(moment)}
        each = tuple((id, _about(then), one.noted(moment), one.walked(moment)) for id, (then, one) in known.items())
        day = moment.at.date() if any(then.till for then, _ in known.values()) else None
        return bisect_right(self.changes, moment.at), len(told), moment.reconstructed, each, day

    def told_by(self, moment: Moment) -> tuple[Contact, ...]:
        """What had been said, or may have, as far as was known at the instant."""
        before = [one for one in self.contacts if one.at <= moment.at]
        there = {(one.debtor, one.at) for one in before}
        return (*before, *(one for one in moment.unanswered() if (one.debtor, one.at) not in there))

    def payments_shown(self, moment: Moment) -> list[Payment]:
        """All payments as the books showed them."""
        return [paid for _, one in self._there(moment) for paid in one.every_payment(moment)]

    def payments_now(self) -> list[Payment]:
        """All payments as is known now."""
        return [paid for one in self.archives.values() for paid in one.payments.now()]

    def _there(self, moment: Moment) -> Iterator[tuple[str, Archive]]:
        return ((id, one) for id, one in self.archives.items() if id in moment.known)

    def _cases(self, moment: Moment, told: Sequence[Contact]) -> Iterator[tuple[Case, Ledgers]]:
        """Those together that stand in the same books."""
        if all(moment.known[id].till for id, _ in self._there(moment)):
            return
        people = [one for _, archive in self._there(moment) for one in archive.people(moment)]
        families = self.kinship.families(moment, people)
        material = self._material(moment, told, people, families)
        lots: dict[Ledgers, list[Invoice]] = {}
        for invoice in material.invoices:
            ledgers = _ledgers(families, families.head(invoice.customer), moment)
            lots.setdefault(ledgers, []).append(invoice)
        for ledgers, invoices in lots.items():
            days = tuple(dict.fromkeys(day for id in ledgers for day in moment.known[id].reminder_days))
            some = replace(
                material,
                company=self._company(moment, ledgers),
                invoices=tuple(invoices),
                reminder_days=days,
                reconstructed=not moment.reconstructed.isdisjoint(ledgers),
            )
            yield from ((case, ledgers) for case in build(some))

    def _company(self, moment: Moment, ledgers: Iterable[str]) -> Company:
        known = [self.archives[id].connected for id in ledgers]
        return company_of([replace(one, company=moment.company(one.company)) for one in known if one.company])

    def _material(
        self, moment: Moment, told: Sequence[Contact], people: Sequence[Customer], families: Families
    ) -> Material:
        ledgers = {id: archive for id, archive in self._there(moment) if not moment.known[id].till}
        books = [archive.books(moment) for archive in ledgers.values()]
        pasts: dict[Ref, Past] = {}
        for archive in ledgers.values():
            pasts |= archive.pasts(moment)
        return Material(
            company=self._company(moment, ledgers),
            customers=tuple(people),
            invoices=tuple(one for each in books for one in each.invoices),
            payments=tuple(one for each in books for one in each.payments),
            credits=tuple(one for each in books for one in each.credits),
            contacts=tuple(told),
            said=tuple(_as_known(one, moment.at) for one in self.said if one.at is None or one.at <= moment.at),
            differing=moment.differing(),
            usual=moment.usual,
            pasts=pasts,
            operator=moment.shared.operator,
            mirrors=self._mirrors(moment, ledgers.values()),
            elsewhere=self._elsewhere(moment, families),
            same=families.same,
            charges=frozenset(
                ref for archive in ledgers.values() for ref, at in archive.charges.items() if at <= moment.at
            ),
            plans=self._plans(moment, ledgers.values()),
            under_way=under_way(moment.coming, moment.at),
        )

    def _plans(self, moment: Moment, ledgers: Iterable[Archive]) -> tuple[Progress, ...]:
        """Those that held something then, with what had come in for them by then."""
        stood = [one for one in self.plans if one.stood(moment.at)]
        if not stood:
            return ()
        settled = {one.ref: settled_of(one) for archive in ledgers for one in archive.every_invoice(moment)}
        paid = [(one.invoice, one.amount) for one in under_way(moment.coming, moment.at) if not one.open]
        return tuple(progress_of(plan, settled, paid) for plan in stood)

    def _mirrors(self, moment: Moment, ledgers: Iterable[Archive]) -> tuple[Mirror, ...]:
        if not self.kinship.pairs:
            return ()
        there = {one.ref: one for archive in ledgers for one in archive.every_invoice(moment)}
        return self.kinship.mirrors(moment, there)

    def _elsewhere(self, moment: Moment, families: Families) -> dict[str, tuple[Payment, ...]]:
        """What debtors paid at a till, and no ledger of theirs shows."""
        tills = {id for id, one in moment.known.items() if one.till}
        if tills.isdisjoint(self.archives):
            return {}
        since = (moment.at - TAKEN_SINCE).date()
        taken: dict[Ref, list[Payment]] = {}
        entered: dict[Ref, list[Payment]] = {}
        for payment, customer in self._received(moment):
            at_a_till = payment.ref.connection in tills
            if payment.received_on and payment.received_on >= (since if at_a_till else since - WITHIN):
                (taken if at_a_till else entered).setdefault(families.head(customer), []).append(payment)
        missing = {head: not_entered(theirs, entered.get(head, ())) for head, theirs in taken.items()}
        return {debtor_key(head): theirs for head, theirs in missing.items() if theirs}

    def _received(self, moment: Moment) -> Iterator[tuple[Payment, Ref]]:
        """Each payment with its customer; one that names nobody is of whoever owes the invoice it is for."""
        there = [archive for _, archive in self._there(moment)]
        owners = {one.ref: one.customer for archive in there for one in archive.every_invoice(moment)}
        for payment in self.payments_shown(moment):
            first = payment.applications[0].to if payment.applications else None
            customer = payment.customer or (owners.get(first) if first else None)
            if customer is not None:
                yield payment, customer


def _ledgers(families: Families, head: Ref, moment: Moment) -> Ledgers:
    found = {ref.connection for ref in families.of(head)} & set(moment.ledgers)
    return tuple(sorted(found, key=lambda one: (one != head.connection, one)))


def _about(known: Known) -> object:
    """All of it that shapes a case beside when the books and the receipts were entered."""
    usual = tuple(known.usual.items())
    own = known.own_reminders, known.reminder_days, known.country, known.time_zone, known.operator
    return known.till, own, known.differing, usual, known.unanswered, known.coming, known.channels


def _as_known(one: Said, at: datetime) -> Said:
    """What was ended later had not been ended."""
    later = one.ended_at is not None and one.ended_at > at
    return replace(one, ended_at=None, ended_by="") if later else one
