"""What a person has to do: one line of the to-do page, with a permanent key so that it is never there twice."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from receivables.money import Money
from receivables.records import Ref, Word


class TodoKind(Word):
    """What sort of work it is."""

    CALL = "call"
    REPLY = "reply"
    BROKEN_PROMISE = "broken_promise"
    REVIEW = "review"
    PARKED = "parked"
    DIFFERENCE = "difference"
    BOUNCED = "bounced"
    WRONG_ADDRESS = "wrong_address"
    NO_ADDRESS = "no_address"
    NEVER_SENT = "never_sent"
    LAST_STEP = "last_step"
    KIND = "kind"
    BANK = "bank"
    THANK_YOU = "thank_you"
    APOLOGY = "apology"
    STATEMENT = "statement"
    CREDIT_POLICY = "credit_policy"
    CREDIT_NOTE = "credit_note"
    OVERPAID = "overpaid"
    REFUND = "refund"
    RETURNED = "returned"
    ASK_AGAIN = "ask_again"
    STRANDED = "stranded"
    OTHER = "other"


class TodoState(StrEnum):
    """Waiting, done by a person, or no longer needed because its cause is gone."""

    OPEN = "open"
    DONE = "done"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Todo:
    """`key` says what it is about and never changes; `cause` is the id of what it came from, as far as it has one.

    `title` is one sentence for people; `note` says more: a call's script, or why a message is parked. `due_on` is the
    day it is for. A snoozed one is open and comes back on `snoozed_to_on`. Nobody's when `assigned_to` is empty.
    """

    key: str
    kind: TodoKind
    title: str
    due_on: date
    debtor: str = ""
    connection: str = ""
    invoice: Ref | None = None
    amount: Money | None = None
    assigned_to: str = ""
    note: str = ""
    by: str = ""
    state: TodoState = TodoState.OPEN
    snoozed_to_on: date | None = None
    id: str = ""
    at: datetime | None = None
    done_by: str = ""
    done_at: datetime | None = None

    @property
    def cause(self) -> str:
        """The id of the words, difference or act it came from: the second part of its key."""
        return self.key.split(":")[1] if ":" in self.key else ""

    def waiting(self, on: date) -> bool:
        """Is it to be done, as of this day, or does it sleep?"""
        return self.state is TodoState.OPEN and (self.snoozed_to_on is None or self.snoozed_to_on <= on)
