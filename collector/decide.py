"""Decides: a debtor's whole case in, one verdict per invoice out, and at most one message. Pure.

Rules are asked in order of their weight; the first that speaks gives the reason. A rule is a function with a name,
so that every verdict can say which one it was.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from collector.calendar import country_of, in_window, is_business_day, next_business_day, zone_of
from collector.policy import Channel, Policy, Step
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.records import Answer, Collection, EmailAddress, Invoice, InvoiceStatus, Ref

COUNTS = ("sent", "claimed", "ambiguous", "parked", "resolved")


class Say(StrEnum):
    """The three ends of a day."""

    SEND = "send"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one invoice today, the rule that said so, and why in one sentence for people."""

    invoice: Ref
    say: Say
    rule: str
    reason: str
    step: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    next_look_on: date | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The one message of the day: its invoices with the step each has earned, and the step that sets the tone."""

    debtor: str
    day_on: date
    invoices: tuple[tuple[Invoice, Step], ...]
    tone: Step
    channel: Channel
    to: tuple[EmailAddress, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict per invoice, and the message if any invoice is to be sent."""

    verdicts: tuple[Verdict, ...]
    message: Message | None


@dataclass(frozen=True, slots=True)
class _Day:
    """The case seen from one local day: what every rule may look at."""

    case: Case
    policy: Policy
    local: datetime
    country: str

    @property
    def on(self) -> date:
        return self.local.date()

    def done(self, invoice: Invoice) -> dict[str, date]:
        """The steps that were, or may have been, done for the invoice, and the last day of each."""
        days: dict[str, date] = {}
        for contact in self.case.contacts:
            for ref, step in contact.steps:
                if ref == invoice.ref and contact.state in COUNTS:
                    days[step] = max(contact.day_on, days.get(step, contact.day_on))
        return days

    def earned(self, invoice: Invoice) -> Step | None:
        """The step to take for the invoice, after those that were done."""
        return self.policy.earned(_due(invoice), self.on, self.done(invoice))

    def last_contact(self) -> Contact | None:
        """The latest contact that counts."""
        counted = [contact for contact in self.case.contacts if contact.state in COUNTS]
        return max(counted, key=lambda contact: contact.at, default=None)


Rule = Callable[[_Day, Invoice], Verdict | None]


def decide(case: Case, policy: Policy, now: datetime) -> Decision:
    """Judge every invoice of the case as of `now` (aware UTC), which alone says what day it is where the debtor is."""
    day = _Day(case, policy, now.astimezone(zone_of(case)), country_of(case))
    verdicts = tuple(_judge(day, invoice) for invoice in case.invoices)
    return Decision(verdicts, _message(day, verdicts))


def _judge(day: _Day, invoice: Invoice) -> Verdict:
    for rule in RULES:
        verdict = rule(day, invoice)
        if verdict is not None:
            return verdict
    step = day.earned(invoice)
    assert step is not None, "not_yet and step_done speak when no step is earned"
    return Verdict(
        invoice.ref,
        Say.SEND,
        "step_earned",
        f"{_lateness(invoice, day.on)}, and “{_title(step)}” has not been sent for it.",
        step.name,
        _facts(day, invoice),
    )


def _message(day: _Day, verdicts: Iterable[Verdict]) -> Message | None:
    by_ref = {invoice.ref: invoice for invoice in day.case.invoices}
    chosen = tuple(
        (by_ref[verdict.invoice], day.policy.step(verdict.step)) for verdict in verdicts if verdict.say is Say.SEND
    )
    if not chosen:
        return None
    steps = [step for _, step in chosen]
    # a letter that speaks of earlier messages must be true of every invoice in it
    tone = max([step for step in steps if not step.again] or steps, key=lambda step: step.days)
    channel = tone.channel if len(chosen) == 1 else Channel.MAIL
    ordered = tuple(sorted(chosen, key=lambda pair: (pair[0].due_on or day.on, pair[0].number)))
    return Message(day.case.debtor, day.on, ordered, tone, channel, day.case.addresses())


# --- what the invoice itself says -------------------------------------------------------------------------------


