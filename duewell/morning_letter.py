"""The morning mail in words: per business what is ready, what to look at first, what is held and why, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from collector.wording.languages import locale, money_words
from collector.wording.writing import Letter
from receivables.money import Money

LETTERS = Path(__file__).parent / "letters"
NAMED_MAX = 4
OTHERWISE = "something stands against it"
WHY: Mapping[str, str] = {
    "asked_to_stop": "they asked not to be contacted",
    "balance_differs": "their balance differs from that on the platform",
    "books_stale": "the books were not read lately",
    "bounced": "mail to them came back",
    "breathing_space": "they are in a breathing space",
    "contact_budget": "they heard of us often enough",
    "contacted_lately": "they were contacted a few days ago",
    "daily_cap": "enough messages go that day",
    "death": "the customer has died",
    "disputed": "they dispute it",
    "handed_over": "it was handed over",
    "hardship": "they told of hardship",
    "in_plan": "they pay in parts",
    "insolvency": "they are insolvent",
    "lawyer_named": "they named a lawyer",
    "mirror_undecided": "the sale may stand in two books",
    "money_on_account": "money of theirs is not yet matched",
    "money_since_contact": "money came since the last message",
    "no_address": "there is no address",
    "no_business_day": "it is no business day where they are",
    "objected": "they objected to being contacted",
    "on_hold": "somebody put it on hold",
    "opted_out": "they do not want to be reached this way",
    "outside_hours": "it is not within their office hours",
    "payment_not_in_books": "a payment is not yet in the books",
    "platform_reminds": "the platform reminds them itself",
    "promised": "they promised to pay",
    "receipts_quiet": "the bank may not be entered yet",
    "reply_unread": "they replied, and nobody has read it",
    "retained": "they keep it back as agreed",
    "rule_of_collecting": "a rule of collecting forbids it now",
    "we_owe_them": "we owe them",
    "wrong_address": "their address is wrong",
}


@dataclass(frozen=True, slots=True)
class Morning:
    """One business this morning. `held` counts messages or invoices by rule; `unanswered` wait for two working days."""

    name: str
    country: str = ""
    ready: int = 0
    sums: tuple[Money, ...] = ()
    odd: int = 0
    held: Mapping[str, int] | None = None
    todos: int = 0
    unanswered: int = 0

    @property
    def calls(self) -> bool:
        """Is there anything for a person?"""
        return bool(self.ready or self.odd or self.todos)


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of one business."""

    name: str
    lines: tuple[str, ...]


def morning_letter(name: str, mornings: Sequence[Morning], *, link: str) -> Letter:
    """To one person over all their businesses. It names no customer."""
    told = [one for one in mornings if one.calls]
    unanswered = sum(one.unanswered for one in told)
    facts = {
        "name": name,
        "waiting": _waiting(unanswered),
        "businesses": [Part(one.name, tuple(_lines(one))) for one in told],
        "link": link,
        "subject": _subject(told, unanswered),
    }
    text, html = (_environment().get_template(f"morning.{form}").render(facts) for form in ("txt", "html"))
    return Letter(_subject(told, unanswered), text, html)


def _subject(told: Sequence[Morning], unanswered: int) -> str:
    if unanswered:
        return f"Still waiting for you: {counted(unanswered, 'message')}"
    parts = (
        (sum(one.ready for one in told), "{} ready"),
        (sum(one.odd for one in told), "{} to look at"),
        (sum(one.todos for one in told), "{} to do"),
    )
    return f"Today: {', '.join(words.format(count) for count, words in parts if count)}"


def _waiting(unanswered: int) -> str:
    if not unanswered:
        return ""
    one = unanswered == 1
    said = f"{counted(unanswered, 'message')} {'has' if one else 'have'} waited for two working days or longer."
    return f"{said} Nothing leaves until you say so."


def _lines(one: Morning) -> list[str]:
    written = locale("en", one.country)
    lines = []
    if one.ready:
        sums = " and ".join(money_words(amount, written) for amount in one.sums)
        lines.append(f"Ready to approve: {counted(one.ready, 'message')}, {sums}")
    if one.odd:
        lines.append(f"To look at first: {counted(one.odd, 'message')}")
    if one.held:
        lines.append(f"Held: {counted(sum(one.held.values()), 'invoice')}: {_why(one.held)}")
    if one.todos:
        lines.append(f"To do today: {one.todos}")
    return lines


def _why(held: Mapping[str, int]) -> str:
    ordered = sorted(held.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [f"{count} because {WHY.get(rule, OTHERWISE)}" for rule, count in ordered[:NAMED_MAX]]
    rest = sum(count for _, count in ordered[NAMED_MAX:])
    return ", ".join([*told, f"{rest} for other reasons"] if rest else told)


def counted(count: int, one: str) -> str:
    """1 message, 2 messages."""
    return f"{count} {one if count == 1 else one + 's'}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(LETTERS),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
