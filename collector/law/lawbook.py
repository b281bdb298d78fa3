"""The rules of collecting, judged for one planned contact: may it go, if not why, by which rule, and when it may."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from collector.law.caps import PastContact, counted, free_at, most_counted
from collector.law.hours import Window, local_times, next_open, open_at
from collector.law.reading import load_rules
from collector.law.rule import CHANNEL_WORDS, NATURAL, UNTOLD, Mode, Operator, Rule, RuleKind, Rules
from receivables.records import CustomerKind, Ref
from receivables.said import Saying

__all__ = [
    "Facts",
    "Judged",
    "Operator",
    "Outcome",
    "PastContact",
    "PlannedContact",
    "Rules",
    "Tried",
    "judge",
    "load_rules",
    "next_allowed",
]


class Outcome(StrEnum):
    """What a rule said."""

    PASSED = "passed"
    HELD = "held"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    WARNED = "warned"


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """What is about to be done. `days_late` is that of the oldest of `debts`; None when it is not known.

    `carries` names what the message holds beyond its words: "opt_out_line".
    """

    channel: str
    debts: tuple[Ref, ...] = ()
    days_late: int | None = None
    carries: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a customer that a rule may ask for.

    `countries` are ISO 3166 alpha-2, `subdivisions` ISO 3166-2 (US-MA), `city` as `places.plain` writes it; `zones` are
    IANA names, all plausible ones. `consents` and `opt_outs` name channels; `said` what stands now about all of it.
    """

    kind: CustomerKind
    zones: tuple[str, ...]
    countries: tuple[str, ...] = ()
    subdivisions: tuple[str, ...] = ()
    city: str = ""
    operator: Operator = Operator.BUSINESS
    consents: frozenset[str] = frozenset()
    opt_outs: frozenset[str] = frozenset()
    said: frozenset[Saying] = frozenset()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule that was asked, and what it said; `reason` is a sentence, empty when it passed."""

    rule: str
    outcome: Outcome
    reason: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """May it go now? When not: by which rule, in one sentence, and when it may be tried again (None: not by itself)."""

    may: bool
    hold: bool = False
    rule: str = ""
    reason: str = ""
    source: str = ""
    checked_on: date | None = None
    again_at: datetime | None = None
    warnings: tuple[Tried, ...] = ()
    tried: tuple[Tried, ...] = ()


ALWAYS_HOLD: Mapping[Saying, str] = {
    Saying.INSOLVENCY: "An insolvency procedure is recorded for this customer, so nothing is sent.",
    Saying.DEATH: "A death is recorded for this customer, so nothing is sent.",
    Saying.BREATHING_SPACE: "This customer is in a breathing space from debt, so nothing is sent.",
    Saying.STOP: "This customer asked in writing not to be contacted, so nothing is sent.",
    Saying.OBJECTION: "This customer objected to being contacted, so nothing is sent.",
    Saying.DISPUTE: "This customer disputes what is owed, so nothing is sent until that is settled.",
}
"""What no data can turn off."""
MANNERS = "Duewell's own manners"
RECENT = timedelta(days=70)
"""Older contacts are outside of every cap a rule may name."""
MOST_STEPS = 60
"""How often windows and caps may pass the next moment to each other before it is called never."""
_OUTCOMES = {Mode.HOLD: Outcome.HELD, Mode.BLOCK: Outcome.BLOCKED, Mode.DEFER: Outcome.DEFERRED}
_IN_TIME = (RuleKind.FREQUENCY, RuleKind.QUIET_HOURS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question put to the rules."""

    planned: PlannedContact
    facts: Facts
    log: tuple[PastContact, ...]
    at: datetime


@dataclass(frozen=True, eq=False, slots=True)
class _Picked:
    """The rules for one sort of question. `windows` and `caps` are those that bind; `warned` stands in any case."""

    rules: tuple[Rule, ...]
    passed: tuple[Tried, ...]
    own_windows: Mapping[str, Window]
    windows: tuple[Window, ...]
    caps: tuple[Rule, ...]
    warned: tuple[Tried, ...]


