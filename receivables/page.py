"""A page of changes: the unit in which books are read and saved."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from receivables.money import Money
from receivables.records import Record, Ref


@dataclass(frozen=True, slots=True)
class Cursor:
    """A platform's own bookmark: where to go on once its page is saved. Opaque to everybody else."""

    value: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A record the platform no longer has: deleted, or merged into `became`."""

    ref: Ref
    at: datetime
    became: Ref | None = None


@dataclass(frozen=True, slots=True)
class Odd:
    """A record that could not be understood: set aside, counted and shown, while its page goes on.

    `why` is for people and never holds a name, an address or an amount of the record.
    """

    ref: Ref
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, what is gone, what was odd, and the cursor that is true once all of it is saved.

    `usable` says that with this page everything open is known, and who owes it: a first plan can be made while the
    past is still being read.
    """

    records: tuple[Record, ...] = ()
    gone: tuple[Gone, ...] = ()
    odd: tuple[Odd, ...] = ()
    cursor: Cursor | None = None
    stream: str = ""
    expected: int | None = None
    usable: bool = False


class Scope(StrEnum):
    """What one figure of a platform stands for."""

    CUSTOMER = "customer"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Basis:
    """How a platform's own figures are meant, so that ours can be reckoned the same way.

    `net` is after unapplied payments and credits; `with_children` adds sub-customers to their parent;
    a `re_read` lists the same records again: a check of our reading, not a second opinion.
    """

    scope: Scope
    net: bool
    re_read: bool = False
    with_children: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """What the platform says is open for one customer, or on one invoice."""

    about: Ref
    open: Money


@dataclass(frozen=True, slots=True)
class OpenTotals:
    """The platform's own open figures as at one date, with their basis.

    A subject that is missing from `figures` owes nothing by the platform's account. `not_comparable` names
    subjects whose figure mixes currencies. `seen` are pages read on the way; they are saved after comparing.
    """

    basis: Basis
    as_at_on: date
    figures: tuple[Figure, ...]
    not_comparable: dict[Ref, str] = field(default_factory=dict)
    seen: tuple[Page, ...] = ()
