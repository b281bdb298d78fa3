"""The wordings of a business: seen, tried on a real customer, sent to oneself, saved, and given back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from babel import Locale

from collector import credit_policy
from collector.channels.smtp import compose, post
from collector.credit_policy import CreditPolicy
from collector.judgement import Line, Message
from collector.languages import LANGUAGES, locale, main_language
from collector.policy import Channel, Step, Tone
from collector.wording import Letter, write
from collector.wording_check import Wording, check, sample
from collector.wording_source import KINDS, NAMES, POLICY, BadWording, shipped
from duewell.bank import bank_of
from duewell.jobs import zone_of
from duewell.running import living, the_business
from duewell.stating import find_customer, sender_of, statement_letter, whole_case
from duewell.wiring import House, postbox_of
from integrations.errors import NotThere, Refused
from receivables.case import Case
from receivables.money import Money
from receivables.records import Invoice, Ref
from storage.ids import new_id
from storage.owing import owes_most
from storage.wordings import KeptWording, add_wording, latest_wordings, own_wordings, wording_versions

PAY_URL = "https://example.com/the-pay-link-stands-here"
PREVIEWED_MAX = 20
TONES: Mapping[str, Tone] = {
    "first_reminder": Tone.NEUTRAL,
    "second_reminder": Tone.FIRM,
    "last_reminder": Tone.FINAL,
    "letter_reminder": Tone.FIRM,
}


@dataclass(frozen=True, slots=True)
class WordingLine:
    """One letter in one language, as the list shows it. Version 0 is the shipped one."""

    letter: str
    title: str
    language: str
    subject: str
    version: int = 0
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WordingView:
    """One letter in one language with everything there is to know. An empty text in `history` is the shipped one."""

    letter: str
    title: str
    language: str
    language_name: str
    text: str
    version: int
    history: Sequence[KeptWording]
    names: Mapping[str, str]
    languages: Mapping[str, str]


def language_of_business(house: House, business: str) -> str:
    """The main language of the first company's country, if we have it; else English."""
    spoken = [main_language(one.company.country) for one in living(house, business) if one.company]
    return next((language for language in spoken if language in LANGUAGES), "en")


def locale_of_business(house: House, business: str) -> Locale:
    """How the business itself writes sums and dates."""
    countries = [one.company.country for one in living(house, business) if one.company and one.company.country]
    return locale(language_of_business(house, business), *countries[:1])


def wordings(house: House, business: str, languages: Collection[str] = ()) -> list[WordingLine]:
    """The ladder from friendly to final and the other letters, in the given languages (the business's own when none)."""
    wanted = languages or (language_of_business(house, business),)
    with house.database.read() as tx:
        own = {(one.letter, one.language): one for one in latest_wordings(tx, business)}
    return [_line(letter, language, own.get((letter, language))) for letter in KINDS for language in wanted]


def _line(letter: str, language: str, own: KeptWording | None) -> WordingLine:
    text = own.text if own and own.text else shipped(letter, language)
    line = WordingLine(letter, KINDS[letter].title, language, _subject(letter, language, text))
    return replace(line, version=own.version, by=own.by, at=own.at) if own and own.text else line


def _subject(letter: str, language: str, text: str) -> str:
    try:
        return sample(Wording(letter, language, text), count=1).subject
    except BadWording:
        return text.strip().partition("\n")[0]


def wording(house: House, business: str, letter: str, language: str) -> WordingView:
    """One letter in one language. Raises NotThere."""
    if letter not in KINDS or language not in LANGUAGES:
        raise NotThere(f"there is no letter {letter!r} in {language!r}; `duewell wording list` shows them all")
    with house.database.read() as tx:
        history = wording_versions(tx, business, letter, language)
    latest = history[-1] if history else None
    return WordingView(
        letter=letter,
        title=KINDS[letter].title,
        language=language,
        language_name=LANGUAGES[language],
        text=latest.text if latest and latest.text else shipped(letter, language),
        version=latest.version if latest and latest.text else 0,
        history=history[::-1],
        names=NAMES,
        languages=LANGUAGES,
    )


def save_wording(house: House, business: str, fresh: Wording, *, by: str) -> int:
    """Check and keep it; its version. `by` is a person's name. Raises Refused with everything that is wrong."""
    plain = replace(fresh, text=fresh.text.replace("\r\n", "\n").strip() + "\n")
    if problems := check_wording(house, business, plain):
        raise Refused(" ".join(problems))
    with house.database.write() as tx:
        history = wording_versions(tx, business, plain.letter, plain.language)
        if history and history[-1].text == plain.text:
            return history[-1].version
        words = (plain.letter, plain.language, plain.text)
        return add_wording(tx, business, words, by=by, now=house.clock.now())


def check_wording(house: House, business: str, fresh: Wording) -> list[str]:
    """Everything that is wrong with a wording, each as a sentence."""
    operator = str(the_business(house, business).settings.get("operator") or "business")
    return check(replace(fresh, text=fresh.text.replace("\r\n", "\n")), operator=operator)


def give_back(house: House, business: str, letter: str, language: str, version: int, *, by: str) -> int:
    """Back to an older version (0: the shipped wording): it is checked and kept again as the newest.

    Raises NotThere, or Refused when what was right then is no longer.
    """
    view = wording(house, business, letter, language)
    if version == 0:
        with house.database.write() as tx:
            return add_wording(tx, business, (letter, language, ""), by=by, now=house.clock.now())
    older = next((one for one in view.history if one.version == version), None)
    if older is None:
        raise NotThere(f"there is no version {version} of this wording")
    if not older.text:
        return give_back(house, business, letter, language, 0, by=by)
    return save_wording(house, business, Wording(letter, language, older.text), by=by)


def preview(house: House, business: str, tried: Wording, *, customer: str = "", soft: bool = False) -> Letter:
    """The wording as a real customer would read it: a chosen one, else who owes most, else an invented one.

    Nothing is fetched and nothing is kept; the pay link is not a real one. Raises Refused, or NotThere.
    """
    problems = check_wording(house, business, tried)
    if problems:
        raise Refused(" ".join(problems))
    plain = replace(tried, text=tried.text.replace("\r\n", "\n"))
    who = _customer(house, business, customer)
    if who is None:
        return sample(plain, count=1, sender=sender_of(house, business), soft=soft)
    return _real(house, business, plain, who, soft=soft)


def _customer(house: House, business: str, wanted: str) -> Ref | None:
    if wanted.strip():
        return find_customer(house, business, wanted)
    with house.database.read() as tx:
        return owes_most(tx, business)


def _real(house: House, business: str, tried: Wording, who: Ref, *, soft: bool) -> Letter:
    case, _ = whole_case(house, business, who)
    spoken = replace(case, customers=(_speaking(case, tried.language), *case.customers[1:]))
    chosen = _chosen(tried.letter, case.invoices)
    if not chosen:
        return sample(tried, count=1, sender=sender_of(house, business), soft=soft)
    today = house.clock.now().astimezone(zone_of(house, the_business(house, business))).date()
    message = _message(spoken, tried.letter, chosen, today)
    with house.database.read() as tx:
        own = {**own_wordings(tx, business), (tried.letter, tried.language): tried.text}
    return write(
        replace(message, soft=soft),
        spoken,
        sender=sender_of(house, business),
        pay_urls={one.ref: PAY_URL for one in chosen},
        own=own,
        bank=bank_of(the_business(house, business).settings),
        agreed=agreed(house, business, chosen),
    )