def judge(rules: Rules, planned: PlannedContact, facts: Facts, log: Sequence[PastContact], *, now: datetime) -> Judged:
    """Every rule that applies is asked. A hold beats all, any block blocks, windows meet, the lowest cap wins.

    `now` is an aware instant. Raises ValueError for a zone that is none.
    """
    picked = _pick(rules, planned.channel, facts, now)
    recent = tuple(one for one in log if now - one.at < RECENT)
    asked = _Asked(planned, facts, recent, now)
    if facts.said or facts.opt_outs:
        stopped = _stopped(picked, asked)
        if stopped is not None:
            return stopped
    broken = [rule for rule in picked.rules if _breaks(rule, picked, asked)]
    if not broken:
        return Judged(True, warnings=picked.warned, tried=picked.passed)
    return _answer(picked, asked, broken)


def next_allowed(
    rules: Rules, planned: PlannedContact, facts: Facts, log: Sequence[PastContact], *, now: datetime
) -> datetime | None:
    """The first instant from `now` on that every window and every cap allows; None when there is none in sight."""
    return _next(_pick(rules, planned.channel, facts, now), _Asked(planned, facts, tuple(log), now))


# --- which rules are asked ------------------------------------------------------------------------------------------


def _pick(rules: Rules, channel: str, facts: Facts, now: datetime) -> _Picked:
    days = [local.date() for local in local_times(facts.zones, now)]
    first, last = min(days), max(days)
    key = (channel, facts.kind, facts.operator, facts.countries, facts.subdivisions, facts.city, first, last)
    found = rules.picked.get(key)
    if not isinstance(found, _Picked):
        found = rules.picked[key] = _picked(rules, channel, facts, (first, last))
    return found


def _picked(rules: Rules, channel: str, facts: Facts, days: tuple[date, date]) -> _Picked:
    near = [rule for rule in rules.all if _asks(rule, channel, facts, days)]
    found = tuple(rule for rule in near if _lives_there(rule, facts))
    windows = {rule.id: Window(rule, rule.hours, _places(rule, facts)) for rule in found if rule.hours}
    binding = [rule for rule in found if rule.mode is not Mode.WARN]
    return _Picked(
        rules=found,
        passed=tuple(Tried(rule.id, Outcome.PASSED) for rule in found),
        own_windows=windows,
        windows=tuple(windows[rule.id] for rule in binding if rule.id in windows),
        caps=tuple(rule for rule in binding if rule.cap),
        warned=_not_known(near, facts),
    )


def _asks(rule: Rule, channel: str, facts: Facts, days: tuple[date, date]) -> bool:
    """Is it one for this channel, this customer's kind, who collects, and these days?"""
    return (
        rule.mode is not Mode.INFO
        and rule.in_force(*days)
        and facts.operator.party in rule.parties
        and rule.about(facts.kind)
        and rule.through(channel)
    )


def _lives_there(rule: Rule, facts: Facts) -> bool:
    if rule.cities:
        return rule.subdivision in facts.subdivisions and facts.city in rule.cities
    if rule.subdivision:
        return rule.subdivision in facts.subdivisions
    return rule.country == "*" or rule.country in facts.countries


def _places(rule: Rule, facts: Facts) -> tuple[tuple[str, str], ...]:
    """Whose holidays a rule means: those of its own place, or everywhere the customer may be."""
    if rule.country != "*":
        return ((rule.country, rule.subdivision[3:]),)
    parts = {part[:2]: part[3:] for part in facts.subdivisions}
    return tuple((country, parts.get(country, "")) for country in facts.countries)


def _not_known(rules: Iterable[Rule], facts: Facts) -> tuple[Tried, ...]:
    """A warning where a part of a country has rules of its own and the customer's is not known."""
    if facts.kind not in NATURAL | UNTOLD:
        return ()
    known = {part[:2] for part in facts.subdivisions}
    countries = {rule.country for rule in rules if rule.subdivision}
    unknown = sorted(countries & set(facts.countries) - known)
    text = (
        "It is not known which state or province of {} the customer lives in, so only the rules of the country count."
    )
    return tuple(Tried("place_unknown", Outcome.WARNED, text.format(country), MANNERS) for country in unknown)


