"""The wordings themselves: which letters there are, which names they may use, and how one is read and compiled.

A wording is a subject line, and below it the paragraphs. It may use names and conditions, nothing else of Jinja, so
that whoever writes one can neither loop for ever nor reach anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from collector.wording.languages import LANGUAGES, LETTERS, spelled

if TYPE_CHECKING:
    from babel import Locale
    from jinja2 import Environment, Template

Own = Mapping[tuple[str, str], str]
"""A business's own wordings by (letter, language)."""


class Frame(StrEnum):
    """What is put around a wording: the table of invoices and how to pay, only the signature, or nothing."""

    INVOICES = "invoices"
    SIGNED = "signed"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Kind:
    """One letter: its frame, what it is called for people, and whether a step of a policy may name it."""

    frame: Frame
    title: str
    step: bool = True


KINDS: Mapping[str, Kind] = {
    "new_invoice": Kind(Frame.INVOICES, "A new invoice, sent for the first time"),
    "before_due": Kind(Frame.INVOICES, "Before the due date"),
    "just_due": Kind(Frame.INVOICES, "Just due"),
    "first_reminder": Kind(Frame.INVOICES, "First reminder"),
    "second_reminder": Kind(Frame.INVOICES, "Second reminder"),
    "last_reminder": Kind(Frame.INVOICES, "Last reminder"),
    "letter_reminder": Kind(Frame.INVOICES, "Reminder by letter"),
    "sms_reminder": Kind(Frame.BARE, "Reminder by text message"),
    "call_script": Kind(Frame.BARE, "What to say on the telephone"),
    "part_reminder": Kind(Frame.INVOICES, "Reminder of a part of a plan", step=False),
    "plan_offer": Kind(Frame.SIGNED, "Offer to pay in parts", step=False),
    "statement": Kind(Frame.SIGNED, "Statement of account", step=False),
    "invoice_copy": Kind(Frame.SIGNED, "Copy of an invoice that was asked for", step=False),
    "thank_you": Kind(Frame.SIGNED, "Thank-you for a payment", step=False),
    "payment_returned": Kind(Frame.SIGNED, "A payment that a bank took back is asked for again", step=False),
    "apology": Kind(Frame.SIGNED, "Apology for a reminder that came too late", step=False),
    "policy_letter": Kind(Frame.SIGNED, "What the credit policy is sent with", step=False),
    "credit_policy": Kind(Frame.BARE, "Credit policy", step=False),
}
"""From friendly to final, then the other ways and occasions."""

POLICY = "credit_policy"
NAMES: Mapping[str, str] = {
    "company": "the name of your business",
    "count": "how many invoices the message is about",
    "customer": "the customer's name in the books",
    "days_late": "how many days the oldest of the invoices is late; 0 when none is",
    "due": "the due date of the invoice (of several: the earliest)",
    "firm": "true for the tones firm and final",
    "link": "the pay link, when there is just one invoice and it has one; else empty",
    "name": "the name of the person who is written to, else the customer's",
    "numbers": "the invoice numbers: “1042”, or “1042, 1043, 1044 and 6 more”",
    "one": "true when the message is about one invoice only",
    "part": "which part of a plan it is about: 2; 0 when it is about none",
    "parts": "how many parts that plan has; 0 when it is about none",
    "sender": "the name of who signs",
    "soft": "true when this customer usually pays on time and is late for the first time",
    "today": "the day of the message",
    "tone": "friendly, neutral, firm or final",
    "until": "the last day on which a late part is waited for, or on which an offer holds; else empty",
    "totals": "the sum that is asked for, per currency: “$1,234.50”",
}
FILTERS = ("spelled",)


class BadWording(ValueError):
    """A wording cannot be used. The message says why and where, for whoever wrote it."""


def known_letters() -> set[str]:
    """The wordings a step of a policy may name."""
    return {name for name, kind in KINDS.items() if kind.step}


@cache
def shipped(letter: str, language: str) -> str:
    """The wording as we ship it. Raises KeyError for a letter or language there is none of."""
    if letter not in KINDS or language not in LANGUAGES:
        raise KeyError((letter, language))
    return (LETTERS / language / f"{letter}.txt").read_text(encoding="utf-8")


def wording_of(letter: str, language: str, own: Own | None = None) -> str:
    """The business's own wording, else the shipped one."""
    return (own or {}).get((letter, language)) or shipped(letter, language)


def render(text: str, facts: Mapping[str, object], locale: "Locale") -> tuple[str, str]:
    """Subject and body. Raises BadWording."""
    from jinja2 import TemplateError

    try:
        head, _, body = compiled(text).render(facts, locale=locale).partition("\n")
    except TemplateError as error:
        raise BadWording(f"it cannot be rendered: {error}") from None
    if not head.strip():
        raise BadWording("the subject, which is the first line, is empty")
    if not body.strip():
        raise BadWording("the text below the subject is empty")
    return head.strip(), body.strip()


@lru_cache(512)
def compiled(text: str) -> "Template":
    """Ready to be rendered. Raises BadWording for what is not understood."""
    problem = next(mistakes(text), "")
    if problem:
        raise BadWording(problem)
    return _environment().from_string(text)


@cache
def _environment() -> "Environment":
    """Only who writes pays for Jinja. Text is made, so nothing is escaped here; the page's template does that."""
    from jinja2 import StrictUndefined, pass_context
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    environment.globals.clear()
    environment.filters.clear()
    environment.filters["spelled"] = pass_context(lambda context, word: spelled(word, context["locale"]))
    return environment


def mistakes(text: str) -> Iterator[str]:
    """What is wrong with a wording as it is written, each as a sentence."""
    from jinja2 import TemplateSyntaxError, nodes

    try:
        tree = _environment().parse(text)
    except TemplateSyntaxError as error:
        yield f"line {error.lineno} cannot be read: {(error.message or 'a bracket is missing').rstrip('.')}"
        return
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load" or name.name not in NAMES:
            yield f"line {name.lineno}: {name.name} is not known; known are: {', '.join(NAMES)}"
    for node in tree.find_all(nodes.Node):
        if type(node).__name__ not in _UNDERSTOOD:
            yield f"line {node.lineno}: {_ONLY}"
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield f"line {node.lineno}: the filter {node.name} is not known; known are: {', '.join(FILTERS)}"


_ONLY = "only names such as {{ numbers }} and conditions such as {% if one %} are understood, no other code"
_UNDERSTOOD = frozenset(
    "Output TemplateData Name Const If CondExpr Compare Operand Not And Or Filter Concat Template".split()
)
