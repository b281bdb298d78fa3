"""The rules of collecting, the laws on interest and what is never said, as people read them; and what is left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.lists import format_list

from collector.charges.rates import Statute, load_statutes
from collector.law.lawbook import load_rules
from collector.law.rule import NATURAL, Confidence, Mode, Party, Rule, RuleKind
from collector.wording.lint import categories
from receivables.records import CustomerKind

NO_ADVICE = (
    "This is not legal advice. It is what Duewell goes by, written in our own words from the sources named here. "
    "Have somebody who knows the law where you and your customers are read it."
)
EVERYWHERE = "Everywhere"
COLLECTORS = {Party.FIRST: "businesses that collect for themselves", Party.THIRD: "agencies"}
KNOWN = {
    Confidence.VERIFIED: "its text was read on {day}",
    Confidence.SECONDARY: "a report of it was read on {day}",
    Confidence.KNOWLEDGE: "put down on {day} from general knowledge, without its text",
}
OWN = "Last looked at on {day}."
EFFECTS = {
    Mode.HOLD: "Nothing is sent while it lasts.",
    Mode.DEFER: "A message waits for the hour.",
    Mode.WARN: "It only warns.",
    Mode.INFO: "It is told here and not checked.",
}
UNTIL_THERE_IS_ROOM = "A message waits until there is room."
NOT_THIS_WAY = "Nothing is sent in this way."
CUSTOMERS = {
    CustomerKind.CONSUMER: "consumers",
    CustomerKind.SOLE_TRADER: "sole traders",
    CustomerKind.BUSINESS: "businesses",
    CustomerKind.PUBLIC_BODY: "public bodies",
}


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule. `about` tells for whom it is, `effect` what follows, `dated` since when and how well it is known."""

    id: str
    title: str
    text: str
    about: str
    effect: str
    source: str
    url: str
    dated: str


@dataclass(frozen=True, slots=True)
class PlaceView:
    """The rules of one country, or everywhere. `code` is ISO 3166 alpha-2, or "*"."""

    code: str
    name: str
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class InterestView:
    """One law on interest, in words; `known_until` is the last day its rate is known for."""

    title: str
    text: str
    source: str
    known_until: date


@dataclass(frozen=True, slots=True)
class LawView:
    """Everything the rules say, and what they leave out: a place and a sentence."""

    places: tuple[PlaceView, ...]
    interest: tuple[InterestView, ...]
    never_said: tuple[tuple[str, str], ...]
    not_covered: tuple[tuple[str, str], ...]


def law() -> LawView:
    """All of it."""
    rules = load_rules()
    return LawView(
        places=tuple(_places(rules.all)),
        interest=tuple(_interest(law) for law in load_statutes()),
        never_said=tuple((one.title, one.why) for one in categories()),
        not_covered=tuple(
            (one.place, one.text)
            for one in sorted(rules.not_covered, key=lambda one: (one.place != EVERYWHERE, one.place))
        ),
    )


def _places(rules: Iterable[Rule]) -> list[PlaceView]:
    """Everywhere first, then by the countries' names."""
    grouped: dict[str, list[RuleView]] = {}
    for rule in rules:
        grouped.setdefault(rule.country, []).append(_rule(rule))
    views = [PlaceView(code, country_name(code), tuple(found)) for code, found in grouped.items()]
    return sorted(views, key=lambda view: (view.code != "*", view.name))


def country_name(code: str) -> str:
    """In English."""
    return EVERYWHERE if code == "*" else str(Locale("en").territories.get(code, code))


def _rule(rule: Rule) -> RuleView:
    return RuleView(
        id=rule.id,
        title=rule.title,
        text=rule.text,
        about=_about(rule),
        effect=_effect(rule),
        source=rule.source,
        url=rule.url,
        dated=_dated(rule),
    )


def _about(rule: Rule) -> str:
    """For consumers and sole traders; binds agencies only."""
    customers = [word for kind, word in CUSTOMERS.items() if kind in rule.debtors]
    if rule.mode is not Mode.INFO and rule.debtors <= NATURAL:
        customers.append("customers whose kind is not known")
    whom = "all customers" if len(customers) == len(CUSTOMERS) else format_list(customers, locale="en")
    who = [word for party, word in COLLECTORS.items() if party in rule.parties]
    binds = "" if len(who) == len(COLLECTORS) else f"; binds {who[0]} only"
    return f"For {whom}{binds}{_late(rule.beyond_days)}."


def _late(days: int | None) -> str:
    if days is None:
        return ""
    return f"; from {days + 1} days after the due date" if days else "; once it is overdue"


def _dated(rule: Rule) -> str:
    day = f"{rule.checked_on:%-d %B %Y}"
    if rule.confidence is Confidence.OWN:
        return OWN.format(day=day)
    ends = f" until {rule.until:%-d %B %Y}" if rule.until else ""
    return f"In force since {rule.since:%-d %B %Y}{ends}; {KNOWN[rule.confidence].format(day=day)}."


def _effect(rule: Rule) -> str:
    if rule.mode is Mode.BLOCK:
        return UNTIL_THERE_IS_ROOM if rule.kind is RuleKind.FREQUENCY else NOT_THIS_WAY
    return EFFECTS[rule.mode]


def _interest(law: Statute) -> InterestView:
    follows = "; a running debt follows it" if law.floats else " of the half-year in which it begins, which then stays"
    extra = " It is added to the debt once a year." if law.compounds_yearly else ""
    begins = (
        " It runs only from a day you name, when the customer was put in default." if law.begins_must_be_told else ""
    )
    return InterestView(
        title=law.title,
        text=f"{law.margin_bp / 100:g} points above the {law.series.title}{follows}.{extra}{begins}",
        source=law.source,
        known_until=law.series.rows[-1].to_on,
    )
