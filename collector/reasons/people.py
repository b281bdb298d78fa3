"""What people have said: the holds that no rule and no setting can turn off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from collector.judgement import Verdict
from collector.policy import Channel, Receiver
from collector.reaching import fallbacks, reachable
from collector.reasons.day import Day, day_words, hold
from collector.reasons.law import kind_of
from collector.reasons.plans import in_plan
from receivables.records import Collection, CustomerKind, EmailAddress, Invoice
from receivables.said import Said, Saying

STOPPING = {
    Saying.INSOLVENCY: ("insolvency", "This customer is insolvent, so nobody may be asked to pay"),
    Saying.DEATH: ("death", "The customer has died, so nobody is asked to pay"),
    Saying.BREATHING_SPACE: ("breathing_space", "The customer is in a breathing space, in which nothing may be asked"),
    Saying.STOP: ("asked_to_stop", "The customer asked in writing not to be contacted"),
    Saying.OBJECTION: ("objected", "The customer objected to being contacted, and a person must answer that first"),
    Saying.HANDED_OVER: ("handed_over", "It was handed over to somebody else to collect"),
    Saying.HARDSHIP: ("hardship", "The customer told of hardship, so a person should find a way with them"),
    Saying.IN_PLAN: ("in_plan", "It is being paid in parts as agreed"),
    Saying.HOLD: ("on_hold", "It is on hold"),
    Saying.REPLY: ("reply_unread", "The customer has replied and nobody has read it yet"),
}
MAILED = (Channel.MAIL, Channel.PLATFORM)
WHERE = {
    Channel.MAIL: "e-mail address",
    Channel.PLATFORM: "e-mail address",
    Channel.SMS: "mobile number",
    Channel.LETTER: "postal address",
    Channel.CALL: "phone number",
}
UNDELIVERED = ("bounced", "undeliverable")
NO_NATURAL_PERSON = (CustomerKind.BUSINESS, CustomerKind.PUBLIC_BODY)


def stopped(day: Day, invoice: Invoice) -> Verdict | None:
    """What stops everything, from insolvency to an unread reply, the weightiest first."""
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
    if said is not None and said.until_on is None:
        return _held(invoice, said, "promised", "The customer promised to pay, without naming a day")
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
    if channel not in MAILED:
        return None if channel in _reached(day, invoice, channel) else _nowhere(day, invoice, channel)
    if usable(day, invoice):
        return None
    known = {one.address.casefold() for some in _in_turn(day, invoice, Receiver.INVOICE) for one in some}
    if not known:
        return _nowhere(day, invoice, channel)
    wrong = {one.address.casefold() for one in day.all_said(Saying.WRONG_ADDRESS, invoice.ref)}
    if wrong & known:
        return hold(invoice, "wrong_address", "The e-mail address known for this customer is wrong.", of=len(known))
    if _undelivered(invoice):
        reason = f"The platform could not deliver this invoice by mail ({invoice.mail_problem})."
        return hold(invoice, "bounced", reason, problem=invoice.mail_problem)
    return hold(invoice, "bounced", "Mail to this customer's address came back.", of=len(known))


def _undelivered(invoice: Invoice) -> bool:
    """Did the platform tell that its own mail of this invoice came back?"""
    return any(word in invoice.mail_problem.casefold() for word in UNDELIVERED)


def _nowhere(day: Day, invoice: Invoice, channel: Channel) -> Verdict:
    if channel in _closed(day, invoice):
        told = f"The {WHERE[channel]} known for this customer is wrong."
        return hold(invoice, "wrong_address", told, of=WHERE[channel])
    return hold(invoice, "no_address", f"There is no {WHERE[channel]} for this customer.", missing=WHERE[channel])


def channel_for(day: Day, invoice: Invoice) -> Channel:
    """How the step that has come would go: its own way, else the first that reaches them; a lawyer is written to.

    A platform does not mail what it draws by itself, even where the drawing has failed.
    """
    step = day.step(invoice)
    if step is None or day.said(Saying.LAWYER, invoice.ref):
        return Channel.MAIL
    found = fallbacks(step, _reached(day, invoice, step.channel)) or step.channel
    drawn = invoice.collection is Collection.AUTOMATIC
    return Channel.MAIL if found is Channel.PLATFORM and drawn else found


def _reached(day: Day, invoice: Invoice, wanted: Channel) -> frozenset[Channel]:
    """Every way that is set up and reaches them about this invoice.

    That the `wanted` one is not set up is a mistake to be told, not a reason to choose another.
    """
    able = reachable(
        day.case.head,
        ready=day.ready | {wanted},
        country=day.case.company.country,
        closed=_closed(day, invoice),
    )
    mailed = {Channel.MAIL} if usable(day, invoice) else set()
    if _working(day, invoice, mailed_by_platform(day, invoice)):
        mailed |= {Channel.PLATFORM}
    return (able - set(MAILED)) | mailed


def _closed(day: Day, invoice: Invoice) -> frozenset[Channel]:
    """The channels whose address or number is known to be wrong."""
    kinds = (Saying.WRONG_ADDRESS, Saying.BOUNCED)
    named = {one.channel for kind in kinds for one in day.all_said(kind, invoice.ref)}
    return frozenset(channel for channel in Channel if channel.value in named and channel not in MAILED)


def usable(day: Day, invoice: Invoice, to: Receiver = Receiver.INVOICE) -> tuple[EmailAddress, ...]:
    """Whom a mail about the invoice goes to: the lawyer alone; else the first in turn with an address that works."""
    working = (_working(day, invoice, some) for some in _in_turn(day, invoice, to))
    return next((some for some in working if some), ())


def copied(day: Day, invoice: Invoice, to: Receiver) -> tuple[EmailAddress, ...]:
    """Who gets a copy because the step escalates.

    Nobody beside a lawyer, and nobody where the customer may be a natural person, whose debts are not for others.
    """
    if to is not Receiver.ESCALATION or day.said(Saying.LAWYER, invoice.ref) or not escalates(day):
        return ()
    named = _working(day, invoice, _noted(day, invoice, Receiver.ESCALATION))
    return tuple(EmailAddress(one.address, one.name, addressed=False) for one in named)


def escalates(day: Day) -> bool:
    """Is the customer surely no natural person, so that others there may be told?"""
    return kind_of(day) in NO_NATURAL_PERSON


def mailed_by_platform(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    """Whom the platform's own mail of the invoice goes to."""
    return _went(day, invoice) or day.case.addresses()


