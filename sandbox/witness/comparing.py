"""Records that a witness read, held against the sandbox's own ledger: missing, extra, and what differs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

Facts = Mapping[str, object]
Records = Mapping[str, Facts]
DECIMALS = {
    "BIF": 0,
    "CLP": 0,
    "ISK": 0,
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "BHD": 3,
    "JOD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One stream compared. `read` counts what was emitted in this pass, and `repeats` what came more than once in it.

    `facts` names what was looked at.
    """

    stream: str
    read: int
    repeats: int
    compared: int
    facts: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Was every record of the ledger read as it is, and nothing else?"""
        return not (self.missing or self.extra or self.differing)


def compare(stream: str, emitted: Sequence[str], records: Records, truth: Records) -> Finding:
    """`emitted` has the ids of this pass in order, `records` what is known after it.

    Facts that only one side tells are left out. An empty ledger proves nothing, and counts as missing.
    """
    both = sorted(records.keys() & truth.keys())
    facts = {name for id in both for name in records[id].keys() & truth[id].keys()}
    return Finding(
        stream,
        read=len(emitted),
        repeats=len(emitted) - len(set(emitted)),
        compared=len(both),
        facts=tuple(sorted(facts)),
        missing=tuple(sorted(truth.keys() - records.keys())) if truth else ("anything to compare with",),
        extra=tuple(sorted(records.keys() - truth.keys())),
        differing=tuple(line for id in both for line in _differing(id, records[id], truth[id])),
    )


def _differing(id: str, read: Facts, truth: Facts) -> Iterable[str]:
    for name in sorted(read.keys() & truth.keys()):
        if read[name] != truth[name]:
            yield f"{id} {name}: read {read[name]!r}, is {truth[name]!r}"


def minor(amount: object, currency: str) -> int:
    """An amount of money in the currency's smallest unit, exactly. Raises ValueError for a fraction of it."""
    scaled = Decimal(str(amount)).scaleb(DECIMALS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} is no amount of {currency}")
    return int(scaled)
