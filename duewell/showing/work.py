"""Makes what the customer's page shows of people's work: promises, what holds, the whole history, to-dos."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby

from collector.debtors.case_book import MESSAGES
from collector.promises import Standing, outcome
from duewell.said_words import in_words
from duewell.todos import expected
from duewell.views.work import ContactView, Event, OpenInvoice, PromiseView, SaidView, TodoView, WorkView
from duewell.wiring import House
from receivables.case import Case
from receivables.records import Invoice, InvoiceStatus, PaymentStatus, Ref
from receivables.said import Said, Saying
from receivables.todo import Todo
from storage import actions
from storage.businesses import businesses
from storage.cases import CaseMaterial
from storage.database import Tx
from storage.said import said
from storage.todos import todos
from storage.verdicts import KeptVerdict, verdicts

EVENTS_MAX = 200
TO_THE_CUSTOMER = (*MESSAGES, "thank_you", "apology", "credit_policy", "invoice_copy")
HOLDING = (
    Saying.INSOLVENCY,
    Saying.DEATH,
    Saying.BREATHING_SPACE,
    Saying.STOP,
    Saying.OBJECTION,
    Saying.LAWYER,
    Saying.HARDSHIP,
    Saying.HANDED_OVER,
    Saying.NEVER_CHASE,
    Saying.DISPUTE,
    Saying.RETAINED,
    Saying.IN_PLAN,
    Saying.HOLD,
    Saying.OPT_OUT,
    Saying.WRONG_ADDRESS,
    Saying.BOUNCED,
    Saying.REPLY,
    Saying.KIND,
    Saying.CONTACT_PERSON,
    Saying.WAS_SENT,
    Saying.CONSENT,
)
SAYS = {"send": "to be sent", "hold": "held", "skip": "left alone"}
CREDIT_WORDS = {"credit_note": "Credit note", "prepayment": "Prepayment", "overpayment": "Overpayment"}


@dataclass(frozen=True, slots=True)
class Desk:
    """What everything about one customer is made from."""

    tx: Tx
    business: str
    today: date
    now: datetime
    case: Case
    material: CaseMaterial

    @property
    def names(self) -> tuple[str, ...]:
        """Everything the customer is on record as."""
        return self.case.debtor, *self.case.known_as

    def numbers(self) -> Mapping[Ref, str]:
        """The invoices' own numbers."""
        return {one.ref: one.number or one.ref.id for one in self.material.invoices}


def work(desk: Desk, *, members: Sequence[str] = (), bcc: str = "") -> WorkView:
    """Everything a person works with at one customer."""
    words, numbers = [one for name in desk.names for one in said(desk.tx, desk.business, debtor=name)], desk.numbers()
    events = sorted(_events(desk, words, numbers), key=_newest, reverse=True)
    holds = [one for one in words if one.kind in HOLDING and one.holds(desk.today, desk.now)]
    confirmed = [one.reason for one in holds if one.kind is Saying.KIND]
    return WorkView(
        today_on=desk.today,
        promises=tuple(_promises(desk, words, numbers)),
        holding=tuple(_said_view(one, numbers) for one in reversed(holds)),
        events=tuple(events[:EVENTS_MAX]),
        todos=tuple(_todos(desk)),
        invoices=tuple(_choices(desk.material.invoices)),
        addresses=_addresses(desk.case, desk.material),
        members=tuple(members),
        kind=confirmed[-1] if confirmed else desk.case.head.kind.value,
        bcc=bcc,
        more_events=max(0, len(events) - EVENTS_MAX),
    )


def waiting(house: House, allowed: Sequence[str], today: date, *, snoozed: bool = False) -> tuple[TodoView, ...]:
    """The open to-dos of these businesses, by owner, day and amount; with the snoozed ones if wanted."""
    with house.database.read() as tx:
        names = {one.id: one.name for one in businesses(tx)}
        found = todos(tx, allowed, on=None if snoozed else today)
    return tuple(todo_view(one, business, names.get(business, business), today) for business, one in found)


def todo_view(one: Todo, business: str, name: str, today: date) -> TodoView:
    """One to-do as it is shown."""
    connection, _, customer = one.debtor.partition("/")
    return TodoView(
        business,
        name,
        one.id,
        one.kind.value,
        one.title,
        one.note,
        one.due_on,
        one.due_on < today,
        one.amount,
        one.assigned_to,
        connection or one.connection,
        customer,
        one.snoozed_to_on if one.snoozed_to_on and one.snoozed_to_on > today else None,
    )


def _todos(desk: Desk) -> Iterator[TodoView]:
    for name in desk.names:
        for business, one in todos(desk.tx, [desk.business], debtor=name):
            yield todo_view(one, business, "", desk.today)


def _choices(invoices: Iterable[Invoice]) -> Iterator[OpenInvoice]:
    owed = (one for one in invoices if one.owing)
    for one in sorted(owed, key=lambda each: (each.due_on or date.max, each.number)):
        yield OpenInvoice(one.ref.id, one.number or one.ref.id, one.open)


