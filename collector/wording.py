"""Puts a message into words: subject, plain text and HTML, in the customer's way of writing dates and sums."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency

from collector.decide import Message
from receivables.case import Case
from receivables.money import Money, by_currency
from receivables.records import Invoice, Ref

if TYPE_CHECKING:
    from jinja2 import Template

LETTERS = Path(__file__).parent / "letters"
NUMBERS_IN_SUBJECT_MAX = 3


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words. Header lines hold no control characters."""

    subject: str
    text: str
    html: str


@cache
def _template(name: str) -> "Template":
    """A text or a page of the letters, escaped when it is a page. Only who writes pays for Jinja."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    page = name.endswith(".html")
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(LETTERS), undefined=StrictUndefined, autoescape=page, trim_blocks=page
    )
    return environment.get_template(name)


def known_letters() -> set[str]:
    """The wordings a policy may name."""
    return {path.stem for path in LETTERS.glob("*.txt")}


def write(message: Message, case: Case, *, sender: str, pay_urls: Mapping[Ref, str]) -> Letter:
    """The message as the customer will read it. `pay_urls` were fetched for this very sending."""
    locale = locale_of(case)
    facts = _facts(message, case, locale)
    head, _, body = _template(f"{message.tone.letter}.txt").render(facts).partition("\n")
    lines = [_line(invoice, locale, pay_urls) for invoice, _ in message.invoices]
    paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    subject = one_line(head)
    frame = {
        "subject": subject,
        "paragraphs": paragraphs,
        "lines": lines,
        "sender": sender,
        "language": locale.language,
    }
    html = _template("letter.html").render(company=case.company.name, **frame)
    return Letter(subject, _plain(paragraphs, lines, sender, case.company.name), html)


def _facts(message: Message, case: Case, locale: Locale) -> dict[str, object]:
    invoices = [invoice for invoice, _ in message.invoices]
    numbers = [invoice.number for invoice in invoices]
    shown = ", ".join(numbers[:NUMBERS_IN_SUBJECT_MAX])
    more = len(numbers) - NUMBERS_IN_SUBJECT_MAX
    sums = by_currency(invoice.open for invoice in invoices)
    return {
        "one": len(invoices) == 1,
        "numbers": f"{shown} and {more} more" if more > 0 else shown,
        "totals": " and ".join(money_words(total, locale) for total in sums.values()),
        "due": _date_words(invoices[0], locale),
        "company": case.company.name,
        "name": case.addresses()[0].name or case.head.name,
    }


def _line(invoice: Invoice, locale: Locale, pay_urls: Mapping[Ref, str]) -> dict[str, str]:
    return {
        "number": invoice.number,
        "due": _date_words(invoice, locale),
        "open": money_words(invoice.open, locale),
        "url": pay_urls.get(invoice.ref, ""),
    }


def _plain(paragraphs: list[str], lines: list[dict[str, str]], sender: str, company: str) -> str:
    table = []
    for line in lines:
        table.append(f"  {line['number']}   due {line['due']}   {line['open']} open")
        if line["url"]:
            table.append(f"    {line['url']}")
    return "\n".join(["\n\n".join(paragraphs), "", *table, "", "Kind regards,", sender, company, ""])


def locale_of(case: Case) -> Locale:
    """English as it is written in the customer's country, else in the company's; letters are in English so far."""
    for country in (case.head.address.country, case.company.country, "US"):
        try:
            return Locale.parse(f"en_{country}")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en", "US")


def money_words(amount: Money, locale: Locale) -> str:
    """As the locale writes money, with the currency's own decimals: $1,234.50, £20.00, ¥9,800."""
    return str(format_currency(amount.amount, amount.currency, locale=locale))


def _date_words(invoice: Invoice, locale: Locale) -> str:
    return str(format_date(invoice.due_on, format="long", locale=locale)) if invoice.due_on else ""


def one_line(text: str) -> str:
    """Without line breaks and control characters, so that nothing can be smuggled into a header."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
