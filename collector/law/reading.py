"""Reads the rules of collecting from their files. A wrong row is told by file, name, what, and how to mend it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from collector.law.rule import (
    CHANNEL_WORDS,
    Cap,
    Confidence,
    Counts,
    Hours,
    Mode,
    NotCovered,
    Party,
    Rule,
    RuleKind,
    Rules,
    Span,
)
from receivables.records import CustomerKind
from receivables.said import Saying

SHELF = Path(__file__).parent / "rules"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_A_DAY = 24 * 60
CAP_DAYS_MAX = 62
CARRIED = ("opt_out_line",)
MODES: Mapping[RuleKind, tuple[Mode, ...]] = {
    RuleKind.QUIET_HOURS: (Mode.DEFER, Mode.WARN),
    RuleKind.FREQUENCY: (Mode.BLOCK, Mode.WARN),
    RuleKind.CONSENT: (Mode.BLOCK, Mode.WARN),
    RuleKind.OPT_OUT: (Mode.BLOCK, Mode.WARN),
    RuleKind.REQUIRE: (Mode.BLOCK, Mode.WARN),
    RuleKind.HOLD: (Mode.HOLD, Mode.WARN),
    RuleKind.PROHIBITION: (Mode.BLOCK, Mode.WARN),
    RuleKind.INFO: (Mode.INFO,),
}
FIELDS = frozenset(
    "id title kind mode jurisdiction text since until debtors parties channels source url checked_on confidence"
    " params cities beyond_days".split()
)
PARAMS: Mapping[RuleKind, frozenset[str]] = {
    RuleKind.QUIET_HOURS: frozenset({"hours", "holidays"}),
    RuleKind.FREQUENCY: frozenset({"most", "days", "calendar_month", "counts", "per"}),
    RuleKind.REQUIRE: frozenset({"needs"}),
    RuleKind.HOLD: frozenset({"on"}),
}
PLACE = re.compile(r"\*|[A-Z]{2}(-[A-Z0-9]{1,3})?")
_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
_MISSING = object()
Chosen = TypeVar("Chosen", bound=StrEnum)
Fields = dict[str, Any]


class BadRule(ValueError):
    """A row of the rules is wrong; the message says in which file, which one, what, and how to mend it."""


@cache
def load_rules() -> Rules:
    """The rules that come with Duewell, read once."""
    return read_rules({path.name: path.read_text(encoding="utf-8") for path in sorted(SHELF.glob("*.toml"))})


def read_rules(files: Mapping[str, str]) -> Rules:
    """Rules from the text of TOML files by name. Raises BadRule."""
    rules: dict[str, Rule] = {}
    left_out: list[NotCovered] = []
    for file, text in files.items():
        document = _document(file, text)
        for row in document.get("rule", []):
            rule = _rule(_Row(file, row))
            if rule.id in rules:
                raise BadRule(f"{file}, rule {rule.id}: there is another of that name; give it a name of its own.")
            rules[rule.id] = rule
        left_out += [_left_out(_Row(file, row)) for row in document.get("not_covered", [])]
    return Rules(tuple(rules.values()), tuple(left_out))


def _document(file: str, text: str) -> Fields:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRule(f"{file}: it cannot be read as TOML ({error}); mend that line.") from None
    strangers = sorted(set(document) - {"rule", "not_covered"})
    if strangers:
        raise BadRule(f"{file}: “{strangers[0]}” means nothing here; a file holds [[rule]] and [[not_covered]].")
    return document


class _Row:
    """A row that complains by its name."""

    def __init__(self, file: str, row: Fields) -> None:
        self.file, self.row = file, row

    def bad(self, what: str, remedy: str) -> BadRule:
        """The sentence about this row."""
        return BadRule(f"{self.file}, rule {self.row.get('id', '?')}: {what}; {remedy}.")

    def text(self, name: str, default: object = _MISSING) -> str:
        """A text that is not empty, unless there is a default."""
        return str(self._of(name, str, "a text in quotes", default))

    def day(self, name: str) -> date:
        """A plain date."""
        return self._date(self._of(name, date, "a date like 2026-11-21"), name)

    def maybe_day(self, name: str) -> date | None:
        """A plain date, or none."""
        return self.day(name) if name in self.row else None

    def _date(self, found: Any, name: str) -> date:
        if isinstance(found, datetime):
            raise self.bad(f"“{name}” has a time of day", "write a date like 2026-11-21")
        day: date = found
        return day

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number in a range."""
        found = self._of(name, int, f"a whole number from {least} to {most}")
        if isinstance(found, bool) or not least <= found <= most:
            raise self.bad(f"“{name}” is {found}", f"write a whole number from {least} to {most}")
        return int(found)

    def yes(self, name: str, default: bool) -> bool:
        """True or false."""
        return bool(self._of(name, bool, "true or false", default))

    def words(self, name: str, known: Iterable[str], default: object = _MISSING) -> tuple[str, ...]:
        """Several known words."""
        found = self._of(name, list, "a list of words", default)
        allowed = tuple(known)
        for word in found:
            if word not in allowed:
                raise self.bad(f"“{name}” holds {word!r}", f"use {', '.join(allowed)}")
        return tuple(found)

    def word(self, name: str, among: type[Chosen]) -> Chosen:
        """One word of a vocabulary."""
        found = self.text(name)
        if found not in set(among):
            raise self.bad(f"“{name}” is {found!r}", f"use one of {', '.join(among)}")
        return among(found)

    def _of(self, name: str, kind: type, like: str, default: object = _MISSING) -> Any:
        if name not in self.row:
            if default is _MISSING:
                raise self.bad(f"“{name}” is missing", f"give {like}")
            return default
        found = self.row[name]
        if not isinstance(found, kind) or found == "":
            raise self.bad(f"“{name}” is {found!r}", f"write {like}")
        return found


