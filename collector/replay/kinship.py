"""Who was one with whom at a past instant, as people had said by then, and which sales stood in two books. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from collector.debtors.cases import heads_of
from collector.debtors.families import Families, Pair, families
from collector.replay.moment import Moment
from receivables.case import Mirror
from receivables.records import Customer, Invoice, InvoiceStatus, Ref
from storage.sames import Alike, SameState, Stood

MIRRORS = (SameState.PROPOSED, SameState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Kinship:
    """Pairs as they ever stood, and what merged customers became.

    Of books that had not been read by then, what is said of a pair now counts: nobody could be asked sooner.
    """

    pairs: Sequence[Stood] = ()
    became: Mapping[Ref, Ref] = field(default_factory=dict)

    def changes(self) -> Iterator[datetime]:
        """The instants at which a pair became something else."""
        for one in self.pairs:
            yield one.since
            if one.until is not None:
                yield one.until

    def families(self, moment: Moment, customers: Iterable[Customer]) -> Families:
        """Who was billed with whom; `customers` are all of any connection who were there."""
        billed, ledgers = heads_of(customers), set(moment.ledgers)
        pairs = list(self._debtors(moment, billed))
        both = {ref for pair in pairs for ref in pair[:2]}
        return families(billed, pairs, [ref for ref in billed.keys() | both if ref.connection in ledgers])

    def mirrors(self, moment: Moment, there: Mapping[Ref, Invoice]) -> tuple[Mirror, ...]:
        """Of the invoices that were there (`there`, also the settled ones) those that stood in two ledgers."""
        found = self._stood(moment, Alike.INVOICE, MIRRORS)
        both = [one for one in found if one.one in there and one.other in there]
        return tuple(Mirror(one.one, one.other, one.master, _paid((one.one, one.other), there)) for one in both)

    def _stood(self, moment: Moment, alike: Alike, states: Collection[SameState]) -> Iterator[Stood]:
        for one in self.pairs:
            late = not moment.reconstructed.isdisjoint((one.one.connection, one.other.connection))
            then = one.until is None if late else one.at(moment.at)
            if then and one.alike is alike and one.state in states:
                yield one

    def _debtors(self, moment: Moment, there: Collection[Ref]) -> Iterator[Pair]:
        """Those who were confirmed and still there, under the names they had by then."""
        for pair in self._stood(moment, Alike.DEBTOR, (SameState.CONFIRMED,)):
            one, other = (self._alive(moment, ref, there) for ref in (pair.one, pair.other))
            if one and other and one != other:
                yield one, other, self._alive(moment, pair.master, there)

    def _alive(self, moment: Moment, ref: Ref | None, there: Collection[Ref]) -> Ref | None:
        if ref is None or ref.connection not in moment.known:
            return None
        seen = {ref}
        while ref not in there and self.became.get(ref, ref) not in seen:
            ref = self.became[ref]
            seen.add(ref)
        return ref if ref in there or len(seen) > 1 else None


def _paid(both: Iterable[Ref], there: Mapping[Ref, Invoice]) -> Ref | None:
    return next((ref for ref in both if there[ref].status is InvoiceStatus.PAID), None)
