"""Looks for threats, false claims and shaming in a wording, and says what is wrong with it. Pure.

A finding proves nothing in law, and none proves nothing either: it is a careful colleague who reads along.
"""

import html
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from collector.law.rule import Operator, Party

PHRASES = Path(__file__).parent / "phrases.toml"
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAGS = re.compile(rf"{_JINJA.pattern}|<!--.*?-->|</?[a-z!][^<>]*>", re.DOTALL | re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_BROKEN = re.compile(r"-[ \t]*\r?\n[ \t]*")
UNSEEN = frozenset({"Mn", "Me", "Cf"})
"""Accents, what is drawn around letters, and what has no width."""
_SENTENCE = r"[^.!?\n]{0,48}?"


@dataclass(frozen=True, slots=True)
class Finding:
    """One phrase that must not be sent, as it was read (small letters, no accents), and what to do about it.

    `category` is permanent; `title`, `why` and `suggestion` are for people.
    """

    phrase: str
    category: str
    title: str
    why: str
    suggestion: str

    def __str__(self) -> str:
        return f"“{self.phrase}”: {self.title[0].lower()}{self.title[1:]}. {self.why} {self.suggestion}"


@dataclass(frozen=True, slots=True)
class Category:
    """What is looked for, in every language or in one, and for whom."""

    id: str
    title: str
    why: str
    suggestion: str
    parties: frozenset[Party]
    anywhere: tuple[re.Pattern[str], ...]
    only: dict[str, tuple[re.Pattern[str], ...]]

    def patterns(self, language: str) -> tuple[re.Pattern[str], ...]:
        """All that count in a message of this language."""
        return self.anywhere + self.only.get(language, ())


def lint(text: str, language: str, *, operator: Operator) -> list[Finding]:
    """Everything in a wording that must not be sent: subject and body, a Jinja template or finished, text or HTML.

    `language` is ISO 639 (a locale will do). Each phrase is told once, in the order of the categories.
    """
    readings = dict.fromkeys(_read(one) for one in _untagged(text))
    spoken = language[:2].lower()
    found: dict[tuple[str, str], Finding] = {}
    for category in categories():
        if operator.party not in category.parties:
            continue
        for phrase in _phrases(category.patterns(spoken), readings):
            finding = Finding(phrase, category.id, category.title, category.why, category.suggestion)
            found.setdefault((category.id, phrase), finding)
    return list(found.values())


def _phrases(patterns: Iterable[re.Pattern[str]], readings: Iterable[str]) -> Iterator[str]:
    for pattern in patterns:
        for reading in readings:
            for match in pattern.finditer(reading):
                yield " ".join(match.group().split())


def _untagged(text: str) -> tuple[str, str, str]:
    """The wording without tags: once as if they were nothing and once as if they were a blank, so neither hides a word.

    What stands in quotes within a tag may be printed, so it is read as well. In a plain text nothing is a tag but
    Jinja's, so the third reading keeps the others.
    """
    plain = _BROKEN.sub("", text)
    return _TAGS.sub(_printed, plain), _TAGS.sub(_apart, text), _JINJA.sub(_apart, text)


def _apart(tag: re.Match[str]) -> str:
    return f" {_printed(tag)} "


def _printed(tag: re.Match[str]) -> str:
    if not tag.group().startswith(("{%", "{{")):
        return ""
    return " ".join(single or double for single, double in _QUOTED.findall(tag.group()))


def _read(text: str) -> str:
    """As the eye reads it: one alphabet, small letters, no accents, nothing invisible, one blank between words."""
    wide = unicodedata.normalize("NFKC", html.unescape(text)).casefold()
    letters = unicodedata.normalize("NFKD", wide).translate(_alike())
    seen = "".join(one for one in letters if unicodedata.category(one) not in UNSEEN)
    return " ".join(seen.split())


@cache
def _document() -> dict[str, Any]:
    return tomllib.loads(PHRASES.read_text(encoding="utf-8"))


@cache
def _alike() -> dict[int, int]:
    pairs = _document()["alike"]
    return str.maketrans(pairs["seen"], pairs["read"])


@cache
def categories() -> tuple[Category, ...]:
    """What comes with Duewell, read once."""
    return tuple(_category(row) for row in _document()["category"])


def _category(row: dict[str, Any]) -> Category:
    only = row.get("only", {})
    return Category(
        id=row["id"],
        title=row["title"],
        why=row["why"],
        suggestion=row["suggestion"],
        parties=frozenset(map(Party, row.get("parties", Party))),
        anywhere=(
            compiled(row["anywhere"]),
            *(re.compile(rf"^\s*(?:{phrase})") for phrase in row.get("start", ())),
            *map(re.compile, row.get("pattern", ())),
        ),
        only={language: (compiled(phrases),) for language, phrases in only.items()},
    )


def compiled(phrases: Iterable[str]) -> re.Pattern[str]:
    """Phrases of the file as one pattern over whole words; looking for them one by one takes five times as long."""
    patterns = (phrase.replace(" ... ", f" {_SENTENCE}(?<!\\w)").replace("*", r"\w*") for phrase in phrases)
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")
