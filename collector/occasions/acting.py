"""Messages that are no reminders, through the one machine: look again, offer or claim, act, record.

The key says what the act is, so that nobody is thanked twice. In draft an occasion is only planned: that is the offer
a person answers with one press. Whatever was begun and not ended is found by `follow_up` like any other message.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from collector.channels.port import Attachment, Parcel
from collector.debtors.case_book import MESSAGES
from collector.debtors.whole import Whole, whole
from collector.dispatch import TAKEN, UNREAD, Outcome, Sender, key_of
from collector.judgement import Message, PartAsked
from collector.occasions.courtesy import Occasion, against, message_of, spoken_of
from collector.occasions.statement import LIVE, StatementKind, statement
from collector.occasions.statement_paper import statement_pdf, write_statement
from collector.once import under_claim
from collector.packing import hand_over, pack, told_of_files
from collector.policy import Channel
from collector.reasons.day import Day
from collector.wording.source import BadWording
from collector.wording.stationery import Stationery
from collector.wording.writing import Late, Letter, kept, write
from receivables.case import Case
from receivables.money import Money
from receivables.plans import InstallmentPlan, standings
from receivables.records import Invoice, InvoiceStatus, Ref
from storage import actions
from storage.actions import ActionState, Claim, Plan, Speaks
from storage.database import Tx
from sync.refresh import refresh_together
from sync.source import Source

log = structlog.get_logger(__name__)

OCCASIONS = tuple(one.value for one in Occasion)
OVERTAKEN = "It is no longer called for."
OPEN = (ActionState.PLANNED, ActionState.FAILED)
NO_PDF = "The platform gives out no PDF of"


@dataclass(frozen=True, slots=True)
class Errand:
    """One occasion to write: the key of the act, to whom, and the invoices with the sums that are spoken of.

    `once` are permanent keys of single invoices that no other act of its kind may hold; `plan` is the one that is
    offered. `facts` are kept with the act.
    What goes `by_itself` was asked for by nobody; what was `offered` stays an offer when it cannot go now. What the
    customer `asked` for is an answer to them, and not their one message of the day.
    """

    occasion: Occasion
    key: str
    debtor: str
    about: Mapping[Ref, Money] = field(default_factory=dict)
    once: Mapping[Ref, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    attached: tuple[Attachment, ...] = ()
    plan: InstallmentPlan | None = None
    by_itself: bool = False
    offered: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """An errand with the case as it is now, and the message that would go."""

    errand: Errand
    found: Whole
    day: Day
    message: Message


def thanks_key(business: str, invoice: Ref) -> str:
    """An invoice is thanked for once."""
    return key_of("thanks", business, invoice.connection, invoice.id)


def carry_out(source: Source, sender: Sender, errand: Errand) -> Outcome:
    """Send it, if it still is called for and nothing stands against it at this hour.

    Raises TryLater or Reconnect when the books cannot be read afresh; then nothing was sent.
    """
    ready = _look(source, sender, errand)
    if isinstance(ready, Outcome):
        return ready
    customers = (one.ref for one in ready.found.case.customers)
    if not refresh_together(source, (one.ref for one, _ in ready.message.invoices), customers):
        return Outcome(errand.debtor, "unread", UNREAD)
    ready = _look(source, sender, errand)
    return ready if isinstance(ready, Outcome) else _send(source, sender, ready)


def _look(source: Source, sender: Sender, errand: Errand) -> _Ready | Outcome:
    """The case as it is known now, and whether the message may go."""
    connected, now = source.state(), source.clock.now()
    if connected.first_pull_done_at is None:
        return Outcome(errand.debtor, "unread", UNREAD)
    with source.database.read() as tx:
        found = whole(tx, connected, errand.debtor, now)
    if found is None:
        return Outcome(errand.debtor, "nothing", "This customer is not in the books any more.")
    day = Day(found.case, sender.ruling(found.case), now, sender.carriers.ready())
    parts = parts_of(day, errand)
    if not parts:
        return Outcome(errand.debtor, "nothing", NOT_CALLED_FOR[errand.occasion])
    about = [one for one, _ in parts]
    if reason := against(day, errand.occasion, about, by_itself=errand.by_itself, asked=errand.asked):
        return Outcome(errand.debtor, "nothing", reason)
    if missing := sender.carriers.missing(Channel.MAIL):
        return Outcome(errand.debtor, "unready", missing)
    if errand.by_itself and errand.occasion in (Occasion.STATEMENT, Occasion.TERMS) and _full(source, day):
        return Outcome(errand.debtor, "nothing", f"{day.policy.daily_cap} messages were sent today, which is the most.")
    return _Ready(errand, found, day, _message(day, errand, parts))


def _message(day: Day, errand: Errand, parts: Sequence[tuple[Invoice, Money]]) -> Message:
    """The message; of an offer every line says the plan's first part."""
    made = message_of(day, errand.occasion, parts)
    if errand.plan is None:
        return made
    first = standings(errand.plan, Money.zero(errand.plan.currency), day.on)[0]
    asked = PartAsked(errand.plan, first)
    return replace(made, lines=tuple(replace(line, part=asked) for line in made.lines))


