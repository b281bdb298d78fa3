"""What a QuickBooks company holds: one dataclass per kind of record, with money in whole minor units."""

import itertools
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

EXPONENTS = {"USD": 2, "JPY": 0, "KWD": 3}
CURRENCY_NAMES = {"USD": "United States Dollar", "JPY": "Japanese Yen", "KWD": "Kuwaiti Dinar"}


def to_minor(amount: Decimal, currency: str) -> int:
    """Major units to minor ones. Raises ValueError rather than round."""
    scaled = amount.scaleb(EXPONENTS.get(currency, 2))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} is finer than {currency} allows")
    return int(scaled)


class _Ticks:
    """Counts every move of every record, so that whatever was worked out from them can be known to be out of date."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.latest = 0

    def __call__(self) -> int:
        self.latest = next(self._numbers)
        return self.latest


tick = _Ticks()


def latest() -> int:
    """The number of the last move of any record."""
    return tick.latest


@dataclass(slots=True, kw_only=True)
class Row:
    """What every record has. Times are whole seconds, as QuickBooks shows them; `token` is the SyncToken; `moved`
    numbers the record's last move, whether QuickBooks would tell of it or not."""

    id: str
    created: datetime
    updated: datetime
    token: int = 0
    moved: int = field(default_factory=tick)

    def touch(self, at: datetime) -> None:
        """The record was changed."""
        self.token += 1
        self.stir(at)

    def stir(self, at: datetime) -> None:
        """Something about the record moved: LastUpdatedTime follows it while SyncToken stays."""
        self.updated = max(self.updated, at)
        self.moved = tick()


@dataclass(slots=True, kw_only=True)
class Customer(Row):
    """Who owes. `balance` is kept by the posting rules and also holds what no API shows (journals); `kind` is the
    id of its customer type."""

    name: str
    contact: str = ""
    emails: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    currency: str = "USD"
    parent: str = ""
    project: bool = False
    bills_with_parent: bool = False
    active: bool = True
    balance: int = 0
    kind: str = ""


@dataclass(slots=True, kw_only=True)
class Document(Row):
    """An invoice, payment or credit memo of one customer in one currency."""

    customer: str
    currency: str
    total: int
    dated_on: date
    private_note: str = ""
    voided: bool = False

    def zero(self) -> None:
        """What voiding does: the amount goes, and the memo says so in front of whatever it said."""
        self.total = 0
        self.voided = True
        self.private_note = f"Voided - {self.private_note}" if self.private_note else "Voided"


@dataclass(slots=True, kw_only=True)
class Invoice(Document):
    """`payments` are the ids of the payments that touch it, oldest first; `sold` its one item, tax code and text."""

    number: str
    balance: int
    due_on: date
    deposit: int = 0
    email: str = ""
    email_status: str = "NotSet"
    sent_at: datetime | None = None
    mail_error: str = ""
    online: bool = False
    payments: list[str] = field(default_factory=list)
    sold: tuple[str, str, str] = ("10", "NON", "Work as agreed")


@dataclass(slots=True)
class Line:
    """A part of a payment: `kind` is Invoice (paid) or CreditMemo (drawn on)."""

    kind: str
    id: str
    amount: int


@dataclass(slots=True, kw_only=True)
class Payment(Document):
    """Money received, or with a total of 0 the application of a credit memo. `account` is where it went; `deposited`
    pins it by a deposit of several payments at the bank."""

    unapplied: int = 0
    reference: str = ""
    account: str = "4"
    deposited: bool = False
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class CreditMemo(Document):
    """`remaining` is what is still usable."""

    number: str
    remaining: int
    payments: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Term(Row):
    """A payment term by days."""

    name: str
    days: int
    active: bool = True


@dataclass(slots=True, kw_only=True)
class Item(Row):
    """Something to sell, and the income account it leads to."""

    name: str
    account: tuple[str, str]
    kind: str = "Service"
    active: bool = True


@dataclass(slots=True, kw_only=True)
class Account(Row):
    """An account of the ledger, by QuickBooks' words for its type and subtype."""

    name: str
    kind: str
    detail: str
    currency: str
    active: bool = True


@dataclass(slots=True, kw_only=True)
class TaxRate(Row):
    """A rate in per cent."""

    name: str
    rate: int
    active: bool = True


@dataclass(slots=True, kw_only=True)
class TaxCode(Row):
    """A tax code and the id of its one rate on sales; none when it is for purchases only."""

    name: str
    rate: str = ""
    active: bool = True


@dataclass(slots=True, kw_only=True)
class CustomerType(Row):
    """A sort of customers, as the company names it."""

    name: str
    active: bool = True


@dataclass(slots=True, kw_only=True)
class Attachable(Row):
    """A note or a file that hangs on a record. `told_size` is what is said of the file; usually it is true."""

    entity: str
    target: str
    note: str
    include_on_send: bool = False
    file_name: str = ""
    content_type: str = ""
    content: bytes = b""
    told_size: int | None = None


@dataclass(slots=True, kw_only=True)
class Tombstone(Row):
    """What CDC tells of a record that is no more."""

    entity: str
