"""Who is billed with whom: sub-customers with their parent, and those whom a person has said to be the same. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from receivables.records import Ref

Pair = tuple[Ref, Ref, Ref | None]
"""Two customers who are one, and the one of them who is written to, if a person has said which."""


@dataclass(frozen=True, slots=True)
class Families:
    """For those who are billed with somebody else, who that is (`heads`); and every head's others (`members`).

    `same` are, for a head who is several customers, those of them that head a family of their own, the head first.
    """

    heads: Mapping[Ref, Ref] = field(default_factory=dict)
    members: Mapping[Ref, Sequence[Ref]] = field(default_factory=dict)
    same: Mapping[Ref, Sequence[Ref]] = field(default_factory=dict)

    def head(self, customer: Ref) -> Ref:
        """Who is billed, and contacted."""
        return self.heads.get(customer, customer)

    def of(self, head: Ref) -> list[Ref]:
        """The head and everybody who is billed with it."""
        return [head, *self.members.get(head, ())]

    def known_as(self, head: Ref) -> Sequence[Ref]:
        """The customers under whose names anything may be on record about them."""
        return self.same.get(head, (head,))

    def alone(self, head: Ref) -> bool:
        """Is nobody billed with them?"""
        return head not in self.members


def families(billed: Mapping[Ref, Ref], pairs: Iterable[Pair] = (), able: Iterable[Ref] | None = None) -> Families:
    """Put together who is billed with whom (`billed`: for each, the one who is) and the pairs who are one.

    `able` are the customers who may be a head of several: they stand in books that are connected. None: all of them.
    """
    same = _united(billed, list(pairs), None if able is None else set(able))
    lead = {ref: head for head, theirs in same.items() for ref in theirs}
    heads = {ref: lead.get(head, head) for ref, head in billed.items()} | lead
    heads = {ref: head for ref, head in heads.items() if ref != head}
    members: dict[Ref, list[Ref]] = {}
    for ref, head in heads.items():
        members.setdefault(head, []).append(ref)
    return Families(heads, members, same)


def _united(billed: Mapping[Ref, Ref], pairs: Sequence[Pair], able: set[Ref] | None) -> dict[Ref, list[Ref]]:
    groups: dict[Ref, set[Ref]] = {}
    wanted: set[Ref] = set()
    for one, other, master in pairs:
        first, second = billed.get(one, one), billed.get(other, other)
        both = groups.get(first, {first}) | groups.get(second, {second})
        groups |= dict.fromkeys(both, both)
        wanted |= {billed.get(master, master)} if master else set()
    found: dict[Ref, list[Ref]] = {}
    for theirs in {id(group): group for group in groups.values()}.values():
        may = sorted(theirs if able is None else theirs & able, key=str)
        if may and len(theirs) > 1:
            head = next((ref for ref in may if ref in wanted), may[0])
            found[head] = [head, *sorted(theirs - {head}, key=str)]
    return found
