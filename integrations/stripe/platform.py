"""Stripe as the contract sees it: how to connect, read its webhooks and open its books."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from integrations.contract import (
    Account,
    Books,
    Capability,
    Consent,
    Delivery,
    Grant,
    Limit,
    Per,
    Subscription,
    Token,
    Touched,
    Wire,
)
from integrations.errors import NotThere, Reconnect, Refused
from integrations.stripe import connecting, webhooks
from integrations.stripe.books import StripeBooks
from integrations.stripe.client import API_VERSION, StripeClient
from integrations.stripe.payloads import Endpoint, PageOf
from integrations.stripe.till import StripeTill
from integrations.tills import Till
from receivables.records import Kind, Ref

PER_ENDPOINT = Limit("endpoint", calls=25, seconds=1.0, per=Per.ENDPOINT)
LIVE_ACCOUNT = Limit("account", calls=100, seconds=1.0)
TEST_ACCOUNT = Limit("account", calls=25, seconds=1.0)
ROOMS = {Kind.INVOICE: "invoices", Kind.CUSTOMER: "customers", Kind.CHARGEBACK: "disputes"}
ENDPOINTS = msgspec.json.Decoder(PageOf[Endpoint])


class StripePlatform:
    """Stripe by restricted key: one key, one account, one webhook endpoint of its own."""

    slug = "stripe"
    label = "Stripe"
    asks = frozenset({"own_reminders", "role"})
    customer_word = "customer"
    refusal = 403
    signature_header = "stripe-signature"
    capabilities = frozenset(
        {
            Capability.API_KEY,
            Capability.SEND_INVOICE,
            Capability.PAYMENT_URL,
            Capability.LEAVE_NOTE,
            Capability.CARRY_PAY_LINK,
            Capability.POST_CHARGE,
            Capability.DOCUMENT,
            Capability.TAKE_PAYMENTS,
            Capability.WEBHOOK_PER_CONNECTION,
        }
    )

    def authorize_url(self, wire: Wire, *, state: str, redirect_uri: str, challenge: str) -> str:  # noqa: ARG002
        """The Dashboard's page for a restricted key, prefilled. Nothing comes back: the person copies the key."""
        return connecting.key_link(wire)

    def exchange(self, wire: Wire, callback: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Consent:  # noqa: ARG002
        """From `api_key` and perhaps `account`. Raises Refused for another sort of key or missing permissions."""
        return connecting.connected(wire, callback)

    def renew(self, wire: Wire, grant: Grant) -> Grant:  # noqa: ARG002
        """A key is never renewed. Raises Reconnect."""
        raise Reconnect("Stripe's key cannot be renewed; please connect again with a new one")

    def disconnect(self, wire: Wire, account: Account, token: Token, *, last: bool) -> None:  # noqa: ARG002
        """End our endpoint; gone already is fine, and so is a dead key, which ends nothing any more."""
        endpoint = account.details.get("webhook_endpoint", "")
        if not endpoint:
            return
        try:
            _client(wire, account, token).delete(f"/v1/webhook_endpoints/{_require_endpoint(endpoint)}")
        except (NotThere, Reconnect):
            return

    def subscribe(self, wire: Wire, account: Account, token: Token, *, url: str) -> Subscription:
        """A snapshot endpoint in the SDK's version. One that a lost reply left at this address is replaced."""
        client = _client(wire, account, token)
        known = client.get("/v1/webhook_endpoints", ENDPOINTS.decode, {"limit": 100})
        for one in known.data:
            if one.url == url:
                client.delete(f"/v1/webhook_endpoints/{_require_endpoint(one.id)}")
        asked = {"url": url, "enabled_events": list(webhooks.EVENTS), "api_version": API_VERSION}
        key = f"dw-hook-{account.id}-{wire.clock.now().timestamp():.6f}"
        made = client.post("/v1/webhook_endpoints", _endpoint, {**asked, "description": "Duewell"}, key=key)
        return Subscription(made.secret, {"webhook_endpoint": made.id})

    def limits(self, account: Account) -> Sequence[Limit]:
        """25 calls a second for each endpoint; for the whole account 100, or 25 in test mode.

        The endpoint's comes first: a 429 that does not say which limit was met keeps back that endpoint alone.
        """
        live = account.details.get("livemode") == "true"
        return PER_ENDPOINT, LIVE_ACCOUNT if live else TEST_ACCOUNT

    def open(self, wire: Wire, account: Account, token: Token) -> Books:
        """The books of one account."""
        return StripeBooks(wire, account, token)

    def open_till(self, wire: Wire, account: Account, token: Token) -> Till:
        """The till of the same account."""
        return StripeTill(wire, account, token)

    def verify(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature."""
        webhooks.verify(delivery, now)

    def touched(self, delivery: Delivery) -> list[Touched]:
        """The records named."""
        return webhooks.touched(delivery)

    def web_url(self, account: Account, ref: Ref) -> str:
        """The Dashboard's page of an invoice, customer or dispute."""
        room = ROOMS.get(ref.kind)
        mode = "" if account.details.get("livemode") == "true" else "test/"
        return f"{connecting.DASHBOARD}/{mode}{room}/{ref.id}" if room else ""


def _client(wire: Wire, account: Account, token: Token) -> StripeClient:
    return StripeClient(wire, token, account=account.details.get("account", ""))


def _require_endpoint(key: str) -> str:
    if not (key.startswith("we_") and key[3:].isascii() and key[3:].isalnum()):
        raise Refused("that is not an id of a Stripe webhook endpoint")
    return key


def _endpoint(body: bytes) -> Endpoint:
    return msgspec.json.decode(body, type=Endpoint)


PLATFORM = StripePlatform()
