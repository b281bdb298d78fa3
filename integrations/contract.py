"""The contract every platform keeps. Read this first.

A `Platform` is stateless and knows how to be connected to and how to read its webhooks. `Books` is one connected
company. Everything above this folder talks to these names only. What a call may raise is in `errors.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from integrations.receiving import Lookup as Lookup
from integrations.receiving import Receipt as Receipt
from integrations.receiving import Receiving
from receivables.money import Money
from receivables.page import Cursor, OpenTotals, Page
from receivables.records import Company, Kind, Ref


class Capability(StrEnum):
    """What a platform can do. Whatever is missing raises Unsupported before any HTTP."""

    OAUTH = "oauth"
    CLIENT_CREDENTIALS = "client_credentials"
    API_KEY = "api_key"
    SEND_INVOICE = "send_invoice"
    PAYMENT_URL = "payment_url"
    LEAVE_NOTE = "leave_note"
    SET_EXPECTED_DATE = "set_expected_date"
    CARRY_PAY_LINK = "carry_pay_link"
    POST_CHARGE = "post_charge"
    DOCUMENT = "document"
    ATTACHMENTS = "attachments"
    TAKE_PAYMENTS = "take_payments"
    WEBHOOK_PER_APP = "webhook_per_app"
    WEBHOOK_PER_CONNECTION = "webhook_per_connection"


class Act(StrEnum):
    """The outward writes that carry a key and can be looked up again."""

    SEND_INVOICE = "send_invoice"
    LEAVE_NOTE = "leave_note"
    SET_EXPECTED_DATE = "set_expected_date"
    SET_PAY_LINK = "set_pay_link"
    POST_CHARGE = "post_charge"


KEY_LENGTH_MAX = 20


@dataclass(frozen=True, slots=True)
class LateCharge:
    """Interest and late charges as an invoice of one line: what it says, how much, and where the bookkeeper wants it.

    `account` and `tax` are codes of `ChargeChoices`. The amount is the invoice's total, whatever the tax code is.
    """

    text: str
    amount: Money
    issued_on: date
    due_on: date
    account: str
    tax: str


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that hangs on an invoice and that the business lets its customer see.

    `name` and `kind` (a media type) are as somebody typed or uploaded them, so neither may be believed; `size` in bytes
    is as the platform says before the file is fetched. `id` is the platform's own.
    """

    id: str
    name: str
    kind: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """Something of a platform's list: its own code for it, and what it is called there."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ChargeChoices:
    """What late charges can be posted to.

    `account_word` is the platform's word for one of the `accounts`: an account, or an item that leads to one. It is
    empty where a platform keeps none, and then none is named.
    """

    accounts: tuple[Choice, ...]
    taxes: tuple[Choice, ...]
    account_word: str = "account"


class Clock(Protocol):
    """The time, handed in. Instants are aware UTC."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Meter(Protocol):
    """Counts what a connection costs, where a person can see it."""

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Add one exchange; bytes are as on the wire, compressed."""
        ...


class Per(StrEnum):
    """Whom a limit counts together."""

    COMPANY = "company"
    APP = "app"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True)
class Limit:
    """A platform allows `calls` within `seconds`, or under way at once when that is 0.

    `remaining` is the response header (lower case) that says how many are left; empty where nothing says so.
    `share` is how much of a per-second limit we allow ourselves, since nobody's clock ticks with ours.
    """

    name: str
    calls: int
    seconds: float = 0.0
    per: Per = Per.COMPANY
    remaining: str = ""
    share: float = 0.95


class Turn(Protocol):
    """One call under way."""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """What came back: the headers correct our count, and a 429 keeps everybody back who shares the limit."""
        ...


class Budget(Protocol):
    """Gives a connection's calls their turn, so that no limit is run into that could have been foreseen."""

    def turn(self, path: str = "") -> AbstractContextManager[Turn]:
        """Wait for leave to call `path` once, and hold it. Raises TryLater(after) when that takes too long."""
        ...


class Unlimited:
    """No budget: for consent, tokens and keys, which no limit counts."""

    def turn(self, path: str = "") -> AbstractContextManager[Turn]:  # noqa: ARG002 - the budget's shape
        """At once."""
        return nullcontext(self)

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """Of no interest."""