CLOSED = {
    InvoiceStatus.DRAFT: ("draft", "It is still a draft and was never issued."),
    InvoiceStatus.PAID: ("paid", "It is paid."),
    InvoiceStatus.VOID: ("void", "It was voided."),
    InvoiceStatus.DELETED: ("deleted", "It was deleted."),
    InvoiceStatus.UNCOLLECTIBLE: ("written_off", "It was written off as uncollectible."),
    InvoiceStatus.OTHER: ("unknown_status", "Its status is not one we know, so a person should look at it."),
}


def closed(day: _Day, invoice: Invoice) -> Verdict | None:
    """Drafts, paid, void, deleted and written-off invoices are never chased."""
    if invoice.status in CLOSED:
        rule, reason = CLOSED[invoice.status]
        return Verdict(invoice.ref, Say.SKIP, rule, reason)
    if invoice.open.minor <= 0:
        return Verdict(invoice.ref, Say.SKIP, "paid", "Nothing is open on it.")
    return None


def automatic(day: _Day, invoice: Invoice) -> Verdict | None:
    """What is drawn automatically is not asked for."""
    if invoice.collection is not Collection.AUTOMATIC:
        return None
    again = invoice.next_attempt_at.astimezone(day.local.tzinfo).date() if invoice.next_attempt_at else None
    when = f" next on {_day(again)}" if again else ""
    reason = f"It is collected automatically{when}, so nobody is asked to pay it."
    return Verdict(invoice.ref, Say.SKIP, "collected_automatically", reason, next_look_on=again)


def no_due_date(day: _Day, invoice: Invoice) -> Verdict | None:
    """Without a due date nothing can be late."""
    if invoice.due_on is None:
        return Verdict(invoice.ref, Say.SKIP, "no_due_date", "It has no due date, so it cannot be early or late.")
    return None


def not_yet(day: _Day, invoice: Invoice) -> Verdict | None:
    """The first step's day has not come."""
    if day.policy.reached(_due(invoice), day.on):
        return None
    first = day.policy.following(_due(invoice), day.on, {})
    reason = f"It is due on {_day(_due(invoice))}; the first reminder would be on {_day(first)}."
    return Verdict(invoice.ref, Say.SKIP, "not_yet", reason, next_look_on=first)


def step_done(day: _Day, invoice: Invoice) -> Verdict | None:
    """The step it has earned was done already."""
    if day.earned(invoice) is not None:
        return None
    last = [step for step in day.policy.steps if step.name in day.done(invoice)][-1]
    coming = day.policy.following(_due(invoice), day.on, day.done(invoice))
    after = f"the next step is on {_day(coming)}" if coming else "it was the last step, so a person should decide"
    reason = f"“{_title(last)}” was already sent; {after}."
    return Verdict(invoice.ref, Say.SKIP, "step_done", reason, last.name, next_look_on=coming)


def too_small(day: _Day, invoice: Invoice) -> Verdict | None:
    """Not worth a letter."""
    minimum = Money.of(day.policy.minimum, invoice.open.currency)
    if invoice.open >= minimum:
        return None
    return Verdict(invoice.ref, Say.SKIP, "below_minimum", f"Only {invoice.open} is open, below the minimum {minimum}.")


# --- what stands in the way ---------------------------------------------------------------------------------------


def platform_chases(day: _Day, invoice: Invoice) -> Verdict | None:
    """Two reminders for one invoice embarrass everybody."""
    if day.case.company.own_reminders is not Answer.YES:
        return None
    reason = "The accounting platform sends its own reminders for this company; turn one of the two off first."
    return Verdict(invoice.ref, Say.HOLD, "platform_reminds", reason)


def stale(day: _Day, invoice: Invoice) -> Verdict | None:
    """Old books may ask for money that has come in."""
    synced = day.case.synced_at
    limit = timedelta(hours=day.policy.stale_after_hours)
    if synced is not None and day.local - synced <= limit:
        return None
    since = f"since {_day(synced.astimezone(day.local.tzinfo).date())}" if synced else "yet"
    return Verdict(invoice.ref, Say.HOLD, "books_stale", f"The books have not been read {since}; they are read first.")