def _left_out(row: _Row) -> NotCovered:
    return NotCovered(row.text("place"), row.text("text"))


def _rule(row: _Row) -> Rule:
    strangers = sorted(set(row.row) - FIELDS)
    if strangers:
        raise row.bad(f"“{strangers[0]}” is no field of a rule", f"use {', '.join(sorted(FIELDS))}")
    kind = row.word("kind", RuleKind)
    params = _params(row, kind)
    rule = Rule(
        id=row.text("id"),
        title=row.text("title"),
        kind=kind,
        mode=row.word("mode", Mode),
        jurisdiction=row.text("jurisdiction"),
        text=row.text("text"),
        since=row.day("since"),
        until=row.maybe_day("until"),
        source=row.text("source"),
        url=row.text("url", ""),
        checked_on=row.day("checked_on"),
        confidence=row.word("confidence", Confidence),
        debtors=frozenset(map(CustomerKind, row.words("debtors", CustomerKind, list(CustomerKind)))),
        parties=frozenset(map(Party, row.words("parties", Party, list(Party)))),
        channels=_channels(row),
        cities=frozenset(row.row.get("cities", ())),
        beyond_days=row.number("beyond_days", 0, 3650) if "beyond_days" in row.row else None,
        file=row.file,
        hours=_hours(params) if kind is RuleKind.QUIET_HOURS else None,
        cap=_cap(params) if kind is RuleKind.FREQUENCY else None,
        needs=params.words("needs", CARRIED)[0] if kind is RuleKind.REQUIRE else "",
        on=frozenset(map(Saying, params.words("on", Saying))) if kind is RuleKind.HOLD else frozenset(),
    )
    _check(row, rule)
    return rule


def _params(row: _Row, kind: RuleKind) -> _Row:
    params = row.row.get("params", {})
    strangers = sorted(set(params) - PARAMS.get(kind, frozenset()))
    if strangers:
        known = ", ".join(sorted(PARAMS.get(kind, ()))) or "none"
        raise row.bad(f"“{strangers[0]}” is no parameter of {kind}", f"it takes {known}")
    return _Row(row.file, {**params, "id": row.row.get("id", "?")})


def _channels(row: _Row) -> frozenset[str]:
    named = row.words("channels", CHANNEL_WORDS, [])
    return frozenset(word for name in named for word in CHANNEL_WORDS[name])


