"""Explains every mistake of a policy file at once: those of one value, and those that show only beside the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from collector.policies.fields import Known
from collector.policies.file import Finding, Reading, Weight, read
from collector.policies.layers import Given, Layer, build, changes_of, makes_policy, merge
from collector.policies.lines import Path
from collector.policies.names import check_names
from collector.policies.order import Beside
from collector.policy import Policy, Segment


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was looked at: its layer, what it makes with the layers below it, and every finding by line.

    `merged` and `policy` are None where mistakes keep a policy from being made.
    """

    layer: Layer
    merged: Layer | None
    policy: Policy | None
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """May it hold?"""
        return self.policy is not None

    @property
    def mistakes(self) -> tuple[Finding, ...]:
        """What must be mended."""
        return tuple(one for one in self.findings if one.weight is Weight.MISTAKE)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What should be looked at."""
        return tuple(one for one in self.findings if one.weight is Weight.WARNING)


def check(text: str, known: Known, below: Layer, *, customers: Mapping[str, Layer] | None = None) -> Checked:
    """A business's policy over the base. `customers` are the layers that will lie over it, by the customer's name."""
    reading = read(text, known)
    Beside(reading, below).all()
    _segments(reading, below)
    _customers(reading, below, customers or {})
    if _readable(reading):
        check_names(reading, merge(below, reading.layer), known.used)
    return _checked(reading, below)


def check_customer(text: str, known: Known, below: Layer) -> Checked:
    """One customer's layer over the business's."""
    reading = read(text, known)
    if reading.layer.segments:
        said = "A customer's own policy has no segments: it is about one customer already."
        reading.add(("segments",), said, "Write what differs under [manners] and [[steps]].")
    _alone(reading, ("manners",), reading.layer.manners, "one customer")
    Beside(reading, below).all()
    return _checked(replace(reading, layer=replace(reading.layer, segments=())), below)


def _checked(reading: Reading, below: Layer) -> Checked:
    """In the order of the lines; what is about the whole comes first."""
    merged = merge(below, reading.layer)
    if _readable(reading) and not makes_policy(merged):
        reading.add((), f"It makes no policy: {_why(merged)}.", "Compare it with what `duewell policy export` writes.")
    findings = tuple(sorted(dict.fromkeys(reading.findings), key=lambda one: one.line))
    if not _readable(reading):
        return Checked(reading.layer, None, None, findings)
    return Checked(reading.layer, merged, build(merged, "new"), findings)


def _readable(reading: Reading) -> bool:
    return not any(one.weight is Weight.MISTAKE for one in reading.findings)


def _alone(reading: Reading, path: Path, manners: Given, whom: str) -> None:
    if "daily_cap" in manners:
        said = f"daily_cap counts the messages of the whole business, so it cannot differ for {whom}."
        reading.add((*path, "daily_cap"), said, "Set it under the [manners] of the business.")


def _segments(reading: Reading, below: Layer) -> None:
    whole = merge(below, reading.layer)
    for segment in reading.layer.segments:
        path = reading.names[("segments",)][segment.name]
        changes = changes_of(segment)
        _alone(reading, (*path, "manners"), changes.manners, "one segment")
        for said, key, remedy in _never(segment, whole):
            reading.add((*path, key), f"The segment “{segment.name}” {said}.", remedy)
        _idle(reading, path, segment)
        if changes:
            Beside(reading, replace(whole, segments=()), changes, path).all()
    if _readable(reading):
        _together(reading, whole)


def _never(segment: Segment, whole: Layer) -> Iterator[tuple[str, str, str]]:
    """Why nobody could ever belong to it: what, at which setting, and how to mend it."""
    low, high = segment.balance_from, segment.balance_below
    if high is not None and high <= 0:
        yield (
            "can never match: nobody who owes something owes less than nothing",
            "balance_below",
            "Write a sum above 0.",
        )
    elif low is not None and high is not None and high <= low:
        said = f"can never match: no balance is {low} or more and below {high}"
        yield said, "balance_below", "Let balance_below be the larger one."
    never = whole.manners.get("never_chase_tags", ())
    unwanted = {tag.casefold() for tag in never} if isinstance(never, tuple) else set()
    if segment.tags and {tag.casefold() for tag in segment.tags} <= unwanted:
        said = "can never match anybody who is written to: its tags are among never_chase_tags"
        yield said, "tags", "Remove it, or the tags there."


def _idle(reading: Reading, path: Path, segment: Segment) -> None:
    conditions = (segment.balance_below, segment.older_than_days, segment.countries, segment.kinds, segment.tags)
    if segment.balance_from in (None, Decimal(0)) and all(one in (None, ()) for one in conditions):
        said = f"The segment “{segment.name}” has no condition, so it holds for every customer."
        reading.add(path, said, 'Say for whom it is, as in kinds = ["consumer"].', Weight.WARNING)
    if not changes_of(segment):
        said = f"The segment “{segment.name}” changes nothing."
        reading.add(path, said, "Add [segments.manners] or [[segments.steps]], or remove it.", Weight.WARNING)


def _together(reading: Reading, whole: Layer) -> None:
    """A customer may belong to two of them: each, and each two, must make a policy with the rest."""
    for one in reading.layer.segments:
        alone = merge(whole, changes_of(one))
        if not makes_policy(alone):
            path = reading.names[("segments",)][one.name]
            reading.add(
                path, f"With the segment “{one.name}” it makes no policy ({_why(alone)}).", "Mend what it changes."
            )
    for one, other in combinations(reading.layer.segments, 2):
        both = merge(merge(whole, changes_of(one)), changes_of(other))
        if not makes_policy(both):
            said = (
                f"The segments “{one.name}” and “{other.name}” make no policy for who belongs to both ({_why(both)})."
            )
            path = reading.names[("segments",)][other.name]
            reading.add(path, said, "Give them conditions that exclude each other, or mend one.")


def _customers(reading: Reading, below: Layer, customers: Mapping[str, Layer]) -> None:
    """What differs for single customers was checked over another policy than this one."""
    whole = merge(below, reading.layer)
    if not makes_policy(whole):
        return
    for name, layer in customers.items():
        together = merge(whole, layer)
        if not makes_policy(together):
            said = f"With what differs for {name} it makes no policy ({_why(together)})."
            reading.add((), said, "Change that customer's own policy first, or mend this one.")


def _why(layer: Layer) -> str:
    try:
        build(layer)
    except (ValueError, TypeError) as error:
        return str(error) if isinstance(error, ValueError) else "a step lacks its days or its letter"
    return ""
