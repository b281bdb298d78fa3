"""Dispatch: the one machine through which everything leaves the building.

Look again, decide again, claim, act, record. The claim is on disk before the call. A failure that provably did
nothing may be tried again under the same key; one that may have acted is ambiguous and is never repeated blindly.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import structlog

from collector.approving import settled
from collector.channels.port import Carriers, Parcel
from collector.debtors.case_book import MESSAGES
from collector.debtors.case_book import case as read_case
from collector.decide import decide
from collector.enclosing import FilesLater
from collector.judgement import Decision, Line, Message, Say
from collector.notes import plan_notes
from collector.occasions.first_invoice import with_terms
from collector.once import under_claim
from collector.packing import Wrapping, hand_over, pack, told_of_files
from collector.plan import Ruling, kept_verdicts, known
from collector.policy import Channel, Policy
from collector.waiting import WAITS_MAX, wait, waited
from collector.wording.edited import Edit, edit_of, own_words
from collector.wording.source import BadWording
from collector.wording.stationery import Stationery
from collector.wording.writing import Letter, kept, write
from integrations.contract import KEY_LENGTH_MAX, Capability, Receipt
from integrations.errors import Refused, Unsupported
from integrations.registry import platform
from receivables.case import Case
from receivables.records import Ref
from storage import actions
from storage.actions import Claim, Plan, Speaks
from storage.approvals import Approval, approval
from storage.database import Tx
from storage.plannings import planned
from storage.verdicts import keep_verdicts
from sync.refresh import refresh_together
from sync.source import Source

log = structlog.get_logger(__name__)

UNREAD = "The past of these books is still being read: money may be there already."


@dataclass(frozen=True, slots=True)
class Sender:
    """Everything a sending needs beside the books: the policy, the ways out, what it is written on, and who is at work.

    `automatic` lets ordinary messages go without a person.

    `commit` runs a piece of work in a transaction and returns once it is durable: claims are committed in groups.
    """

    ruling: Ruling
    automatic: bool
    carriers: Carriers
    stationery: Stationery
    worker: str
    commit: Callable[[Callable[[Tx], Claim]], Claim]
    wrapping: Wrapping = field(default_factory=Wrapping)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one debtor's turn. `state` is an action state, or why there is no action: "nothing" when there was
    no reason to write, "unready" when its channel is not set up, "unread" when the books could not be read afresh."""

    debtor: str
    state: str
    reason: str
    invoices: tuple[Ref, ...] = ()


