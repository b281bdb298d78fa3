"""The platform's present reminder days, as a person told them at connect, and the policy that is proposed from them."""

import re
from collections.abc import Iterator, Sequence

from collector.policies.layers import Given, Layer
from collector.policy import Channel, Tone

DAYS_MAX = 12
PART = re.compile(
    r"(?P<sign>[-+\u2212]?)\s*(?P<days>\d{1,3})\s*(?:days?)?\s*(?P<side>before|after)?(?:\s*(?:the )?due(?: date)?)?"
)
ON_THE_DAY = re.compile(r"(?:on )?(?:the )?(?:due )?(?:day|date)|due")
LETTERS = {
    "just_due": Tone.FRIENDLY,
    "first_reminder": Tone.NEUTRAL,
    "second_reminder": Tone.FIRM,
    "last_reminder": Tone.FINAL,
}


class BadDays(ValueError):
    """What was said is no list of days; the message says how to write one."""


def days_in(text: str) -> tuple[int, ...]:
    """The days from the due date in “-3, 7, 14” or “3 before, 7, 14 after”, in their order; minus is before.

    Raises BadDays.
    """
    parts = [part.strip().lower() for part in re.split(r"[,;\n]|\band\b", text)]
    found = sorted({_day(part) for part in parts if part})
    if len(found) > DAYS_MAX:
        raise BadDays(f"more than {DAYS_MAX} reminder days are hard to believe; please look again")
    return tuple(found)


def _day(part: str) -> int:
    if ON_THE_DAY.fullmatch(part):
        return 0
    told = PART.fullmatch(part)
    if told is None:
        raise BadDays(
            f"{part!r} is no day; write the days from the due date with commas between them, before it with a minus: "
            "-3, 7, 14"
        )
    days = int(told["days"])
    days = -days if told["side"] == "before" or told["sign"] in ("-", "\u2212") else days
    if not -60 <= days <= 365:
        raise BadDays(f"{part!r} is too far from the due date; it can be from 60 days before to 365 after")
    return days


def stored(days: Sequence[int]) -> str:
    """As the days are kept with a connection: -3,7,14."""
    return ",".join(str(day) for day in days)


def proposed(days: Sequence[int], base: Layer) -> Layer:
    """A layer that writes on these days, more firmly from one to the next, with the base's own steps left out.

    Of reminders before the due date all are friendly. The first after it is, and only a fourth is final: what the
    platform says on those days is usually one and the same friendly text, so firmness is left to people.
    """
    steps = [*_before([day for day in days if day < 0]), *_after([day for day in days if day >= 0])]
    names = {str(step["name"]) for step in steps}
    off = [{"name": name, "off": True} for name in base.named if name not in names]
    return Layer({}, (*steps, *off))


def _before(days: Sequence[int]) -> Iterator[Given]:
    """The last one before the due date has the base's name, those before it a number."""
    for at, day in enumerate(days):
        left = len(days) - at
        name = "before-due" if left == 1 else f"before-due-{left}"
        yield _step(name, day, "before_due", Tone.FRIENDLY)


def _after(days: Sequence[int]) -> Iterator[Given]:
    used: dict[str, int] = {}
    for letter, day in zip(_ladder(len(days)), days, strict=True):
        used[letter] = used.get(letter, 0) + 1
        name = letter.replace("_", "-")
        yield _step(name if used[letter] == 1 else f"{name}-{used[letter]}", day, letter, LETTERS[letter])


def _ladder(count: int) -> list[str]:
    """As many letters as there are days, from friendly upwards."""
    if count >= len(LETTERS):
        return ["just_due", "first_reminder", *["second_reminder"] * (count - 3), "last_reminder"]
    return list(LETTERS)[:count] if count == 3 else ["first_reminder", "second_reminder"][:count]


def _step(name: str, days: int, letter: str, tone: Tone) -> Given:
    return {"name": name, "days": days, "letter": letter, "channel": Channel.MAIL, "tone": tone}
