"""Which language a customer is written to in, and how sums and dates are written there."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.languages import get_official_languages
from babel.numbers import format_currency

from receivables.case import Case
from receivables.money import Money

LETTERS = Path(__file__).parent / "letters"
LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "nl": "Dutch"}
AMERICAN_COUNTRIES = {"US", "PH", "LR"}
AMERICAN = {
    "ageing": "aging",
    "cancelled": "canceled",
    "centre": "center",
    "cheque": "check",
    "cheques": "checks",
    "favour": "favor",
    "instalment": "installment",
    "instalments": "installments",
    "labour": "labor",
    "postcode": "ZIP code",
    "solicitor": "attorney",
}
"""British words on the left, as the shipped English is written, and what Americans say."""


def language_of(case: Case) -> str:
    """The customer's own, else their country's main one, else the company's; English when we have none of them."""
    wishes = (
        _parts(case.head.language)[0],
        main_language(case.head.address.country),
        main_language(case.company.country),
    )
    return next((wish for wish in wishes if wish in LANGUAGES), "en")


def locale_of(case: Case, language: str = "") -> Locale:
    """The language as it is written where the customer is: by their own tag, their country, else the company's."""
    language = language or language_of(case)
    own, territory = _parts(case.head.language)
    places = (territory if own == language else "", case.head.address.country, case.company.country)
    return locale(language, *places)


@cache
def locale(language: str, *places: str) -> Locale:
    """The first of the places (ISO 3166 alpha-2, or empty) where the language has a way of writing of its own."""
    for place in (*places, "US" if language == "en" else ""):
        try:
            return Locale.parse(f"{language}_{place.upper()}" if place else "")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(language)


@cache
def main_language(country: str) -> str:
    """What most people of a country (ISO 3166 alpha-2) speak officially; empty when it is not known."""
    known = get_official_languages(country.upper(), de_facto=True) if country else ()
    return str(known[0]) if known else ""


def _parts(tag: str) -> tuple[str, str]:
    """Language and territory of a tag such as de, de-AT or zh_Hant_TW."""
    language, *rest = tag.strip().replace("_", "-").split("-")
    return language.lower(), next((part.upper() for part in rest if len(part) == 2), "")


def is_american(locale: Locale) -> bool:
    """Is it English as Americans spell it?"""
    return locale.language == "en" and (locale.territory or "US") in AMERICAN_COUNTRIES


def spelled(word: str, locale: Locale) -> str:
    """A British word as the locale spells it."""
    return AMERICAN.get(word, word) if is_american(locale) else word


@cache
def phrases(language: str) -> Mapping[str, str]:
    """The short phrases that surround every letter, by name; see `letters/LANGUAGE/phrases.toml`."""
    read = tomllib.loads((LETTERS / language / "phrases.toml").read_text(encoding="utf-8"))
    return {name: str(text) for name, text in read.items()}


@lru_cache(4096)
def money_words(amount: Money, locale: Locale) -> str:
    """As the locale writes money, with the currency's own decimals: $1,234.50, £20.00, ¥9,800."""
    return str(format_currency(amount.amount, amount.currency, locale=locale))


@lru_cache(4096)
def date_words(day: date | None, locale: Locale, form: str = "long") -> str:
    """A day as the locale writes it; empty for none. `form` is long or medium."""
    return str(format_date(day, format=form, locale=locale)) if day else ""


def listed(words: list[str], language: str) -> str:
    """One, two and three, in the language."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {phrases(language)['and']} {words[-1]}"


def one_line(text: str) -> str:
    """Without line breaks and control characters, so that nothing can be smuggled into a header."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())
