"""Whether a wording may be used: it renders for one and for several invoices, its subject fits, it threatens nobody.

Also the invented customer on whom this is tried, for whoever wants to see a wording before there is a real one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from collector.charges.credit_policy import read
from collector.judgement import Line, Message, PartAsked
from collector.law.rule import Operator
from collector.paying.schedule import Rhythm, equal_parts
from collector.policy import Channel, Step, Tone
from collector.wording.languages import LANGUAGES, locale
from collector.wording.lint import lint
from collector.wording.source import KINDS, POLICY, BadWording, Own, mistakes
from collector.wording.writing import Letter, write
from receivables.case import Case
from receivables.money import Money, sum_money
from receivables.plans import Covered, InstallmentPlan, standings
from receivables.records import Company, Customer, EmailAddress, Invoice, InvoiceStatus, Kind, Ref

IN_PARTS = ("part_reminder", "plan_offer")
SUBJECT_MAX = 150
TEXT_MAX = 10_000
TEXT_MESSAGE_MAX = 306
"""Two parts of a text message in the plain alphabet."""
_SEEN_AT = datetime(2026, 3, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording as somebody wrote it: which letter, in which language, and the subject with the text below it."""

    letter: str
    language: str
    text: str


def check(wording: Wording, *, operator: str = "business") -> list[str]:
    """Everything that is wrong with it, each as a sentence that says where and how to mend it; empty when it may be
    saved. `operator` is who writes: business, bookkeeper or agency."""
    problems = list(dict.fromkeys(_as_written(wording)))
    if not problems:
        problems = list(dict.fromkeys([*_as_rendered(wording), *_as_read(wording, operator)]))
    return problems


def _as_written(wording: Wording) -> Iterator[str]:
    if wording.letter not in KINDS:
        yield f"There is no letter {wording.letter!r}; there are: {', '.join(KINDS)}."
    if wording.language not in LANGUAGES:
        yield f"There is no language {wording.language!r}; there are: {', '.join(LANGUAGES)}."
    if len(wording.text) > TEXT_MAX:
        yield f"The wording is {len(wording.text)} characters long; at most {TEXT_MAX} are allowed."
        return
    if not wording.text.strip():
        yield "The wording is empty; write the subject in its first line and the text below it."
        return
    yield from (f"{problem[0].upper() + problem[1:]}." for problem in mistakes(wording.text))


def _as_rendered(wording: Wording) -> Iterator[str]:
    for count in (1, 2, 9):
        for tone in Tone:
            for soft in (False, True):
                try:
                    letter = sample(wording, count=count, tone=tone, soft=soft)
                except BadWording as error:
                    yield f"For {_times(count)} {error}."
                else:
                    yield from _unfit(wording, letter, count)


def _unfit(wording: Wording, letter: Letter, count: int) -> Iterator[str]:
    body = letter.text.strip()
    if len(letter.subject) > SUBJECT_MAX:
        size = len(letter.subject)
        yield f"For {_times(count)} the subject is {size} characters long; at most {SUBJECT_MAX} are allowed."
    if wording.letter == POLICY:
        yield from _no_document(wording)
    if wording.letter == "sms_reminder" and len(body) > TEXT_MESSAGE_MAX:
        yield f"For {_times(count)} the text message has {len(body)} characters; at most {TEXT_MESSAGE_MAX} fit."


def _no_document(wording: Wording) -> Iterator[str]:
    try:
        read(wording.text, "Northwind Supplies", locale(wording.language))
    except BadWording as error:
        yield f"As a credit policy it cannot be read: {error}."


def _times(count: int) -> str:
    return "one invoice" if count == 1 else f"{count} invoices"


def _as_read(wording: Wording, operator: str) -> Iterator[str]:
    """The one place where the lint of threats, false claims and shaming is asked."""
    for finding in lint(wording.text, wording.language, operator=Operator(operator)):
        yield str(finding)


def sample(
    wording: Wording, *, count: int, tone: Tone = Tone.NEUTRAL, soft: bool = False, sender: str = "Robin Hale"
) -> Letter:
    """The wording as an invented customer with `count` open invoices would get it. Raises BadWording."""
    own: Own = {(wording.letter, wording.language): wording.text}
    message, case = invented(wording.letter, wording.language, count, tone=tone, soft=soft)
    urls = {line.invoice.ref: "https://pay.example.com/i/2f9c61d0" for line in message.lines}
    return write(message, case, sender=sender, pay_urls=urls, own=own)


def invented(
    letter: str, language: str, count: int, *, tone: Tone = Tone.NEUTRAL, soft: bool = False
) -> tuple[Message, Case]:
    """A message about `count` invoices of nobody, in the given language."""
    who = Ref("sample", Kind.CUSTOMER, "1")
    emails = (EmailAddress("alex@harbour-lane.example", "Alex Martin"),)
    customer = Customer(who, "Harbour Lane Catering", _SEEN_AT, emails=emails, language=language)
    invoices = tuple(_invoice(who, number) for number in range(count))
    case = Case("sample/1", Company("sample", "Northwind Supplies", "EUR"), (customer,), invoices)
    step = Step("sample", 7, letter)
    part = sample_part(invoices, _SEEN_AT.date(), late=not soft) if letter in IN_PARTS else None
    none = Money.zero("EUR")
    lines = tuple(
        Line(one, step, one.open.allocate([1, 3])[0] if part else one.open, none, part=part) for one in invoices
    )
    return Message(case.debtor, date(2026, 3, 10), lines, step, tone, Channel.MAIL, emails, soft=soft), case


def sample_part(invoices: Sequence[Invoice], today: date, *, late: bool) -> PartAsked:
    """One of four monthly parts of these invoices, in one currency: the second, which is late, or the third, which is
    to come."""
    currency = invoices[0].open.currency
    total = sum_money((one.open for one in invoices), currency)
    parts = equal_parts(total, 4, first_on=today - timedelta(days=33), rhythm=Rhythm.MONTHLY)
    covered = tuple(Covered(one.ref, one.open, Money.zero(currency)) for one in invoices)
    plan = InstallmentPlan("sample", "sample/1", covered, parts)
    return PartAsked(plan, standings(plan, parts[0].amount, today)[1 if late else 2])


def _invoice(customer: Ref, at: int) -> Invoice:
    amount, none = Money(124_050 + 1_999 * at, "EUR"), Money.zero("EUR")
    ref = Ref("sample", Kind.INVOICE, str(at))
    issued_on, due_on = date(2026, 2, 1), date(2026, 3, 3)
    status = InvoiceStatus.OPEN
    return Invoice(
        ref, f"INV-{2041 + at}", customer, issued_on, due_on, amount, amount, none, none, none, status, _SEEN_AT
    )
