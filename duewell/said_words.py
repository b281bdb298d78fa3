"""What people said, in a few words each, as a line of a list reads it."""

from collections.abc import Mapping
from datetime import date

from receivables.records import Ref
from receivables.said import Reason, Said, Saying, Way

REASONS = {
    Reason.WRONG_PRICE: "the price is wrong",
    Reason.NOT_AS_ORDERED: "not what was ordered",
    Reason.NOT_RECEIVED: "not received",
    Reason.DAMAGED: "arrived damaged",
    Reason.POOR_WORK: "not content with the work",
    Reason.CREDIT_DUE: "a credit is due",
    Reason.ORDER_NUMBER: "an order number is missing",
    Reason.NO_INVOICE: "never got the invoice",
    Reason.ALREADY_PAID: "says it is paid",
    Reason.CANNOT_PAY: "cannot pay now",
    Reason.OTHER: "another reason",
}
KINDS = {
    "business": "a business",
    "sole_trader": "a sole trader",
    "consumer": "a private person",
    "public_body": "a public body",
}
CHANNELS = {"mail": "e-mail", "sms": "text message", "letter": "letter", "call": "telephone"}
PLAIN = {
    Saying.INSOLVENCY: "Insolvent",
    Saying.DEATH: "Has died",
    Saying.BREATHING_SPACE: "In a breathing space",
    Saying.STOP: "Asked in writing not to be contacted",
    Saying.OBJECTION: "Objected to being contacted",
    Saying.HARDSHIP: "Told of hardship",
    Saying.HANDED_OVER: "Handed over to somebody else to collect",
    Saying.NEVER_CHASE: "Never to be chased",
    Saying.IN_PLAN: "Pays in parts, as agreed",
    Saying.REPLY: "Replied",
    Saying.NOTE: "Note",
    Saying.CONSENT: "Agreed to be contacted",
    Saying.WAIVED: "Late charges waived",
    Saying.ENFORCED: "Late charges asked for",
    Saying.OTHER: "Something else",
}


def in_words(said: Said, numbers: Mapping[Ref, str]) -> str:
    """A line about it; `numbers` are the invoices' own."""
    about = f" for invoice {numbers.get(said.invoice, said.invoice.id)}" if said.invoice else ""
    if said.kind is Saying.PROMISE:
        what = f"Promised {said.amount or 'to pay'}"
        return f"{what} by {_day(said.until_on)}{about}"
    if said.kind in (Saying.DISPUTE, Saying.RETAINED):
        return _withheld(said, about)
    if said.kind in (Saying.CALL, Saying.MAIL, Saying.MEETING):
        return _contact(said) + (f", about invoice{about.removeprefix(' for invoice')}" if about else "")
    until = f" until {_day(said.until_on)}" if said.until_on else ""
    if said.kind is Saying.HOLD:
        return f"On hold{about}{until}"
    return _other(said, about) or f"{PLAIN.get(said.kind, 'Something else')}{about}{until}"


def _withheld(said: Said, about: str) -> str:
    invoice = about.removeprefix(" for ")
    part = f"{said.amount} of {invoice}" if said.amount and about else str(said.amount or invoice or "everything")
    verb = "Disputes" if said.kind is Saying.DISPUTE else "Keeps back"
    why = REASONS.get(Reason.of(said.reason), "") if said.reason else ""
    return f"{verb} {part}{': ' + why if why else ''}"


def _contact(said: Said) -> str:
    ours = said.way is Way.OURS
    if said.kind is Saying.MEETING:
        return "Met them"
    if said.kind is Saying.MAIL:
        return "Wrote to them outside of Duewell" if ours else "They wrote"
    if said.reason == "not_reached":
        return "Called and reached nobody" if ours else "They called and reached nobody"
    return "Called them" if ours else "They called"


def _other(said: Said, about: str) -> str:
    if said.kind is Saying.OPT_OUT:
        return f"Does not want to be reached by {CHANNELS.get(said.channel, said.channel or 'any channel')}"
    if said.kind is Saying.WRONG_ADDRESS:
        return f"{said.address or 'The address'} is wrong"
    if said.kind is Saying.BOUNCED:
        return f"Mail to {said.address or 'them'} came back"
    if said.kind is Saying.LAWYER:
        return f"Is represented by a lawyer; only {said.address or 'the lawyer'} is written to"
    if said.kind is Saying.CONTACT_PERSON:
        return f"The {said.reason or 'other'} contact is {said.address}"
    if said.kind is Saying.KIND:
        return f"Is {KINDS.get(said.reason, said.reason or 'of a known kind')}"
    if said.kind is Saying.WAS_SENT:
        return f"Got invoice{about.removeprefix(' for invoice')} by other means on {_day(said.from_on)}"
    if said.kind is Saying.BANK_ENTERED:
        return f"The bank is entered up to {_day(said.until_on)}"
    return ""


def _day(day: date | None) -> str:
    return f"{day:%-d %B %Y}" if day else "a later day"
