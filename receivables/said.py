"""What people say about a debt: promises, disputes, holds and the rest; each with from and until, never a flag."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from receivables.money import Money
from receivables.records import Ref, Word


class Saying(Word):
    """What was said, or done outside of us. What stops a message is listed first, in the order of its weight."""

    INSOLVENCY = "insolvency"
    DEATH = "death"
    BREATHING_SPACE = "breathing_space"
    STOP = "stop"
    LAWYER = "lawyer"
    HARDSHIP = "hardship"
    HANDED_OVER = "handed_over"
    NEVER_CHASE = "never_chase"
    DISPUTE = "dispute"
    RETAINED = "retained"
    IN_PLAN = "in_plan"
    HOLD = "hold"
    PROMISE = "promise"
    OPT_OUT = "opt_out"
    WRONG_ADDRESS = "wrong_address"
    BOUNCED = "bounced"
    REPLY = "reply"
    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"
    NOTE = "note"
    BANK_ENTERED = "bank_entered"
    WAS_SENT = "was_sent"
    KIND = "kind"
    CONSENT = "consent"
    THANKED = "thanked"
    OTHER = "other"


class Way(StrEnum):
    """Who began a contact that did not go through us."""

    OURS = "ours"
    THEIRS = "theirs"


CONTACTS = (Saying.CALL, Saying.MAIL, Saying.MEETING)
"""What counts in the contact budget although Duewell did not send it."""


@dataclass(frozen=True, slots=True)
class Said:
    """Without an invoice it is about the whole debtor; with an `amount` about that part of the invoice.

    It holds from `from_on` up to and with `until_on` (None: until further notice), and not after it was ended.
    `channel` is the one that was opted out of, bounced, or used. `address` is the lawyer's, the wrong or the bounced
    one. `review_on` is when a person, `assigned_to`, looks at it again. `by` names who wrote it down.
    """

    debtor: str
    kind: Saying
    from_on: date
    until_on: date | None = None
    invoice: Ref | None = None
    amount: Money | None = None
    channel: str = ""
    address: str = ""
    way: Way = Way.OURS
    note: str = ""
    by: str = ""
    review_on: date | None = None
    assigned_to: str = ""
    id: str = ""
    at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    def holds(self, on: date, now: datetime) -> bool:
        """Does it hold on this local day, as far as was known at `now`?"""
        if self.at is not None and self.at > now:
            return False
        if self.ended_at is not None and self.ended_at <= now:
            return False
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)

    def about(self, invoice: Ref) -> bool:
        """Is it about this invoice, or about the whole debtor?"""
        return self.invoice is None or self.invoice == invoice
