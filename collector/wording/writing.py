"""Puts a message into words: subject, plain text and HTML, in the customer's language and way of writing."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from html import unescape
from typing import TYPE_CHECKING

from babel import Locale

from collector.judgement import Line, Message
from collector.policy import Tone
from collector.wording.languages import (
    LETTERS,
    date_words,
    language_of,
    listed,
    locale_of,
    money_words,
    one_line,
    phrases,
)
from collector.wording.source import KINDS, BadWording, Frame, Own, known_letters, render, wording_of
from receivables.case import Case
from receivables.money import Money, by_currency
from receivables.records import Ref

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["BadWording", "Bank", "Kept", "Letter", "kept", "known_letters", "language_of", "one_line", "write"]

NUMBERS_IN_SUBJECT_MAX = 3
PLAN_OFFER = "plan_offer"
WITH_BANK = ("payment_returned",)
"""The signed letters that ask for money, which no page takes."""
LINK = re.compile(r"https?://[^\s\"'<>]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words. The subject holds no control characters. What is only read aloud or texted has no HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter as it is stored: a mark in place of each link, and the digest (blake2b, hex) of what really went out."""

    subject: str
    text: str
    html: str
    digest: str


@dataclass(frozen=True, slots=True)
class Bank:
    """The business's bank details as they are printed. `first`: before the pay links.

    `reference` is what to write on the transfer: “number” for the invoice's own, any other text as it is, or nothing.
    """

    lines: tuple[str, ...]
    first: bool = False
    reference: str = "number"


@dataclass(frozen=True, slots=True)
class Late:
    """What the invoices of a message bear for being late, up to and with a day: one sum per currency."""

    last_on: date
    sums: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One invoice as it is written. `note` speaks of a disputed part."""

    number: str
    issued: str
    due: str
    open: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of four columns with its sums, in words; the last column holds amounts. `note` stands below it."""

    title: str
    columns: tuple[str, str, str, str]
    rows: Sequence[tuple[str, str, str, str]]
    sums: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """Everything that is put around the paragraphs, in words."""

    rows: Sequence[Row] = ()
    sums: Sequence[tuple[str, str]] = ()
    late: str = ""
    bank: Sequence[str] = ()
    bank_first: bool = False
    notes: Sequence[str] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True)
class Hand:
    """Who writes, where and how: the language, its way of writing, and the names below the letter."""

    language: str
    locale: Locale
    sender: str
    company: str


def write(
    message: Message,
    case: Case,
    *,
    sender: str,
    pay_urls: Mapping[Ref, str],
    own: Own | None = None,
    bank: Bank | None = None,
    agreed: Mapping[Ref, int] | None = None,
    late: Late | None = None,
) -> Letter:
    """The message as the customer will read it. `pay_urls` were fetched for this very sending.

    `own` are the business's own wordings, `agreed` the version of the credit policy that each invoice came under,
    `late` what they bear beside what is asked for.
    Raises BadWording for one of its own that can no longer be used.
    """
    language = language_of(case)
    hand = Hand(language, locale_of(case, language), sender, case.company.name)
    subject, body = words_of(message, case, sender=sender, pay_urls=pay_urls, own=own)
    frame = KINDS[message.step.letter].frame
    if frame is Frame.BARE:
        return Letter(one_line(subject), f"{body}\n", "")
    if frame is Frame.SIGNED:
        lines = bank_lines(bank if message.step.letter in WITH_BANK else None, hand.language, linked=False)
        return put_together(subject, body, replace(_parts(message, hand), bank=lines), hand)
    around = _around(message, hand, pay_urls, bank=bank, agreed=agreed or {})
    return put_together(subject, body, replace(around, late=late_words(late, hand)), hand)


def _parts(message: Message, hand: Hand) -> Around:
    """The parts of a plan that is offered; nothing for any other letter."""
    plan = message.lines[0].part.plan if message.lines and message.lines[0].part else None
    if plan is None or len(plan.parts) < 2:
        return Around()
    say = phrases(hand.language)
    rows = [(str(one.number), _short(one.due_on, hand), "", money_words(one.amount, hand.locale)) for one in plan.parts]
    table = Table(
        "", (say["part"], say["due"], "", say["amount"]), rows, [(say["total"], money_words(plan.total, hand.locale))]
    )
    return Around(tables=[table])


