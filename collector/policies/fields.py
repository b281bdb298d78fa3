"""What may stand in a policy file: every setting, what values it takes, and how to mend one that is wrong. Pure."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache

from babel import Locale

from collector.paying.limits import Band
from collector.policies.lines import Path
from collector.policy import After, Attach, Channel, Receiver, Step, Tone
from receivables.records import CustomerKind

NAME = re.compile(r"[a-z0-9-]{1,40}")
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
TEXT_MAX = 200
AMOUNT_MAX = Decimal(10) ** 12
KINDS = {kind.value: kind for kind in CustomerKind if kind is not CustomerKind.OTHER}
USUAL = "usual"
NEVER = "never"
WITHOUT_VALUE = {
    "receipts_quiet_days": USUAL,
    "statement_on": NEVER,
    "remind_before": NEVER,
    "remind_after": NEVER,
}
"""How a setting is written that has no value."""


class Wrong(Exception):
    """A value will not do: what is wrong with it, and how to write it; and where within it, if it has parts."""

    def __init__(self, what: str, remedy: str, at: Path = ()) -> None:
        super().__init__(what)
        self.what, self.remedy, self.at = what, remedy, at


Reader = Callable[[str, object], object]
"""Takes the setting's name and what the file says; gives the value, or raises Wrong."""


@dataclass(frozen=True, slots=True)
class Used:
    """A step that has been: as it was last, and how many invoices it was done for."""

    step: Step | None
    invoices: int


@dataclass(frozen=True, slots=True)
class Known:
    """What a policy may name: letters, mail accounts (None: any, for what was checked when it was saved); the steps
    that were ever used, by name; and whether an escalation contact is noted for anybody it is about (None: not asked).
    """

    letters: frozenset[str] | None
    senders: frozenset[str] | None = frozenset()
    used: Mapping[str, Used] = field(default_factory=dict)
    escalation: bool | None = None


ANY = Known(None, None)


def close_to(word: str, offers: Iterable[str]) -> str:
    """The offer that was most likely meant; empty when none is close."""
    plain = {offer.replace("-", "_"): offer for offer in sorted(offers)}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), plain, 1, 0.6)
    return plain[found[0]] if found else ""