@dataclass(frozen=True, slots=True)
class AppKeys:
    """What the operator registered at the platform. `addresses` overrides hosts by name, on loopback only."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorisation: tokens or a key. One grant may serve several companies (Xero).

    `expires_at` is when the access token dies; `dies_at` when the grant itself does, if known.
    `generation` grows with every renewal.
    """

    id: str
    platform: str
    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    expires_at: datetime | None = None
    dies_at: datetime | None = None
    kind: str = "oauth"
    generation: int = 0


class GrantStore(Protocol):
    """Keeps grants sealed, and lets one process at a time renew one of them."""

    def load(self, grant_id: str) -> Grant:
        """The grant as last saved. Raises Reconnect when it is gone."""
        ...

    def save(self, grant: Grant) -> None:
        """Durable before it returns."""
        ...

    def lease(self, name: str, *, seconds: float) -> AbstractContextManager[bool]:
        """Hold `name` for at most `seconds`; the value says whether we got it."""
        ...


class Token(Protocol):
    """The current access token of a grant, renewed when needed."""

    @property
    def refresh(self) -> str:
        """What renews it, as last saved, for ending the grant; empty when there is none. Raises Reconnect."""
        ...

    def current(self) -> str:
        """A token that should work now; renewed first if it is about to expire."""
        ...

    def renewed(self, rejected: str) -> str:
        """A token other than `rejected`, which the platform just refused. Raises Reconnect when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """What is needed to open one connected company.

    `id` is our connection, `external_id` the platform's company (realm, tenant, account). `details` holds what
    was learnt or asked at connect: connection_id and custom (Xero), livemode and account (Stripe), time_zone.
    """

    id: str
    external_id: str
    label: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """Everything a platform needs to talk: keys of the app, the clock, the meter, the time-outs and patience.

    Time-outs are in seconds. `patience` is the longest Retry-After that is waited for; a longer one raises
    TryLater at once, and whoever runs the sync parks the connection. `budget` gives calls to a company's API their
    turn.
    """

    app: AppKeys
    clock: Clock
    meter: Meter
    connect_timeout: float = 5.0
    read_timeout: float = 120.0
    patience: float = 20.0
    attempts: int = 4
    budget: Budget = field(default_factory=Unlimited)


@dataclass(frozen=True, slots=True)
class Authorised:
    """One company that a consent, a key or client credentials opened to us."""

    external_id: str
    label: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Consent:
    """What came back from connecting: the grant (its id is still empty) and the companies behind it."""

    grant: Grant
    companies: tuple[Authorised, ...]


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook endpoint made for one connection: its signing secret, and details to keep for ending it."""

    secret: str = field(repr=False)
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A connecting that has begun: kept until its callback comes, usable once."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    business: str
    platform: str
    redirect_uri: str
    expires_at: datetime
    answers: Mapping[str, str] = field(default_factory=dict)


