"""Reconcile: our open figures against the platform's own, to the cent; what differs is looked into, then named."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import structlog

from receivables.agreement import Comparison, Difference, compare, our_figures
from receivables.money import Money
from receivables.page import Basis, OpenTotals
from receivables.records import Credit, Invoice, Kind, Payment, Ref
from storage import books, connections, differences
from sync.health import watched
from sync.pull import keep
from sync.refresh import refresh
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
    """
    now = source.clock.now()
    with watched(source):
        totals = source.books.open_totals(_today(source, now))
    before = compare(totals, _ours(source, totals.basis))
    for page in totals.seen:
        keep(source, page)
    touched = _look_into(source, before)
    after = compare(totals, _ours(source, totals.basis)) if touched or totals.basis.re_read else before
    agreement = _conclude(totals, before, after)
    differences.store(
        source.database, source.business, source.connection, agreement.differences, mended=agreement.mended, now=now
    )
    connections.compared(source.database, source.business, source.connection, report=_report(agreement), now=now)
    if not agreement.agrees:
        log.info("books differ", connection=source.connection, differences=len(agreement.differences))
    return agreement


def _conclude(totals: OpenTotals, before: Comparison, after: Comparison) -> Agreement:
    left = {difference.about for difference in after.differences}
    mended = tuple(difference for difference in before.differences if difference.about not in left)
    return Agreement(totals.basis, after.compared, after.differences, mended, after.not_comparable)


def _today(source: Source, now: datetime) -> date:
    state = connections.get(source.database, source.business, source.connection)
    zone = state.company.time_zone if state.company else ""
    return now.astimezone(ZoneInfo(zone or "UTC")).date()


def _ours(source: Source, basis: Basis) -> dict[Ref, dict[str, Money]]:
    with source.database.read() as tx:
        material = books.open_material(tx, source.business, source.connection)
    return our_figures(
        basis.scope, net=basis.net, invoices=material.invoices, payments=material.payments, credits=material.credits
    )


def _look_into(source: Source, comparison: Comparison) -> bool:
    """Read again what stands behind the differences that were not known before; says whether anything was read."""
    known = differences.remainders(source.database, source.business, source.connection)
    fresh = [one for one in comparison.differences if known.get((one.about, one.ours.currency)) != one.remainder.minor]
    refs = _behind(source, [one.about for one in fresh[:LOOK_INTO_MAX]])
    if not refs:
        return False
    refresh(source, refs)
    return True


def _behind(source: Source, subjects: Iterable[Ref]) -> list[Ref]:
    wanted = set(subjects)
    refs = [ref for ref in wanted if ref.kind is Kind.INVOICE]
    with source.database.read() as tx:
        material = books.open_material(tx, source.business, source.connection)
    held: list[Invoice | Payment | Credit] = [*material.invoices, *material.payments, *material.credits]
    return refs + [one.ref for one in held if one.customer in wanted]


def _report(agreement: Agreement) -> dict[str, object]:
    return {
        "agrees": agreement.agrees,
        "compared": agreement.compared,
        "scope": agreement.basis.scope.value,
        "net": agreement.basis.net,
        "re_read": agreement.basis.re_read,
        "not_comparable": {ref.id: why for ref, why in agreement.not_comparable.items()},
    }