# --- what stops for good --------------------------------------------------------------------------------------------


def _stopped(picked: _Picked, asked: _Asked) -> Judged | None:
    """What a person said stops it: the holds that are always in force, and what was opted out of."""
    held = next((saying for saying in ALWAYS_HOLD if saying in asked.facts.said), None)
    by_data = [rule for rule in picked.rules if rule.mode is Mode.HOLD and _breaks(rule, picked, asked)]
    if by_data:
        return _told(picked, asked, by_data, decides=by_data[0])
    if held is not None:
        said = Tried(held.value, Outcome.HELD, ALWAYS_HOLD[held], MANNERS)
        return Judged(False, True, said.rule, said.reason, MANNERS, tried=(said,))
    if asked.facts.opt_outs & _same_medium(asked.planned.channel):
        said = Tried("opted_out", Outcome.BLOCKED, "This customer asked not to be contacted in this way.", MANNERS)
        return Judged(False, False, said.rule, said.reason, MANNERS, tried=(said,))
    return None


def _same_medium(channel: str) -> frozenset[str]:
    """An e-mail is an e-mail, whoever sends it."""
    return next((frozenset(words) for words in CHANNEL_WORDS.values() if channel in words), frozenset({channel}))


# --- is one rule kept? ----------------------------------------------------------------------------------------------


def _breaks(rule: Rule, picked: _Picked, asked: _Asked) -> bool:
    return rule.late_enough(asked.planned.days_late) and _BREAKS[rule.kind](rule, picked, asked)


def _outside(rule: Rule, picked: _Picked, asked: _Asked) -> bool:
    return not open_at(picked.own_windows[rule.id], asked.facts.zones, asked.at)


def _too_often(rule: Rule, _picked: _Picked, asked: _Asked) -> bool:
    return _free(rule, asked) > asked.at


def _without_consent(_rule: Rule, _picked: _Picked, asked: _Asked) -> bool:
    return not asked.facts.consents & _same_medium(asked.planned.channel)


def _opted_out(rule: Rule, _picked: _Picked, asked: _Asked) -> bool:
    return bool(asked.facts.opt_outs & rule.channels)


def _lacks(rule: Rule, _picked: _Picked, asked: _Asked) -> bool:
    return rule.needs not in asked.planned.carries


def _is_held(rule: Rule, _picked: _Picked, asked: _Asked) -> bool:
    return bool(rule.on & asked.facts.said)


def _never(_rule: Rule, _picked: _Picked, _asked: _Asked) -> bool:
    return True


_BREAKS: Mapping[RuleKind, Callable[[Rule, _Picked, _Asked], bool]] = {
    RuleKind.QUIET_HOURS: _outside,
    RuleKind.FREQUENCY: _too_often,
    RuleKind.CONSENT: _without_consent,
    RuleKind.OPT_OUT: _opted_out,
    RuleKind.REQUIRE: _lacks,
    RuleKind.HOLD: _is_held,
    RuleKind.PROHIBITION: _never,
}


def _free(rule: Rule, asked: _Asked) -> datetime:
    """When the rule's cap leaves room again."""
    if rule.cap is None or not asked.log:
        return asked.at
    found = counted(rule.cap, rule.channels, asked.log)
    return free_at(rule.cap, found, asked.planned.debts, zones=asked.facts.zones, at=asked.at)


# --- the answer -----------------------------------------------------------------------------------------------------


def _answer(picked: _Picked, asked: _Asked, broken: list[Rule]) -> Judged:
    binding = [rule for rule in broken if rule.mode is not Mode.WARN]
    if not binding:
        return _told(picked, asked, broken)
    lasting = [rule for rule in binding if rule.kind not in _IN_TIME]
    if lasting:
        return _told(picked, asked, broken, decides=lasting[0])
    decides = max(binding, key=lambda rule: _weight(rule, picked, asked))
    return _told(picked, asked, broken, decides=decides, again_at=_next(picked, asked))


