"""The credit policy with a customer's first invoice: whose first one it is, and which versions they already have.

It goes along with our own mail that sends the invoice. Where the platform sent it, it follows as a message of its own.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import structlog

from collector.channels.port import Parcel
from collector.debtors.whole import whole
from collector.judgement import Message
from collector.occasions.courtesy import Occasion
from collector.policy import Channel
from collector.reasons.day import COUNTS, FIRST_SENDING, Day
from collector.wording.stationery import Stationery
from integrations.errors import Refused
from receivables.records import Answer, Invoice, InvoiceStatus, Ref
from receivables.said import Saying
from storage import actions
from storage.actions import Action
from storage.database import Tx
from sync.source import Source

log = structlog.get_logger(__name__)

NEWS = timedelta(days=14)
"""So long after a first invoice was sent its terms still follow it. A customer of longer standing is told nothing."""
NEVER_WAS = (InvoiceStatus.DRAFT, InvoiceStatus.VOID, InvoiceStatus.DELETED, InvoiceStatus.OTHER)


def first_of(invoices: Iterable[Invoice]) -> Invoice | None:
    """The one that was issued first; None when there is none, or one of them tells no day."""
    issued = [one for one in invoices if one.status not in NEVER_WAS]
    if not issued or any(one.issued_on is None for one in issued):
        return None
    return min(issued, key=lambda one: (one.issued_on or date.max, one.number, one.ref.id))


def sent_lately(day: Day, invoice: Invoice) -> bool:
    """Is it certain that the customer got it, and was that only days ago?"""
    done = day.done(invoice)
    known = invoice.sent is Answer.YES or bool(done) or day.said(Saying.WAS_SENT, invoice.ref) is not None
    days = [on for on in (invoice.issued_on, done.get(FIRST_SENDING.name)) if on is not None]
    return known and bool(days) and day.on - max(days) <= NEWS


def versions_had(tx: Tx, business: str, debtors: Iterable[str]) -> set[int]:
    """The versions of the credit policy that went, or may have gone, to a customer under any of their names."""
    acts = [one for name in debtors for one in actions.actions(tx, business, debtor=name)]
    return {version for act in acts if act.state.value in COUNTS for version in _versions_in(act)}


def _versions_in(act: Action) -> Sequence[int]:
    told = json.loads(act.payload or "{}")
    if act.act == Occasion.TERMS:
        return [int(told.get("version", 0))]
    return [int(one["terms"]) for one in told.get("attached", ()) if isinstance(one, dict) and "terms" in one]


def with_terms(source: Source, message: Message, parcel: Parcel, paper: Stationery) -> Parcel:
    """The parcel with the credit policy, where it is our own mail that sends a customer their first invoice."""
    sending = {line.invoice.ref for line in message.lines if line.step.name == FIRST_SENDING.name}
    version = _version_for(source, message.debtor, sending, paper) if sending else 0
    if not version or message.channel is not Channel.MAIL:
        return parcel
    try:
        terms = paper.terms(version)
    except Refused as error:
        log.warning("the credit policy cannot go along", connection=source.connection, why=str(error))
        return parcel
    return replace(parcel, attachments=(*parcel.attachments, terms))


def _version_for(source: Source, debtor: str, sending: set[Ref], paper: Stationery) -> int:
    """The version that their first invoice came under; 0 when it is not among these, or they have it already."""
    connected, now = source.state(), source.clock.now()
    with source.database.read() as tx:
        found = whole(tx, connected, debtor, now)
        first = first_of(found.case.invoices) if found else None
        if found is None or first is None or first.ref not in sending:
            return 0
        version = paper.agreed([first]).get(first.ref, 0)
        return 0 if version in versions_had(tx, source.business, [debtor, *found.case.known_as]) else version
