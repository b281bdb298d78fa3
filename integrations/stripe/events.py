"""Which of Stripe's events we follow, and a page of them decoded so that an odd one never loses the rest."""

from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.stripe.payloads import EventPayload, PageOf, RawPage
from integrations.stripe.streams import CREDITS, CUSTOMERS, DISPUTES, INVOICES, PAYMENTS, REFUNDS, Stream, dated_of

ABOUT: dict[str, Stream[Any]] = {
    "customer": CUSTOMERS,
    "invoice": INVOICES,
    "invoice_payment": PAYMENTS,
    "credit_note": CREDITS,
    "refund": REFUNDS,
    "charge.dispute": DISPUTES,
}
# Twenty is all one list takes. What is left out has a sibling here: every change of an invoice also says
# invoice.updated, a failed attempt and an overpayment too; credit_note.updated changes no amount.
TYPES = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "invoice.created",
    "invoice.updated",
    "invoice.deleted",
    "invoice.finalized",
    "invoice.paid",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice.sent",
    "invoice_payment.paid",
    "credit_note.created",
    "credit_note.voided",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)


ALL_AT_ONCE = msgspec.json.Decoder(PageOf[EventPayload])


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page of the events list, newest first; `odd` are the ids of events nobody can read."""

    events: list[EventPayload]
    odd: list[str]
    newest: str
    oldest: str
    has_more: bool


def event_page(body: bytes) -> EventPage:
    """A list answer, event by event only when one of them is odd. Raises MsgspecError for no list at all."""
    try:
        page = ALL_AT_ONCE.decode(body)
    except msgspec.MsgspecError:
        return _one_by_one(msgspec.json.decode(body, type=RawPage))
    return _page([(event.id, event) for event in page.data], has_more=page.has_more)


def _one_by_one(page: RawPage) -> EventPage:
    return _page([(dated_of(raw).id, _event(raw)) for raw in page.data], has_more=page.has_more)


def _page(read: list[tuple[str, EventPayload | None]], *, has_more: bool) -> EventPage:
    events = [event for _, event in read if event is not None and event.type in TYPES]
    odd = [key for key, event in read if event is None]
    return EventPage(events, odd, read[0][0] if read else "", read[-1][0] if read else "", has_more)


def _event(raw: msgspec.Raw) -> EventPayload | None:
    try:
        return msgspec.json.decode(raw, type=EventPayload)
    except msgspec.MsgspecError:
        return None


def stream_of(event: EventPayload) -> Stream[Any]:
    """The stream of the record an event of ours is about."""
    return ABOUT[event.type.rpartition(".")[0]]