def differs(day: _Day, invoice: Invoice) -> Verdict | None:
    """Nobody is asked for a sum the books do not agree on."""
    if not day.case.differs:
        return None
    reason = "This customer's balance here and on the platform differ; a person must look before anything is sent."
    return Verdict(invoice.ref, Say.HOLD, "balance_differs", reason)


def promised(day: _Day, invoice: Invoice) -> Verdict | None:
    """An expected payment date is believed until it has passed."""
    if invoice.expected_on is None or invoice.expected_on < day.on:
        return None
    reason = f"Payment is expected on {_day(invoice.expected_on)}."
    return Verdict(invoice.ref, Say.HOLD, "promised", reason, next_look_on=invoice.expected_on + timedelta(days=1))


def money_on_account(day: _Day, invoice: Invoice) -> Verdict | None:
    """Money that is here but not matched would make a reminder wrong."""
    currency = invoice.open.currency
    held = day.case.on_account().get(currency, Money.zero(currency))
    if not held or held < invoice.open:
        return None
    reason = f"{held} received from this customer is not yet matched to an invoice and would cover it."
    return Verdict(invoice.ref, Say.HOLD, "money_on_account", reason)


def no_address(day: _Day, invoice: Invoice) -> Verdict | None:
    """There is nowhere to write to."""
    if day.case.addresses():
        return None
    return Verdict(invoice.ref, Say.HOLD, "no_address", "There is no e-mail address for this customer.")


def contacted_lately(day: _Day, invoice: Invoice) -> Verdict | None:
    """Manners: some days of quiet between two contacts."""
    last = day.last_contact()
    if last is None:
        return None
    free_on = last.day_on + timedelta(days=day.policy.gap_days + 1)
    if day.on >= free_on:
        return None
    reason = f"This customer was written to on {_day(last.day_on)}; the next message may go on {_day(free_on)}."
    return Verdict(invoice.ref, Say.HOLD, "contacted_lately", reason, next_look_on=free_on)


def no_business_day(day: _Day, invoice: Invoice) -> Verdict | None:
    """Weekends and holidays are left alone."""
    if is_business_day(day.on, day.country):
        return None
    coming = next_business_day(day.on, day.country)
    reason = f"Today is no business day for this customer; the next one is {_day(coming)}."
    return Verdict(invoice.ref, Say.HOLD, "no_business_day", reason, next_look_on=coming)


def outside_hours(day: _Day, invoice: Invoice) -> Verdict | None:
    """Only in office hours where the customer is."""
    policy = day.policy
    if in_window(day.local, policy.opens_at, policy.closes_at):
        return None
    early = day.local.time() < policy.opens_at
    coming = day.on if early else next_business_day(day.on, day.country)
    window = f"between {policy.opens_at:%H:%M} and {policy.closes_at:%H:%M}"
    reason = f"It is {day.local:%H:%M} where the customer is; messages go {window}."
    return Verdict(invoice.ref, Say.HOLD, "outside_hours", reason, next_look_on=coming)


RULES: tuple[Rule, ...] = (
    closed,
    automatic,
    no_due_date,
    not_yet,
    step_done,
    too_small,
    platform_chases,
    stale,
    differs,
    promised,
    money_on_account,
    no_address,
    contacted_lately,
    no_business_day,
    outside_hours,
)


def _due(invoice: Invoice) -> date:
    assert invoice.due_on is not None, "no_due_date speaks first"
    return invoice.due_on


def _lateness(invoice: Invoice, today: date) -> str:
    days = (today - _due(invoice)).days
    if days < 0:
        return f"It is due in {-days} day{'s' if days < -1 else ''}"
    if days == 0:
        return "It is due today"
    return f"It is {days} day{'s' if days > 1 else ''} overdue"


def _facts(day: _Day, invoice: Invoice) -> dict[str, str]:
    return {
        "due_on": str(invoice.due_on),
        "open": str(invoice.open),
        "today": str(day.on),
        "zone": str(day.local.tzinfo),
    }


def _title(step: Step) -> str:
    return step.name.replace("-", " ")


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else "a later day"
