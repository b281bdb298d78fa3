"""A rule of collecting as a value: whom it is about, what it asks, since when, and who says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from collector.policy import Channel
from receivables.records import CustomerKind
from receivables.said import Saying

NATURAL = frozenset({CustomerKind.CONSUMER, CustomerKind.SOLE_TRADER})
"""Who is a person and not a firm. A kind that nobody has told counts as both, so that the stricter rule wins."""
UNTOLD = frozenset({CustomerKind.UNKNOWN, CustomerKind.OTHER})
MEETING = "meeting"
"""A visit: no step can be one, but a person may have written one down."""


class Operator(StrEnum):
    """Who collects: the business itself, a bookkeeper in the business's name, or an agency in its own."""

    BUSINESS = "business"
    BOOKKEEPER = "bookkeeper"
    AGENCY = "agency"

    @property
    def party(self) -> "Party":
        """How the law sees them: a bookkeeper who writes in the business's name is no third party."""
        return Party.THIRD if self is Operator.AGENCY else Party.FIRST


class Party(StrEnum):
    """First party: in the creditor's own name. Third party: for somebody else."""

    FIRST = "first_party"
    THIRD = "third_party"


class RuleKind(StrEnum):
    """What a rule is about."""

    QUIET_HOURS = "quiet_hours"
    FREQUENCY = "frequency"
    CONSENT = "consent"
    OPT_OUT = "opt_out"
    REQUIRE = "require"
    HOLD = "hold"
    PROHIBITION = "prohibition"
    INFO = "info"


class Mode(StrEnum):
    """What follows when a rule is not kept: everything stops, this is not done, it waits, or a person is warned."""

    HOLD = "hold"
    BLOCK = "block"
    DEFER = "defer"
    WARN = "warn"
    INFO = "info"


class Confidence(StrEnum):
    """How well a rule is known: its text was seen, a report of it was, from memory only, or it is our own manners."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    KNOWLEDGE = "knowledge"
    OWN = "own"


class Counts(StrEnum):
    """What a cap counts: everything we began, only what reached them, or talks, whoever began them."""

    ATTEMPTS = "attempts"
    CONTACTS = "contacts"
    CONVERSATIONS = "conversations"


Span = tuple[int, int]
"""Minutes after midnight: from the first up to, not with, the second. Nothing is a span that never opens."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When contact is fine, by local time: one span for each day from Monday to Sunday, (0, 0) where none is."""

    days: tuple[Span, ...]
    holidays: bool = True


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` in `days` running local days, today among them; in the calendar month when `days` is 0.

    `per_debt` counts for each debt what spoke of it; else all that went to the person.
    """

    most: int
    days: int
    counts: Counts = Counts.ATTEMPTS
    per_debt: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in our own words. `jurisdiction` is "*", a country, a subdivision as ISO 3166-2, or one with a city.

    `channels` are words of `Channel`, and "meeting"; empty is all. `text` says it in a sentence and names its numbers.
    It is in force from `since` up to and with `until`, for debts that are more than `beyond_days` late (None: for all).
    `needs` is what the message must carry, `on` the sayings that stop it, `cities` where it holds.
    """

    id: str
    title: str
    kind: RuleKind
    mode: Mode
    jurisdiction: str
    text: str
    since: date
    source: str
    checked_on: date
    confidence: Confidence
    until: date | None = None
    debtors: frozenset[CustomerKind] = frozenset(CustomerKind)
    parties: frozenset[Party] = frozenset(Party)
    channels: frozenset[str] = frozenset()
    url: str = ""
    hours: Hours | None = None
    cap: Cap | None = None
    needs: str = ""
    on: frozenset[Saying] = frozenset()
    cities: frozenset[str] = frozenset()
    beyond_days: int | None = None
    file: str = ""

    def in_force(self, first: date, last: date) -> bool:
        """On any of these days? Two zones may not agree on the day; then either counts."""
        return self.since <= last and (self.until is None or first <= self.until)

    def about(self, kind: CustomerKind) -> bool:
        """Is it about this kind of customer? One nobody has told is every kind, as far as that is the stricter."""
        if kind in UNTOLD:
            return self.mode is not Mode.WARN or not self.debtors.isdisjoint(NATURAL)
        return kind in self.debtors

    def late_enough(self, days: int | None) -> bool:
        """Is the debt late enough for it? Not known is late enough."""
        return self.beyond_days is None or days is None or days > self.beyond_days

    def through(self, channel: str) -> bool:
        """Does it speak of this channel?"""
        return not self.channels or channel in self.channels

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2, or "*"."""
        return self.jurisdiction[:2]

    @property
    def subdivision(self) -> str:
        """ISO 3166-2 such as US-MA; empty for a rule of a whole country or of the world."""
        return "-".join(self.jurisdiction.split("-")[:2]) if "-" in self.jurisdiction else ""


@dataclass(frozen=True, slots=True)
class NotCovered:
    """What the rules leave out, said openly."""

    place: str
    text: str


@dataclass(frozen=True)
class Rules:
    """All rules in their order, what they leave out, and what was already picked out of them (a memory, no state)."""

    all: tuple[Rule, ...]
    not_covered: tuple[NotCovered, ...] = ()
    picked: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    def rule(self, id: str) -> Rule:
        """By its permanent name. Raises KeyError."""
        return {rule.id: rule for rule in self.all}[id]


CHANNEL_WORDS: Mapping[str, tuple[str, ...]] = {
    "mail": (Channel.MAIL, Channel.PLATFORM),
    "sms": (Channel.SMS,),
    "call": (Channel.CALL,),
    "letter": (Channel.LETTER,),
    "meeting": (MEETING,),
}
"""What a row's channel means here: a platform that mails the invoice again sends an e-mail as well."""
