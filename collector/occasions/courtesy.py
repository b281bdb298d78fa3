"""What keeps back a message that is no reminder: what people said, where it would go, the hour, and the law. Pure."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import chain

from collector.judgement import Line, Message
from collector.law.lawbook import load_rules
from collector.occasions.statement_days import CATCH_UP_DAYS, statement_day
from collector.policy import Attach, Channel, Step, Tone
from collector.reasons import invoice as of_invoice
from collector.reasons import law, manners, money, people
from collector.reasons.day import Day
from receivables.money import Money
from receivables.records import Invoice
from receivables.said import PERSONAL, Asked, Saying


class Occasion(StrEnum):
    """Why we write when we do not remind; also the name of the act."""

    THANK_YOU = "thank_you"
    APOLOGY = "apology"
    STATEMENT = "statement"
    TERMS = "credit_policy"
    OFFER = "plan_offer"
    COPY = "invoice_copy"
    RETURNED = "payment_returned"


LETTERS = {
    Occasion.THANK_YOU: "thank_you",
    Occasion.APOLOGY: "apology",
    Occasion.STATEMENT: "statement",
    Occasion.TERMS: "policy_letter",
    Occasion.OFFER: "plan_offer",
    Occasion.COPY: "invoice_copy",
    Occasion.RETURNED: "payment_returned",
}
BEFORE_ASKING = (
    of_invoice.never_chase,
    money.stale,
    money.differs,
    money.receipts_quiet,
    manners.contacted_lately,
    manners.often_enough,
)
BEFORE_TERMS = (of_invoice.never_chase, manners.contacted_lately, manners.often_enough)
"""Terms that nobody asked for are one more message, so they keep out of the way of the others."""
ANSWERED = (Saying.HARDSHIP, Saying.IN_PLAN, Saying.REPLY)
"""What keeps reminders back, but no answer to what the customer asks for."""
RESTS = (Asked.COPY, Asked.STATEMENT, Asked.CALL)
"""A hold that is there only because the customer asked for something."""


def message_of(day: Day, occasion: Occasion, parts: Sequence[tuple[Invoice, Money]]) -> Message:
    """The message about these invoices, each with the sum that is spoken of. At least one."""
    step = Step(occasion.value, 0, LETTERS[occasion], attach=Attach.INVOICE)
    lines = tuple(Line(one, step, total, Money.zero(total.currency)) for one, total in parts)
    to = people.usable(day, parts[0][0])
    return Message(day.case.debtor, day.on, lines, step, Tone.FRIENDLY, Channel.MAIL, to)


def against(
    day: Day, occasion: Occasion, about: Sequence[Invoice], *, by_itself: bool = False, asked: bool = False
) -> str:
    """Why it may not go now, as a sentence; empty when it may. `about` is at least one invoice.

    What goes `by_itself` and is no answer to a payment also keeps the contact budget. What the customer `asked` for
    goes in spite of what they rest for, but never past a lawyer.
    """
    hushed = _hushed_asked(day) if asked else _hushed(day, occasion, about, by_itself=by_itself)
    return next(chain(hushed, _against(day, occasion, about, by_itself=by_itself)), "")


def _against(day: Day, occasion: Occasion, about: Sequence[Invoice], *, by_itself: bool) -> Iterator[str]:
    first = about[0]
    if not people.usable(day, first):
        yield "No e-mail address of this customer is known to work."
    before = {Occasion.STATEMENT: BEFORE_ASKING, Occasion.TERMS: BEFORE_TERMS}.get(occasion, ()) if by_itself else ()
    checks = (*before, *manners.CLOCK)
    yield from (verdict.reason for check in checks if (verdict := check(day, first)) is not None)
    answer = law.judged(day, message_of(day, occasion, [(one, one.total) for one in about]), load_rules())
    if not answer.may:
        yield answer.reason


def _hushed(day: Day, occasion: Occasion, about: Sequence[Invoice], *, by_itself: bool) -> Iterator[str]:
    """What people said of the whole customer or of one of these invoices. A statement is of the whole customer.

    Who asks for something is kept from what goes `by_itself`, not from what a person sends them.
    """
    refs = set() if occasion is Occasion.STATEMENT else {one.ref for one in about}
    for kind, (_, reason) in people.STOPPING.items():
        held = [one for one in day.everything(kind) if by_itself or Asked.of(one.reason) not in RESTS]
        if any(kind in PERSONAL or one.invoice is None or one.invoice in refs for one in held):
            yield f"{reason}."
    for one in day.everything(Saying.LAWYER):
        if occasion is not Occasion.STATEMENT or not one.address:
            yield "The customer has named a lawyer, so only the lawyer is written to."
    if opted_out_of_mail(day):
        yield "The customer does not want to be reached by mail."


def _hushed_asked(day: Day) -> Iterator[str]:
    """What keeps back even an answer to the customer: the law, a lawyer, no mail, or a person's own hold."""
    for kind, (_, reason) in people.STOPPING.items():
        if kind not in ANSWERED and any(Asked.of(one.reason) not in RESTS for one in day.everything(kind)):
            yield f"{reason}."
    if day.everything(Saying.LAWYER):
        yield "The customer has named a lawyer, so only the lawyer is written to."
    if opted_out_of_mail(day):
        yield "The customer does not want to be reached by mail."


def opted_out_of_mail(day: Day) -> bool:
    """Has the customer said, of whatever, that they want no mail?"""
    return any(one.channel in ("", Channel.MAIL.value) for one in day.everything(Saying.OPT_OUT))


def statement_due(day: Day) -> bool:
    """Is it time for the customer's monthly statement, and has none gone since its day?"""
    wanted = day.policy.statement_on
    if wanted is None or not any(one.owing for one in day.case.counted()):
        return False
    came_on = statement_day(wanted, day.on, day.country)
    told = (one.day_on for one in day.contacts if one.channel == Occasion.STATEMENT)
    return (day.on - came_on).days < CATCH_UP_DAYS and max(told, default=came_on.min) < came_on


def spoken_of(day: Day) -> tuple[Invoice, ...]:
    """What a message to the whole customer is about: what is open, else the last invoice; none when there is none."""
    owed = tuple(one for one in day.case.counted() if one.owing)
    return owed or tuple(sorted(day.case.invoices, key=lambda one: (one.issued_on or day.on, one.number))[-1:])
