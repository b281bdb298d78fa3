"""Packs a message for its channel: whom it goes to, what is attached, and which earlier mail it follows."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from collector.channels.port import Attachment, Carrier, OptedOut, Parcel, WrongAddress
from collector.enclosing import Enclosed, enclosed
from collector.judgement import Message
from collector.policy import Channel
from collector.reaching import mobile, numbers
from collector.wording.writing import Letter
from integrations.contract import Receipt
from receivables.case import Case
from receivables.money import Money
from receivables.records import Ref
from receivables.said import Said, Saying
from storage import actions
from storage.actions import ActionState
from storage.replies import keep_reply_key
from storage.said import said, say
from sync.source import Source

BY = "Duewell"


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How parcels are made here: with files or without, an answer address of the customer's own, and how many bytes of
    files a mail may hold. `patient`: a file that cannot be read now is worth waiting for."""

    attach_invoices: bool = True
    reply_keys: bool = False
    bytes_max: int = 10_000_000
    patient: bool = True


def pack(source: Source, case: Case, message: Message, letter: Letter, *, wrapping: Wrapping) -> Parcel:
    """The parcel for the message's channel. Raises TryLater when an invoice's PDF cannot be fetched now, and FilesLater
    when only another file cannot, and we are patient."""
    country = case.head.address.country or case.company.country
    first = message.lines[0].invoice
    parcel = Parcel(
        debtor=message.debtor,
        to=_to(message, case, country),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        name=case.head.name,
        postal=case.head.address,
        country=country,
        language=case.head.language or "en",
        day_on=message.day_on,
        about=first.ref,
        amount=_asked(message),
    )
    return _for_mail(source, message, parcel, wrapping) if message.channel is Channel.MAIL else parcel


def _to(message: Message, case: Case, country: str) -> tuple[tuple[str, str], ...]:
    if message.channel is Channel.SMS:
        found = mobile(case.head.phones, country)
        return ((case.head.name, found),) if found else ()
    if message.channel is Channel.CALL:
        return tuple((case.head.name, number) for number in numbers(case.head.phones, country))
    if message.channel is Channel.LETTER:
        return ()
    addressed = tuple((one.name, one.address) for one in message.to if one.addressed)
    return addressed or tuple((one.name, one.address) for one in message.to)


def _asked(message: Message) -> Money | None:
    """What is asked in all, when it is one currency."""
    total = message.lines[0].asked
    for line in message.lines[1:]:
        if line.asked.currency != total.currency:
            return None
        total += line.asked
    return total


def _for_mail(source: Source, message: Message, parcel: Parcel, wrapping: Wrapping) -> Parcel:
    invoices = [line.invoice for line in message.lines]
    key = ""
    if wrapping.reply_keys:
        with source.database.write() as tx:
            key = keep_reply_key(tx, source.business, message.debtor)
    files = Enclosed(wrapping.bytes_max)
    if wrapping.attach_invoices:
        files = enclosed(source, message, bytes_max=wrapping.bytes_max, patient=wrapping.patient)
    earlier = earlier_mails(source, message.debtor, [one.ref for one in invoices])
    papers, left_out = tuple(files.papers), tuple(files.left_out)
    copies = tuple(both for one in message.to if (both := (one.name, one.address)) not in parcel.to)
    return replace(parcel, attachments=papers, earlier=earlier, reply_key=key, left_out=left_out, copies=copies)


def told_of_files(parcel: Parcel) -> dict[str, object]:
    """What is kept of a parcel's files: name, size and digest (blake2b, hex) of what went; what did not, and why."""
    not_gone = {one.name for one in parcel.left_out}
    went = [_told(one) for one in parcel.attachments if one.name not in not_gone]
    left = [{"name": one.name, "why": one.why} for one in parcel.left_out]
    return {name: told for name, told in (("attached", went), ("left_out", left)) if told}


def _told(one: Attachment) -> dict[str, object]:
    digest = hashlib.blake2b(one.content, digest_size=20).hexdigest()
    told: dict[str, object] = {"name": one.name, "bytes": len(one.content), "digest": digest}
    return told | ({"terms": one.terms} if one.terms else {})


def earlier_mails(source: Source, debtor: str, invoices: Iterable[Ref]) -> tuple[str, ...]:
    """The Message-IDs of what went to this customer about any of these invoices, oldest first."""
    about = set(invoices)
    with source.database.read() as tx:
        spoken = actions.spoken(tx, source.business, debtor=debtor)
    sent = (
        act.receipt
        for speaks, act in spoken
        if act.act == Channel.MAIL and act.state is ActionState.SENT and speaks.invoice in about and act.receipt
    )
    return tuple(dict.fromkeys(sent))


def hand_over(source: Source, carrier: Carrier, channel: Channel, parcel: Parcel, *, key: str) -> Receipt:
    """Deliver, and remember what a refusal teaches about the address: opted out, or no such address."""
    try:
        return carrier.deliver(parcel, key=key, now=source.clock.now())
    except OptedOut as error:
        _remember(source, parcel, Saying.OPT_OUT, channel, address=error.address)
        raise
    except WrongAddress as error:
        _remember(source, parcel, Saying.WRONG_ADDRESS, channel, address=error.address)
        raise


def _remember(source: Source, parcel: Parcel, kind: Saying, channel: Channel, *, address: str) -> None:
    """Once: a step that is tried again says nothing new."""
    now = source.clock.now()
    on = parcel.day_on or now.date()
    note = "The carrier refused the message."
    with source.database.write() as tx:
        known = said(tx, source.business, debtor=parcel.debtor, kinds=(kind,))
        if any(one.ended_at is None and (one.channel, one.address) == (channel.value, address) for one in known):
            return
        words = Said(parcel.debtor, kind, on, channel=channel.value, address=address, note=note, by=BY)
        say(tx, source.business, words, now=now)
