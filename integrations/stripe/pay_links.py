"""Payment links: they belong to no customer and never expire, are paid by once, and are switched off and never deleted.

Stripe lists them by nothing of ours and tells no date of theirs, so that one whose reply was lost is looked for among
all. A bank debit that fails has used its link up as well.
"""

from typing import Any

import msgspec

from integrations.contract import Lookup
from integrations.stripe.balance import walked
from integrations.stripe.client import StripeClient
from integrations.stripe.failures import KeyUsed
from integrations.stripe.pricing import MARK, line, noted, require, told_about
from integrations.stripe.till_payloads import LinkPayload
from integrations.stripe.writing import require_key
from integrations.tills import LastingLink, WantedLink

LINKS = "/v1/payment_links"
PREFIX = "plink_"


class PayLinks:
    """The payment links of one account."""

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    def start(self, wanted: WantedLink, key: str) -> LastingLink:
        """A link over one line that can be paid by once. Its payer may see another currency; the sum stays ours."""
        asked = _asked(wanted, require_key(key))
        try:
            made = self._client.post(LINKS, _link, asked, key=f"dw-link-{key}")
        except KeyUsed:
            found = self.found(key)  # somebody asked under this key before, in other words
            if isinstance(found, LastingLink):
                return found
            raise
        return self.one(made.id) if self._client.replayed() else _told(made)

    def one(self, id: str) -> LastingLink:
        """As it is now."""
        return _told(self._client.get(f"{LINKS}/{require(id, PREFIX)}", _link))

    def switch_off(self, id: str) -> LastingLink:
        """It opens no page any more."""
        path = f"{LINKS}/{require(id, PREFIX)}"
        return _told(self._client.post(path, _link, {"active": "false"}, key=f"dw-off-{id}"))

    def found(self, key: str) -> LastingLink | Lookup:
        """Newest first."""
        require_key(key)
        for one in walked(self._client, LINKS, LinkPayload, {}):
            if one.metadata.get(MARK) == key:
                return _told(one)
        return Lookup.NOT_THERE


def _asked(wanted: WantedLink, key: str) -> dict[str, Any]:
    notes = noted(wanted.about, key)
    return {
        "line_items": [line(wanted.amount, wanted.text)],
        "restrictions": {"completed_sessions": {"limit": 1}},
        "metadata": notes,
        "payment_intent_data": {"metadata": notes},
        **({"payment_method_types": list(wanted.methods)} if wanted.methods else {}),
    }


def _told(one: LinkPayload) -> LastingLink:
    done = one.restrictions.completed_sessions if one.restrictions else None
    live = one.active and (done is None or done.count < done.limit)
    return LastingLink(one.id, live, one.url if live else "", told_about(one.metadata))


def _link(body: bytes) -> LinkPayload:
    return msgspec.json.decode(body, type=LinkPayload)
