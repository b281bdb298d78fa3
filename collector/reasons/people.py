"""What people have said: the holds that no rule and no setting can turn off."""

from datetime import timedelta

from collector.judgement import Verdict
from collector.policy import Channel
from collector.reasons.day import Day, day_words, hold
from receivables.records import EmailAddress, Invoice
from receivables.said import Said, Saying

STOPPING = {
    Saying.INSOLVENCY: ("insolvency", "This customer is insolvent, so nobody may be asked to pay"),
    Saying.DEATH: ("death", "The customer has died, so nobody is asked to pay"),
    Saying.BREATHING_SPACE: ("breathing_space", "The customer is in a breathing space, in which nothing may be asked"),
    Saying.STOP: ("asked_to_stop", "The customer asked in writing not to be contacted"),
    Saying.HANDED_OVER: ("handed_over", "It was handed over to somebody else to collect"),
    Saying.HARDSHIP: ("hardship", "The customer told of hardship, so a person should find a way with them"),
    Saying.IN_PLAN: ("in_plan", "It is being paid in parts as agreed"),
    Saying.HOLD: ("on_hold", "It is on hold"),
    Saying.REPLY: ("reply_unread", "The customer has replied and nobody has read it yet"),
}
POSTAL = (Channel.LETTER,)
BY_PHONE = (Channel.SMS, Channel.CALL)
MAILED = (Channel.MAIL, Channel.PLATFORM)
UNDELIVERED = ("bounced", "undeliverable")


def stopped(day: Day, invoice: Invoice) -> Verdict | None:
    """Insolvency, death, breathing space, asked to stop, handed over, hardship, a plan, a hold, an unread reply."""
    for kind, (rule, reason) in STOPPING.items():
        said = day.said(kind, invoice.ref)
        if said is not None:
            return _held(invoice, said, rule, reason)
    return None


def lawyer(day: Day, invoice: Invoice) -> Verdict | None:
    """Who has named a lawyer is written to through the lawyer only."""
    said = day.said(Saying.LAWYER, invoice.ref)
    if said is None or said.address:
        return None
    reason = "The customer has named a lawyer, and no address of the lawyer is known to write to"
    return _held(invoice, said, "lawyer_named", reason)


def disputed(day: Day, invoice: Invoice) -> Verdict | None:
    """What is disputed or retained in full waits; a disputed part is left out and the rest goes on."""
    parts = [*day.all_said(Saying.DISPUTE, invoice.ref), *day.all_said(Saying.RETAINED, invoice.ref)]
    if not parts or day.disputed(invoice) < invoice.open:
        return None
    first = parts[0]
    if first.kind is Saying.DISPUTE:
        return _held(invoice, first, "disputed", "The customer disputes it")
    return _held(invoice, first, "retained", "The customer keeps it back as agreed")


def promised(day: Day, invoice: Invoice) -> Verdict | None:
    """A promise is believed until its day has passed; so is an expected date typed into the platform."""
    said = day.said(Saying.PROMISE, invoice.ref)
    by = said.until_on if said else invoice.expected_on
    if by is None or by < day.on:
        return None
    who = "The customer promised to pay" if said else "Payment is expected"
    reason = f"{who} by {day_words(by)}."
    return hold(invoice, "promised", reason, until=by + timedelta(days=1), promised_by=by)


def opted_out(day: Day, invoice: Invoice) -> Verdict | None:
    """Not by a channel the customer does not want."""
    channel = channel_for(day, invoice)
    for said in day.all_said(Saying.OPT_OUT, invoice.ref):
        if not said.channel or said.channel == channel.value or (said.channel == "mail" and channel in MAILED):
            reason = f"The customer does not want to be reached by {said.channel or 'any channel'}"
            return _held(invoice, said, "opted_out", reason)
    return None


def unreachable(day: Day, invoice: Invoice) -> Verdict | None:
    """There is nowhere to write to, or what is there is wrong or came back."""
    channel = channel_for(day, invoice)
    if channel in POSTAL:
        return None if day.case.head.address.lines else _nowhere(invoice, "no postal address")
    if channel in BY_PHONE:
        return None if day.case.head.phones else _nowhere(invoice, "no phone number")
    known = {one.address.casefold() for one in addresses(day, invoice)}
    if not known:
        return _nowhere(invoice, "no e-mail address")
    if usable(day, invoice):
        return _bounced_there(day, invoice)
    wrong = {one.address.casefold() for one in day.all_said(Saying.WRONG_ADDRESS, invoice.ref)}
    if wrong & known:
        return hold(invoice, "wrong_address", "The e-mail address known for this customer is wrong.", of=len(known))
    return hold(invoice, "bounced", "Mail to this customer's address came back.", of=len(known))


def _bounced_there(day: Day, invoice: Invoice) -> Verdict | None:
    """The platform told that its own mail of this invoice came back."""
    if not any(word in invoice.mail_problem.casefold() for word in UNDELIVERED):
        return None
    if day.said(Saying.LAWYER, invoice.ref):
        return None
    reason = f"The platform could not deliver this invoice by mail ({invoice.mail_problem})."
    return hold(invoice, "bounced", reason, problem=invoice.mail_problem)


def _nowhere(invoice: Invoice, what: str) -> Verdict:
    return hold(invoice, "no_address", f"There is {what} for this customer.", missing=what)


def channel_for(day: Day, invoice: Invoice) -> Channel:
    """How the step that the invoice has earned would go; a lawyer is always written to."""
    step = day.earned(invoice)
    if step is None or day.said(Saying.LAWYER, invoice.ref):
        return Channel.MAIL
    return step.channel


def addresses(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    """Where a mail about the invoice belongs: the lawyer's; else where the invoice went, else who is addressed."""
    lawyer = day.said(Saying.LAWYER, invoice.ref)
    if lawyer is not None:
        return (EmailAddress(lawyer.address),) if lawyer.address else ()
    if not invoice.sent_to:
        return day.case.addresses()
    names = {one.address.casefold(): one.name for one in day.case.head.emails}
    return tuple(EmailAddress(address, names.get(address.casefold(), "")) for address in invoice.sent_to)


def usable(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    """The addresses without those that are wrong or came back; then those the customer has beside them."""
    kinds = (Saying.WRONG_ADDRESS, Saying.BOUNCED)
    bad = {one.address.casefold() for kind in kinds for one in day.all_said(kind, invoice.ref) if one.address}
    for known in (addresses(day, invoice), day.case.addresses()):
        good = tuple(one for one in known if one.address.casefold() not in bad)
        if good:
            return good
    return ()


def _held(invoice: Invoice, said: Said, rule: str, reason: str) -> Verdict:
    until = said.until_on + timedelta(days=1) if said.until_on else said.review_on
    since, last = said.from_on, said.until_on
    words = f"{reason}.{_noted(said)}"
    return hold(invoice, rule, words, until=until, since=since, last_day=last, by=said.by or None)


def _noted(said: Said) -> str:
    """Who wrote it down and until when it holds, as a sentence of its own."""
    until = f"until {day_words(said.until_on)}" if said.until_on else ""
    if said.by:
        return f" Noted by {said.by}{', ' if until else ''}{until}."
    return f" It holds {until}." if until else ""


REASONS = (stopped, lawyer, disputed, promised)
REACHING = (opted_out, unreachable)
