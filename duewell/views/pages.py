"""What the pages and the command line show: plain values, ready to read, made by `duewell/desk/desk.py`."""

from dataclasses import dataclass, field
from datetime import date, datetime

from duewell.views.work import WorkView
from receivables.aging import Aging
from receivables.money import Money


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """Our figure and theirs for one customer (or, with `invoice`, one invoice), and what is left to explain.

    `state` is open, accepted (by a person, with a note) or gone (found wrong here, read again and put right).
    """

    id: str
    customer_id: str
    customer: str
    invoice: str
    ours: Money
    theirs: Money
    state: str
    note: str
    accepted_by: str
    found_at: datetime


@dataclass(frozen=True, slots=True)
class AgreementView:
    """Do the books agree? `agrees` is None before the first comparison. `basis` is a phrase for people."""

    agrees: bool | None
    checked_at: datetime | None
    basis: str
    re_read: bool
    compared: int
    differences: tuple[DifferenceView, ...] = ()
    not_comparable: tuple[tuple[str, str], ...] = ()
    future_dated: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connected company, its health, and what it costs."""

    id: str
    platform: str
    platform_label: str
    label: str
    role: str
    state: str
    trouble: str
    trouble_since: datetime | None
    parked_until: datetime | None
    last_pull_at: datetime | None
    own_reminders: str
    agreement: AgreementView
    counts: dict[str, int] = field(default_factory=dict)
    odd: tuple[tuple[str, str], ...] = ()
    calls_today: int = 0
    bytes_today: int = 0
    webhook_path: str = ""
    time_zone: str = ""
    reading_past: bool = False
    reminder_days: str = ""
    others_post: str = "unknown"

    @property
    def needs_reconnect(self) -> bool:
        """Must a person connect it again?"""
        return self.state == "unhealthy" and "connect" in self.trouble


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One invoice and today's verdict on it: its customer's page is by `connection`, the invoice stands in `ledger`.

    `company` is the ledger's label, for a customer who stands in several; `platform` is the ledger's.
    """

    connection: str
    ledger: str
    company: str
    platform: str
    customer_id: str
    customer: str
    invoice_id: str
    number: str
    open: Money
    due_on: date | None
    days_late: int
    say: str
    rule: str
    reason: str
    step: str
    facts: dict[str, str]
    next_look_on: date | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """Today's plan, the ones to send first."""

    day_on: date
    decided_at: datetime
    rows: tuple[PlanRow, ...]

    def counted(self) -> dict[str, int]:
        """How many to send, held and skipped."""
        return {say: sum(row.say == say for row in self.rows) for say in ("send", "hold", "skip")}


@dataclass(frozen=True, slots=True)
class CustomerView:
    """Everything about one customer on one page."""

    connection: str
    platform: str
    platform_label: str
    id: str
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    address: str
    owed: tuple[Aging, ...]
    on_account: tuple[Money, ...]
    rows: tuple[PlanRow, ...]
    work: WorkView
    platform_url: str
    differences: tuple[DifferenceView, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    business: str
    today_on: date
    agings: tuple[Aging, ...]
    connections: tuple[ConnectionView, ...]
    plan: dict[str, int]
    automatic: bool
    waiting_for_a_person: int
    in_name_of: str = ""
    operator: str = "the business itself"
    manners: str = ""


@dataclass(frozen=True, slots=True)
class ConnectChoice:
    """A platform that can be connected, and how: "oauth", "api_key" or "client_credentials" among `ways`."""

    slug: str
    label: str
    ways: tuple[str, ...]
    ready: bool
    missing: str
    key_url: str
    foreign_host: str