def _weight(rule: Rule, picked: _Picked, asked: _Asked) -> tuple[float, int]:
    """The rule that opens again last decides; of two caps that do so together the lower one."""
    if rule.cap:
        return _free(rule, asked).timestamp(), -rule.cap.most
    opens = next_open((picked.own_windows[rule.id],), asked.facts.zones, asked.at)
    return opens.timestamp() if opens else float("inf"), 0


def _told(
    picked: _Picked,
    asked: _Asked,
    broken: Sequence[Rule],
    *,
    decides: Rule | None = None,
    again_at: datetime | None = None,
) -> Judged:
    """The answer with all that was tried; without a rule that decides it may go, with warnings."""
    said = {rule.id: _tried(rule, picked, asked) for rule in broken}
    tried = tuple(said.get(one.rule, one) for one in picked.passed)
    warnings = picked.warned + tuple(one for one in tried if one.outcome is Outcome.WARNED)
    if decides is None:
        return Judged(True, warnings=warnings, tried=tried)
    return Judged(
        may=False,
        hold=decides.mode is Mode.HOLD,
        rule=decides.id,
        reason=said[decides.id].reason,
        source=decides.source,
        checked_on=decides.checked_on,
        again_at=again_at,
        warnings=warnings,
        tried=tried,
    )


def _tried(rule: Rule, picked: _Picked, asked: _Asked) -> Tried:
    outcome = _OUTCOMES.get(rule.mode, Outcome.WARNED)
    private = "this customer may be a private one" if _may_be_private(rule, asked) else ""
    more = ", and ".join(word for word in (_beside(rule, picked, asked), private) if word)
    return Tried(rule.id, outcome, f"{rule.text.rstrip('.')}; {more}." if more else rule.text, rule.source)


def _may_be_private(rule: Rule, asked: _Asked) -> bool:
    """Is it only about private people, and this customer's kind not known?"""
    return asked.facts.kind in UNTOLD and rule.debtors <= NATURAL


def _beside(rule: Rule, picked: _Picked, asked: _Asked) -> str:
    """What of this customer breaks the rule, in a few words."""
    if rule.kind is RuleKind.QUIET_HOURS:
        return _clock_words(picked.own_windows[rule.id], asked)
    if rule.cap:
        found = counted(rule.cap, rule.channels, asked.log)
        zones = asked.facts.zones
        number = max(most_counted(rule.cap, found, asked.planned.debts, name=name, at=asked.at) for name in zones)
        return f"there {'has' if number == 1 else 'have'} been {number}"
    if rule.kind is RuleKind.CONSENT:
        return "no consent is recorded"
    return ""


def _clock_words(window: Window, asked: _Asked) -> str:
    """The first zone whose clock is outside, as a place: 07:10 on Sunday in Denver."""
    zones = zip(asked.facts.zones, local_times(asked.facts.zones, asked.at), strict=True)
    name, local = next((name, local) for name, local in zones if not window.open(local))
    place = name.rpartition("/")[2].replace("_", " ")
    holiday = ", a public holiday" if window.on_holiday(local.date()) else ""
    return f"it is {local:%H:%M} on {local:%A}{holiday} in {place}"


def _next(picked: _Picked, asked: _Asked) -> datetime | None:
    """Windows and caps pass the moment to each other until both agree."""
    late = asked.planned.days_late
    caps = [rule for rule in picked.caps if rule.late_enough(late)]
    windows = tuple(window for window in picked.windows if window.rule.late_enough(late))
    at = asked.at
    for _ in range(MOST_STEPS):
        room = max((_free(rule, replace(asked, at=at)) for rule in caps), default=at)
        opens = next_open(windows, asked.facts.zones, room)
        if opens is None or opens == at:
            return opens
        at = opens
    return None
