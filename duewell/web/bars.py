"""The geometry of an ageing bar: whole units of a fixed width, so that no style is written into the page."""

from dataclasses import dataclass

from receivables.aging import Aging, Bucket
from receivables.money import Money

WIDTH = 1000
NAMES = {
    Bucket.CURRENT: "Not yet due",
    Bucket.DAYS_1_30: "1 to 30 days",
    Bucket.DAYS_31_60: "31 to 60 days",
    Bucket.DAYS_61_90: "61 to 90 days",
    Bucket.OVER_90: "Over 90 days",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One column: its name, its sum, and where its piece of the bar lies, in thousandths."""

    name: str
    amount: Money
    rank: int
    x: int
    width: int
    percent: int


def parts(aging: Aging) -> tuple[Part, ...]:
    """The pieces of the bar from the earliest to the latest; a credit takes no room."""
    sums = [max(aging.columns[column].minor, 0) for column in Bucket]
    whole = sum(sums) or 1
    drawn = []
    for rank, column in enumerate(Bucket):
        start, end = (sum(sums[:upto]) * WIDTH // whole for upto in (rank, rank + 1))
        share = (sums[rank] * 100 + whole // 2) // whole
        drawn.append(Part(NAMES[column], aging.columns[column], rank, start, end - start, share))
    return tuple(drawn)


def described(aging: Aging) -> str:
    """The bar for those who cannot see it."""
    return ", ".join(f"{part.name} {part.percent} %" for part in parts(aging) if part.width)
