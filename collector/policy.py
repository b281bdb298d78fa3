"""The policy: an ordered list of named steps, the manners that go with them, and for whom they differ. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal
from enum import IntEnum, StrEnum
from itertools import takewhile

from collector.paying.limits import Limits
from receivables.records import CustomerKind


class Channel(StrEnum):
    """How a step reaches the customer.

    Our own mail, the platform mailing its invoice again, a text, a printed letter, or a call that a person makes.
    """

    MAIL = "mail"
    PLATFORM = "platform"
    SMS = "sms"
    LETTER = "letter"
    CALL = "call"


class Tone(IntEnum):
    """How firmly a message speaks."""

    FRIENDLY = 1
    NEUTRAL = 2
    FIRM = 3
    FINAL = 4


class After(StrEnum):
    """What a step's days are counted from: the invoice's due date, or the last contact about it."""

    DUE = "due"
    CONTACT = "contact"


class Receiver(StrEnum):
    """Who gets it: where the invoice went (else accounts, else primary), or a named one, or the escalation as well."""

    INVOICE = "invoice"
    ACCOUNTS = "accounts"
    PRIMARY = "primary"
    ESCALATION = "escalation"


class Attach(StrEnum):
    """What a mail of ours carries: nothing, the invoices' PDFs, or also the files that hang on them."""

    NOTHING = "nothing"
    INVOICE = "invoice"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder. `name` is permanent: it is part of what was done. `days` counts from `after`; before is minus.

    `letter` names the wording in `letters/`. A step that speaks of earlier messages (`again`) is never the first one.
    `repeat` (the last step only) does it again every so many `days`. `sender` names a mail account; empty is the usual
    one. `attach` says what the mail carries. Not `automatic`: it waits for a person even where the business runs by
    itself.
    """

    name: str
    days: int
    letter: str
    channel: Channel = Channel.MAIL
    again: bool = False
    tone: Tone = Tone.FRIENDLY
    after: After = After.DUE
    repeat: bool = False
    sender: str = ""
    to: Receiver = Receiver.INVOICE
    automatic: bool = True
    attach: Attach = Attach.EVERYTHING


PART_LETTER = "part_reminder"
BEFORE_PART = Step("part-before", -3, PART_LETTER)
ON_PART = Step("part-due", 0, PART_LETTER)
AFTER_PART = Step("part-late", 3, PART_LETTER, tone=Tone.NEUTRAL)
PART_NAMES = tuple(step.name for step in (BEFORE_PART, ON_PART, AFTER_PART))
"""Permanent names, which no step of a policy may have."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers for whom something differs. Every condition that is given must hold.

    Balances are in major units, of any one currency the customer owes in; `older_than_days` is the oldest invoice's
    lateness. `changes` is a layer as in the policy file: the settings and steps that differ for them.
    """

    name: str
    balance_from: Decimal | None = None
    balance_below: Decimal | None = None
    older_than_days: int | None = None
    countries: tuple[str, ...] = ()
    kinds: tuple[CustomerKind, ...] = ()
    tags: tuple[str, ...] = ()
    changes: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Steps in their order, and the manners. `version` is how verdicts name it.

    `gap_days` are whole days that must lie between two contacts with one customer; `per_week` and `per_month` cap all
    contacts over every channel (seven and thirty days, today among them). `minimum` is in major units of the invoice's
    own currency; the window is local time of the customer, else of the company. `stale_after_hours` without a good
    sync holds everything overdue; so does `receipts_quiet_days` without a receipt entered (None: as is usual in this
    business). `due_on_receipt_days` is the term of an invoice that has none. `catch_up_days` after its moment a step
    still goes by itself; later a person looks first. `daily_cap` is how many messages a business sends in a day.
    `unusual_times` the customer's usual invoice is unusually large. No tone goes above `tone_ceiling`.
    `send_credit_policy`: it goes with a customer's first invoice. `show_interest`: a message tells what its invoices
    bear for being late. `chase_charges`: an invoice made of late charges is asked for like any other. `thank_you`: who
    pays after being reminded is thanked. `statement_on` is the day of the month (1 to 31) on which statements go, or on
    the next business day; None: only when asked for. `plans` says what plans in parts may be, and when their parts are
    reminded of.
    """

    steps: tuple[Step, ...]
    gap_days: int = 4
    minimum: Decimal = Decimal(5)
    opens_at: time = time(9, 0)
    closes_at: time = time(17, 0)
    stale_after_hours: int = 24
    per_week: int = 2
    per_month: int = 6
    due_on_receipt_days: int = 7
    receipts_quiet_days: int | None = None
    catch_up_days: int = 14
    daily_cap: int = 200
    unusual_times: int = 10
    tone_ceiling: Tone = Tone.FINAL
    show_interest: bool = False
    chase_charges: bool = False
    never_chase_tags: tuple[str, ...] = ()
    thank_you: bool = True
    statement_on: int | None = None
    send_credit_policy: bool = False
    plans: Limits = Limits()
    segments: tuple[Segment, ...] = ()
    version: str = "base"

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ValueError(problem)

    def _problem(self) -> str:
        names = [step.name for step in self.steps]
        if not names:
            return "a policy needs at least one step"
        if len(set(names)) < len(names):
            return "every step of a policy needs a name of its own"
        if all(step.again for step in self.steps):
            return "a policy needs a step that does not speak of earlier messages, to be the first"
        if self.opens_at >= self.closes_at:
            return "the send window must open before it closes"
        return self._disorder()

    def _disorder(self) -> str:
        counted = [step for step in self.steps if step.after is After.DUE]
        days = [step.days for step in counted]
        if days != sorted(set(days)):
            return "the steps of a policy must come in the order of their days, one a day"
        if self.steps[: len(counted)] != tuple(counted):
            return "steps that count from the previous contact come after those that count from the due date"
        if any(step.days < 1 for step in self.steps if step.after is After.CONTACT):
            return "a step after the previous contact needs at least one day between them"
        if any(step.repeat for step in self.steps[:-1]):
            return "only the last step may repeat"
        last = self.steps[-1]
        if last.repeat and last.after is After.DUE:
            return "a step that repeats counts its days from the previous contact"
        return ""

    @property
    def part_steps(self) -> tuple[Step, ...]:
        """The reminders of one part of a plan, in the order of their days."""
        wanted = self.plans
        found = [
            wanted.remind_before is not None and replace(BEFORE_PART, days=-wanted.remind_before),
            wanted.remind_on and ON_PART,
            wanted.remind_after is not None and replace(AFTER_PART, days=wanted.remind_after),
        ]
        return tuple(step for step in found if step)

    def earned(self, due_on: date, today: date, done: Mapping[str, date]) -> Step | None:
        """The step to take now, if any. `done` maps the steps that were done for the invoice to the last day of each.

        First messages that were missed are passed over for the latest; those that speak of earlier ones come one
        after the other, so that no customer reads of messages nobody sent. No step comes before the day of one that
        stands before it, so that what counts from the last contact does not overtake what counts from the due date.
        """
        ready = list(takewhile(lambda step: self._falls_on(step, due_on, done) <= today, self._left(done)))
        first_ones = [step for step in ready if not step.again and step.after is After.DUE]
        return first_ones[-1] if first_ones else next((step for step in ready if done), None)

    def following(self, due_on: date, today: date, done: Mapping[str, date]) -> date | None:
        """The day of the next step after today, if any is left."""
        days = (self._falls_on(step, due_on, done) for step in self._left(done))
        day = next((day for day in days if day > today), date.max)
        return None if day == date.max else day

    def reached(self, due_on: date, today: date) -> bool:
        """Has the first step's day come?"""
        return due_on + timedelta(days=self.steps[0].days) <= today

    def falls_on(self, step: Step, due_on: date, done: Mapping[str, date]) -> date | None:
        """The day the step's moment comes; None while it hangs on a contact that has not been."""
        day = self._falls_on(step, due_on, done)
        return None if day == date.max else day

    def step(self, name: str) -> Step:
        """The step called `name`. Raises KeyError."""
        return {step.name: step for step in self.steps}[name]

    def _left(self, done: Mapping[str, date]) -> tuple[Step, ...]:
        """The steps after the furthest that was done; the last one again and again when it repeats."""
        furthest = max((at for at, step in enumerate(self.steps) if step.name in done), default=-1)
        left = self.steps[furthest + 1 :]
        return left or self.steps[-1:] if self.steps[-1].repeat else left

    def _falls_on(self, step: Step, due_on: date, done: Mapping[str, date]) -> date:
        if step.after is After.DUE:
            return due_on + timedelta(days=step.days)
        return max(done.values()) + timedelta(days=step.days) if done else date.max


DEFAULT = Policy(
    steps=(
        Step("before-due", -3, "before_due"),
        Step("just-due", 1, "just_due"),
        Step("first-reminder", 7, "first_reminder", tone=Tone.NEUTRAL),
        Step("invoice-again", 14, "second_reminder", Channel.PLATFORM, again=True, tone=Tone.NEUTRAL),
        Step("second-reminder", 21, "second_reminder", again=True, tone=Tone.FIRM),
        Step("last-reminder", 35, "last_reminder", again=True, tone=Tone.FINAL),
    )
)
