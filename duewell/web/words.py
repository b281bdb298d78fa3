"""Values as people read them: sums, dates and times in the business's way, and plain words for states."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from duewell.views.pages import AgreementView, ConnectionView
from duewell.web.office import Business
from integrations import registry
from receivables.money import Money

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
AMERICAN = {"", "US", "PH", "LR"}
BRITISH = {"aging": "ageing", "Aging": "Ageing"}

CONNECTION_STATES = {
    "healthy": ("good", "Working"),
    "ok": ("good", "Working"),
    "new": ("quiet", "Not read yet"),
    "parked": ("wait", "Waiting"),
    "unhealthy": ("bad", "Needs attention"),
    "disconnected": ("quiet", "Disconnected"),
}
CONTACT_STATES = {
    "planned": ("quiet", "Planned"),
    "claimed": ("wait", "Being sent"),
    "sent": ("good", "Sent"),
    "failed": ("bad", "Not sent"),
    "ambiguous": ("wait", "May have been sent; being looked up"),
    "parked": ("bad", "May have been sent; a person must look"),
    "resolved": ("good", "Looked up and settled"),
    "cancelled": ("quiet", "Not sent after all"),
}
DIFFERENCE_STATES = {
    "open": ("wait", "Open"),
    "accepted": ("quiet", "Accepted"),
    "gone": ("good", "Gone: read again and put right"),
}
SAYS = {"send": ("good", "Send"), "hold": ("wait", "Hold"), "skip": ("quiet", "Skip")}
PERSON_ROLES = {
    "viewer": ("Viewer", "Looks at everything, changes nothing."),
    "bookkeeper": (
        "Bookkeeper",
        "Also approves, edits, sends and holds, accepts differences, and writes down what people say.",
    ),
    "owner": ("Owner", "Also connects and disconnects, changes the policy, and says who may sign in."),
}
ROLES = {"books": "Books", "till": "Till", "both": "Books and till"}
OWN_REMINDERS = {
    "yes": ("wait", "On", "Ours are held, so that nobody is reminded twice."),
    "no": ("good", "Off", ""),
    "unknown": ("wait", "Not known", "Until a person says, nothing goes out on its own."),
}
CHANNELS = {
    "mail": "E-mail",
    "platform": "Sent by the platform",
    "sms": "Text message",
    "letter": "Letter",
    "call": "Telephone call",
    "statement": "Statement by e-mail",
    "thank_you": "Thank-you by e-mail",
    "apology": "Apology by e-mail",
    "credit_policy": "Credit policy by e-mail",
}
TONES = {"friendly": "friendly", "neutral": "matter-of-fact", "firm": "firm", "final": "firm and final"}


@dataclass(frozen=True, slots=True)
class Speech:
    """How one business reads and writes."""

    locale: Locale
    zone: ZoneInfo

    @classmethod
    def of(cls, business: Business) -> "Speech":
        """English as in the business's country, its time zone; a zone nobody knows is UTC."""
        return cls(_locale(business.country.upper()), _zone(business.time_zone))

    def money(self, amount: Money) -> str:
        """12,345.60 of a currency with its sign, exactly, as this business writes it."""
        return str(format_currency(amount.amount, amount.currency, locale=self.locale))

    def number(self, count: int) -> str:
        """A whole number with its separators."""
        return str(format_decimal(count, locale=self.locale))

    def size(self, octets: int) -> str:
        """Bytes as 850 B, 12.4 kB or 3.1 MB."""
        for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
            if octets >= scale:
                return f"{format_decimal(round(octets / scale, 1), locale=self.locale)} {unit}"
        return f"{octets} B"

    def day(self, on: date | None) -> str:
        """10 March 2026."""
        return str(format_date(on, "d MMMM y", locale=self.locale)) if on and on != date.min else "\N{EN DASH}"

    def weekday(self, on: date) -> str:
        """Tuesday 10 March 2026."""
        return str(format_date(on, "EEEE d MMMM y", locale=self.locale))

    def month(self, on: date) -> str:
        """March 2026."""
        return str(format_date(on, "LLLL y", locale=self.locale))

    def instant(self, at: datetime | None) -> str:
        """10 March 2026, 16:05, where the business is."""
        if at is None:
            return "never"
        return str(format_datetime(at, "d MMMM y, HH:mm", tzinfo=self.zone, locale=self.locale))

    def spell(self, american: str) -> str:
        """The word as it is spelt where the business is."""
        return american if self.locale.territory in AMERICAN else BRITISH.get(american, american)


def customer_word(platform: str) -> str:
    """What the platform calls who owes."""
    return registry.platform(platform).customer_word if platform in registry.slugs() else "customer"


def who(platforms: Iterable[str]) -> str:
    """The word for a list that may hold both."""
    words = sorted({customer_word(platform) for platform in platforms})
    return words[0] if len(words) == 1 else "customer"


def counted(count: int, one: str, many: str = "") -> str:
    """1 record, 2 records."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def of_kind(kind: str, count: int) -> str:
    """What one counts of a kind of record: invoice, invoices."""
    one = {"other": "other line"}.get(kind, kind.replace("_", " "))
    return one if count == 1 else f"{one}s"


def agreement(connection: ConnectionView) -> tuple[str, str]:
    """Do the books agree: the tone and the sentence, which names the basis."""
    found = connection.agreement
    if found.agrees is None:
        return "quiet", "Not compared yet."
    open_ones = sum(one.state == "open" for one in found.differences)
    if not found.agrees or open_ones:
        return "wait", f"Differs from {connection.platform_label} for {counted(open_ones, 'balance')}. {_basis(found)}"
    if found.re_read:
        return "good", f"The same when read again. {_basis(found)}"
    return "good", f"Agrees with {connection.platform_label} to the cent. {_basis(found)}"


def _basis(found: AgreementView) -> str:
    """What was held against what."""
    only = "" if not found.re_read or "re-read" in found.basis else ": a re-read, not a second opinion"
    return f"Compared: {counted(found.compared, 'figure')}, {found.basis}{only}."


@cache
def zones() -> dict[str, tuple[str, ...]]:
    """Every time zone that a business may be in, by region."""
    known = sorted(available_timezones())
    by_region = {region: tuple(zone for zone in known if zone.startswith(f"{region}/")) for region in REGIONS}
    return {**by_region, "Everywhere": ("UTC",)}


def is_zone(name: str) -> bool:
    """Is it one of the zones that are offered?"""
    return any(name in group for group in zones().values())


@cache
def _locale(country: str) -> Locale:
    try:
        return Locale("en", country or "US")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "US")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
