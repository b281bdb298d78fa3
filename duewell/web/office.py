"""What the pages need from the rest of the house: one object, the Office, and the few values only it hands over.

Every call about a business takes the business first. A call may raise what `integrations/errors.py` names; its message
is shown to the person as it is, so it must be a sentence for people and hold no secret.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from duewell.views.pages import ConnectChoice, ConnectionView, CustomerView, Overview
from duewell.web.office_charges import ChargesOffice
from duewell.web.office_manners import MannersOffice
from duewell.web.office_pay_page import PayPageOffice
from duewell.web.office_people import PeopleOffice
from duewell.web.office_plan import PlanOffice
from duewell.web.office_plans import PlansOffice
from duewell.web.office_policy import PolicyOffice
from duewell.web.office_replay import ReplayOffice
from duewell.web.office_sames import SamesOffice
from duewell.web.office_till import TillOffice
from duewell.web.office_wording import WordingOffice
from duewell.web.office_work import WorkOffice
from integrations.contract import Clock
from receivables.money import Money


@dataclass(frozen=True, slots=True)
class Business:
    """A creditor, and where it is: the country (ISO 3166 alpha-2, or empty) gives the locale, the zone the hours.

    `time_zone` is an IANA name; empty is read as UTC and shown as such.
    """

    id: str
    name: str
    country: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """One customer in the list. `company` is the connection's label; the sums are per currency."""

    connection: str
    company: str
    platform: str
    id: str
    name: str
    owed: tuple[Money, ...]
    overdue: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerList:
    """The first customers that match, who owes most first, and how many match in all."""

    lines: tuple[CustomerLine, ...]
    total: int


class Office(
    ChargesOffice,
    PeopleOffice,
    WorkOffice,
    WordingOffice,
    PolicyOffice,
    PlanOffice,
    PlansOffice,
    ReplayOffice,
    MannersOffice,
    SamesOffice,
    PayPageOffice,
    TillOffice,
    Protocol,
):
    """Everything the pages ask for. All calls may come from several threads at once."""

    @property
    def clock(self) -> Clock:
        """The time that sign-in, idle sessions and its rate limit go by."""
        ...

    def session_key(self) -> bytes:
        """The key that signs session cookies: at least 32 bytes, the same in every process, never shown."""
        ...

    def businesses(self, among: Collection[str]) -> tuple[Business, ...]:
        """Those whose ids are named, in the order they are offered. Pages ask `current.businesses()` instead."""
        ...

    def business_count(self) -> int:
        """How many there are in all; none before `duewell init`."""
        ...

    def overview(self, business: str) -> Overview:
        """The first page's values."""
        ...

    def connections(self, business: str) -> tuple[ConnectionView, ...]:
        """Every connected company and its health."""
        ...

    def customers(self, business: str, text: str) -> CustomerList:
        """Customers whose name, e-mail or open invoice number holds `text`; all of them when it is empty."""
        ...

    def customer(self, business: str, connection: str, customer_id: str) -> CustomerView | None:
        """One customer's page, or None when there is no such customer in this business."""
        ...

    def connect_choices(self) -> tuple[ConnectChoice, ...]:
        """The platforms that can be connected. `foreign_host` may name several hosts, separated by spaces:
        all that the consent page redirects through."""
        ...

    def connect_questions(self, platform: str) -> frozenset[str]:
        """Which of "time_zone", "own_reminders", "others_post", "reminder_days" and "role" a person is asked, since the
        platform cannot tell."""
        ...

    def begin_connect(self, business: str, platform: str, answers: Mapping[str, str]) -> str:
        """Start the code flow; returns the consent page's address.

        `answers` holds `role` (books, till, both), `own_reminders` (yes, no, unknown) and `time_zone` (IANA or empty)
        as far as they were asked, and `connection` when a company is being connected again.
        """
        ...

    def finish_connect(self, platform: str, query: Mapping[str, str], among: Collection[str]) -> tuple[str, ...]:
        """Finish the code flow with the callback's query; returns the labels of the companies connected.

        `among` are the businesses for which the person may connect; whatever was begun for another is Refused.
        """
        ...

    def connect_with_key(
        self, business: str, platform: str, fields: Mapping[str, str], answers: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Connect by `api_key` (and `account`, may be empty), or by `client_id` and `client_secret`; returns labels."""
        ...

    def answer(self, business: str, connection: str, answers: Mapping[str, str]) -> None:
        """Change what a person said about a connection: the same `answers` as at connect. Raises NotThere."""
        ...

    def disconnect(self, business: str, connection: str) -> None:
        """End this one company. Raises NotThere for a connection that is not this business's."""
        ...

    def accept_difference(self, business: str, difference_id: str, note: str, *, by: str) -> None:
        """A person, by name, accepts a named remainder with a note. Raises NotThere when it is not this business's."""
        ...

    def sync_now(self, business: str, connection: str) -> None:
        """Bring the books up to date soon; returns at once."""
        ...

    def receive(self, platform: str, connection: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take a webhook (header names in lower case, `connection` empty for an app's endpoint); the HTTP status."""
        ...

    def health(self) -> tuple[bool, str]:
        """Is the process alive? The text is public: one word or sentence without names or figures."""
        ...

    def ready(self) -> tuple[bool, str]:
        """Can it serve: database reachable and migrated? The text is public as well."""
        ...

    def metrics(self) -> tuple[str, bytes]:
        """Content type and body for Prometheus."""
        ...
