"""Reconcile: our open figures against the platform's own, to the cent; what differs is looked into, then named."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog

from receivables.agreement import Comparison, Difference, compare
from receivables.money import Money
from receivables.page import Basis, Scope
from receivables.records import Invoice, Kind, Ref
from storage import books, connections, differences
from storage.connections import Connected
from storage.database import Tx
from storage.settings import set_setting
from sync.gathering import gathered
from sync.pull import keep
from sync.refresh import read_again
from sync.source import Source

log = structlog.get_logger(__name__)

LOOK_INTO_MAX = 50


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome: what still differs, what was found wrong here and put right, and what cannot be compared."""

    basis: Basis
    compared: int
    differences: tuple[Difference, ...]
    mended: tuple[Difference, ...]
    not_comparable: Mapping[Ref, str]

    @property
    def agrees(self) -> bool:
        """Nothing differs."""
        return not self.differences


def reconcile(source: Source) -> Agreement:
    """Compare, look into what is new among the differences by reading those records again, compare again, and store.

    A difference that stays is a named remainder: a journal, an opening balance, a deposit that no API shows.
    Raises what the contract allows; whoever calls notes it (`watched`).
    """
    now = source.clock.now()
    with source.database.read() as tx:
        today, known = _today(source.state_in(tx), now), _known(source, tx)
    totals = source.books.open_totals(today)
    before = compare(totals, _ours(source, totals.basis, today))
    for lot in gathered(totals.seen, source.clock):
        keep(source, *lot)
    after = before
    if fresh := [one for one in before.differences if known.get((one.about, one.ours.currency)) != one.remainder]:
        with source.database.write() as tx:
            _save(source, tx, before, now)
        _look_into(source, fresh)
        after = compare(totals, _ours(source, totals.basis, today))
    agreement = _agreement(totals.basis, before, after)
    with source.database.write() as tx:
        _save(source, tx, after, now)
        _report(source, tx, agreement, now)
    if not agreement.agrees:
        log.info("books differ", connection=source.connection, differences=len(agreement.differences))
    return agreement


def _agreement(basis: Basis, before: Comparison, after: Comparison) -> Agreement:
    left = {difference.about for difference in after.differences}
    mended = tuple(difference for difference in before.differences if difference.about not in left)
    return Agreement(basis, after.compared, after.differences, mended, after.not_comparable)


def _today(connected: Connected, now: datetime) -> date:
    company = connected.company
    return now.astimezone(ZoneInfo((company.time_zone if company else "") or "UTC")).date()


def _ours(source: Source, basis: Basis, day: date) -> dict[Ref, dict[str, Money]]:
    """Our open figures on the platform's basis: net is after unapplied payments and what is left of credits."""
    figures: dict[Ref, dict[str, Money]] = {}
    with source.database.read() as tx:
        if basis.scope is Scope.INVOICE:
            open_invoices = books.open_by_invoice(tx, source.business, source.connection)
            return {ref: {money.currency: money} for ref, money in open_invoices.items()}
        for one in books.net_open_by_customer(tx, source.business, source.connection, after=day):
            if one.customer is not None:
                taken_off = one.unapplied + one.credits if basis.net else Money.zero(one.currency)
                figures.setdefault(one.customer, {})[one.currency] = one.invoices - taken_off
    return figures


def _known(source: Source, tx: Tx) -> dict[tuple[Ref, str], Money]:
    """The remainders that were found before, open or accepted: looking into them again would find nothing."""
    found = differences.differences(tx, source.business, connection=source.connection)
    return {(_about(one), one.ours.currency): one.remainder for one in found}


def _about(one: differences.Difference) -> Ref:
    if one.invoice_id:
        return Ref(one.connection, Kind.INVOICE, one.invoice_id)
    return Ref(one.connection, Kind.CUSTOMER, one.customer_id)


def _look_into(source: Source, fresh: Iterable[Difference]) -> None:
    """Read again what stands behind differences that were not known before: the invoices, payments and credits."""
    subjects = {one.about for one in list(fresh)[:LOOK_INTO_MAX]}
    customers = [ref for ref in subjects if ref.kind is Kind.CUSTOMER]
    behind = [ref for ref in subjects if ref.kind is Kind.INVOICE]
    if customers:
        with source.database.read() as tx:
            mine = (tx, source.business, source.connection)
            behind += [one.ref for one in books.invoices(*mine, open_only=True, customers=customers)]
            behind += [one.ref for one in books.payments(*mine, customers=customers) if one.unapplied]
            behind += [one.ref for one in books.credits_of(*mine, customers=customers) if one.remaining]
    read_again(source, behind)


def _save(source: Source, tx: Tx, comparison: Comparison, now: datetime) -> None:
    """What is no longer among the differences is kept as gone, so that nothing is absorbed without a trace."""
    found = [_named(source, tx, one) for one in comparison.differences]
    differences.save_differences(tx, source.business, source.connection, found, now=now)


def _named(source: Source, tx: Tx, one: Difference) -> differences.Difference:
    invoice = one.about.id if one.about.kind is Kind.INVOICE else ""
    customer = _customer_of(tx, source, one.about) if invoice else one.about.id
    return differences.Difference(source.connection, one.ours, one.theirs, customer_id=customer, invoice_id=invoice)


def _customer_of(tx: Tx, source: Source, invoice: Ref) -> str:
    found = books.record(tx, source.business, invoice)
    return found.customer.id if isinstance(found, Invoice) else ""


def _report(source: Source, tx: Tx, agreement: Agreement, now: datetime) -> None:
    """What the page shows of the last comparison."""
    report = {
        "at": now.isoformat(),
        "agrees": agreement.agrees,
        "compared": agreement.compared,
        "scope": agreement.basis.scope.value,
        "net": agreement.basis.net,
        "re_read": agreement.basis.re_read,
        "mended": len(agreement.mended),
        "not_comparable": {ref.id: why for ref, why in agreement.not_comparable.items()},
    }
    set_setting(tx, source.business, f"agreement:{source.connection}", json.dumps(report))
    if agreement.agrees:
        connections.agreed(tx, source.business, source.connection, now=now)
