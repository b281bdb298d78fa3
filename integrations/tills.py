"""The contract of money: tills, where it is taken for what is owed in any of the books. See `receiving.py` too.

A platform that takes payments has `Capability.TAKE_PAYMENTS` and opens a `Till` beside its books. What each call may
raise is in `errors.py`; writes carry a key and can be looked up again, as in `contract.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from integrations.contract import Account, Lookup, Token, Wire
from receivables.money import Money
from receivables.records import PaymentStatus


class PageState(StrEnum):
    """What a till's payment page is. `paid` is money; `processing` may still fail, or has failed, as its payment tells.
    Only an open one can be ended."""

    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payment page to be: one sum under one line of text, for one payer.

    `customer` is the till's own customer id; without it the payment belongs to nobody there, and cannot settle an
    invoice of the till's own. `methods` are the till's words for the allowed ways to pay; none: whatever it offers.
    `about` is kept with the page and with the payment: at most ten short pairs, never personal data.
    """

    amount: Money
    text: str
    back_url: str
    expires_at: datetime
    customer: str = ""
    email: str = field(default="", repr=False)
    language: str = ""
    methods: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PayPage:
    """A payment page as the till tells of it. `url` is a secret of the payer's, and empty once it cannot be paid."""

    id: str
    state: PageState
    amount: Money
    expires_at: datetime
    url: str = field(default="", repr=False)
    payment: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WantedLink:
    """A link to be: one sum under one line of text, for whoever holds it. Belonging to nobody at the till, what is paid
    by it cannot settle an invoice of the till's own. `methods` and `about` are as in `Wanted`."""

    amount: Money
    text: str
    methods: tuple[str, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastingLink:
    """An address at the till that can be paid by once and does not expire. `url` is a secret of the payer's.

    `live` until somebody has paid by it or it was ended; money that then fails to come has used it up all the same.
    """

    id: str
    live: bool
    url: str = field(default="", repr=False)
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment at the till, as it is now.

    `amount` is gross, `returned` what was refunded or taken back of it so far, `refunded` the part of that which the
    business gave back itself; `fee` is None until the till knows.
    `failure` says for people why it failed. `settled_at` is when the money was the business's.
    """

    id: str
    amount: Money
    status: PaymentStatus
    made_at: datetime
    settled_at: datetime | None = None
    customer: str = ""
    method: str = ""
    failure: str = ""
    returned: Money | None = None
    refunded: Money | None = None
    disputed: bool = False
    fee: Money | None = None
    payout: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


class MovementKind(StrEnum):
    """Why a till's balance moved."""

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    FEE = "fee"
    PAYOUT = "payout"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a till's balance, in the currency it settles in. `net` is gross less fee; a payout is negative."""

    id: str
    kind: MovementKind
    gross: Money
    fee: Money
    at: datetime
    payment: str = ""
    payout: str = ""
    exchange_rate: str = ""

    @property
    def net(self) -> Money:
        """What the balance moved by."""
        return self.gross - self.fee


@dataclass(frozen=True, slots=True)
class Payout:
    """Money on its way from the till to the bank, or back. `arrives_on` is the till's promise."""

    id: str
    amount: Money
    status: str
    made_at: datetime
    arrives_on: date | None = None
    automatic: bool = True


class Till(Protocol):
    """One account at which money is taken. Reads raise TryLater, Reconnect, Refused (NotThere)."""

    def require(self) -> None:
        """May money be taken here? Raises Refused naming all that is missing, and where a person mends it."""
        ...

    def least(self, currency: str) -> Money:
        """The smallest sum that can be taken. Raises Refused for a currency the till cannot take."""
        ...

    def start_page(self, wanted: Wanted, *, key: str) -> PayPage:
        """Open a payment page. The same key gives the same page."""
        ...

    def page(self, id: str) -> PayPage:
        """The page as it is now."""
        ...

    def expire_page(self, id: str) -> PayPage:
        """End a page that is open; one that was paid meanwhile comes back as it is."""
        ...

    def found_page(self, key: str, *, since: datetime) -> PayPage | Lookup:
        """Was a page opened under this key? Asked after a reply was lost."""
        ...

    def start_link(self, wanted: WantedLink, *, key: str) -> LastingLink:
        """Make a link. The same key gives the same link."""
        ...

    def link(self, id: str) -> LastingLink:
        """The link as it is now."""
        ...

    def end_link(self, id: str) -> LastingLink:
        """End a link, and every page opened from it that is not paid; what was paid meanwhile, `paid_pages` tells."""
        ...

    def found_link(self, key: str) -> LastingLink | Lookup:
        """Was a link made under this key? Asked after a reply was lost."""
        ...

    def paid_pages(self, link: str) -> tuple[PayPage, ...]:
        """The pages that were opened from a link and are paid or processing."""
        ...

    def payment(self, id: str) -> Taken:
        """The payment as it is now, with its fee and payout as far as they are known."""
        ...

    def movements(self, since: datetime) -> Iterator[Movement]:
        """Every line of the balance from `since` on, oldest first."""
        ...

    def payouts(self, since: datetime) -> Iterator[Payout]:
        """Payouts made from `since` on, oldest first."""
        ...


class TakesPayments(Protocol):
    """A platform with `Capability.TAKE_PAYMENTS`."""

    def open_till(self, wire: Wire, account: Account, token: Token) -> Till:
        """The till of one connected account. No HTTP yet."""
        ...
