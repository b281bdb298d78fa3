"""What we do at Stripe: have an invoice mailed again, leave notes and a pay link in its metadata; each at most once."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from integrations.contract import KEY_LENGTH_MAX, Lookup, Receipt
from integrations.errors import Refused
from integrations.stripe.cursor import EVENTS_LAST
from integrations.stripe.events import EventPage, event_page
from integrations.stripe.listing import PAGE, Lists, require_id
from integrations.stripe.payloads import EventPayload, InvoiceActions
from integrations.stripe.streams import INVOICES, dated_of
from receivables.records import Ref

NOTE = "dw_note_"
PAY_LINK, PAY_LINK_KEY = "duewell_pay_link", "dw_link"
"""The address, and the key under which it was written last, which stays when the address is taken out."""
NOTE_LENGTH_MAX = 500
METADATA_MAX = 50
CLOCKS_APART = timedelta(minutes=5)


class Writing:
    """Writes to one account's invoices."""

    def __init__(self, lists: Lists) -> None:
        self._client = lists.client

    def actions(self, invoice: Ref) -> InvoiceActions:
        """The invoice as it is now, as far as acting on it needs. Raises NotThere."""
        key = require_id(INVOICES, invoice.id)
        return self._client.get(f"/v1/invoices/{key}", _actions)

    def send(self, invoice: Ref, key: str) -> Receipt:
        """Mail it again. Raises Refused when Stripe would not, or when nothing is due: Stripe mails paid ones too."""
        require_key(key)
        now = self.actions(invoice)
        reason = why_not_sent(now)
        if reason:
            raise Refused(reason)
        at = self._client.wire.clock.now()
        self._client.post(f"/v1/invoices/{invoice.id}/send", _actions, key=_send_key(key))
        return Receipt(id="", at=at)

    def note(self, on: Ref, text: str, key: str) -> Receipt:
        """Leave a note; one that is there already is left as it is. Our oldest notes make room for it."""
        require_key(key)
        now = self._client.wire.clock.now()
        metadata = self.actions(on).metadata
        if NOTE + key in metadata:
            return Receipt(id=NOTE + key)
        self._change(on, metadata, {NOTE + key: note_text(text, now)}, f"dw-note-{key}")
        return Receipt(id=NOTE + key, at=now)

    def pay_link(self, invoice: Ref, url: str, key: str) -> Receipt:
        """Write the address, or take it out when it is empty. Every other entry stays as it is."""
        require_key(key)
        now = self._client.wire.clock.now()
        metadata = self.actions(invoice).metadata
        if metadata.get(PAY_LINK_KEY) != key:
            self._change(invoice, metadata, {PAY_LINK: url, PAY_LINK_KEY: key}, f"dw-link-{key}")
        return Receipt(id=PAY_LINK, at=now)

    def linked(self, invoice: Ref, key: str) -> Receipt | Lookup:
        """Is what was written last about the link this?"""
        there = self.actions(invoice).metadata.get(PAY_LINK_KEY) == require_key(key)
        return Receipt(id=PAY_LINK) if there else Lookup.NOT_THERE

    def _change(self, on: Ref, metadata: Mapping[str, str], wanted: Mapping[str, str], key: str) -> None:
        change = {**_room_for(metadata, wanted), **wanted}
        # The same key with other parameters is refused for a day, and the minute is in a note's text.
        digest = hashlib.sha256(msgspec.json.encode(change)).hexdigest()[:12]
        self._client.post(f"/v1/invoices/{on.id}", _actions, {"metadata": change}, key=f"{key}-{digest}")

    def noted(self, on: Ref, key: str) -> Receipt | Lookup:
        """Is the note there?"""
        there = NOTE + require_key(key) in self.actions(on).metadata
        return Receipt(id=NOTE + key) if there else Lookup.NOT_THERE

    def sent(self, invoice: Ref, key: str, since: datetime) -> Receipt | Lookup:
        """Did our request mail it? Its event tells, by our idempotency key; one that names no key leaves it open."""
        require_id(INVOICES, invoice.id)
        if since < self._client.wire.clock.now() - EVENTS_LAST:
            return Lookup.CANNOT_TELL
        wanted, answer = _send_key(require_key(key)), Lookup.NOT_THERE
        for event in self._sent_events(invoice, since):
            named = event.request.idempotency_key if event.request else None
            if named == wanted:
                return Receipt(id=event.id, at=datetime.fromtimestamp(event.created, UTC))
            if event.request is None:
                answer = Lookup.CANNOT_TELL
        return answer

    def _sent_events(self, invoice: Ref, since: datetime) -> list[EventPayload]:
        found: list[EventPayload] = []
        asked = {"limit": PAGE, "type": "invoice.sent", "created": {"gte": int((since - CLOCKS_APART).timestamp())}}
        page: EventPage | None = None
        while page is None or (page.has_more and page.oldest):
            after = {"starting_after": page.oldest} if page else {}
            page = self._client.get("/v1/events", event_page, {**asked, **after})
            found += [event for event in page.events if dated_of(event.data.object).id == invoice.id]
        return found


def _actions(body: bytes) -> InvoiceActions:
    return msgspec.json.decode(body, type=InvoiceActions)


def _send_key(key: str) -> str:
    return f"dw-send-{key}"


def require_key(key: str) -> str:
    """Raises Refused for a key that has no place in a metadata name."""
    if not 0 < len(key) <= KEY_LENGTH_MAX or "[" in key or "]" in key:
        raise Refused("a write needs a key of 1 to 20 characters without brackets")
    return key


def why_not_sent(invoice: InvoiceActions) -> str:
    """Why the invoice is not to be mailed; empty when it may."""
    if invoice.collection_method != "send_invoice":
        return "Stripe collects this invoice automatically and does not mail it"
    if invoice.status == "draft":
        return "this invoice is still a draft at Stripe; mailing it would make it final"
    if invoice.status != "open" or invoice.amount_remaining <= 0:
        return "nothing is due on this invoice at Stripe"
    return ""


def note_text(text: str, now: datetime) -> str:
    """A note as it is kept: the minute first, so that the oldest can be told, 500 characters at most."""
    return f"{now.astimezone(UTC):%Y-%m-%d %H:%M} {' '.join(text.split())}"[:NOTE_LENGTH_MAX]


def _room_for(metadata: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Which of our notes to clear ("" clears). Raises Refused when all fifty places are somebody else's."""
    surplus = len(metadata.keys() | {name for name, text in wanted.items() if text}) - METADATA_MAX
    ours = sorted((text, name) for name, text in metadata.items() if name.startswith(NOTE))
    if surplus > len(ours):
        raise Refused("all fifty places for notes on this invoice at Stripe are taken by others")
    return {name: "" for _, name in ours[: max(0, surplus)]}
