"""Ratios of one run: each round's own, their middle and their ends, and whether a target is met."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Is the target met? What was not run is never a pass."""

    MET = "yes"
    MISSED = "NO"
    NOT_RUN = "not run"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle, the least and the most of several rounds."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.least)} to {short(self.most)})"


@dataclass(frozen=True, slots=True)
class Target:
    """A bound that a figure should keep: at most, or at least."""

    bound: float
    at_least: bool = False
    unit: str = ""

    def kept(self, figure: float) -> bool:
        """Does the figure keep it?"""
        return figure >= self.bound if self.at_least else figure <= self.bound

    def verdict(self, figure: float | None) -> Verdict:
        """Met, missed, or not run."""
        if figure is None:
            return Verdict.NOT_RUN
        return Verdict.MET if self.kept(figure) else Verdict.MISSED

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {short(self.bound)}{self.unit}"


def spread(figures: Sequence[float]) -> Spread:
    """Of one figure a round. Raises ValueError when there is none."""
    if not figures:
        raise ValueError("no round was run")
    return Spread(statistics.median(figures), min(figures), max(figures))


def ratios(above: Sequence[float], below: Sequence[float]) -> Spread:
    """Of two figures of the same rounds, round by round. Raises ValueError when the rounds are not the same."""
    if len(above) != len(below):
        raise ValueError("a ratio needs both figures of every round")
    return spread([one / other for one, other in zip(above, below, strict=True)])


def short(figure: float) -> str:
    """A figure with as many digits as it deserves."""
    if figure == 0 or (figure == int(figure) and abs(figure) < 1e6):
        return f"{int(figure):,}"
    size = abs(figure)
    return (
        f"{figure:,.0f}"
        if size >= 100
        else f"{figure:.1f}"
        if size >= 10
        else f"{figure:.2f}"
        if size >= 0.1
        else f"{figure:.3f}"
    )
