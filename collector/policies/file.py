"""The policy file: a layer in and out of TOML, and what cannot be read said with its line and how to mend it. Pure."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import time
from decimal import Decimal
from enum import Enum, StrEnum
from types import MappingProxyType

from collector.paying.limits import Band
from collector.policies.fields import (
    ANY,
    CONDITIONS,
    MANNERS,
    PLANS,
    WITHOUT_VALUE,
    Known,
    Reader,
    Wrong,
    close_to,
    shown,
    step_fields,
)
from collector.policies.layers import OF_EARLIER, STEP_FIELDS, Given, Layer, changes_of
from collector.policies.lines import Path, lines_of
from collector.policy import Channel, Segment, Step, Tone

CHARACTERS_MAX, LINES_MAX, ROWS_MAX = 64_000, 1_000, 50
AT = re.compile(r"\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")
OURS_ALONE = ("letter", "tone", "sender", "to", "attach")
"""What the platform's own mail has no place for: it goes in its standard text to whom the platform wrote before."""
MAIL_ALONE = ("to", "attach")
"""What a text, a printed letter and a call have no place for."""
SELDOM = ("again", "after", "repeat", "sender", "to", "automatic", "attach")


class Weight(StrEnum):
    """A mistake must be mended before a policy can hold; a warning should be looked at."""

    MISTAKE = "mistake"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a policy file. `line` counts from 1; 0 is about the whole. Both texts are sentences."""

    line: int
    what: str
    remedy: str = ""
    weight: Weight = Weight.MISTAKE

    def __str__(self) -> str:
        where = f"Line {self.line}: " if self.line else ""
        return f"{where}{self.what} {self.remedy}".rstrip()


@dataclass
class Reading:
    """What a file says, as far as it could be read, and on which lines.

    `names` tells for each list of tables, such as ("steps",), where in it each name stands; `known` what it may name.
    """

    layer: Layer = field(default_factory=Layer)
    places: Mapping[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    names: dict[Path, dict[str, Path]] = field(default_factory=dict)
    known: Known = ANY

    def line(self, path: Path) -> int:
        """Where it stands, or what it would stand in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, 0)

    def add(self, path: Path, what: str, remedy: str = "", weight: Weight = Weight.MISTAKE) -> None:
        """Note something about what stands at `path`."""
        self.findings.append(Finding(self.line(path), what, remedy, weight))


def read(text: str, known: Known) -> Reading:
    """The layer that a text makes; what cannot be read is left out of it and told among the findings."""
    reading = Reading(known=known)
    text = text.removeprefix("\ufeff")
    if len(text) > CHARACTERS_MAX or text.count("\n") >= LINES_MAX:
        said = f"The file is longer than {CHARACTERS_MAX:,} characters or {LINES_MAX:,} lines."
        reading.add((), said, "A policy is a page or two; is it the right file?")
        return reading
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        reading.findings.append(_not_toml(str(error), last_line=text.rstrip().count("\n") + 1))
        return reading
    reading.places = lines_of(text)
    reading.layer = _Reader(reading, known).layer(document)
    return reading


def _not_toml(said: str, *, last_line: int) -> Finding:
    found = AT.search(said)
    line = int(found["line"]) if found and found["line"] else last_line
    what = AT.sub("", said).strip().rstrip(".").replace("Cannot overwrite a value", "a setting stands there twice")
    remedy = 'A line is NAME = VALUE, texts stand in quotes as in "mail", and a heading stands in brackets.'
    return Finding(line, f"This cannot be read, nor can what comes after it ({what}).", remedy)


class _Reader:
    """Goes through one document and notes every mistake on its way."""

    def __init__(self, reading: Reading, known: Known) -> None:
        self._reading = reading
        self._step_fields = step_fields(known)

    def layer(self, document: Given) -> Layer:
        self._strangers(document, ("manners", "plans", "steps", "segments"), ())
        return Layer(
            self._table(document.get("manners", {}), MANNERS, ("manners",)),
            self._steps(document.get("steps", []), ("steps",)),
            tuple(self._segments(document.get("segments", []))),
            self._table(document.get("plans", {}), PLANS, ("plans",)),
        )

    def _segments(self, value: object) -> Iterator[Segment]:
        for path, row, given in self._rows(value, CONDITIONS, ("segments",)):
            changes = {
                "manners": self._table(given.get("manners", {}), MANNERS, (*path, "manners")),
                "plans": self._table(given.get("plans", {}), PLANS, (*path, "plans")),
                "steps": self._steps(given.get("steps", []), (*path, "steps")),
            }
            yield Segment(**row, changes=changes)  # type: ignore[arg-type]

    def _steps(self, value: object, path: Path) -> tuple[Given, ...]:
        return tuple(row for _, row, _ in self._rows(value, self._step_fields, path))

    def _rows(
        self, value: object, fields: Mapping[str, Reader], path: Path
    ) -> Iterator[tuple[Path, dict[str, object], Given]]:
        """Tables of a list, each with a name of its own: where it stands, what was read, and all that was given."""
        names = self._reading.names.setdefault(path, {})
        for at, given in enumerate(self._listed(value, path)):
            here = (*path, at)
            row = self._table(given, fields, here)
            if isinstance(given, dict) and "name" not in given:
                said = f"This one of the {path[-1]} has no name."
                self._reading.add(here, said, 'Give it one that stays for ever, like name = "first-reminder".')
            elif row.get("name") in names:
                said = f"A second one of the {path[-1]} is called {shown(row['name'])}."
                self._reading.add(here, said, "A name is permanent and belongs to one only; give this one another.")
            elif isinstance(given, dict) and "name" in row:
                names[str(row["name"])] = here
                yield here, row, given

    def _listed(self, value: object, path: Path) -> Sequence[object]:
        heading = f"[[{'.'.join(part for part in path if isinstance(part, str))}]]"
        if not isinstance(value, list):
            said = f"{path[-1]} must be a list of tables, not {shown(value)}."
            self._reading.add(path, said, f"Begin each one with {heading} in double brackets.")
            return ()
        if len(value) > ROWS_MAX:
            self._reading.add(path, f"There are more than {ROWS_MAX} {path[-1]}.", "Nobody could follow so many.")
        return value[:ROWS_MAX]

    def _table(self, value: object, fields: Mapping[str, Reader], path: Path) -> dict[str, object]:
        """The settings of a table, in the order of `fields`, as far as each could be read."""
        if not isinstance(value, dict):
            said = f"{_called(path)} must be a table, not {shown(value)}."
            self._reading.add(path, said, "Begin it with its name in brackets, and write NAME = VALUE below.")
            return {}
        inner = ("manners", "plans", "steps") if fields is CONDITIONS else ()
        self._strangers(value, (*fields, *inner), path)
        found: dict[str, object] = {}
        for name in fields:
            if name in value:
                try:
                    found[name] = fields[name](name, value[name])
                except Wrong as error:
                    self._reading.add((*path, name, *error.at), error.what, error.remedy)
        return found

    def _strangers(self, table: Given, known: Sequence[str], path: Path) -> None:
        for name in table:
            if name not in known:
                remedy = _meant(name, known, at_top=not path)
                self._reading.add((*path, name), f"There is no setting {shown(name)} here.", remedy)


