"""Today's messages and people's answers: approved exactly as they were read, in other words, or not today."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from collector.approving import Standing, approve, digest
from collector.judgement import Message
from collector.plan import Decided
from collector.policy import Channel
from collector.wording.edited import Edit, edit_of, kept, own_words, problems, tidy
from collector.wording.writing import words_of, write
from duewell.automatic import automatic_of
from duewell.bank import bank_of
from duewell.businesses import the_business
from duewell.businesses import zone_of as business_zone
from duewell.charging import late_of
from duewell.first_day import backlog_size
from duewell.owning import operator_of
from duewell.running import make_plan
from duewell.showing.overview import ledgers_of, rows_of
from duewell.terms import agreed
from duewell.views.pages import PlanRow
from duewell.views.plan import Given, MessageView, PlanSheet, WordsView
from duewell.wiring import House
from integrations.contract import Capability
from integrations.errors import NotThere, Refused
from integrations.registry import platform
from receivables.money import by_currency
from storage.approvals import Answered, Approval, answer
from storage.connections import Connected
from storage.wordings import own_wordings

PAY_URL = "https://example.com/the-pay-link-stands-here"
CHANGED = "The plan has changed since you read it, so nothing was approved. Please read the message again."
Asked = tuple[str, str]
"""A debtor, and the digest of the message that was read."""


def plan_sheet(house: House, business: str) -> PlanSheet:
    """Today's plan, message by message; who has waited longest comes first."""
    now, decided, known = house.clock.now(), make_plan(house, business), ledgers_of(house, business)
    spoken, rest = [], []
    for one in decided:
        rows = rows_of(one, now, known)
        about = _invoices(one.decision.candidate)
        if one.decision.candidate is not None:
            spoken.append(_view(one, tuple(row for row in rows if (row.ledger, row.invoice_id) in about), known))
        rest += [row for row in rows if (row.ledger, row.invoice_id) not in about]
    day = now.astimezone(business_zone(house, the_business(house, business))).date()
    spoken.sort(key=lambda one: (-max(row.days_late for row in one.rows), one.customer))
    rest.sort(key=lambda row: (row.say, -row.days_late, row.customer, row.number))
    standing, old = automatic_of(house, business, decided), backlog_size(house, business, decided)
    return PlanSheet(day, now, tuple(spoken), tuple(rest), standing, old)


def _invoices(message: Message | None) -> set[tuple[str, str]]:
    return {(line.invoice.ref.connection, line.invoice.ref.id) for line in message.lines} if message else set()


def _view(one: Decided, rows: tuple[PlanRow, ...], ledgers: Mapping[str, Connected]) -> MessageView:
    message, approval = one.decision.candidate, _answered(one)
    assert message is not None, "asked before"
    edit, channel = edit_of(approval.edit) if approval else None, _channel(message, ledgers)
    return MessageView(
        connection=one.connected.id,
        customer_id=one.case.head.ref.id,
        customer=one.case.head.name,
        digest=digest(message),
        standing=one.standing.value,
        step=message.step.name,
        channel=channel.value,
        tone=message.tone.name.lower(),
        to=tuple(address.address for address in message.to),
        asked=tuple(by_currency(line.asked for line in message.lines).values()),
        credits=message.credits,
        rows=rows,
        odd=tuple(odd.reason for odd in one.decision.odd),
        later=next((row.reason for row in rows), "") if one.decision.waiting else "",
        answered_by=approval.by if approval else "",
        edited=edit.subject if edit else "",
        own_words=channel is not Channel.PLATFORM,
    )


def _answered(one: Decided) -> Approval | None:
    """The answer that is about this very message."""
    return one.approval if one.standing in (Standing.APPROVED, Standing.REFUSED) else None


def _channel(message: Message, ledgers: Mapping[str, Connected]) -> Channel:
    """The platform of its first invoice mails only where it can."""
    first = ledgers.get(message.lines[0].invoice.ref.connection)
    can = first is not None and Capability.SEND_INVOICE in platform(first.platform).capabilities
    return message.channel if can or message.channel is not Channel.PLATFORM else Channel.MAIL