def shown(value: object) -> str:
    """A value of the file as a sentence quotes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"“{value if len(value) <= 40 else value[:40] + '…'}”"
    kinds: tuple[tuple[type, str], ...] = ((dict, "a table"), (list, "a list"), (time, f"{value}"))
    return next((word for kind, word in kinds if isinstance(value, kind)), str(value))


def _whole(low: int, high: int, example: int) -> Reader:
    def read(name: str, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise Wrong(
            f"{name} must be a whole number from {low} to {high}, not {shown(value)}.", f"Write {name} = {example}."
        )

    return read


def _amount(name: str, value: object) -> object:
    if isinstance(value, int | str | Decimal) and not isinstance(value, bool):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = Decimal("NaN")
        if amount.is_finite() and 0 <= amount <= AMOUNT_MAX:
            return amount
        if amount.is_finite() and amount < 0:
            raise Wrong(f"{name} is below zero ({amount}).", f'Write 0 or more, as in {name} = "5.00".')
    raise Wrong(f"{name} must be a sum such as 5.00, not {shown(value)}.", f'Write {name} = "5.00".')


def _hour(name: str, value: object) -> object:
    if isinstance(value, time) and not (value.second or value.microsecond):
        return value
    if isinstance(value, str) and HOUR.fullmatch(value):
        return time.fromisoformat(value)
    raise Wrong(
        f"{name} must be a time of day from 00:00 to 23:59, not {shown(value)}.", f'Write it like {name} = "09:00".'
    )


def _flag(name: str, value: object) -> object:
    if isinstance(value, bool):
        return value
    raise Wrong(f"{name} must be true or false, not {shown(value)}.", f"Write {name} = true or {name} = false.")


def _one_of(name: str, value: object, offers: Mapping[str, object]) -> object:
    if isinstance(value, str) and value.lower() in offers:
        return offers[value.lower()]
    meant = close_to(value, offers) if isinstance(value, str) else ""
    listed = ", ".join(offers)
    remedy = f'Did you mean {name} = "{meant}"? Known are {listed}.' if meant else f"Known are {listed}."
    raise Wrong(f"{name} is {shown(value)}, which is none of those there are.", remedy)


def _word(offers: Iterable[Enum]) -> Reader:
    words = {(one.name.lower() if isinstance(one, Tone) else str(one.value)): one for one in offers}
    return lambda name, value: _one_of(name, value, words)


def _name(name: str, value: object) -> object:
    if isinstance(value, str) and NAME.fullmatch(value):
        return value
    raise Wrong(
        f"{name} must be 1 to 40 small letters, digits and hyphens, not {shown(value)}.",
        f'Write it like {name} = "{_hyphened(value)}".',
    )


def _hyphened(value: object) -> str:
    made = re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")[:40] if isinstance(value, str) else ""
    return made or "first-reminder"


def _texts(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        found = tuple(dict.fromkeys(one.strip() for one in value))
        if all(found) and all(len(one) <= TEXT_MAX and one.isprintable() for one in found):
            return found
    raise Wrong(f"{name} must be a list of words in quotes, not {shown(value)}.", f'Write it like {name} = ["staff"].')


def _some(name: str, value: object) -> tuple[str, ...]:
    found = _texts(name, value)
    if not found:
        raise Wrong(f"{name} is an empty list, so the segment can never match.", f"Name one, or leave {name} out.")
    return found


def _kinds(name: str, value: object) -> object:
    return tuple(_one_of(name, one, KINDS) for one in _some(name, value))


def _countries(name: str, value: object) -> object:
    return tuple(_country(name, one) for one in _some(name, value))


def _country(name: str, text: str) -> str:
    codes = countries()
    if text.upper() in codes:
        return text.upper()
    by_name = {called.lower(): code for code, called in codes.items()} | {"uk": "GB", "usa": "US", "england": "GB"}
    meant = by_name.get(text.lower()) or by_name.get(close_to(text, by_name), "")
    hint = f" Did you mean “{meant}” ({codes[meant]})?" if meant else ""
    raise Wrong(
        f"{name} holds {shown(text)}, which is no country's code.",
        f"Write the two letters of ISO 3166, such as “US”, “GB” or “DE”.{hint}",
    )


@cache
def countries() -> dict[str, str]:
    """Every country's code with its English name."""
    named = Locale("en").territories
    strays = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}
    return {str(code): str(named[code]) for code in named if re.fullmatch("[A-Z]{2}", str(code)) and code not in strays}


def _quiet(name: str, value: object) -> object:
    if value == USUAL:
        return None
    try:
        return _whole(1, 365, 10)(name, value)
    except Wrong as error:
        raise Wrong(error.what.replace(", not", f" or “{USUAL}”, not"), error.remedy) from None


def _or_never(read: Reader) -> Reader:
    def read_it(name: str, value: object) -> object:
        if value == NEVER:
            return None
        try:
            return read(name, value)
        except Wrong as error:
            raise Wrong(error.what.replace(", not", f" or “{NEVER}”, not"), error.remedy) from None

    return read_it


def _sender(known: Known) -> Reader:
    def read(name: str, value: object) -> object:
        if not isinstance(value, str):
            raise Wrong(f"{name} must be the name of a mail account, not {shown(value)}.", f'Write {name} = "".')
        if not value or known.senders is None or value in known.senders:
            return value
        there = f"Those set up are: {', '.join(sorted(known.senders))}." if known.senders else "None is set up by name."
        raise Wrong(f"{name} is {shown(value)}, and no mail account is called so.", f"{there} Empty is the usual one.")

    return read


def _letter(known: Known) -> Reader:
    if known.letters is None:
        return lambda _, value: str(value)
    offers = {letter: letter for letter in sorted(known.letters)}
    return lambda name, value: _one_of(name, value, offers)