NOT_CALLED_FOR = {
    Occasion.THANK_YOU: "It is no longer paid, so there is nothing to give thanks for.",
    Occasion.APOLOGY: "It is no longer paid, so there is nothing to apologize for.",
    Occasion.STATEMENT: "There is nothing to state: nothing is open.",
    Occasion.TERMS: "This customer has no invoice yet.",
    Occasion.OFFER: "One of its invoices is not open any more; look at the plan again.",
    Occasion.COPY: "The invoice is not in the books any more.",
    Occasion.RETURNED: "The invoice is not in the books any more.",
}


def parts_of(day: Day, errand: Errand) -> Sequence[tuple[Invoice, Money]]:
    """The invoices it is about as they are now, each with its sum; none when it is not called for any more."""
    if errand.occasion in (Occasion.STATEMENT, Occasion.TERMS):
        known = spoken_of(day)
        owed_only = errand.by_itself and errand.occasion is Occasion.STATEMENT
        wanted = [one for one in known if one.owing] if owed_only else known
        return [(one, one.open) for one in wanted]
    fits = FITTING.get(errand.occasion, _settled)
    fitting = {one.ref: one for one in day.case.invoices if fits(one)}
    still = [(fitting[ref], money) for ref, money in errand.about.items() if ref in fitting]
    return still if len(still) == len(errand.about) else []


def _settled(invoice: Invoice) -> bool:
    return invoice.status is InvoiceStatus.PAID and not invoice.open


def _owing(invoice: Invoice) -> bool:
    return invoice.owing


def _issued(invoice: Invoice) -> bool:
    return invoice.status in LIVE


FITTING = {Occasion.OFFER: _owing, Occasion.COPY: _issued, Occasion.RETURNED: _issued}
"""Of which invoices an occasion may still speak; of those that are settled, where none is named."""


def _full(source: Source, day: Day) -> bool:
    with source.database.read() as tx:
        sent = actions.sent_on(tx, source.business, MESSAGES, since=day.on)
    return sent.get(day.on, 0) >= day.policy.daily_cap


def offer(source: Source, sender: Sender, errand: Errand) -> bool:
    """Plan it, with its words, for a person to answer; False when it is not called for or was dealt with already."""
    connected, now = source.state(), source.clock.now()
    with source.database.read() as tx:
        found = whole(tx, connected, errand.debtor, now)
    if found is None:
        return False
    day = Day(found.case, sender.ruling(found.case), now, sender.carriers.ready())
    parts = parts_of(day, errand)
    if not parts:
        return False
    ready = _Ready(errand, found, day, _message(day, errand, parts))
    try:
        letter = _letter(sender, ready)
    except BadWording as error:
        log.warning("an offer cannot be written", connection=source.connection, why=str(error))
        return False
    with source.database.write() as tx:
        return actions.plan(tx, source.business, _plan(source, ready, letter), now=now)


def withdraw(tx: Tx, business: str, keys: Sequence[str], *, now: datetime, reason: str = OVERTAKEN) -> None:
    """These offers stand no longer."""
    for key in keys:
        actions.mark(tx, business, key, ActionState.CANCELLED, now=now, reason=reason)


