"""What the plan's pages show: the messages of today, each with its standing, and what keeps the other invoices."""

from dataclasses import dataclass, field
from datetime import date, datetime

from duewell.views.pages import PlanRow
from receivables.money import Money


@dataclass(frozen=True, slots=True)
class MessageView:
    """One customer's message of today as it would leave.

    `standing` is goes, approved, waits or refused. `digest` names exactly this message: it is what is approved.
    `odd` says why to look first. `later` says why not at this hour; empty when it may leave at once. `edited` holds
    a person's own subject. `own_words` says whether it is in our words at all, so that they can be changed.
    """

    connection: str
    customer_id: str
    customer: str
    digest: str
    standing: str
    step: str
    channel: str
    tone: str
    to: tuple[str, ...]
    asked: tuple[Money, ...]
    credits: tuple[Money, ...]
    rows: tuple[PlanRow, ...]
    odd: tuple[str, ...] = ()
    later: str = ""
    answered_by: str = ""
    edited: str = ""
    own_words: bool = True

    @property
    def debtor(self) -> str:
        """Whom it goes to, by our key."""
        return f"{self.connection}/{self.customer_id}"


@dataclass(frozen=True, slots=True)
class Automatic:
    """Whether ordinary messages go by themselves, who chose it, and what stands against it.

    `reminding` are companies whose platform sends reminders of its own, `unasked` those of which nobody has said.
    """

    on: bool
    by: str = ""
    at: datetime | None = None
    reminding: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    kinds_unknown: int = 0

    @property
    def works(self) -> bool:
        """Do messages really go by themselves?"""
        return self.on and not self.reminding and not self.unasked

    @property
    def against(self) -> tuple[str, ...]:
        """What is unknown or stands against it, each as a sentence."""
        own = [f"{label} sends reminders of its own, so nothing goes by itself." for label in self.reminding]
        own += [
            f"Nobody has said whether {label} sends reminders of its own; until then nothing goes by itself."
            for label in self.unasked
        ]
        return (*own, _kinds_unknown(self.kinds_unknown)) if self.kinds_unknown else tuple(own)


def _kinds_unknown(count: int) -> str:
    if count == 1:
        said = "Of one customer nobody has confirmed whether it is a business or a private person"
        return f"{said}; its messages wait for you until then."
    said = f"Of {count} customers nobody has confirmed whether they are businesses or private persons"
    return f"{said}; their messages wait for you until then."


@dataclass(frozen=True, slots=True)
class KindView:
    """A customer of whom nobody has said what kind they are; `kind` and `evidence` are a proposal, or empty."""

    debtor: str
    customer: str
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """Today's plan for whoever answers for it. `rest` are the invoices that no message of today is about."""

    day_on: date
    decided_at: datetime
    messages: tuple[MessageView, ...]
    rest: tuple[PlanRow, ...]
    automatic: Automatic
    backlog: int = 0

    @property
    def going(self) -> tuple[MessageView, ...]:
        """What leaves when its hour comes."""
        return tuple(one for one in self.messages if one.standing in ("goes", "approved"))

    @property
    def ready(self) -> tuple[MessageView, ...]:
        """Ordinary messages that wait for a person."""
        return tuple(one for one in self.messages if one.standing == "waits" and not one.odd)

    @property
    def odd(self) -> tuple[MessageView, ...]:
        """Messages that somebody should look at first."""
        return tuple(one for one in self.messages if one.standing == "waits" and one.odd)

    @property
    def refused(self) -> tuple[MessageView, ...]:
        """What a person does not want to be sent today."""
        return tuple(one for one in self.messages if one.standing == "refused")

    @property
    def held(self) -> tuple[PlanRow, ...]:
        """Invoices that something keeps."""
        return tuple(row for row in self.rest if row.say == "hold")

    @property
    def left(self) -> tuple[PlanRow, ...]:
        """Invoices that ask for nothing today."""
        return tuple(row for row in self.rest if row.say == "skip")


@dataclass(frozen=True, slots=True)
class Given:
    """What became of an answer, by customers' names: taken, changed meanwhile, or to be looked at singly."""

    taken: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    single: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordsView:
    """One message to be read or changed: its subject and opening, and the whole of it as it would be sent."""

    message: MessageView
    subject: str
    opening: str
    text: str


@dataclass(frozen=True, slots=True)
class OldInvoiceView:
    """One old invoice: the step it is placed on, or why it waits."""

    invoice_id: str
    number: str
    open: Money
    due_on: date | None
    days_late: int
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """One customer's turn in the backlog; without a day something has to change first."""

    connection: str
    customer_id: str
    customer: str
    on: date | None
    asked: tuple[Money, ...]
    invoices: tuple[OldInvoiceView, ...]


@dataclass(frozen=True, slots=True)
class BacklogView:
    """The old debts nobody has written about, in the order of their turns. `days` counts the messages of each day."""

    today_on: date
    rule: str
    turns: tuple[TurnView, ...]
    owed: tuple[Money, ...] = ()
    days: dict[date, int] = field(default_factory=dict)
