"""Is what a person wants to have written down sensible? One clear sentence when it is not. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.policy import Receiver
from integrations.errors import Refused
from receivables.money import Money, by_currency
from receivables.records import CustomerKind, Invoice, Ref
from receivables.said import Reason, Said, Saying

RECORDED = (
    Saying.CALL,
    Saying.MAIL,
    Saying.MEETING,
    Saying.NOTE,
    Saying.PROMISE,
    Saying.DISPUTE,
    Saying.RETAINED,
    Saying.HOLD,
    Saying.OPT_OUT,
    Saying.WRONG_ADDRESS,
    Saying.LAWYER,
    Saying.INSOLVENCY,
    Saying.DEATH,
    Saying.BREATHING_SPACE,
    Saying.HARDSHIP,
    Saying.STOP,
    Saying.OBJECTION,
    Saying.HANDED_OVER,
    Saying.NEVER_CHASE,
    Saying.WAS_SENT,
    Saying.KIND,
    Saying.CONTACT_PERSON,
    Saying.BANK_ENTERED,
)
"""What a person may write down; replies, bounces and thanks come from elsewhere."""
HAPPENED = (Saying.CALL, Saying.MAIL, Saying.MEETING, Saying.WAS_SENT, Saying.BANK_ENTERED)
NEEDS_INVOICE = (Saying.RETAINED, Saying.WAS_SENT)
NEEDS_WORDS = (Saying.NOTE, Saying.LAWYER)
ASKS_FOR_OWING = (Saying.PROMISE, Saying.DISPUTE, Saying.RETAINED)
CHANNELS = ("mail", "sms", "letter", "call")
CALL_ENDS = ("reached", "not_reached")
ROLES = (Receiver.ACCOUNTS, Receiver.PRIMARY, Receiver.ESCALATION)
KINDS = (CustomerKind.BUSINESS, CustomerKind.SOLE_TRADER, CustomerKind.CONSUMER, CustomerKind.PUBLIC_BODY)
WORDS_MAX = 4000
NAME_MAX = 100
ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
FAR = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Whom:
    """The customer something was said by or of: their name, all invoices of the family, and the addresses known."""

    name: str
    invoices: Sequence[Invoice] = ()
    addresses: Sequence[str] = ()

    def invoice(self, ref: Ref) -> Invoice | None:
        """One of theirs."""
        return next((one for one in self.invoices if one.ref == ref), None)


def check(words: Said, whom: Whom, today: date) -> None:
    """Raises Refused with a sentence that says what is wrong and what would be right. `today` is the business's."""
    for problem in CHECKS:
        sentence = problem(words, whom, today)
        if sentence:
            raise Refused(sentence)