def _send(source: Source, sender: Sender, ready: _Ready) -> Outcome:
    """Prepare everything that may fail harmlessly, then claim, then act."""
    errand, refs = ready.errand, tuple(one.ref for one, _ in ready.message.invoices)
    try:
        letter = _letter(sender, ready)
    except BadWording as error:
        return Outcome(errand.debtor, "unready", f"Its wording can no longer be used: {error}.", refs)
    parcel = _parcel(source, sender, ready, letter)
    if errand.occasion is Occasion.COPY and (lacking := _lacking(ready, parcel)):
        return Outcome(errand.debtor, "unready", lacking, refs)
    claim = _claim(source, sender, ready, _plan(source, ready, letter, parcel))
    if claim is not Claim.MINE:
        return Outcome(errand.debtor, "nothing", TAKEN[claim], refs)
    carrier = sender.carriers.of(Channel.MAIL)
    assert carrier is not None, "checked before the claim"
    call = partial(hand_over, source, carrier, Channel.MAIL, parcel, key=errand.key)
    done = under_claim(source, sender.worker, errand.key, call)
    return Outcome(errand.debtor, done.state.value, done.reason, refs)


def _letter(sender: Sender, ready: _Ready) -> Letter:
    """Raises BadWording."""
    paper, case = sender.stationery, ready.found.case
    if ready.errand.occasion is Occasion.STATEMENT:
        told = statement(case, StatementKind.OPEN, ready.day.on, ready.day.on, entries=ready.found.entries)
        return write_statement(
            told, case, sender=paper.signature, own=paper.own, bank=paper.bank, late=_late(paper, case)
        )
    message = ready.message if ready.errand.about else replace(ready.message, lines=())
    url = paper.pay_page(case) if ready.errand.plan else ""
    urls = {line.invoice.ref: url for line in message.lines if url}
    return write(message, case, sender=paper.signature, pay_urls=urls, own=paper.own, bank=paper.bank)


def _parcel(source: Source, sender: Sender, ready: _Ready, letter: Letter) -> Parcel:
    copies = ready.errand.occasion is Occasion.COPY
    wrapping = replace(sender.wrapping, attach_invoices=copies)
    parcel = pack(source, ready.found.case, ready.message, letter, wrapping=wrapping)
    attached = parcel.attachments if copies else ready.errand.attached
    if ready.errand.occasion is Occasion.STATEMENT:
        attached = (Attachment("statement.pdf", _statement_paper(source, sender, ready)),)
    return replace(parcel, attachments=attached)


def _lacking(ready: _Ready, parcel: Parcel) -> str:
    """Why these are not the copies that were asked for; empty when every one is there and fits."""
    if len(parcel.attachments) == len(ready.message.lines) and not parcel.left_out:
        return ""
    numbers = ", ".join(one.number for one, _ in ready.message.invoices)
    return f"{NO_PDF} {numbers}, or it is too large for a mail; send it from there."


def _statement_paper(source: Source, sender: Sender, ready: _Ready) -> bytes:
    case, paper, on = ready.found.case, sender.stationery, ready.day.on
    told = statement(case, StatementKind.OPEN, on, on, entries=ready.found.entries)
    return statement_pdf(
        told, case, sender=paper.signature, bank=paper.bank, late=_late(paper, case), at=source.clock.now()
    )


def _plan(source: Source, ready: _Ready, letter: Letter, parcel: Parcel | None = None) -> Plan:
    """What is kept of it: links are marked, never stored."""
    errand, words = ready.errand, kept(letter)
    about = [one for one, _ in ready.message.invoices] if errand.about else []
    told: dict[str, object] = {
        **errand.facts,
        "to": [one.address for one in ready.message.to],
        "step": errand.occasion.value.replace("_", "-"),
        "invoices": [one.number for one in about],
        "refs": {one.id: [money.minor, money.currency] for one, money in errand.about.items()},
        "subject": words.subject,
        "text": words.text,
        "html": words.html,
        "digest": words.digest,
    }
    if parcel is not None:
        told |= told_of_files(parcel)
    payload = json.dumps(told)
    return Plan(errand.occasion.value, errand.key, errand.debtor, source.connection, None, payload)


def _claim(source: Source, sender: Sender, ready: _Ready, wanted: Plan) -> Claim:
    now, errand = source.clock.now(), ready.errand
    speaks = [Speaks(key, ref) for ref, key in errand.once.items()]

    def work(tx: Tx) -> Claim:
        actions.plan(tx, source.business, wanted, now=now)
        who, day = sender.worker, None if errand.asked else ready.day.on
        claim = actions.claim(tx, source.business, errand.key, by=who, now=now, speaks=speaks, local_day=day)
        if claim in (Claim.KEY_TAKEN, Claim.DAY_TAKEN) and not errand.offered:
            withdraw(tx, source.business, [errand.key], now=now)
        return claim

    return sender.commit(work)


def _late(paper: Stationery, case: Case) -> Late | None:
    return paper.late(case, [one for one in case.counted() if one.owing])
