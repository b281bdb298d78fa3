"""QuickBooks Online as a kind of accounting system: how to connect, read its webhooks, and open a company."""

# ruff: noqa: ARG002 - the signatures are the contract's, and say more than QuickBooks needs

from collections.abc import Mapping, Sequence
from datetime import datetime

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
from integrations.errors import Unsupported
from integrations.quickbooks import authorising, deliveries
from integrations.quickbooks.books import QuickBooksBooks
from receivables.records import Kind, Ref

SITE = "https://app.qbo.intuit.com/app"
PAGES: Mapping[Kind, str] = {
    Kind.CUSTOMER: "customerdetail?nameId=",
    Kind.INVOICE: "invoice?txnId=",
    Kind.PAYMENT: "recvpayment?txnId=",
    Kind.CREDIT: "creditmemo?txnId=",
}
# One API and no batches cannot meet the 800 calls a minute over all of Intuit's APIs, nor the limits on batches.
LIMITS = (
    Limit("second", 10, 1.0),
    Limit("minute", 500, 60.0),
    Limit("month", 500_000, 31 * 86_400.0, Per.APP),
)


class QuickBooks:
    """Keeps nothing: every call gets all it needs."""

    slug = authorising.SLUG
    label = "QuickBooks"
    asks = frozenset({"time_zone", "own_reminders", "role", "others_post"})
    customer_word = "customer"
    refusal = 403
    signature_header = "intuit-signature"
    capabilities = frozenset(
        {
            Capability.OAUTH,
            Capability.SEND_INVOICE,
            Capability.PAYMENT_URL,
            Capability.LEAVE_NOTE,
            Capability.POST_CHARGE,
            Capability.DOCUMENT,
            Capability.ATTACHMENTS,
            Capability.WEBHOOK_PER_APP,
        }
    )

    def authorize_url(self, wire: Wire, *, state: str, redirect_uri: str, challenge: str) -> str:
        """Intuit's consent page; the challenge is not used, since there is no PKCE."""
        del challenge
        return authorising.authorize_url(wire, state=state, redirect_uri=redirect_uri)

    def exchange(self, wire: Wire, callback: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Consent:
        """Tokens for the callback's `code`, and the company it names in `realmId`."""
        del verifier
        return authorising.exchange(wire, callback, redirect_uri=redirect_uri)

    def renew(self, wire: Wire, grant: Grant) -> Grant:
        """New tokens; keep the refresh token that comes back, the old one may be dead at once."""
        return authorising.renew(wire, grant)

    def disconnect(self, wire: Wire, account: Account, token: Token, *, last: bool) -> None:
        """A grant is for one company: with its last connection it is revoked."""
        if last:
            authorising.revoke(wire, token)

    def subscribe(self, wire: Wire, account: Account, token: Token, *, url: str) -> Subscription:
        """Webhooks belong to the app and are set in Intuit's developer portal."""
        raise Unsupported("QuickBooks has one webhook address per app, set in Intuit's developer portal")

    def limits(self, account: Account) -> Sequence[Limit]:
        """For each company, and the month of the free tier for the whole app."""
        return LIMITS

    def open(self, wire: Wire, account: Account, token: Token) -> Books:
        """The books of one company. No HTTP yet."""
        return QuickBooksBooks(wire, account, token)

    def verify(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature. QuickBooks signs no time, so `now` is not asked."""
        deliveries.verify(delivery)

    def touched(self, delivery: Delivery) -> list[Touched]:
        """The records a verified delivery names."""
        return deliveries.touched(delivery)

    def web_url(self, account: Account, ref: Ref) -> str:
        """Where a person sees the record; QuickBooks opens it in the company they are signed in to."""
        page = PAGES.get(ref.kind, "")
        return f"{SITE}/{page}{ref.id}" if page and ref.id.isalnum() else ""


PLATFORM = QuickBooks()