def _hours(params: _Row) -> Hours:
    """Spans by day or days: { "mon-fri" = "08:00-21:00", sun = "13:00-17:00" }. A day that is not named is closed."""
    written = params.row.get("hours")
    if not isinstance(written, dict) or not written:
        raise params.bad("“hours” is missing", 'write hours = { "mon-sat" = "09:00-20:00" }')
    days: list[Span] = [(0, 0)] * 7
    for name, span in written.items():
        for day in _named_days(params, name):
            if days[day] != (0, 0):
                raise params.bad(f"“hours” names {DAYS[day]} twice", "name each day once")
            days[day] = _span(params, span)
    return Hours(tuple(days), params.yes("holidays", True))


def _named_days(params: _Row, name: str) -> range:
    first, _, last = name.partition("-")
    last = last or first
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise params.bad(f"“hours” names {name!r}", "name a day or a row of days such as sat or mon-fri")
    return range(DAYS.index(first), DAYS.index(last) + 1)


def _span(params: _Row, written: object) -> Span:
    found = _SPAN.fullmatch(str(written))
    if found is not None:
        hours = [int(part) for part in found.groups()]
        opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if opens < closes <= MINUTES_A_DAY and hours[1] < 60 and hours[3] < 60:
            return opens, closes
    raise params.bad(f"{written!r} is no span of a day", "write it like 08:00-21:00, the earlier first")


def _cap(params: _Row) -> Cap:
    monthly = params.yes("calendar_month", False)
    if monthly == ("days" in params.row):
        raise params.bad("a frequency needs “days” or “calendar_month”", "give one of the two")
    return Cap(
        most=params.number("most", 1, 100),
        days=0 if monthly else params.number("days", 1, CAP_DAYS_MAX),
        counts=params.word("counts", Counts),
        per_debt=params.word("per", _Per) is _Per.DEBT,
    )


class _Per(StrEnum):
    DEBT = "debt"
    PERSON = "person"


def _check(row: _Row, rule: Rule) -> None:
    """What must fit together: kind and mode, confidence and mode, place and cities, dates, words and numbers."""
    for check in (_mode_fits, _sure_enough, _place_is_one, _dates_fit, _numbers_told):
        check(row, rule)


def _mode_fits(row: _Row, rule: Rule) -> None:
    fitting = MODES[rule.kind]
    if rule.mode not in fitting:
        raise row.bad(f"a rule of kind {rule.kind} cannot {rule.mode}", f"its mode is {' or '.join(fitting)}")


def _sure_enough(row: _Row, rule: Rule) -> None:
    if rule.confidence is Confidence.KNOWLEDGE and rule.mode not in (Mode.WARN, Mode.INFO):
        raise row.bad("nobody has opened its source", "let it only warn, or open the source and say so in “confidence”")


def _place_is_one(row: _Row, rule: Rule) -> None:
    if not PLACE.fullmatch(rule.jurisdiction):
        raise row.bad(f"{rule.jurisdiction!r} is no place", 'write "*", a country like US, or a part of it like US-MA')
    if rule.cities and not rule.subdivision:
        raise row.bad("it names cities of a whole country", "let the jurisdiction be the part of it, like US-NY")
    wrong = sorted(city for city in rule.cities if city != city.lower().strip())
    if wrong:
        raise row.bad(f"the city {wrong[0]!r} is not in small letters", "write it as new york")


def _dates_fit(row: _Row, rule: Rule) -> None:
    if rule.until is not None and rule.until < rule.since:
        raise row.bad("it ends before it begins", "let “until” be the last day it is in force")


def _numbers_told(row: _Row, rule: Rule) -> None:
    """The sentence people read must name the numbers the engine goes by."""
    for number in _numbers(rule):
        if not re.search(rf"(?<!\d){number}(?!\d)", rule.text):
            raise row.bad(f"its text does not say {number}", "let text and params say the same")


def _numbers(rule: Rule) -> list[str]:
    if rule.cap:
        return [str(rule.cap.most)] + ([str(rule.cap.days)] if rule.cap.days else ["month"])
    if rule.hours:
        minutes = {minute for span in rule.hours.days if span != (0, 0) for minute in span}
        return [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
    return []