BAND: Mapping[str, Reader] = {"overdue_days": _whole(0, 3650, 90), "percent": _whole(1, 100, 10)}
BANDS_MAX = 20


def _bands(name: str, value: object) -> object:
    """A list of tables, each for debts of another age; the youngest first, however they are written."""
    if not isinstance(value, list):
        raise Wrong(f"{name} must be a list of tables, not {shown(value)}.", "Begin each one with [[plans.settle]].")
    if len(value) > BANDS_MAX:
        raise Wrong(f"There are more than {BANDS_MAX} tables under {name}.", "Nobody could follow so many.")
    found: dict[int, Band] = {}
    for at, given in enumerate(value):
        band = _band(given, at)
        if band.overdue_days in found:
            said = f"A second table under {name} is for overdue_days = {band.overdue_days}."
            raise Wrong(said, "Give each age one percent; remove one of the two.", (at, "overdue_days"))
        found[band.overdue_days] = band
    return tuple(found[days] for days in sorted(found))


def _band(given: object, at: int) -> Band:
    if not isinstance(given, dict):
        said = f"Each table under settle says overdue_days and percent; {shown(given)} does not."
        raise Wrong(said, "Write { overdue_days = 90, percent = 10 }.", (at,))
    for name in given:
        if name not in BAND:
            raise Wrong(f"There is no setting {shown(name)} here.", "Known are overdue_days, percent.", (at, name))
    for name, read in BAND.items():
        if name not in given:
            raise Wrong(f"This table under settle does not say its {name}.", f"Add {EXAMPLE[name]}.", (at,))
        try:
            read(name, given[name])
        except Wrong as error:
            raise Wrong(error.what, error.remedy, (at, name)) from None
    return Band(**given)


EXAMPLE = {"overdue_days": "overdue_days = 90", "percent": "percent = 10"}
MANNERS: Mapping[str, Reader] = {
    "gap_days": _whole(0, 90, 4),
    "minimum": _amount,
    "opens_at": _hour,
    "closes_at": _hour,
    "stale_after_hours": _whole(1, 168, 24),
    "per_week": _whole(1, 50, 2),
    "per_month": _whole(1, 200, 6),
    "due_on_receipt_days": _whole(0, 365, 7),
    "receipts_quiet_days": _quiet,
    "catch_up_days": _whole(0, 365, 14),
    "daily_cap": _whole(1, 100_000, 200),
    "unusual_times": _whole(2, 1000, 10),
    "tone_ceiling": _word(Tone),
    "show_interest": _flag,
    "chase_charges": _flag,
    "never_chase_tags": _texts,
    "thank_you": _flag,
    "statement_on": _or_never(_whole(1, 31, 1)),
    "send_credit_policy": _flag,
}
PLANS: Mapping[str, Reader] = {
    "parts_most": _whole(1, 60, 4),
    "months_most": _whole(1, 60, 12),
    "first_percent": _whole(0, 99, 25),
    "settle": _bands,
    "cure_days": _whole(0, 60, 7),
    "remind_before": _or_never(_whole(1, 30, 3)),
    "remind_on": _flag,
    "remind_after": _or_never(_whole(1, 60, 3)),
}
CONDITIONS: Mapping[str, Reader] = {
    "name": _name,
    "balance_from": _amount,
    "balance_below": _amount,
    "older_than_days": _whole(0, 3650, 60),
    "countries": _countries,
    "kinds": _kinds,
    "tags": _some,
}


def step_fields(known: Known) -> Mapping[str, Reader]:
    """What a step may say."""
    return {
        "name": _name,
        "days": _whole(-60, 365, 7),
        "after": _word(After),
        "letter": _letter(known),
        "channel": _word(Channel),
        "tone": _word(Tone),
        "again": _flag,
        "repeat": _flag,
        "sender": _sender(known),
        "to": _word(Receiver),
        "automatic": _flag,
        "attach": _word(Attach),
        "off": _flag,
    }
