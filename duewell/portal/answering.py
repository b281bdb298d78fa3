"""What a payer answers with one press, made into what is written down, so that the collector acts on it next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from collector.policy import Receiver
from collector.saying import ADDRESS, CHANNELS, NAME_MAX
from duewell.portal.papers import Paper, keep_paper
from duewell.portal.sheet import Sheet
from duewell.portal.words import Speech, Unclear
from duewell.recording import record
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.records import Ref
from receivables.said import Asked, Reason, Said, Saying
from storage.said import said

BY = "the customer, by link"
RESTS_DAYS = 7
"""What waits for a person rests for so long; then the collector goes on unless somebody said otherwise."""
LOOKED_FOR_DAYS = 14
"""So long a payment is looked for that is said to have been made."""
PROMISE_DAYS = 90
WORDS_MOST = 1000
REASONS = tuple(one for one in Reason if one is not Reason.ALREADY_PAID)


@dataclass(frozen=True, slots=True)
class Press:
    """What was pressed, with what was typed beside it; `paper` is a proof of payment that came along."""

    what: str
    typed: Mapping[str, str]
    paper: Paper | None = None

    def words(self, name: str, *, least: int = 0, most: int = WORDS_MOST) -> str:
        """What was typed there, in one line. Raises Unclear."""
        text = " ".join(self.typed.get(name, "").split())
        if not least <= len(text) <= most or not text.isprintable():
            raise Unclear("bad_words", most=most)
        return text

    def one_of(self, name: str, offers: tuple[str, ...]) -> str:
        """One of what was offered. Raises Unclear."""
        chosen = self.typed.get(name, "")
        if chosen not in offers:
            raise Unclear("bad_choice")
        return chosen


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be written down, and the sentence of thanks with its facts."""

    words: Said
    thanks: str
    facts: Mapping[str, str]


def answer(house: House, sheet: Sheet, press: Press, speech: Speech) -> str:
    """Write the answer down and thank for it. The same answer twice on a day is written down once. Raises Unclear."""
    make = ANSWERS.get(press.what)
    if make is None:
        raise Unclear("bad_choice")
    told = make(sheet, press, speech)
    _write_down(house, sheet, told.words, press.paper)
    return speech(told.thanks, **told.facts)


def _write_down(house: House, sheet: Sheet, words: Said, paper: Paper | None) -> None:
    if paper is not None:
        words = replace(words, note=f"{words.note} [{paper.name}]".strip())
    with house.database.read() as tx:
        before = said(tx, sheet.link.business, debtor=sheet.case.debtor, kinds=[words.kind])
    if any(_same(one, words) for one in before):
        return
    try:
        record(house, sheet.link.business, words, by=BY)
    except (Refused, NotThere):
        raise Unclear("not_taken") from None
    if paper is not None:
        keep_paper(house, sheet.link.business, sheet.case.debtor, paper)


def _same(one: Said, other: Said) -> bool:
    return one.ended_at is None and _core(one) == _core(replace(other, by=BY))


def _core(one: Said) -> tuple[object, ...]:
    about = (one.kind, one.invoice, one.amount, one.from_on, one.until_on)
    return (*about, one.channel, one.address, one.note, one.by, one.reason)


def _said(sheet: Sheet, kind: Saying, *, invoice: Ref | None = None, note: str = "", rests: int = 0) -> Said:
    until = sheet.today + timedelta(days=rests) if rests else None
    return Said(sheet.case.debtor, kind, sheet.today, until, invoice, note=note)


def _invoice(sheet: Sheet, press: Press, *, needed: bool = False) -> Ref | None:
    """The invoice that was chosen, or the only one there is; None for all of them. Raises Unclear."""
    key = press.typed.get("invoice", "")
    line = sheet.line(key) if key else sheet.lines[0] if len(sheet.lines) == 1 else None
    if line is None and (key or needed):
        raise Unclear("bad_invoice")
    return line.invoice.ref if line else None


def _amount(sheet: Sheet, press: Press, speech: Speech, invoice: Ref | None) -> Money | None:
    """What was typed, of the invoice or (for a promise) of all; None when nothing was typed. Raises Unclear."""
    typed = press.typed.get("amount", "").strip()
    if not typed:
        return None
    open_ = [one.invoice.open for one in sheet.lines if invoice in (None, one.invoice.ref)]
    currencies = {one.currency for one in open_}
    if len(currencies) != 1:
        raise Unclear("bad_invoice")
    most = Money(sum(one.minor for one in open_), currencies.pop())
    amount = speech.sum_in(typed, most.currency)
    if amount is None:
        raise Unclear("bad_amount", example=speech.money(most))
    if amount > most:
        raise Unclear("bad_sum", least=speech.money(Money(1, most.currency)), most=speech.money(most))
    return amount


