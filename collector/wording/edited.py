"""A message in a person's own words: subject and opening are theirs; lines, sums, links and signature stay ours.

An edit belongs to one approval, of one customer's message of one day; it is kept there as JSON.
"""

from collections.abc import Iterator

import msgspec

from collector.judgement import Message
from collector.law.rule import Operator
from collector.wording.check import Wording, check
from collector.wording.languages import language_of
from collector.wording.lint import lint
from collector.wording.source import Own
from collector.wording.writing import BadWording, write
from receivables.case import Case


class Edit(msgspec.Struct, frozen=True):
    """The subject in one line, and the words before the invoices."""

    subject: str
    opening: str


def tidy(subject: str, opening: str) -> Edit:
    """As a person typed it: one line, and paragraphs."""
    return Edit(" ".join(subject.split()), opening.replace("\r\n", "\n").strip())


def kept(edit: Edit) -> str:
    """As it is stored."""
    return msgspec.json.encode(edit).decode()


def edit_of(stored: str) -> Edit | None:
    """What was stored; None for an approval of our own words."""
    return msgspec.json.decode(stored, type=Edit) if stored else None


def own_words(message: Message, case: Case, edit: Edit | None) -> Own:
    """The edit as this one message's own wording; none without an edit."""
    return {} if edit is None else {(message.step.letter, language_of(case)): _wording(edit)}


def problems(message: Message, case: Case, edit: Edit, *, operator: str) -> list[str]:
    """Everything that is wrong with it, each as a sentence for whoever wrote it; empty when it may go."""
    found = list(_missing(edit)) or list(dict.fromkeys(_unfit(message, case, edit, operator)))
    return [one[0].upper() + one[1:] for one in found]


def _missing(edit: Edit) -> Iterator[str]:
    if not edit.subject:
        yield "The subject is empty; say in a few words what the message is about."
    if not edit.opening:
        yield "The opening is empty; write at least one sentence before the invoices."


def _unfit(message: Message, case: Case, edit: Edit, operator: str) -> Iterator[str]:
    language, text = language_of(case), _wording(edit)
    wrong = check(Wording(message.step.letter, language, text), operator=operator)
    yield from wrong
    yield from (str(finding) for finding in lint(text, language, operator=Operator(operator)))
    if not wrong:
        yield from _not_written(message, case, edit)


def _not_written(message: Message, case: Case, edit: Edit) -> Iterator[str]:
    try:
        write(message, case, sender="", pay_urls={}, own=own_words(message, case, edit))
    except BadWording as error:
        yield f"It cannot be written: {error}."


def _wording(edit: Edit) -> str:
    return f"{edit.subject}\n\n{edit.opening}\n"
