"""What the page about the policy shows: plain values, ready to read."""

from dataclasses import dataclass
from datetime import date, datetime

from collector.policies.calendar import Calendar
from collector.policies.check import Checked

NOTE_MAX = 500


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version, who wrote it and why."""

    number: int
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class CustomerPolicyView:
    """What differs for one customer, in sentences."""

    debtor: str
    name: str
    last: VersionView
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PolicyView:
    """The policy in force, read back.

    `last` is None for a business that has none of its own. `proposal` are the steps that are proposed from
    `present_days`, the platform's reminder days; both are empty where there is nothing to propose.
    """

    version: str
    last: VersionView | None
    steps: tuple[str, ...]
    manners: tuple[str, ...]
    segments: tuple[str, ...]
    today_on: date
    terms_days: int
    calendar: Calendar
    versions: tuple[VersionView, ...] = ()
    customers: tuple[CustomerPolicyView, ...] = ()
    present_days: tuple[int, ...] = ()
    proposal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that was looked at and not kept yet: what it would change, and the version it would follow.

    `text` is as it came. `changes` are sentences; `over` is the number of the version in force, 0 for none.
    """

    text: str
    checked: Checked
    changes: tuple[str, ...]
    calendar: Calendar | None
    over: int
    debtor: str = ""