def day_in(typed: str, today: date, *, within: int) -> date:
    """The day a form's field holds, from today on. Raises Unclear."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise Unclear("bad_day", days=within) from None
    if not today <= day <= today + timedelta(days=within):
        raise Unclear("bad_day", days=within)
    return day


def _already(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001 - all answers share one signature
    note = press.words("words")
    words = _said(sheet, Saying.DISPUTE, invoice=_invoice(sheet, press), note=note, rests=LOOKED_FOR_DAYS)
    return Told(replace(words, reason=Reason.ALREADY_PAID.value, review_on=sheet.today), "already_thanks", {})


def _dispute(sheet: Sheet, press: Press, speech: Speech) -> Told:
    invoice = _invoice(sheet, press, needed=True)
    reason = press.one_of("reason", tuple(one.value for one in REASONS))
    words = _said(sheet, Saying.DISPUTE, invoice=invoice, note=press.words("words"))
    words = replace(words, amount=_amount(sheet, press, speech, invoice), reason=reason, review_on=sheet.today)
    return Told(words, "dispute_thanks", {})


def _details(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    words = _said(sheet, Saying.DISPUTE, invoice=_invoice(sheet, press), note=press.words("words", least=1))
    return Told(replace(words, reason=Reason.ORDER_NUMBER.value, review_on=sheet.today), "details_thanks", {})


def _copy(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    words = _said(sheet, Saying.HOLD, invoice=_invoice(sheet, press), rests=RESTS_DAYS)
    return Told(_asked(words, Asked.COPY), "copy_thanks", {})


def _statement(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    return Told(_asked(_said(sheet, Saying.HOLD, rests=RESTS_DAYS), Asked.STATEMENT), "statement_thanks", {})


def _call(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    words = _said(sheet, Saying.HOLD, note=press.words("words", least=4), rests=RESTS_DAYS)
    return Told(_asked(words, Asked.CALL), "call_thanks", {})


def _asked(words: Said, what: Asked) -> Said:
    """It rests until a person has done what was asked for, which is a to-do from today on."""
    return replace(words, reason=what.value, review_on=words.from_on)


def _person(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    address = press.typed.get("email", "").strip()
    if not ADDRESS.fullmatch(address) or len(address) > NAME_MAX or "." not in address.partition("@")[2]:
        raise Unclear("bad_email")
    words = _said(sheet, Saying.CONTACT_PERSON, note=press.words("name", most=NAME_MAX))
    return Told(replace(words, address=address, reason=Receiver.ACCOUNTS.value), "person_thanks", {})


def _wrong(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    known = sheet.addresses
    chosen = press.typed.get("address", "") or ("0" if len(known) == 1 else "")
    if not chosen.isdecimal() or not chosen.isascii() or int(chosen[:4]) >= len(known):
        raise Unclear("bad_choice")
    words = replace(_said(sheet, Saying.WRONG_ADDRESS), address=known[int(chosen[:4])])
    return Told(words, "wrong_thanks", {})


def _promise(sheet: Sheet, press: Press, speech: Speech) -> Told:
    day = day_in(press.typed.get("day", ""), sheet.today, within=PROMISE_DAYS)
    invoice = _invoice(sheet, press)
    words = replace(_said(sheet, Saying.PROMISE, invoice=invoice), until_on=day)
    return Told(
        replace(words, amount=_amount(sheet, press, speech, invoice)), "promise_thanks", {"day": speech.day(day)}
    )


def _channel(sheet: Sheet, press: Press, speech: Speech) -> Told:  # noqa: ARG001
    words = replace(_said(sheet, Saying.OPT_OUT), channel=press.one_of("channel", CHANNELS))
    return Told(words, "channel_thanks", {})


ANSWERS: Mapping[str, Callable[[Sheet, Press, Speech], Told]] = {
    "already": _already,
    "dispute": _dispute,
    "promise": _promise,
    "copy": _copy,
    "statement": _statement,
    "details": _details,
    "person": _person,
    "wrong": _wrong,
    "call": _call,
    "channel": _channel,
}


def masked(address: str) -> str:
    """Enough of an address for its owner to know it by: a…e@example.com."""
    local, at, host = address.partition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}{at}{host}"
