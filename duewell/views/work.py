"""What the customer's page and the to-do page show of people's work: plain values, ready to read."""

from dataclasses import dataclass
from datetime import date, datetime

from receivables.money import Money


@dataclass(frozen=True, slots=True)
class ContactView:
    """One message that went to a customer, or may have; `text` is as it was stored. `attached` are names of files, and
    `left_out` those that did not go along, each with why."""

    at: datetime
    channel: str
    state: str
    step: str
    invoices: tuple[str, ...]
    to: tuple[str, ...]
    subject: str
    text: str
    reason: str
    attached: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or that a day said. `sort` is message, said, money, invoice or verdict."""

    on: date
    at: datetime | None
    sort: str
    what: str
    detail: str = ""
    amount: Money | None = None
    by: str = ""
    message: ContactView | None = None


@dataclass(frozen=True, slots=True)
class SaidView:
    """What was said and still holds: `what` in a few words, `note` as it was written down."""

    id: str
    kind: str
    what: str
    note: str
    by: str
    from_on: date
    until_on: date | None = None
    review_on: date | None = None
    assigned_to: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise and how it stands: open, kept, late, broken, dropped or taken_back.

    One without an id was typed into the platform as an expected date.
    """

    id: str
    until_on: date
    standing: str
    invoice: str = ""
    amount: Money | None = None
    came: Money | None = None
    note: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class TodoView:
    """One to-do, with the business and customer it is about; `late` when its day has passed."""

    business: str
    business_name: str
    id: str
    kind: str
    title: str
    note: str
    due_on: date
    late: bool
    amount: Money | None
    assigned_to: str
    connection: str = ""
    customer_id: str = ""
    snoozed_to_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice to choose in a form; `value` names it there."""

    value: str
    number: str
    open: Money


@dataclass(frozen=True, slots=True)
class WorkView:
    """A person's desk at one customer. `today_on` is the business's day, `bcc` where own mail is copied to."""

    today_on: date
    promises: tuple[PromiseView, ...] = ()
    holding: tuple[SaidView, ...] = ()
    events: tuple[Event, ...] = ()
    todos: tuple[TodoView, ...] = ()
    invoices: tuple[OpenInvoice, ...] = ()
    addresses: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    kind: str = "unknown"
    bcc: str = ""
    more_events: int = 0
