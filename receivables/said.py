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
    OBJECTION = "objection"
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
    CONTACT_PERSON = "contact_person"
    WAIVED = "waived"
    ENFORCED = "enforced"
    OTHER = "other"


class Way(StrEnum):
    """Who began a contact that did not go through us."""

    OURS = "ours"
    THEIRS = "theirs"


class Reason(Word):
    """Why somebody does not pay, as a code that can be counted; the words beside it say more."""

    WRONG_PRICE = "wrong_price"
    NOT_AS_ORDERED = "not_as_ordered"
    NOT_RECEIVED = "not_received"
    DAMAGED = "damaged"
    POOR_WORK = "poor_work"
    CREDIT_DUE = "credit_due"
    ORDER_NUMBER = "order_number"
    NO_INVOICE = "no_invoice"
    ALREADY_PAID = "already_paid"
    CANNOT_PAY = "cannot_pay"
    OTHER = "other"


class Asked(Word):
    """What a customer asks for while a hold lets them rest; the code stands as its reason."""

    COPY = "asked_copy"
    STATEMENT = "asked_statement"
    CALL = "asked_call"
    OTHER = "other"


PERSONAL = (Saying.INSOLVENCY, Saying.DEATH, Saying.BREATHING_SPACE, Saying.STOP, Saying.OBJECTION)
"""What is true of the whole customer, even where it was written down beside one invoice."""
CONTACTS = (Saying.CALL, Saying.MAIL, Saying.MEETING)
"""What counts in the contact budget although Duewell did not send it."""


@dataclass(frozen=True, slots=True)
class Said:
    """Without an invoice it is about the whole debtor; with an `amount` about that part of the invoice.

    It holds from `from_on` up to and with `until_on` (None: until further notice), and not after it was ended.
    `channel` is the one that was opted out of, bounced, or used. `address` is the lawyer's, the contact person's, the
    wrong or the bounced one. `review_on` is when a person, `assigned_to`, looks at it again. `by` names who wrote it
    down. `reason` is the code of a reason for not paying, the kind a customer was confirmed to be, or what a contact
    person is to them; `note` says it in words, and of a contact person the name.
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
    reason: str = ""
    id: str = ""
    at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    def holds(self, on: date, now: datetime) -> bool:
        """Does it hold on this local day, as far as was known at `now`?"""
        return self.known(now) and self.from_on <= on and (self.until_on is None or on <= self.until_on)

    def known(self, now: datetime) -> bool:
        """Had it been said at `now`, and not been ended?"""
        said = self.at is None or self.at <= now
        return said and (self.ended_at is None or self.ended_at > now)

    def about(self, invoice: Ref) -> bool:
        """Is it about this invoice, or about the whole debtor?"""
        return self.invoice is None or self.invoice == invoice or self.kind in PERSONAL
