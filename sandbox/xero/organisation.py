"""One organisation as Xero keeps it: its ledger, its settings, its allowances, and what a test has distorted."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sandbox.world import Business
from sandbox.xero import chart
from sandbox.xero.ledger import Ledger
from sandbox.xero.playing import Player
from sandbox.xero.records import Contact, Invoice
from sandbox.xero.rendering import Payload, day

EMAILS_A_DAY = 1000
IDS_MAX = 52
KEPT_MAX = 32
T = TypeVar("T")


@dataclass
class Kept:
    """What was worked out of a ledger, as long as nothing changes there: a page is then a slice of a sorted list."""

    edition: int = -1
    found: dict[Hashable, Any] = field(default_factory=dict)

    def get(self, ledger: Ledger, name: Hashable, make: Callable[[], T]) -> T:
        """What `make` makes, or made since the ledger's last change."""
        if self.edition != ledger.edition or len(self.found) > KEPT_MAX:
            self.edition, self.found = ledger.edition, {}
        if name not in self.found:
            self.found[name] = make()
        found: T = self.found[name]
        return found


@dataclass
class Organisation:
    """One tenant. `distorted` lays raw fields over a record's payload; a value of None is sent as null.

    `opened` are accounts that were added since, `archived` the ids of those no longer in use.

    `allowed` holds the calls that its tier gives it where they are not the usual ones, by the limit's name.
    """

    business: Business
    ledger: Ledger
    player: Player
    short_code: str
    reminders: bool = False
    emails_a_day: int = EMAILS_A_DAY
    emailed: Counter[date] = field(default_factory=Counter)
    locked_until: date | None = None
    allowed: dict[str, int] = field(default_factory=dict)
    distorted: dict[str, Payload] = field(default_factory=dict)
    ids_max: int = IDS_MAX
    kept: Kept = field(default_factory=Kept)
    between_pages: list[Callable[[], None]] = field(default_factory=list)
    opened: list[Payload] = field(default_factory=list)
    archived: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """The business's name on the control port."""
        return self.business.key

    @property
    def tenant(self) -> str:
        """The tenant id, which is also the OrganisationID."""
        return self.ledger.tenant

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

    def bank(self) -> Payload:
        """The account that all payments go to."""
        return {
            "AccountID": self.tenant,
            "Code": "090",
            "Name": f"{self.business.name} Current Account",
            "Type": "BANK",
            "Status": "ACTIVE",
            "BankAccountType": "BANK",
            "CurrencyCode": self.business.shape.currencies[0],
            "EnablePaymentsToAccount": False,
        }

    def accounts(self) -> list[Payload]:
        """The chart of accounts: the bank, what everybody has, and what was added."""
        found = [self.bank(), *chart.accounts(), *self.opened]
        return [one | {"Status": "ARCHIVED"} if one["AccountID"] in self.archived else one for one in found]

    def account(self, id_: str) -> Payload | None:
        """One of them, by its id."""
        return next((one for one in self.accounts() if one["AccountID"] == id_.lower()), None)

    def locked(self, on: date) -> bool:
        """May nothing be dated so any more?"""
        return self.locked_until is not None and on <= self.locked_until

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
