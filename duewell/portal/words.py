"""What payers read: the phrases of the pages, sums and days, in their language and as it is written where they are."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from babel import Locale
from babel.numbers import NumberFormatError, parse_decimal

from collector.wording import languages
from collector.wording.languages import AMERICAN, LANGUAGES
from receivables.case import Case
from receivables.money import Money, TooPrecise

PHRASES = Path(__file__).parent / "phrases"
BRITISH = re.compile(rf"\b({'|'.join(AMERICAN)})\b", re.IGNORECASE)
PLAIN = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Speech:
    """One payer's language, and how it is written where they are."""

    language: str
    locale: Locale

    @classmethod
    def to(cls, case: Case) -> "Speech":
        """As messages to this customer are written."""
        language = languages.language_of(case)
        return cls(language, languages.locale_of(case, language))

    @classmethod
    def to_stranger(cls, tag: str) -> "Speech":
        """As somebody's browser asks for it, of whom nothing else is known."""
        language = tag.partition("-")[0].lower()
        return cls(language, Locale(language)) if language in LANGUAGES else cls("en", Locale("en", "GB"))

    @property
    def tag(self) -> str:
        """For the page's head: en-GB."""
        return str(self.locale).replace("_", "-")

    def __call__(self, name: str, **facts: object) -> str:
        """The phrase called so, with its facts."""
        return spelt(phrases(self.language)[name], self.locale).format(**facts)

    def word(self, name: str) -> str:
        """A phrase that letters use too."""
        return languages.phrases(self.language)[name]

    def money(self, amount: Money) -> str:
        """A sum as it is written there."""
        return languages.money_words(amount, self.locale)

    def day(self, on: date | None) -> str:
        """A day as it is written there; empty for none."""
        return languages.date_words(on, self.locale)

    def listed(self, words: list[str]) -> str:
        """One, two and three."""
        return languages.listed(words, self.language)

    def sum_in(self, typed: str, currency: str) -> Money | None:
        """The sum that was typed, as people there write it, or with a point; None when it is none."""
        try:
            read = _number(typed.strip(), self.locale)
            return None if read is None or read <= 0 else Money.of(read, currency)
        except (TooPrecise, OverflowError):
            return None


@cache
def phrases(language: str) -> Mapping[str, str]:
    """All phrases of the payer's pages, by name."""
    return tomllib.loads((PHRASES / f"{language}.toml").read_text(encoding="utf-8"))


def spelt(text: str, locale: Locale) -> str:
    """English as Americans spell it where they do."""
    return BRITISH.sub(_american, text) if languages.is_american(locale) else text


def _american(found: re.Match[str]) -> str:
    word = AMERICAN[found[0].lower()]
    return word[:1].upper() + word[1:] if found[0][:1].isupper() else word


def _number(typed: str, locale: Locale) -> Decimal | None:
    """120,50 is a hundred and twenty and a half in German, and 120.50 can be meant for nothing else."""
    if len(typed) > 20:
        return None
    try:
        return Decimal(parse_decimal(typed, locale=locale, strict=True))
    except (NumberFormatError, ArithmeticError):
        return Decimal(typed) if PLAIN.fullmatch(typed) and typed.isascii() else None


class Unclear(Exception):
    """What a payer typed or chose will not do: the phrase that says so in their language, and its facts."""

    def __init__(self, name: str, **facts: object) -> None:
        super().__init__(name)
        self.name, self.facts = name, facts