def _addresses(case: Case, material: CaseMaterial) -> tuple[str, ...]:
    known = [email.address for one in material.customers for email in one.emails]
    known += [address for one in case.invoices for address in one.sent_to]
    known += [one.address for one in case.said if one.kind is Saying.CONTACT_PERSON and one.ended_at is None]
    return tuple(dict.fromkeys(known))


def _promises(desk: Desk, words: Sequence[Said], numbers: Mapping[Ref, str]) -> Iterator[PromiseView]:
    """The latest first; a date typed into the platform is one as well."""
    made = [one for one in words if one.kind is Saying.PROMISE]
    made += expected(desk.case.debtor, desk.material.invoices, made)
    for one in sorted(made, key=lambda each: (each.until_on or date.max, each.at is not None), reverse=True):
        end = outcome(one, desk.material.invoices, desk.material.payments, desk.today)
        replaced = one.ended_at is not None and end.standing in (Standing.OPEN, Standing.BROKEN)
        yield PromiseView(
            id=one.id,
            until_on=one.until_on or one.from_on,
            standing=Standing.TAKEN_BACK.value if replaced else end.standing.value,
            invoice=numbers.get(one.invoice, "") if one.invoice else "",
            amount=one.amount,
            came=end.came,
            note=one.note,
            by=one.by,
        )


def _said_view(one: Said, numbers: Mapping[Ref, str]) -> SaidView:
    return SaidView(
        one.id,
        one.kind.value,
        in_words(one, numbers),
        one.note,
        one.by,
        one.from_on,
        one.until_on,
        one.review_on,
        one.assigned_to,
        one.amount,
    )


def _newest(event: Event) -> tuple[date, datetime]:
    return event.on, event.at or datetime.combine(event.on, time.min, UTC)


def _events(desk: Desk, words: Sequence[Said], numbers: Mapping[Ref, str]) -> Iterator[Event]:
    for act in (one for name in desk.names for one in actions.actions(desk.tx, desk.business, debtor=name)):
        if act.act in TO_THE_CUSTOMER:
            yield _message(act)
    for one in words:
        yield from _spoken(one, numbers)
    yield from _records(desk.material)
    yield from _verdicts(desk, numbers)


def contact_view(act: actions.Action) -> ContactView:
    """One message as it was sent, or may have been."""
    told = json.loads(act.payload or "{}")
    return ContactView(
        at=act.claimed_at or act.planned_at,
        channel=act.act,
        state=act.state.value,
        step=told.get("step", ""),
        invoices=tuple(told.get("invoices", ())),
        to=tuple(told.get("to", ())),
        subject=told.get("subject", ""),
        text=told.get("text", ""),
        reason=act.reason,
        attached=tuple(one["name"] for one in told.get("attached", ()) if isinstance(one, dict)),
        left_out=tuple(f"{one['name']} ({one['why']})" for one in told.get("left_out", ())),
    )


def _message(act: actions.Action) -> Event:
    shown = contact_view(act)
    what = shown.subject or shown.step.replace("-", " ").capitalize() or "Message"
    return Event(act.local_day or shown.at.date(), shown.at, "message", what, act.reason, message=shown)


def _spoken(one: Said, numbers: Mapping[Ref, str]) -> Iterator[Event]:
    what = in_words(one, numbers)
    yield Event(one.from_on, one.at, "said", what, one.note, by=one.by)
    if one.ended_at is not None:
        yield Event(one.ended_at.date(), one.ended_at, "said", f"Ended: {what}", by=one.ended_by)


def _records(material: CaseMaterial) -> Iterator[Event]:
    for invoice in material.invoices:
        if invoice.issued_on:
            state = "" if invoice.status is InvoiceStatus.OPEN else f" ({invoice.status.value})"
            yield Event(invoice.issued_on, None, "invoice", f"Invoice {invoice.number}{state}", amount=invoice.total)
    for payment in material.payments:
        if payment.received_on:
            there = payment.status is PaymentStatus.SETTLED
            what = "Payment recorded" if there else f"Payment {payment.status.value}"
            yield Event(payment.received_on, None, "money", what, payment.reference, payment.amount)
    for credit in material.credits:
        if credit.issued_on:
            what = f"{CREDIT_WORDS.get(credit.kind.value, 'Credit')} {credit.number}".strip()
            yield Event(credit.issued_on, None, "money", what, amount=credit.amount)
    for entry in material.other_entries:
        what = entry.kind.value.replace("_", " ").capitalize()
        yield Event(entry.on or date.min, None, "money", what, entry.note, entry.amount)


def _verdicts(desk: Desk, numbers: Mapping[Ref, str]) -> Iterator[Event]:
    """What each day said of the invoices that are open; days that said the same are one line."""
    for invoice in desk.case.invoices:
        days = verdicts(desk.tx, desk.business, invoice=invoice.ref)
        for (say, _), run in groupby(days, key=lambda one: (one.verdict, one.rule)):
            yield _run(numbers.get(invoice.ref, ""), say, list(run))


def _run(number: str, say: str, run: Sequence[KeptVerdict]) -> Event:
    last, first = run[0], run[-1]
    since = f" So since {first.day:%-d %B %Y}." if first.day != last.day else ""
    return Event(last.day, None, "verdict", f"Invoice {number}: {SAYS.get(say, say)}", last.reason + since)
