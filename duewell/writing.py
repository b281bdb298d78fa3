"""The wordings of a business: seen, tried on a real customer, sent to oneself, saved, and given back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from msgspec import structs

from collector.channels.smtp import compose, post
from collector.judgement import Line, Message
from collector.occasions.statement import Statement, StatementKind, statement
from collector.policy import Channel, Step, Tone
from collector.wording.check import IN_PARTS, Wording, check, sample, sample_part
from collector.wording.languages import LANGUAGES
from collector.wording.source import KINDS, NAMES, POLICY, BadWording, shipped
from collector.wording.writing import Letter, write
from duewell.bank import bank_of
from duewell.businesses import the_business
from duewell.finding import today_of, whole_case
from duewell.stating import customer_meant, statement_letter
from duewell.terms import agreed, language_of_business
from duewell.views.wording import WordingLine, WordingView
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.case import Case
from receivables.money import Money
from receivables.plans import shares
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


def wordings(house: House, business: str, languages: Collection[str] = ()) -> list[WordingLine]:
    """The ladder from friendly to final and the other letters, in the given languages, else the business's own."""
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


def give_back(house: House, business: str, which: tuple[str, str], version: int, *, by: str) -> int:
    """Back to an older version (0: the shipped wording) of (letter, language): checked and kept again as the newest.

    Raises NotThere, or Refused when what was right then is no longer.
    """
    letter, language = which
    view = wording(house, business, letter, language)
    if version == 0:
        with house.database.write() as tx:
            return add_wording(tx, business, (letter, language, ""), by=by, now=house.clock.now())
    older = next((one for one in view.history if one.version == version), None)
    if older is None:
        raise NotThere(f"there is no version {version} of this wording")
    if not older.text:
        return give_back(house, business, which, 0, by=by)
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
        return sample(plain, count=1, sender=house.signature(the_business(house, business)), soft=soft)
    return _real(house, business, plain, who, soft=soft)


def _customer(house: House, business: str, wanted: str) -> Ref | None:
    if wanted.strip():
        return customer_meant(house, business, wanted)
    with house.database.read() as tx:
        return owes_most(tx, business)


def _real(house: House, business: str, tried: Wording, who: Ref, *, soft: bool) -> Letter:
    case, _ = whole_case(house, business, who)
    spoken = replace(case, customers=(structs.replace(case.head, language=tried.language), *case.customers[1:]))
    chosen = _chosen(tried.letter, case.counted())
    if tried.letter == "statement":
        own = {("statement", tried.language): tried.text}
        return statement_letter(house, business, *_open_items(house, business, spoken), own=own)
    if not chosen or tried.letter == POLICY:
        return sample(tried, count=1, sender=house.signature(the_business(house, business)), soft=soft)
    message = _message(spoken, tried.letter, chosen, today_of(house, business))
    with house.database.read() as tx:
        own = {**own_wordings(tx, business), (tried.letter, tried.language): tried.text}
    return write(
        replace(message, soft=soft),
        spoken,
        sender=house.signature(the_business(house, business)),
        pay_urls={one.ref: PAY_URL for one in chosen},
        own=own,
        bank=bank_of(the_business(house, business).settings),
        agreed=agreed(house, business, chosen),
    )


def _chosen(letter: str, invoices: Sequence[Invoice]) -> list[Invoice]:
    """What such a letter would speak of: what is owed, or for the letters after a payment the last one settled."""
    if letter in ("thank_you", "apology", "payment_returned"):
        settled = [one for one in invoices if one.paid and not one.open]
        return sorted(settled, key=lambda one: one.changed_at)[-1:]
    owed = sorted((one for one in invoices if one.owing), key=lambda one: (one.due_on or date.max, one.number))
    return owed[-1:] if letter == "new_invoice" else owed[:PREVIEWED_MAX]


def _message(case: Case, letter: str, chosen: Sequence[Invoice], today: date) -> Message:
    step = Step("preview", 0, letter)
    part = None
    if letter in IN_PARTS and chosen:
        chosen = [one for one in chosen if one.open.currency == chosen[0].open.currency]
        part = sample_part(chosen, today, late=False)
    laid = shares(part.standing.open, ((one.ref, one.open) for one in chosen)) if part else {}
    spoken = [one for one in chosen if not part or one.ref in laid]
    asked = [laid.get(one.ref, one.open or one.paid) for one in spoken]
    lines = tuple(
        Line(one, step, sum_, Money.zero(sum_.currency), part=part) for one, sum_ in zip(spoken, asked, strict=True)
    )
    tone = TONES.get(letter, Tone.FRIENDLY)
    held = tuple(money for money in case.on_account().values() if money)
    return Message(case.debtor, today, lines, step, tone, Channel.MAIL, case.addresses(), held)


def _open_items(house: House, business: str, case: Case) -> tuple[Statement, Case]:
    today = today_of(house, business)
    return statement(case, StatementKind.OPEN, today, today), case


def send_test(house: House, business: str, tried: Wording, *, to: tuple[str, str], customer: str = "") -> None:
    """The preview as a real mail to (name, address) of the person who asks, marked [Test]; it is no contact and is
    written down nowhere. Raises Refused or TryLater."""
    letter = preview(house, business, tried, customer=customer)
    postbox = house.postbox()
    if postbox is None:
        raise Refused("no mail server is set up; see [mail] in the configuration")
    marked = replace(letter, subject=f"[Test] {letter.subject}")
    mail = compose(marked, postbox, to=[to], key=new_id(), now=house.clock.now())
    post(mail, postbox, recipients=[to[1]])