def _called(path: Path) -> str:
    """What one calls what stands there."""
    return f"Each of the {path[-2]}" if isinstance(path[-1], int) else str(path[-1])


def _meant(name: str, known: Sequence[str], *, at_top: bool) -> str:
    if at_top and name in MANNERS:
        return "It stands under the heading [manners]."
    if at_top and name in PLANS:
        return "It stands under the heading [plans]."
    meant = close_to(name, known)
    if not meant and at_top and (meant := close_to(name, MANNERS)):
        return f"Did you mean “{meant}”, under the heading [manners]?"
    return f"Did you mean “{meant}”?" if meant else f"Known are {', '.join(known)}."


# --- out again ----------------------------------------------------------------------------------------------------


def write(layer: Layer, comments: Mapping[str, str] = MappingProxyType({}), *, exactly: bool = False) -> str:
    """A layer as TOML, which `read` takes for the same again. `comments` stand above the settings they name.

    What a step says that its channel has no place for is left out, since a file that says it is refused; `exactly`
    keeps it.
    """
    parts = [_heading("[manners]", _in_order(layer.manners), comments)] if layer.manners else []
    parts += [_heading("[plans]", _in_order(layer.plans, PLANS), comments)] if layer.plans else []
    parts += [_heading("[[steps]]", step if exactly else _step(step)) for step in layer.steps]
    for segment in layer.segments:
        parts += _segment(segment)
    return "\n".join(parts)


def brief(layer: Layer, below: Layer) -> Layer:
    """A whole layer without what goes without saying over `below`, to be read by people."""
    usual = {one.name: one.default for one in fields(Step)}

    def idle(step: Given, name: str) -> bool:
        if name == "again" and step.get("letter") in OF_EARLIER:
            return False
        there = below.named.get(str(step["name"]), {})
        return name in SELDOM and step[name] == usual[name] == there.get(name, usual[name])

    steps = tuple({name: value for name, value in step.items() if not idle(step, name)} for step in layer.steps)
    return Layer(layer.manners, steps, layer.segments, layer.plans)


def _segment(segment: Segment) -> Iterator[str]:
    conditions = {name: getattr(segment, name) for name in CONDITIONS}
    yield _heading("[[segments]]", {name: value for name, value in conditions.items() if value not in (None, ())})
    changes = changes_of(segment)
    if changes.manners:
        yield _heading("[segments.manners]", _in_order(changes.manners))
    if changes.plans:
        yield _heading("[segments.plans]", _in_order(changes.plans, PLANS))
    yield from (_heading("[[segments.steps]]", _step(step)) for step in changes.steps)


def _in_order(settings: Given, names: Mapping[str, Reader] = MANNERS) -> Given:
    return {name: settings[name] for name in names if name in settings}


def _step(step: Given) -> Given:
    """Without what its channel has no place for."""
    if step.get("off"):
        return {"name": step["name"], "off": True}
    unfit = unfit_for(step.get("channel"))
    return {name: step[name] for name in (*STEP_FIELDS, "off") if name in step and name not in unfit}


def unfit_for(channel: object) -> tuple[str, ...]:
    """The settings of a step that its channel has no place for."""
    if channel is Channel.PLATFORM:
        return OURS_ALONE
    return () if channel in (None, Channel.MAIL) else MAIL_ALONE


def _heading(heading: str, settings: Given, comments: Mapping[str, str] = MappingProxyType({})) -> str:
    lines = [heading]
    for name, value in settings.items():
        lines += [f"# {comments[name]}"] if name in comments else []
        lines.append(f"{name} = {_toml(WITHOUT_VALUE[name] if value is None else value)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool | int) and not isinstance(value, Enum):
        return str(value).lower()
    if isinstance(value, Band):
        return f"{{ overdue_days = {value.overdue_days}, percent = {value.percent} }}"
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, Tone):
        text = value.name.lower()
    elif isinstance(value, time):
        text = f"{value:%H:%M}"
    else:
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
