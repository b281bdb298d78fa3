"""What a replay tells: what would have gone, to whom and when, and how two policies differ. Pure values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

EXAMPLES_MAX = 300


class Wrong(Struct, frozen=True):
    """A message that would have asked for money that had come already, as is known now.

    `paid_on` is the day it came; `amount` what was asked for and had come, as text with its currency.
    """

    day: date
    debtor: str
    name: str
    numbers: tuple[str, ...]
    amount: str
    paid_on: date
    reconstructed: bool = False


class Sending(Struct, frozen=True):
    """One message that would have gone. `steps` are pairs of an invoice's number and the step; `odd` why a person
    would have looked at it first."""

    day: date
    debtor: str
    name: str
    channel: str
    steps: tuple[tuple[str, str], ...]
    odd: tuple[str, ...] = ()
    reconstructed: bool = False


class ToCustomer(Struct, frozen=True):
    """How many messages one customer would have got."""

    debtor: str
    name: str
    messages: int
    other: int = 0


class Run(Struct, frozen=True):
    """One policy over the days. `per_day` are the days with a message, in their order; `busiest` the busiest of them.

    `odd` messages would have waited for a person to look first. `held` counts, by rule, the invoices that were held
    back at least once after their step had come.
    """

    policy: str
    messages: int
    per_day: tuple[tuple[date, int], ...]
    busiest: tuple[date, int] | None
    customers: tuple[ToCustomer, ...]
    wrong: tuple[Wrong, ...]
    odd: int
    held: tuple[tuple[str, int], ...] = ()


class Answer(Struct, frozen=True):
    """What one policy said of an invoice on a day."""

    say: str
    rule: str
    reason: str
    step: str = ""


class Changed(Struct, frozen=True):
    """The first day on which two policies said something else of an invoice, and what each said."""

    day: date
    debtor: str
    name: str
    number: str
    before: Answer
    after: Answer


class Difference(Struct, frozen=True):
    """How another policy differs from the one in force: messages more (or, minus, less), whom they concern, the first
    day on which they part, and of how many invoices they judge otherwise, the earliest of these with their reasons."""

    more: int
    customers: tuple[ToCustomer, ...]
    first_on: date | None
    invoices: int
    changed: tuple[Changed, ...]


class Strayed(Struct, frozen=True):
    """A verdict that was stored, and what replay says instead."""

    day: date
    invoice: str
    stored: Answer
    replayed: Answer


class Reproduced(Struct, frozen=True):
    """What the engine did live, and whether replaying gives the same: verdicts of so many days, row by row."""

    days: int
    verdicts: int
    strayed: int = 0
    examples: tuple[Strayed, ...] = ()


class Report(Struct, frozen=True):
    """A whole replay. Days up to and with `reconstructed_until` lie before the books were first read.

    `notes` are sentences on what was assumed; `sent` counts what really went out in these days.
    """

    from_on: date
    to_on: date
    days: int
    reconstructed_days: tuple[date, ...]
    notes: tuple[str, ...]
    run: Run
    other: Run | None = None
    difference: Difference | None = None
    reproduced: Reproduced | None = None
    sent: int = 0

    @property
    def reconstructed_until(self) -> date | None:
        """The last day that was reconstructed."""
        return self.reconstructed_days[-1] if self.reconstructed_days else None


def run_of(
    policy: str, sendings: Sequence[Sending], wrong: Iterable[Wrong], held: Mapping[str, int] | None = None
) -> Run:
    """Sum up what a policy would have sent."""
    days = Counter(one.day for one in sendings)
    names = {one.debtor: one.name for one in sendings}
    each = Counter(one.debtor for one in sendings)
    most = sorted(each, key=lambda debtor: (-each[debtor], names[debtor].casefold(), debtor))
    return Run(
        policy=policy,
        messages=len(sendings),
        per_day=tuple(sorted(days.items())),
        busiest=min(days.items(), key=lambda pair: (-pair[1], pair[0]), default=None),
        customers=tuple(ToCustomer(debtor, names[debtor], each[debtor]) for debtor in most),
        wrong=tuple(sorted(wrong, key=lambda one: (one.day, one.name.casefold(), one.debtor))),
        odd=sum(bool(one.odd) for one in sendings),
        held=tuple(sorted((held or {}).items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def difference_of(
    before: Sequence[Sending], after: Sequence[Sending], changed: Sequence[Changed], count: int
) -> Difference:
    """What another policy (`after`) does otherwise than the one in force (`before`).

    `changed` are the earliest of `count` invoices that are judged otherwise.
    """
    names = {one.debtor: one.name for one in (*before, *after)}
    ours, theirs = Counter(one.debtor for one in before), Counter(one.debtor for one in after)
    moved = [debtor for debtor in names if ours[debtor] != theirs[debtor]]
    moved.sort(key=lambda debtor: (-abs(theirs[debtor] - ours[debtor]), names[debtor].casefold(), debtor))
    days = [one.day for one in changed] + _parting(before, after)
    return Difference(
        more=len(after) - len(before),
        customers=tuple(ToCustomer(one, names[one], ours[one], theirs[one]) for one in moved),
        first_on=min(days, default=None),
        invoices=count,
        changed=tuple(sorted(changed, key=lambda one: (one.day, one.name.casefold(), one.number))[:EXAMPLES_MAX]),
    )


def _parting(before: Sequence[Sending], after: Sequence[Sending]) -> list[date]:
    """The days on which the one sends what the other does not."""
    return [day for day, *_ in _acts(before) ^ _acts(after)]


def _acts(sendings: Sequence[Sending]) -> set[tuple[date, str, str, tuple[tuple[str, str], ...]]]:
    return {(one.day, one.debtor, one.channel, one.steps) for one in sendings}
