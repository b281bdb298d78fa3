"""The case seen from one local day: what every reason may look at, and the words they share."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from collector.calendar import country_of, zone_of
from collector.judgement import PartAsked, Say, Verdict
from collector.law.places import Whereabouts, whereabouts
from collector.policy import PART_NAMES, Channel, Policy, Step
from collector.reasons.parts import asked_of, part_step, plans_by_invoice, rests
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.plans import PlanState, Progress
from receivables.records import Answer, Invoice, Ref
from receivables.said import CONTACTS, Said, Saying, Way

FIRST_SENDING = Step("send-invoice", 0, "new_invoice", Channel.PLATFORM, automatic=False)
"""What an invoice that the customer never got needs before any reminder; a person always looks at it first."""
COUNTS = ("sent", "claimed", "ambiguous", "parked", "resolved")
BUDGET_DAYS = 30


@dataclass(frozen=True)
class Day:
    """A case, the policy that holds for it, and the instant, in the customer's own time.

    `ready` are the channels that are set up here.
    """

    case: Case
    policy: Policy
    now: datetime
    ready: frozenset[Channel] = frozenset(Channel)
    _said: Mapping[Saying, list[Said]] = field(init=False, repr=False)
    _dues: dict[Ref, date] = field(init=False, repr=False, default_factory=dict)
    _steps: dict[Ref, Step | None] = field(init=False, repr=False, default_factory=dict)
    _asked: dict[str, tuple[PartAsked | None, Mapping[Ref, Money]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        holding: dict[Saying, list[Said]] = {}
        for one in self.case.said:
            if one.holds(self.on, self.now):
                holding.setdefault(one.kind, []).append(one)
        object.__setattr__(self, "_said", holding)

    @cached_property
    def local(self) -> datetime:
        """The instant where the customer is."""
        return self.now.astimezone(zone_of(self.case))

    @cached_property
    def on(self) -> date:
        """The customer's day."""
        return self.local.date()

    @cached_property
    def whereabouts(self) -> Whereabouts:
        """Everywhere the customer may be, and every clock that may hold there."""
        return whereabouts(self.case.head, self.case.company)

    @cached_property
    def zones(self) -> tuple[ZoneInfo, ...]:
        """Every zone the customer may be in."""
        return tuple(ZoneInfo(name) for name in self.whereabouts.zones)

    @cached_property
    def country(self) -> str:
        """Whose holidays count."""
        return country_of(self.case)

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        """Our messages that went out, or may have."""
        return tuple(contact for contact in self.case.contacts if contact.state in COUNTS)

    @cached_property
    def contact_days(self) -> list[date]:
        """The days on which the customer heard of us lately: our messages, a person's calls, the platform's mail."""
        since = self.on - timedelta(days=BUDGET_DAYS)
        ours = [contact.day_on for contact in self.contacts]
        by_people = [one.from_on for one in self._contacts_by_people()]
        return sorted(day for day in (*ours, *by_people, *set(self._platform_days())) if since < day <= self.on)

    def _contacts_by_people(self) -> Iterator[Said]:
        for one in self.case.said:
            if one.kind in CONTACTS and one.way is Way.OURS and one.known(self.now):
                yield one

    def _platform_days(self) -> Iterator[date]:
        """Of reminders that are still on; what is known of the platform's past days counts for nothing else."""
        if self.case.company.own_reminders is not Answer.YES:
            return
        for invoice in self.case.invoices:
            if invoice.due_on is not None:
                for days in self.case.reminder_days:
                    yield invoice.due_on + timedelta(days=days)

    @cached_property
    def _done(self) -> dict[Ref, dict[str, date]]:
        done: dict[Ref, dict[str, date]] = {}
        for contact in self.contacts:
            for ref, step in contact.steps:
                days = done.setdefault(ref, {})
                days[step] = max(contact.day_on, days.get(step, contact.day_on))
        return done

    def done(self, invoice: Invoice) -> Mapping[str, date]:
        """The steps that were, or may have been, done for the invoice, and the last day of each."""
        return self._done.get(invoice.ref, {})

    def times(self, invoice: Invoice, step: Step) -> int:
        """How often the step was, or may have been, done for the invoice."""
        return sum((invoice.ref, step.name) in contact.steps for contact in self.contacts)

    def never_sent(self, invoice: Invoice) -> bool:
        """Is it known that the customer never got the invoice, so that the first act is to send it?"""
        if invoice.sent is not Answer.NO or self.done(invoice):
            return False
        return self.said(Saying.WAS_SENT, invoice.ref) is None

    def step(self, invoice: Invoice) -> Step | None:
        """The step that has come: to send what they never got, else the one after those that were done."""
        if invoice.ref not in self._steps:
            self._steps[invoice.ref] = self._step(invoice)
        return self._steps[invoice.ref]

    def _step(self, invoice: Invoice) -> Step | None:
        if (resting := self.plan(invoice.ref)) is not None:
            return part_step(resting, self.policy.part_steps, self.on, self.contacts)
        due = self.due(invoice)
        if not self.policy.reached(due, self.on):
            return None
        return FIRST_SENDING if self.never_sent(invoice) else self.policy.earned(due, self.on, self.chased(invoice))

    def chased(self, invoice: Invoice) -> Mapping[str, date]:
        """The same without what was said of parts of a plan: that is no reminder of the whole."""
        done = self.done(invoice)
        if done.keys().isdisjoint(PART_NAMES):
            return done
        return {step: on for step, on in done.items() if step not in PART_NAMES}

    # --- what is paid in parts

    @cached_property
    def _plans(self) -> Mapping[Ref, Progress]:
        return plans_by_invoice(self.case.plans) if self.case.plans else {}

    def plan(self, invoice: Ref) -> Progress | None:
        """The plan by which the invoice rests, if one does."""
        found = self._plans.get(invoice)
        return found if found is not None and rests(found, self.on) else None

    def broken_plan(self, invoice: Ref) -> Progress | None:
        """The plan that was broken, so that the invoice is asked for again, if one was."""
        found = self._plans.get(invoice)
        return found if found is not None and found.state(self.on) is PlanState.BROKEN else None

    def part(self, invoice: Ref) -> PartAsked | None:
        """The part of its plan that is the next to be paid, for an invoice that rests."""
        progress = self.plan(invoice)
        return self._asked_of(progress)[0] if progress else None

    def share(self, invoice: Invoice) -> Money | None:
        """What of that part is asked for on this invoice today; None when nothing is."""
        progress = self.plan(invoice.ref)
        if progress is None or self.step(invoice) is None:
            return None
        return self._asked_of(progress)[1].get(invoice.ref)

    def _asked_of(self, progress: Progress) -> tuple[PartAsked | None, Mapping[Ref, Money]]:
        id = progress.plan.id
        if id not in self._asked:
            self._asked[id] = asked_of(self.case, progress, self.on)
        return self._asked[id]

    def due(self, invoice: Invoice) -> date:
        """The day from which the customer is late: the later of the due date and the day it was sent plus its terms.

        What is due on receipt gets the policy's days. An invoice that was entered after its date cannot have been
        sent before that, so one that comes into the books late begins at the first step.
        """
        known = self._dues.get(invoice.ref)
        if known is None:
            known = self._dues[invoice.ref] = self._due(invoice)
        return known

    def _due(self, invoice: Invoice) -> date:
        due = invoice.due_on
        if due is not None and (invoice.issued_on is None or due > invoice.issued_on):
            terms = due - invoice.issued_on if invoice.issued_on else timedelta(0)
        else:
            begins = invoice.issued_on or due or self.local_day(invoice.changed_at)
            terms = timedelta(days=self.policy.due_on_receipt_days)
            due = begins + terms
        sent_at = invoice.sent_at or invoice.entered_at
        return max(due, self.local_day(sent_at) + terms) if sent_at else due

    def local_day(self, at: datetime) -> date:
        """The customer's day of an instant."""
        return at.astimezone(self.local.tzinfo).date()

    def said(self, kind: Saying, invoice: Ref | None = None) -> Said | None:
        """What holds today of this kind, about the invoice or the whole customer; the last that was said."""
        found = [one for one in self._said.get(kind, ()) if invoice is None or one.about(invoice)]
        return found[-1] if found else None

    def everything(self, kind: Saying) -> list[Said]:
        """All that holds today of this kind, about whatever."""
        return self._said.get(kind, [])

    def kinds_said(self) -> Iterator[Saying]:
        """Every kind of which something holds today."""
        return iter(self._said)

    def all_said(self, kind: Saying, invoice: Ref) -> list[Said]:
        """Everything of this kind that holds today about the invoice or the whole customer."""
        return [one for one in self._said.get(kind, ()) if one.about(invoice)]

    def disputed(self, invoice: Invoice) -> Money:
        """The part of what is open that is disputed or retained. All of it when no part was named."""
        parts = [*self.all_said(Saying.DISPUTE, invoice.ref), *self.all_said(Saying.RETAINED, invoice.ref)]
        if any(one.amount is None for one in parts):
            return invoice.open
        minor = sum(one.amount.minor for one in parts if one.amount and one.amount.currency == invoice.open.currency)
        return Money(min(minor, invoice.open.minor), invoice.open.currency)

    def last_contact(self) -> Contact | None:
        """The latest of our messages that counts."""
        return max(self.contacts, key=lambda contact: contact.at, default=None)


def hold(invoice: Invoice, rule: str, reason: str, *, until: date | None = None, **facts: object) -> Verdict:
    """Not today: a person or time must come first."""
    return Verdict(invoice.ref, Say.HOLD, rule, reason, facts=_words(facts), next_look_on=until)


def skip(invoice: Invoice, rule: str, reason: str, *, until: date | None = None, **facts: object) -> Verdict:
    """There is nothing to ask for."""
    return Verdict(invoice.ref, Say.SKIP, rule, reason, facts=_words(facts), next_look_on=until)


def day_words(day: date) -> str:
    """A day as a sentence says it."""
    return f"{day:%-d %B %Y}"


def lateness(due_on: date, today: date) -> str:
    """How late an invoice is, as the beginning of a sentence."""
    days = (today - due_on).days
    if days < 0:
        return f"It is due in {-days} day{'s' if days < -1 else ''}"
    if days == 0:
        return "It is due today"
    return f"It is {days} day{'s' if days > 1 else ''} overdue"


def title(step: str) -> str:
    """A step's name as a person reads it."""
    return step.replace("-", " ")


def _words(facts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(fact) for name, fact in facts.items() if fact is not None}