def answer_messages(
    house: House, business: str, asked: Collection[Asked], *, by: str, refused: bool = False, together: bool = False
) -> Given:
    """A person lets these messages go, or says not today: each only if it still is the one that was read.

    Answered `together`, the odd ones are left for somebody to look at singly.
    """
    known = {one.case.debtor: one for one in make_plan(house, business)}
    now, answers = house.clock.now(), []
    names: dict[str, list[str]] = {"taken": [], "changed": [], "single": []}
    for debtor, read in asked:
        one = known.get(debtor)
        end = _end(one, read, together=together)
        names[end].append(one.case.head.name if one else "a customer who owes nothing any more")
        if one is not None and end == "taken":
            answers.append(_answer(one, by=by, at=now, refused=refused))
    with house.database.write() as tx:
        answer(tx, business, answers)
    return Given(**{end: tuple(some) for end, some in names.items()})


def _end(one: Decided | None, read: str, *, together: bool) -> str:
    message = one.decision.candidate if one else None
    if one is None or message is None or digest(message) != read:
        return "changed"
    return "single" if together and one.decision.odd else "taken"


def _answer(one: Decided, *, by: str, at: datetime, refused: bool = False, edit: str = "") -> Approval:
    """Words that a person put into the message stay when somebody answers for it again."""
    message, before = one.decision.candidate, _answered(one)
    assert message is not None, "asked before"
    words = edit or (before.edit if before else "")
    return approve(message, by=by, at=at, edit=words, refused=refused)


def message_words(house: House, business: str, debtor: str, tried: Edit | None = None) -> WordsView:
    """Today's message to one customer as it would be sent, or as it would be in other words. Raises NotThere."""
    one = _of_today(house, business, debtor)
    message, before = one.decision.candidate, _answered(one)
    assert message is not None, "looked for"
    edit = tried or (edit_of(before.edit) if before else None)
    urls = {line.invoice.ref: PAY_URL for line in message.lines}
    with house.database.read() as tx:
        own = {**own_wordings(tx, business), **own_words(message, one.case, edit)}
    owner = the_business(house, business)
    signed = house.signature(owner)
    subject, opening = words_of(message, one.case, sender=signed, pay_urls=urls, own=own)
    bank = bank_of(owner.settings)
    terms = agreed(house, business, [line.invoice for line in message.lines])
    late = late_of(house, business, one.case, [line.invoice for line in message.lines])
    letter = write(message, one.case, sender=signed, pay_urls=urls, own=own, bank=bank, agreed=terms, late=late)
    known, about = ledgers_of(house, business), _invoices(message)
    rows = (row for row in rows_of(one, house.clock.now(), known) if (row.ledger, row.invoice_id) in about)
    return WordsView(_view(one, tuple(rows), known), subject, opening, letter.text)


def edit_message(house: House, business: str, asked: Asked, words: Mapping[str, str], *, by: str) -> str:
    """Approve the message in a person's own words (`subject`, `opening`); to whom. Raises Refused with every problem.

    Words that say nothing else than ours leave it as it is and approve it.
    """
    debtor, read = asked
    one = _of_today(house, business, debtor)
    message = one.decision.candidate
    assert message is not None, "looked for"
    if digest(message) != read:
        raise Refused(CHANGED)
    if _channel(message, ledgers_of(house, business)) is Channel.PLATFORM:
        raise Refused("The platform sends this one in its own words, which cannot be changed here.")
    edit = tidy(words.get("subject", ""), words.get("opening", ""))
    operator = operator_of(the_business(house, business).settings)
    if wrong := problems(message, one.case, edit, operator=operator):
        raise Refused(" ".join(wrong))
    with house.database.write() as tx:
        answer(tx, business, [_answer(one, by=by, at=house.clock.now(), edit=kept(edit))])
    return one.case.head.name


def _of_today(house: House, business: str, debtor: str) -> Decided:
    found = next((one for one in make_plan(house, business) if one.case.debtor == debtor), None)
    if found is None or found.decision.candidate is None:
        raise NotThere("There is no message to this customer in today's plan; see the plan for the reason.")
    return found


def sentences(given: Given, *, state: Answered) -> Sequence[tuple[str, str]]:
    """What became of the answers, as (tone, sentence) for people."""
    told = []
    if given.taken:
        word = "will be sent, at its hour" if state is Answered.APPROVED else "will not be sent today"
        told.append(("good", f"{_named(given.taken)} {word}."))
    if given.changed:
        told.append(("bad", f"{_named(given.changed)}: {CHANGED}"))
    if given.single:
        told.append(("wait", f"{_named(given.single)}: please look at each of these and approve it by itself."))
    return told


def _named(names: Sequence[str]) -> str:
    """A few names, and how many more."""
    if len(names) > 3:
        return f"{len(names)} messages" if len(set(names)) > 3 else ", ".join(names)
    return f"The message to {names[0]}" if len(names) == 1 else f"The messages to {', '.join(names)}"
