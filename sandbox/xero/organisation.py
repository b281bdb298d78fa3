"""One organisation as Xero keeps it: its ledger, its settings, its limits, and what a test has distorted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sandbox.world import Business
from sandbox.xero.ledger import Ledger
from sandbox.xero.playing import Player
from sandbox.xero.records import Contact, Invoice
from sandbox.xero.rendering import Payload, day
from sandbox.xero.replies import LIMITS, Answer, too_many

EMAILS_A_DAY = 1000
IDS_MAX = 52


@dataclass
class Window:
    """A fixed window of calls. It counts always and refuses only when limits are enforced."""

    seconds: int
    limit: int
    began: datetime = datetime.min.replace(tzinfo=UTC)
    used: int = 0

    def take(self, now: datetime) -> int:
        """Count one call; what is left, negative when the limit is passed."""
        if now - self.began >= timedelta(seconds=self.seconds):
            self.began, self.used = now, 0
        self.used += 1
        return self.limit - self.used

    def wait(self, now: datetime) -> int:
        """Seconds until the window begins anew."""
        return self.seconds - int((now - self.began).total_seconds())


@dataclass
class Organisation:
    """One tenant. `distorted` lays raw fields over a record's payload; a value of None is sent as null."""

    business: Business
    ledger: Ledger
    player: Player
    short_code: str
    reminders: bool = False
    emails_left: int = EMAILS_A_DAY
    locked_until: date | None = None
    enforce: bool = False
    minute: Window = field(default_factory=lambda: Window(60, LIMITS["minute"]))
    day: Window = field(default_factory=lambda: Window(86_400, LIMITS["day"]))
    distorted: dict[str, Payload] = field(default_factory=dict)
    ids_max: int = IDS_MAX
    between_pages: list[Callable[[], None]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The business's name on the control port."""
        return self.business.key

    @property
    def tenant(self) -> str:
        """The tenant id, which is also the OrganisationID."""
        return self.ledger.tenant

    def spend(self, now: datetime) -> dict[str, str]:
        """Count a call; the headers that every reply carries. Raises Answer (429) beyond an enforced limit."""
        left_today, left_now = self.day.take(now), self.minute.take(now)
        if self.enforce and left_today < 0:
            raise Answer(too_many("day", self.day.wait(now)))
        if self.enforce and left_now < 0:
            raise Answer(too_many("minute", self.minute.wait(now)))
        return {
            "X-DayLimit-Remaining": str(max(0, left_today)),
            "X-MinLimit-Remaining": str(max(0, left_now)),
            "X-AppMinLimit-Remaining": str(LIMITS["app"] - self.minute.used),
        }

    def shown(self, id_: str, payload: Payload) -> Payload:
        """The payload as it goes out, distorted where a test asked for it."""
        return {**payload, **self.distorted[id_]} if id_ in self.distorted else payload

    def invoice(self, named: str) -> Invoice:
        """By id or by number, for control acts."""
        return self.ledger.invoices[self.ledger.numbers.get(named, named)]

    def contact(self, named: str) -> Contact:
        """By id or by name, for control acts."""
        if named in self.ledger.contacts:
            return self.ledger.contacts[named]
        return next(one for one in self.ledger.contacts.values() if one.name == named)

    def about(self) -> Payload:
        """The Organisation record."""
        payload: dict[str, Any] = {
            "Name": self.business.name,
            "LegalName": self.business.name,
            "PaysTax": True,
            "Version": "UK",
            "OrganisationType": "COMPANY",
            "BaseCurrency": self.business.shape.currencies[0],
            "CountryCode": self.business.shape.country,
            "IsDemoCompany": False,
            "OrganisationStatus": "ACTIVE",
            "Timezone": "GMTSTANDARDTIME",
            "ShortCode": self.short_code,
            "OrganisationID": self.tenant,
            "Edition": "BUSINESS",
            "Class": "PREMIUM",
            "Addresses": [],
            "Phones": [],
            "ExternalLinks": [],
            "PaymentTerms": {},
        }
        if self.locked_until:
            payload["PeriodLockDate"] = day(self.locked_until)
        return self.shown("organisation", payload)