def _in_turn(day: Day, invoice: Invoice, to: Receiver) -> Iterator[tuple[EmailAddress, ...]]:
    """Whom the step names, then where the invoice went, the accounts contact, the primary one."""
    lawyer = day.said(Saying.LAWYER, invoice.ref)
    if lawyer is not None:
        yield (EmailAddress(lawyer.address),) if lawyer.address else ()
        return
    for ask in (TURN.get(to, _went), *TURN.values()):
        yield ask(day, invoice)
    yield day.case.addresses()


def _went(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    names = {one.address.casefold(): one.name for one in day.case.head.emails}
    return tuple(EmailAddress(address, names.get(address.casefold(), "")) for address in invoice.sent_to)


def _accounts(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    """As a person noted, else everybody to whom the platform mails invoices."""
    return _noted(day, invoice, Receiver.ACCOUNTS) or day.case.addresses()


def _primary(day: Day, invoice: Invoice) -> tuple[EmailAddress, ...]:
    """As a person noted, else the first of them."""
    return _noted(day, invoice, Receiver.PRIMARY) or day.case.addresses()[:1]


TURN: Mapping[Receiver, Callable[[Day, Invoice], tuple[EmailAddress, ...]]] = {
    Receiver.INVOICE: _went,
    Receiver.ACCOUNTS: _accounts,
    Receiver.PRIMARY: _primary,
}


def _noted(day: Day, invoice: Invoice, role: Receiver) -> tuple[EmailAddress, ...]:
    persons = day.all_said(Saying.CONTACT_PERSON, invoice.ref)
    return tuple(EmailAddress(one.address, one.note) for one in persons if one.reason == role.value)


def _working(day: Day, invoice: Invoice, some: Sequence[EmailAddress]) -> tuple[EmailAddress, ...]:
    """Without those that are wrong, from which mail came back, or to which the platform could not deliver it."""
    kinds = (Saying.WRONG_ADDRESS, Saying.BOUNCED)
    bad = {one.address.casefold() for kind in kinds for one in day.all_said(kind, invoice.ref) if one.address}
    if _undelivered(invoice):
        bad |= {one.address.casefold() for one in mailed_by_platform(day, invoice)}
    return tuple(one for one in some if one.address.casefold() not in bad)


def _held(invoice: Invoice, said: Said, rule: str, reason: str) -> Verdict:
    until = said.until_on + timedelta(days=1) if said.until_on else said.review_on
    since, last = said.from_on, said.until_on
    words = f"{reason}.{_written_down(said)}"
    return hold(invoice, rule, words, until=until, since=since, last_day=last, by=said.by or None)


def _written_down(said: Said) -> str:
    """Who wrote it down and until when it holds, as a sentence of its own."""
    until = f"until {day_words(said.until_on)}" if said.until_on else ""
    if said.by:
        return f" Noted by {said.by}{', ' if until else ''}{until}."
    return f" It holds {until}." if until else ""


REASONS = (stopped, in_plan, lawyer, disputed, promised)
REACHING = (opted_out, unreachable)