class AttemptStore(Protocol):
    """Keeps attempts by the hash of their state."""

    def begin(self, attempt: Attempt) -> None:
        """Remember it."""
        ...

    def take(self, state: str) -> Attempt | None:
        """Give it back once and only once; None for an unknown or used state."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook as it arrived. `secrets` are tried in turn; header names are lower case."""

    body: bytes
    headers: Mapping[str, str]
    secrets: tuple[str, ...] = field(repr=False)
    connection: str = ""
    livemode: bool | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that a delivery names: fetch it again. `external_id` tells the company; `event` dedupes.

    `became` is the survivor's id when two records were merged; `gone` says the platform called it deleted.
    """

    external_id: str
    kind: Kind
    id: str
    event: str = ""
    at: datetime | None = None
    gone: bool = False
    became: str = ""


class Books(Receiving, Protocol):
    """One connected company. Reads raise TryLater, Reconnect, Refused or BadCursor; writes also Unsupported.

    What it does with money is in `receiving.py`.
    """

    def company(self) -> Company:
        """Who the creditor is, and whether the platform chases on its own."""
        ...

    def changes(self, since: Cursor | None) -> Iterator[Page]:
        """Pages of what changed since the cursor, everything when it is None. Each page carries the next cursor."""
        ...

    def sweep(self, known_open: Sequence[Ref]) -> Iterator[Page]:
        """Find edits the change feed hides: list what is open there and fetch what is open only here.

        Absence never closes an invoice. Platforms whose feed hides nothing yield no page.
        """
        ...

    def fetch(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now; the ones that are no more come back as gone. No cursor."""
        ...

    def open_totals(self, as_at_on: date) -> OpenTotals:
        """The platform's own open figures."""
        ...

    def document(self, invoice: Ref) -> bytes:
        """The invoice as PDF."""
        ...

    def attachments(self, invoice: Ref) -> Sequence[Attached]:
        """The files that hang on the invoice and are meant for the customer, in the platform's order.

        Raises Unsupported before any HTTP where a platform has none.
        """
        ...

    def attachment(self, invoice: Ref, one: Attached) -> bytes:
        """What is in one of them, all of it. Raises NotThere when it was taken away."""
        ...

    def payment_url(self, invoice: Ref) -> str:
        """The platform's own pay page, fetched fresh; empty when the invoice has none."""
        ...

    def send_invoice(self, invoice: Ref, *, key: str) -> Receipt:
        """Have the platform mail the invoice again."""
        ...

    def leave_note(self, on: Ref, text: str, *, key: str) -> Receipt:
        """Leave a note for the bookkeeper on the record, where the customer never sees it."""
        ...

    def set_expected_date(self, invoice: Ref, on: date, *, key: str) -> Receipt:
        """Write when the customer said they will pay."""
        ...

    def set_pay_link(self, invoice: Ref, url: str, *, key: str) -> Receipt:
        """Have the invoice carry the address of its payer's page in place of any before; none when `url` is empty."""
        ...

    def charge_choices(self) -> ChargeChoices:
        """Where `post_charge` can post to, read from the platform; in the order of names."""
        ...

    def credit_choices(self) -> ChargeChoices:
        """What a person can enter a credit note under, for a sum that was given up, read likewise."""
        ...

    def post_charge(self, on: Ref, charge: LateCharge, *, key: str) -> Receipt:
        """Make an invoice of its own, to whoever owes the invoice `on`; the receipt's id is the new invoice's."""
        ...

    def found(self, act: Act, on: Ref, key: str, *, since: datetime) -> Receipt | Lookup:
        """Was this write done? Asked after a reply was lost. `since` is when the write was first claimed."""
        ...


class Platform(Protocol):
    """A kind of accounting or payment system.

    `asks` names what a person must be asked at connect, since the platform cannot tell: "time_zone",
    "own_reminders", "role", "others_post" (does another app enter a till's payments?). `customer_word` is its own word
    for a customer, `refusal` the HTTP status it expects for a wrong signature, `signature_header` where it signs (lower
    case).
    """

    slug: str
    label: str
    capabilities: frozenset[Capability]
    asks: frozenset[str]
    customer_word: str
    refusal: int
    signature_header: str

    def authorize_url(self, wire: Wire, *, state: str, redirect_uri: str, challenge: str) -> str:
        """Where to send the person to give consent."""
        ...

    def exchange(self, wire: Wire, callback: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Consent:
        """Turn the callback's query (or, without OAuth, the form's fields) into a grant and its companies.

        Raises Refused with a sentence for people: consent denied, a permission missing (named), a wrong key.
        """
        ...

    def renew(self, wire: Wire, grant: Grant) -> Grant:
        """New tokens for the grant. Raises Reconnect when the platform refuses for good, TryLater otherwise."""
        ...

    def disconnect(self, wire: Wire, account: Account, token: Token, *, last: bool) -> None:
        """End this one company; `last` says that no other company uses the grant."""
        ...

    def subscribe(self, wire: Wire, account: Account, token: Token, *, url: str) -> Subscription:
        """Have webhooks for this one connection sent to `url`. Unsupported where endpoints belong to the app."""
        ...

    def limits(self, account: Account) -> Sequence[Limit]:
        """What the platform allows for this company and its app, as published."""
        ...

    def open(self, wire: Wire, account: Account, token: Token) -> Books:
        """The books of one company. No HTTP yet."""
        ...

    def verify(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature unless one of the secrets signed the body recently enough."""
        ...

    def touched(self, delivery: Delivery) -> list[Touched]:
        """The records a verified delivery names; unknown kinds are left out."""
        ...

    def web_url(self, account: Account, ref: Ref) -> str:
        """Where a person sees the record on the platform's own site; empty when not known."""
        ...