def words_of(
    message: Message, case: Case, *, sender: str, pay_urls: Mapping[Ref, str], own: Own | None = None
) -> tuple[str, str]:
    """The subject and the opening words, without what is put around them. Raises BadWording."""
    language = language_of(case)
    hand = Hand(language, locale_of(case, language), sender, case.company.name)
    wording = wording_of(message.step.letter, language, own)
    return render(wording, _facts(message, case, hand, pay_urls), hand.locale)


def put_together(subject: str, body: str, around: Around, hand: Hand) -> Letter:
    """A letter of its paragraphs and what is around them."""
    paragraphs = [" ".join(part.split("\n")).strip() for part in body.split("\n\n") if part.strip()]
    head = one_line(subject)
    html = _page().render(
        subject=head,
        language=hand.language,
        paragraphs=paragraphs,
        around=around,
        sender=hand.sender,
        company=hand.company,
        say=phrases(hand.language),
    )
    return Letter(head, _plain(paragraphs, around, hand), html)


def kept(letter: Letter) -> Kept:
    """The letter with a mark in place of each link, the same one in text and HTML; whoever has the links can prove
    by the digest what was sent."""
    marks: dict[str, str] = {}

    def marked(found: re.Match[str]) -> str:
        return marks.setdefault(unescape(found[0]), f"[link {len(marks) + 1}]")

    digest = hashlib.blake2b(digest_size=20)
    for part in (letter.subject, letter.text, letter.html):
        digest.update(f"{len(part.encode())}:{part}".encode())
    text, html = LINK.sub(marked, letter.text), LINK.sub(marked, letter.html)
    return Kept(LINK.sub(marked, letter.subject), text, html, digest.hexdigest())


def _facts(message: Message, case: Case, hand: Hand, pay_urls: Mapping[Ref, str]) -> dict[str, object]:
    """What a wording may speak of; the names are those of `wording_source.NAMES`."""
    lines = message.lines
    part = message.part
    due = part.due_on if part else min((one.invoice.due_on for one in lines if one.invoice.due_on), default=None)
    offered = message.step.letter == PLAN_OFFER
    until = (part.plan.last_on if offered else part.plan.waited_until(part.standing.part)) if part else None
    sums = by_currency(line.asked for line in lines)
    return {
        "company": hand.company,
        "count": len(lines),
        "customer": case.head.name,
        "days_late": max(0, (message.day_on - due).days) if due else 0,
        "due": date_words(due, hand.locale),
        "firm": message.tone >= Tone.FIRM and not message.soft,
        "link": pay_urls.get(lines[0].invoice.ref, "") if len(lines) == 1 or offered else "",
        "name": next((one.name for one in message.to if one.name and one.addressed), "") or case.head.name,
        "numbers": _numbers([line.invoice.number for line in lines], hand.language),
        "one": len(lines) == 1,
        "part": part.number if part else 0,
        "parts": len(part.plan.parts) if part else 0,
        "sender": hand.sender,
        "soft": message.soft,
        "today": date_words(message.day_on, hand.locale),
        "tone": message.tone.name.lower(),
        "until": date_words(until, hand.locale),
        "totals": listed([money_words(total, hand.locale) for total in sums.values()], hand.language),
    }


def _numbers(numbers: Sequence[str], language: str) -> str:
    shown = ", ".join(numbers[:NUMBERS_IN_SUBJECT_MAX])
    more = len(numbers) - NUMBERS_IN_SUBJECT_MAX
    return phrases(language)["more"].format(shown=shown, more=more) if more > 0 else shown


def _around(
    message: Message, hand: Hand, pay_urls: Mapping[Ref, str], *, bank: Bank | None, agreed: Mapping[Ref, int]
) -> Around:
    rows = [_row(line, hand, pay_urls.get(line.invoice.ref, "")) for line in message.lines]
    return Around(
        rows=rows,
        sums=_sums(message, hand),
        bank=bank_lines(bank, hand.language, linked=any(row.url for row in rows)),
        bank_first=bank is not None and bank.first,
        notes=_agreements(message.lines, hand, agreed),
    )


def _row(line: Line, hand: Hand, url: str) -> Row:
    invoice, say = line.invoice, phrases(hand.language)
    disputed = say["disputed"].format(amount=money_words(line.disputed, hand.locale)) if line.disputed else ""
    return Row(
        number=invoice.number,
        issued=_short(invoice.issued_on, hand),
        due=_short(invoice.due_on, hand),
        open=money_words(invoice.open, hand.locale),
        url=url,
        note=disputed,
    )


def _short(day: date | None, hand: Hand) -> str:
    return date_words(day, hand.locale, "medium")