def key_of(*parts: str) -> str:
    """The permanent name of an act, from what the act is; short enough for every platform's own field."""
    return hashlib.blake2b("/".join(parts).encode(), digest_size=KEY_LENGTH_MAX // 2).hexdigest()


def dispatch(source: Source, sender: Sender, debtor: str) -> Outcome:
    """Give one debtor their turn: a fresh look, a second decision, and the message if there still is one.

    Raises TryLater or Reconnect when the books cannot be read afresh; then nothing was sent.
    """
    connected = source.state()
    if connected.first_pull_done_at is None:
        return Outcome(debtor, "unread", UNREAD)
    now = source.clock.now()
    case = read_case(source.database, connected, debtor, now)
    if case is None or _judged(sender, case, sender.ruling(case), now).message is None:
        return Outcome(debtor, "nothing", "There is nothing to send any more.")
    if not refresh_together(source, (one.ref for one in case.invoices), (one.ref for one in case.customers)):
        return Outcome(debtor, "unread", UNREAD)
    return _second_look(source, sender, debtor)


def _second_look(source: Source, sender: Sender, debtor: str) -> Outcome:
    """At one instant: what is read, judged and kept must be of the same, or a replay of it would judge another."""
    now = source.clock.now()
    case = read_case(source.database, source.state(), debtor, now)
    if case is None:
        return Outcome(debtor, "nothing", "Everything was paid in the meantime.")
    policy = sender.ruling(case)
    judged = _judged(sender, case, policy, now)
    approval, sent = _answered(source, judged.candidate)
    decision = settled(judged, approval, automatic=sender.automatic)
    _keep(source, sender, case, decision, now=now)
    if decision.message is None:
        return Outcome(debtor, "waiting" if decision.waiting else "nothing", _why(decision))
    if sent >= policy.daily_cap:
        return Outcome(debtor, "nothing", f"{policy.daily_cap} messages were sent today, which is the most.")
    edit = edit_of(approval.edit) if approval else None
    return _send(source, sender, case, decision.message, edit=edit)


def _judged(sender: Sender, case: Case, policy: Policy, now: datetime) -> Decision:
    return decide(case, policy, now, ready=sender.carriers.ready())


def _answered(source: Source, message: Message | None) -> tuple[Approval | None, int]:
    """What a person said about this very message, and how many went out on its day."""
    if message is None:
        return None, 0
    with source.database.read() as tx:
        sent = actions.sent_on(tx, source.business, MESSAGES, since=message.day_on)
        return approval(tx, source.business, message.debtor, message.day_on), sent.get(message.day_on, 0)


def _why(decision: Decision) -> str:
    """The first reason of those that keep it, or else of those that leave it alone."""
    ordered = sorted(decision.verdicts, key=lambda verdict: verdict.say is not Say.HOLD)
    return ordered[0].reason


def _keep(source: Source, sender: Sender, case: Case, decision: Decision, *, now: datetime) -> None:
    """With when it was judged and what was known then, so that a replay judges at this instant too."""
    with source.database.write() as tx:
        ready = sender.carriers.ready()
        now_known = known(tx, source.business, automatic=sender.automatic, ready=ready, only=case.debtor)
        planned(tx, source.business, now_known, at=now)
        keep_verdicts(tx, source.business, kept_verdicts(case, decision, now))


def _send(source: Source, sender: Sender, case: Case, message: Message, *, edit: Edit | None) -> Outcome:
    """Prepare everything that may fail harmlessly, then claim, then act."""
    refs = tuple(invoice.ref for invoice, _ in message.invoices)
    message, key = replace(message, channel=channel_of(source, message)), message_key(source.business, message)
    if missing := sender.carriers.missing(message.channel, message.step.sender):
        return Outcome(message.debtor, "unready", missing, refs)
    try:
        letter = None if message.channel is Channel.PLATFORM else _letter(source, sender, case, message, edit=edit)
    except BadWording as error:
        return Outcome(message.debtor, "unready", f"Its wording can no longer be used: {error}.", refs)
    parcel = _packed(source, sender, case, message, letter=letter, key=key) if letter else None
    if isinstance(parcel, str):
        return Outcome(message.debtor, "unready", parcel, refs)
    claim = _claim(source, sender, message, _payload(message, letter, parcel), key=key)
    if claim is not Claim.MINE:
        return Outcome(message.debtor, "nothing", TAKEN[claim], refs)
    call = partial(_call, source, sender, message, parcel, key=key)
    done = under_claim(source, sender.worker, key, call, then=partial(plan_notes, source))
    return Outcome(message.debtor, done.state.value, done.reason, refs)


TAKEN = {
    Claim.NOT_FREE: "This message was already dealt with.",
    Claim.KEY_TAKEN: "One of these invoices already has this reminder.",
    Claim.DAY_TAKEN: "This customer already got a message today.",
}


def _packed(source: Source, sender: Sender, case: Case, message: Message, *, letter: Letter, key: str) -> Parcel | str:
    """The parcel; or a sentence while it waits for files, which it does a few times before it goes without them."""
    times = waited(source, key)
    wrapping = replace(sender.wrapping, patient=times < WAITS_MAX)
    try:
        parcel = pack(source, case, message, letter, wrapping=wrapping)
    except FilesLater:
        facts = {"step": message.step.name, "invoices": [invoice.number for invoice, _ in message.invoices]}
        return wait(source, _planned(source, message, key), facts, times=times + 1)
    return with_terms(source, message, parcel, sender.stationery) if sender.ruling(case).send_credit_policy else parcel


def channel_of(source: Source, message: Message) -> Channel:
    """The message's channel; the platform only where it can mail its invoices."""
    first = source.of(message.lines[0].invoice.ref.connection)
    can = Capability.SEND_INVOICE in platform(first.platform).capabilities
    return message.channel if can else Channel.MAIL


def message_key(business: str, message: Message) -> str:
    """A message is its first invoice's step: that key is among those it claims."""
    return _key_of_line("message", business, message.lines[0])


def _key_of_line(act: str, business: str, line: Line) -> str:
    """The first time a step is done for an invoice it needs no number; a part has its own, within its plan."""
    number = str(line.occurrence)
    plan = (line.part.plan.id, number) if line.part else ()
    again = plan or (() if line.occurrence == 1 else (number,))
    return key_of(act, business, line.invoice.ref.connection, line.invoice.ref.id, line.step.name, *again)


def _letter(source: Source, sender: Sender, case: Case, message: Message, *, edit: Edit | None) -> Letter:
    """In our words, or in those that the person who approved it put in their place."""
    paper = sender.stationery
    ours = paper.pay_page(case)
    refs = [invoice.ref for invoice, _ in message.invoices]
    lasting = {} if ours else paper.pay_links(case, message.lines)
    urls = {ref: ours or lasting.get(ref) or _pay_url(source.of(ref.connection), ref) for ref in refs}
    known = {ref: url for ref, url in urls.items() if url}
    return write(
        message,
        case,
        sender=paper.signature,
        pay_urls=known,
        own={**paper.own, **own_words(message, case, edit)},
        bank=paper.bank,
        agreed=paper.agreed([line.invoice for line in message.lines]),
        late=paper.late(case, [line.invoice for line in message.lines]),
    )


def _pay_url(source: Source, invoice: Ref) -> str:
    """The platform's pay page, fetched fresh. A message is worth sending without one."""
    try:
        return source.books.payment_url(invoice)
    except (Refused, Unsupported) as error:
        log.info("no pay link", connection=source.connection, why=str(error))
        return ""


def _payload(message: Message, letter: Letter | None, parcel: Parcel | None) -> str:
    """What is kept of a message: who got it and its words. Links are marked, never stored, and proven by the digest."""
    told: dict[str, object] = {
        "to": list(parcel.addresses) if parcel else [one.address for one in message.to],
        "step": message.step.name,
        "invoices": [invoice.number for invoice, _ in message.invoices],
        "subject": "",
        "text": "",
    }
    if letter is not None:
        words = kept(letter)
        told |= {"subject": words.subject, "text": words.text, "html": words.html, "digest": words.digest}
    if parcel is not None:
        told |= told_of_files(parcel)
    return json.dumps(told)


def _planned(source: Source, message: Message, key: str, payload: str = "") -> Plan:
    about = message.invoices[0][0].ref
    return Plan(channel_of(source, message).value, key, message.debtor, source.connection, about, payload)


def _claim(source: Source, sender: Sender, message: Message, payload: str, *, key: str) -> Claim:
    now = source.clock.now()
    wanted = _planned(source, message, key, payload)
    speaks = [
        Speaks(_key_of_line("step", source.business, line), line.invoice.ref, line.step.name, str(line.occurrence))
        for line in message.lines
    ]

    def work(tx: Tx) -> Claim:
        actions.plan(tx, source.business, wanted, now=now)
        who = sender.worker
        return actions.claim(tx, source.business, key, by=who, now=now, speaks=speaks, local_day=message.day_on)

    return sender.commit(work)


def _call(source: Source, sender: Sender, message: Message, parcel: Parcel | None, *, key: str) -> Receipt:
    """The one call that leaves the building."""
    if parcel is None:
        first = message.invoices[0][0].ref
        return source.of(first.connection).books.send_invoice(first, key=key)
    carrier = sender.carriers.of(message.channel, message.step.sender)
    assert carrier is not None, "checked before the claim"
    return hand_over(source, carrier, message.channel, parcel, key=key)
