"""The values of a judgement: a verdict for each invoice, the one message of the day, and what is odd about it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from collector.policy import Channel, Step, Tone
from receivables.money import Money
from receivables.plans import InstallmentPlan, PartStanding
from receivables.records import EmailAddress, Invoice, Ref


class Say(StrEnum):
    """The three ends of a day."""

    SEND = "send"
    HOLD = "hold"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one invoice today, the rule that said so, and why in one sentence for people.

    `facts` are what the rule looked at; `next_look_on` is when the answer may change by itself; `policy` the version.
    """

    invoice: Ref
    say: Say
    rule: str
    reason: str
    step: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    next_look_on: date | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class PartAsked:
    """The part of a plan that a message asks for."""

    plan: InstallmentPlan
    standing: PartStanding

    @property
    def number(self) -> int:
        """Which part it is, from 1."""
        return self.standing.part.number

    @property
    def due_on(self) -> date:
        """Its day."""
        return self.standing.part.due_on


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice in a message, the step it has earned, and what is asked of it: all but a disputed part.

    `occurrence` counts a step that repeats. With a `part`, its share of that part of a plan is asked, and `occurrence`
    is the part's number.
    """

    invoice: Invoice
    step: Step
    asked: Money
    disputed: Money
    occurrence: int = 1
    part: PartAsked | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """The one message of the day. The leading `step` sets the wording, `tone` how firmly it speaks.

    `credits` stand in the customer's favour, one a currency, and are netted. `soft`: a good payer's first lateness.
    """

    debtor: str
    day_on: date
    lines: tuple[Line, ...]
    step: Step
    tone: Tone
    channel: Channel
    to: tuple[EmailAddress, ...]
    credits: tuple[Money, ...] = ()
    soft: bool = False

    @property
    def part(self) -> PartAsked | None:
        """The part of a plan that all of it is about, if it is."""
        return self.lines[0].part if self.lines else None

    @property
    def invoices(self) -> tuple[tuple[Invoice, Step], ...]:
        """Every invoice with its step."""
        return tuple((line.invoice, line.step) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Odd:
    """Why a person should look at a message first, even where a business runs by itself."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One verdict per invoice, the message that may go now, or the one that may go later today (`waiting`)."""

    verdicts: tuple[Verdict, ...]
    message: Message | None = None
    waiting: Message | None = None
    odd: tuple[Odd, ...] = ()

    @property
    def candidate(self) -> Message | None:
        """The message of today, whether its hour has come or not."""
        return self.message or self.waiting
