"""Checks one layer of a policy beside those below it: what a step needs, the order of steps, the manners together."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from itertools import pairwise

from collector.policies.fields import close_to
from collector.policies.file import Reading, Weight, unfit_for
from collector.policies.layers import OF_EARLIER, Given, Layer, merge, steps_of
from collector.policies.lines import Path
from collector.policies.words import when
from collector.policy import PART_NAMES, After, Channel, Receiver, Step, Tone

NOTING = "`duewell note CUSTOMER --what contact-person --is escalation --address ADDRESS`"
AN_HOUR = timedelta(hours=1)
TONELESS = {Channel.PLATFORM, Channel.CALL}
"""The platform's text has its own tone, and so has the person who calls."""
UNFIT: Mapping[object, str] = {
    Channel.PLATFORM: "is mailed by the platform in its standard text, one invoice only",
    Channel.SMS: "is a text message",
    Channel.LETTER: "is a printed letter",
    Channel.CALL: "is a call",
}


class Beside:
    """One layer over those below it. `path` is where it stands: the whole file, or a segment's part of it."""

    def __init__(self, reading: Reading, below: Layer, layer: Layer | None = None, path: Path = ()) -> None:
        self._reading, self._below, self._path = reading, below, path
        self._layer = layer or reading.layer
        self._merged = merge(below, self._layer)

    def all(self) -> None:
        """Note everything that is wrong with it."""
        for name, step in self._layer.named.items():
            self._step(name, step)
        self._window()
        self._caps()
        self._parts()
        self._order()

    def _place(self, name: str, key: str) -> Path:
        """Where a step says this, or where it stands; of a step of a layer below, what would hold it."""
        rows = self._reading.names.get((*self._path, "steps"), {})
        return (*rows[name], key) if name in rows else self._path

    def _say(self, name: str, key: str, what: str, remedy: str) -> None:
        self._reading.add(self._place(name, key), what, remedy)

    def _warn(self, name: str, key: str, what: str, remedy: str) -> None:
        self._reading.add(self._place(name, key), what, remedy, Weight.WARNING)

    # --- one step

    def _step(self, name: str, step: Given) -> None:
        if name in PART_NAMES:
            said = f"“{name}” is the name of a reminder of a part of a plan, so no step can be called so."
            self._say(name, "name", said, "Give the step another name; the parts' reminders are set under [plans].")
        below = self._below.named.get(name)
        whole = self._merged.named[name]
        if step.get("off"):
            self._left_out(name, step, below)
        elif below is None or not _complete(below):
            self._new(name, whole)
        elif below.get("off") and "off" not in step:
            said = f"“{name}” is left out by the policy below, so nothing said of it here counts."
            self._warn(name, "name", said, "Write off = false to bring it back.")
        self._unfit(name, step, whole.get("channel"))
        self._copied(name, step, whole.get("channel"))
        self._speaks(name, step, whole)

    def _left_out(self, name: str, step: Given, below: Given | None) -> None:
        if below is None:
            said = f"“{name}” is to be left out, but there is no such step."
            meant = close_to(name, self._below.named)
            there = f"Did you mean “{meant}”?" if meant else f"There are {', '.join(self._below.named)}."
            self._say(name, "name", said, there)
        elif step.keys() - {"name", "off"}:
            said = f"“{name}” is left out, so the rest of what is said of it does not count."
            self._warn(name, "off", said, "Keep only name and off, or remove off.")

    def _new(self, name: str, whole: Given) -> None:
        needed = ("days",) if whole.get("channel") is Channel.PLATFORM else ("days", "letter")
        missing = [key for key in needed if key not in whole and not self._failed(name, key)]
        if missing:
            said = f"The new step “{name}” does not say its {' and '.join(missing)}."
            there = ", ".join(one for one in self._below.named)
            hint = f" To change a step there is, use its name: {there}." if there else ""
            example = {"days": "days = 7", "letter": 'letter = "first_reminder"'}
            self._say(name, "name", said, f"Add {' and '.join(example[key] for key in missing)}.{hint}")

    def _failed(self, name: str, key: str) -> bool:
        """Was it given, but could not be read? That was told already."""
        place = self._reading.names.get((*self._path, "steps"), {}).get(name, ())
        return (*place, key) in self._reading.places

    def _unfit(self, name: str, step: Given, channel: object) -> None:
        for key in unfit_for(channel):
            if step.get(key):
                how = UNFIT[channel]
                said = f"“{name}” {how}, so {key} has no effect."
                self._say(name, key, said, f'Remove {key}, or choose channel = "mail".')

    def _copied(self, name: str, step: Given, channel: object) -> None:
        """A copy needs somebody to go to."""
        wanted = step.get("to") is Receiver.ESCALATION and channel in (None, Channel.MAIL)
        if wanted and self._reading.known.escalation is False:
            said = f"“{name}” copies the escalation contact, and none is noted yet, so it goes without a copy."
            self._warn(name, "to", said, f"Note one on the customer's page, or by {NOTING}.")

    def _speaks(self, name: str, step: Given, whole: Given) -> None:
        if step.get("off") or whole.get("letter") not in OF_EARLIER or whole.get("again", True):
            return
        said = f"The letter “{whole['letter']}” speaks of earlier messages, but “{name}” may be the first one."
        self._say(name, "again" if "again" in step else "letter", said, "Write again = true, or take another letter.")

    # --- the manners

    def _manner(self, *names: str) -> Path:
        """Where the first of them stands that this layer speaks of."""
        return (*self._path, "manners", next((name for name in names if name in self._layer.manners), ""))

    def _window(self) -> None:
        if not self._layer.manners.keys() & {"opens_at", "closes_at"}:
            return
        opens, closes = self._merged.manners.get("opens_at"), self._merged.manners.get("closes_at")
        if not isinstance(opens, time) or not isinstance(closes, time):
            return
        where, between = self._manner("closes_at", "opens_at"), f"from {opens:%H:%M} until {closes:%H:%M}"
        if opens >= closes:
            said = f"Messages would go {between}, which never comes."
            self._reading.add(where, said, "Let opens_at be earlier than closes_at, on the same day.")
        elif _on_a_day(closes) - _on_a_day(opens) < AN_HOUR:
            said = f"Messages go {between}, less than an hour, and they are sent once an hour."
            self._reading.add(where, said, "Leave at least an hour.", Weight.WARNING)

    def _caps(self) -> None:
        if not self._layer.manners.keys() & {"per_week", "per_month"}:
            return
        week, month = self._merged.manners.get("per_week"), self._merged.manners.get("per_month")
        if isinstance(week, int) and isinstance(month, int) and month < week:
            said = f"per_month ({month}) is less than per_week ({week}), so per_week never counts."
            where = self._manner("per_month", "per_week")
            self._reading.add(where, said, "Let per_month be the larger one.", Weight.WARNING)

    def _parts(self) -> None:
        """A reminder after the plan was broken would never go."""
        if not self._layer.plans.keys() & {"remind_after", "cure_days"}:
            return
        after, cure = self._merged.plans.get("remind_after"), self._merged.plans.get("cure_days")
        if isinstance(after, int) and isinstance(cure, int) and after > cure:
            key = next(name for name in ("remind_after", "cure_days") if name in self._layer.plans)
            said = (
                f"remind_after ({after}) is more than cure_days ({cure}), so the plan is broken before that reminder."
            )
            remedy = f'Let remind_after be at most {cure}, or write remind_after = "never".'
            self._reading.add((*self._path, "plans", key), said, remedy, Weight.WARNING)

    # --- the steps beside each other

    def _order(self) -> None:
        """Only what this layer brings about: what was so below has been told there."""
        steps = _complete_ones(self._merged)
        self._too_firm(steps)
        if not self._layer.steps:
            return
        if not steps:
            said = "No step is left, so nobody would ever be written to."
            self._reading.add((*self._path, "steps"), said, "Keep at least one.")
            return
        self._listed_in_order({step.name: step for step in steps})
        for one, other in pairwise(steps):
            if one.name in self._layer.named or other.name in self._layer.named:
                self._pair(one, other)
        if steps[:1] != _complete_ones(self._below)[:1]:
            self._first(steps[0])
        self._repeating(steps)

    def _listed_in_order(self, steps: Mapping[str, Step]) -> None:
        """Those of this file only: a step that stands in the wrong place often has the wrong number of days."""
        mine = [steps[name] for name in self._layer.named if name in steps]
        for one, other in pairwise(mine):
            due, then = one.after is After.DUE, other.after is After.DUE
            if (due and then and other.days < one.days) or (then and not due):
                said = f"“{other.name}” ({when(other)}) comes after “{one.name}” ({when(one)}) here."
                self._say(other.name, "days", said, "Put the steps in the order of their days, or mend the days.")

    def _pair(self, one: Step, other: Step) -> None:
        if one.after is After.DUE and other.after is After.DUE and one.days == other.days:
            mine = other if other.name in self._layer.named else one
            said = f"“{one.name}” and “{other.name}” are both {when(one)}."
            self._say(mine.name, "days", said, "Give one of them another day, or leave one out with off = true.")
        if other.after is After.CONTACT and other.days < 1:
            said = f"“{other.name}” would come {other.days} days after the previous contact."
            self._say(other.name, "days", said, "Leave at least one day between them: days = 7.")
        if not TONELESS & {one.channel, other.channel} and other.tone < one.tone:
            said = f"“{other.name}” is {_tone(other)}, after “{one.name}” was {_tone(one)}."
            mine = other if other.name in self._layer.named else one
            self._warn(mine.name, "tone", said, "A ladder usually climbs; is it meant so?")

    def _first(self, first: Step) -> None:
        if first.after is After.CONTACT:
            said = f"“{first.name}” is the first step, and counts from a previous contact that there cannot be."
            self._say(first.name, "after", said, 'Write after = "due", or put a step before it.')
        elif first.again:
            key = "again" if "again" in self._layer.named.get(first.name, {}) else "letter"
            said = f"“{first.name}” is the first step, but speaks of earlier messages that nobody has sent."
            self._say(first.name, key, said, "Put a first message before it, or take a letter that can stand alone.")

    def _repeating(self, steps: tuple[Step, ...]) -> None:
        for step in (one for one in steps[:-1] if one.repeat):
            said = f"“{step.name}” is to repeat, but “{steps[-1].name}” comes after it, and only the last step repeats."
            self._say(step.name, "repeat", said, f"Remove repeat from it, or “{steps[-1].name}”.")
        last = steps[-1]
        if last.repeat and last.after is After.DUE:
            said = f"“{last.name}” repeats, so its days must count from the previous contact."
            self._say(last.name, "repeat", said, 'Write after = "contact", and in days how many lie between.')

    def _too_firm(self, steps: tuple[Step, ...]) -> None:
        """A ceiling softens what is below it: that is what it is for. A step of this very file above it is a slip."""
        ceiling = self._merged.manners.get("tone_ceiling", Tone.FINAL)
        assert isinstance(ceiling, Tone), "read as one"
        for step in steps:
            mine = "tone" in self._layer.named.get(step.name, {})
            if mine and step.channel not in TONELESS and step.tone > ceiling:
                said = f"“{step.name}” is {_tone(step)}, but nothing here speaks above {ceiling.name.lower()}."
                self._warn(step.name, "tone", said, "It will be spoken more softly.")


def _complete_ones(layer: Layer) -> tuple[Step, ...]:
    return steps_of(Layer(steps=tuple(step for step in layer.steps if _complete(step))))


def _complete(step: Given) -> bool:
    return "days" in step and ("letter" in step or step.get("channel") is Channel.PLATFORM or bool(step.get("off")))


def _on_a_day(at: time) -> datetime:
    return datetime(2026, 1, 1, at.hour, at.minute)  # noqa: DTZ001 - a time of day, nowhere


def _tone(step: Step) -> str:
    return step.tone.name.lower()