def _sums(message: Message, hand: Hand) -> list[tuple[str, str]]:
    """Totals per currency, what stands in the customer's favour, and what is left to pay."""
    say = phrases(hand.language)
    asked = by_currency(line.asked for line in message.lines)
    held = {currency: sum_ for currency, sum_ in by_currency(message.credits).items() if currency in asked and sum_}
    parted = len(message.lines) > 1 or held or any(line.disputed or line.part for line in message.lines)
    named = say["this_part"] if message.part else say["total"]
    found: list[tuple[str, str]] = []
    for currency, total in asked.items() if parted else ():
        found.append((named, money_words(total, hand.locale)))
        if credit := held.get(currency):
            left = max(total - credit, Money.zero(currency))
            found.append((say["credit"], money_words(-credit, hand.locale)))
            found.append((say["to_pay"], money_words(left, hand.locale)))
    return found


def late_words(late: Late | None, hand: Hand) -> str:
    """What comes beside the sums, as a sentence of its own; empty when it is nothing."""
    if late is None or not late.sums:
        return ""
    amount = listed([money_words(one, hand.locale) for one in late.sums], hand.language)
    return phrases(hand.language)["late_charges"].format(day=date_words(late.last_on, hand.locale), amount=amount)


def bank_lines(bank: Bank | None, language: str, *, linked: bool) -> list[str]:
    """How to pay by bank, as lines; none without bank details."""
    if bank is None or not bank.lines:
        return []
    say = phrases(language)
    lines = [say["bank_first" if bank.first or not linked else "bank_also"], *bank.lines]
    if bank.reference:
        number = bank.reference == "number"
        lines.append(say["reference_number"] if number else say["reference"].format(reference=bank.reference))
    return [*lines, say["online_too"]] if bank.first and linked else lines


def _agreements(lines: Iterable[Line], hand: Hand, agreed: Mapping[Ref, int]) -> list[str]:
    """One sentence for every version of the credit policy that an invoice came under."""
    under: dict[int, list[str]] = {}
    for line in lines:
        if version := agreed.get(line.invoice.ref):
            under.setdefault(version, []).append(line.invoice.number)
    say = phrases(hand.language)["agreed"]
    return [say.format(version=version, numbers=listed(some, hand.language)) for version, some in sorted(under.items())]


def _plain(paragraphs: Sequence[str], around: Around, hand: Hand) -> str:
    table = "\n\n".join([_plain_rows(around, phrases(hand.language)), *map(_plain_table, around.tables)]).strip("\n")
    bank = "\n".join(around.bank)
    blocks = (bank, table) if around.bank_first else (table, bank)
    signature = "\n".join([phrases(hand.language)["regards"], hand.sender, hand.company])
    parts = [*paragraphs, *blocks, *around.notes, signature]
    return "\n\n".join(part for part in parts if part) + "\n"


def _plain_rows(around: Around, say: Mapping[str, str]) -> str:
    lines: list[str] = []
    for row in around.rows:
        due = say["due_on"].format(day=row.due) if row.due else ""
        lines.append("  " + "   ".join(part for part in (row.number, row.issued, due, row.open) if part))
        lines += [f"    {part}" for part in (row.note, row.url) if part]
    lines += [f"  {label}: {amount}" for label, amount in around.sums]
    return "\n".join(lines) + (f"\n\n{around.late}" if around.late else "")


def _plain_table(table: Table) -> str:
    grid = (table.columns, *table.rows)
    first, second, third, fourth = (max(len(row[at]) for row in grid) for at in range(4))
    rows = [f"{a:<{first}}  {b:<{second}}  {c:>{third}}  {d:>{fourth}}".rstrip() for a, b, c, d in grid]
    sums = [f"{label}: {amount}" for label, amount in table.sums]
    return "\n".join([table.title, *(f"  {line}" for line in (*rows, *sums, table.note) if line)])


@cache
def _page() -> "Template":
    """The mail's page with its styles already inlined: done once, not for every mail.

    The page is ours, so unlike wordings it needs no sandbox. Jinja's statements stand in comments, which an HTML parser
    leaves where they are, even between table rows.
    """
    import css_inline
    from jinja2 import Environment, StrictUndefined

    inlined = css_inline.inline((LETTERS / "mail.html").read_text(encoding="utf-8"))
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=True,
        block_start_string="<!--%",
        block_end_string="%-->",
        trim_blocks=True,
    )
    return environment.from_string(inlined)
