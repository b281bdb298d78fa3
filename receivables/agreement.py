"""Do the books agree? Our figures against the platform's, on the platform's own basis, every difference by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from receivables.money import Money
from receivables.page import OpenTotals
from receivables.records import Ref


@dataclass(frozen=True, slots=True)
class Difference:
    """What we think is open for one customer or invoice, and what the platform says. Same currency."""

    about: Ref
    ours: Money
    theirs: Money

    @property
    def remainder(self) -> Money:
        """What the platform has more than we can see: a journal, an opening balance, a deposit; or our mistake."""
        return self.theirs - self.ours


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing: what differs, what could not be compared and why, and how much did agree."""

    differences: tuple[Difference, ...]
    not_comparable: Mapping[Ref, str]
    compared: int


OurFigures = Mapping[Ref, Mapping[str, Money]]
"""What is open by our records, per customer or invoice, and per currency, on the platform's basis."""


def compare(totals: OpenTotals, ours: OurFigures) -> Comparison:
    """Name every subject whose figures differ by a cent or more; several currencies cannot be compared."""
    theirs = {figure.about: figure.open for figure in totals.figures}
    not_comparable = dict(totals.not_comparable)
    differences: list[Difference] = []
    compared = 0
    for about in sorted({*theirs, *ours}, key=str):
        if about in not_comparable:
            continue
        held = {currency: money for currency, money in ours.get(about, {}).items() if money}
        if len(held) > 1:
            not_comparable[about] = "open in several currencies: " + ", ".join(sorted(held))
            continue
        compared += 1
        differences.extend(_differ(about, held, theirs.get(about)))
    return Comparison(tuple(differences), not_comparable, compared)


def _differ(about: Ref, held: Mapping[str, Money], theirs: Money | None) -> list[Difference]:
    if theirs is None or not theirs:
        return [Difference(about, money, Money.zero(money.currency)) for money in held.values()]
    ours = held.get(theirs.currency, Money.zero(theirs.currency))
    strangers = [
        Difference(about, money, Money.zero(currency))
        for currency, money in held.items()
        if currency != theirs.currency
    ]
    return ([Difference(about, ours, theirs)] if ours != theirs else []) + strangers