def _kind(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001 - all checks share one signature
    if words.kind in RECORDED:
        return ""
    return f"“{_named(words.kind)}” cannot be written down by hand; what can: {', '.join(map(_named, RECORDED))}."


def _text(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    if len(words.note) > WORDS_MAX:
        return f"The words are too long: {len(words.note)} characters, and {WORDS_MAX} is the most."
    if words.kind is Saying.CONTACT_PERSON and (len(words.note) > NAME_MAX or not words.note.strip().isprintable()):
        return f"Beside a contact person stands only a name, in one line of at most {NAME_MAX} characters."
    if words.kind in NEEDS_WORDS and not words.note.strip():
        return "Please name the lawyer." if words.kind is Saying.LAWYER else "A note needs words."
    return ""


def _days(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    until = words.until_on
    if words.kind in HAPPENED and words.from_on > today:
        return f"{_day(words.from_on)} has not come yet; write down what has happened when it has."
    if words.kind is Saying.PROMISE and until is None:
        return "By which day did they promise to pay? Say it like 2026-12-01, friday, or in 10 days."
    if words.kind is Saying.BANK_ENTERED:
        return _bank(until, today)
    if until is not None and until < today:
        what = "A promise" if words.kind is Saying.PROMISE else "What holds until a day"
        return f"{what} cannot end in the past: {_day(until)} was before today, {_day(today)}."
    if until is not None and until < words.from_on:
        return f"It would end on {_day(until)}, before it begins on {_day(words.from_on)}."
    return _far(words, today)


def _far(words: Said, today: date) -> str:
    for day in (words.from_on, words.until_on, words.review_on):
        if day is not None and abs(day - today) > FAR:
            return f"{_day(day)} is more than five years away from today; is the year right?"
    if words.review_on is not None and words.review_on < today:
        return f"The day of review, {_day(words.review_on)}, has passed; name today or a later day."
    return ""


def _bank(until: date | None, today: date) -> str:
    if until is None:
        return "Up to which day is the bank entered? Say it like 2026-12-01 or yesterday."
    return f"The bank cannot be entered up to {_day(until)}, which has not come yet." if until > today else ""


def _invoice(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    if words.invoice is None:
        return "Say which invoice it is about." if words.kind in NEEDS_INVOICE else ""
    found = whom.invoice(words.invoice)
    if found is None:
        return f"{whom.name} has no invoice {words.invoice.id!r}; theirs are: {_listed(whom.invoices)}."
    if words.kind in ASKS_FOR_OWING and not found.owing:
        return f"Nothing is open on invoice {found.number} any more, so there is nothing to promise or dispute."
    return ""


def _amount(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    amount = words.amount
    if amount is None:
        return "How much do they keep back?" if words.kind is Saying.RETAINED else ""
    if amount.minor <= 0:
        return f"The amount must be more than nothing, not {amount}."
    if words.kind not in ASKS_FOR_OWING:
        return f"An amount says nothing about “{_named(words.kind)}”; leave it out."
    if words.kind is not Saying.PROMISE and words.invoice is None:
        return "An amount needs the invoice it is a part of."
    invoice = whom.invoice(words.invoice) if words.invoice else None
    return _too_much(amount, invoice, whom)


def _too_much(amount: Money, invoice: Invoice | None, whom: Whom) -> str:
    if invoice is not None:
        where, owed = f"on invoice {invoice.number}", {invoice.open.currency: invoice.open}
    else:
        where, owed = f"for {whom.name}", by_currency(one.open for one in whom.invoices if one.owing)
    if amount.currency not in owed:
        have = ", ".join(map(str, owed.values())) or "nothing"
        return f"Nothing is open {where} in {amount.currency}; what is open is {have}."
    if amount > owed[amount.currency]:
        return f"{amount} is more than is open {where}: {owed[amount.currency]}."
    return ""


def _channel(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    if words.kind is not Saying.OPT_OUT or words.channel in CHANNELS:
        return ""
    given = f", not {words.channel!r}" if words.channel else ""
    return f"By which channel do they not want to be reached? One of: {', '.join(CHANNELS)}{given}."


def _address(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    if words.kind is Saying.LAWYER and not ADDRESS.fullmatch(words.address):
        return "Which e-mail address does the lawyer have? From now on only the lawyer is written to."
    if words.kind is Saying.CONTACT_PERSON and not ADDRESS.fullmatch(words.address):
        given = f", not {words.address!r}" if words.address else ""
        return f"Which e-mail address does the contact person have? Say one, like accounts@example.com{given}."
    if words.kind is not Saying.WRONG_ADDRESS:
        return ""
    known = {one.casefold() for one in whom.addresses}
    if words.address.casefold() in known:
        return ""
    have = ", ".join(whom.addresses) or "none"
    return f"Which address is wrong? The books know of {whom.name}: {have}."


def _reason(words: Said, whom: Whom, today: date) -> str:  # noqa: ARG001
    wanted = ALLOWED.get(words.kind)
    if wanted is None or words.reason in wanted or (not words.reason and words.kind not in MUST_HAVE):
        return ""
    given = f", not {words.reason!r}" if words.reason else ""
    return f"{ASKED[words.kind]} One of: {', '.join(wanted)}{given}."


ALLOWED: Mapping[Saying, tuple[str, ...]] = {
    Saying.CALL: CALL_ENDS,
    Saying.DISPUTE: tuple(one.value for one in Reason),
    Saying.RETAINED: tuple(one.value for one in Reason),
    Saying.KIND: tuple(one.value for one in KINDS),
    Saying.CONTACT_PERSON: tuple(one.value for one in ROLES),
}
MUST_HAVE = (Saying.CALL, Saying.DISPUTE, Saying.KIND, Saying.CONTACT_PERSON)
ASKED = {
    Saying.CALL: "Was somebody reached?",
    Saying.DISPUTE: "Why do they not pay?",
    Saying.RETAINED: "Why do they keep it back?",
    Saying.KIND: "What is this customer?",
    Saying.CONTACT_PERSON: "What is this person to the customer?",
}
CHECKS: tuple[Callable[[Said, Whom, date], str], ...] = (
    _kind,
    _text,
    _days,
    _invoice,
    _amount,
    _channel,
    _address,
    _reason,
)


def _listed(invoices: Sequence[Invoice]) -> str:
    numbers = [one.number or one.ref.id for one in invoices if one.owing]
    more = f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
    return ", ".join(numbers[:8]) + more if numbers else "none that is open"


def _named(kind: Saying) -> str:
    return kind.value.replace("_", " ")


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
