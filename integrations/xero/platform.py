"""Xero as a platform: how it is connected, renewed and left, and how its webhooks are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote, urlencode

from integrations.contract import (
    Account,
    Authorised,
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
from integrations.errors import Reconnect, Refused, TryLater, Unsupported
from integrations.http import address
from integrations.xero import attachments, banking, clearing, hooks, identity, reading
from integrations.xero.books import XeroBooks
from integrations.xero.client import CONCURRENT, Client
from integrations.xero.identity import CUSTOM, Denied, TokenReply
from integrations.xero.mapping import Mapper
from integrations.xero.payloads import Organisation
from integrations.xero.places import time_zone
from integrations.xero.refusals import TokenRefused
from integrations.xero.streams import Room
from receivables.records import Kind, Ref

T = TypeVar("T")
AUTHORIZE = "https://login.xero.com"
WEB = "https://go.xero.com"
# granular scopes: apps made since March 2026 get no others, whatever Xero's published schema still says
NEEDED = ("accounting.invoices", "accounting.payments", "accounting.contacts.read", "accounting.settings.read")
# asked of a person at consent, and done without where it was not given; a custom connection is not asked, since Xero
# refuses it altogether for one permission that it was not set up with
WELCOME = (attachments.SCOPE, clearing.SCOPE, banking.SCOPE)
# named as X-Rate-Limit-Problem begins
LIMITS = (
    Limit("minute", 60, 60.0, remaining="x-minlimit-remaining"),
    Limit("day", 5000, 86_400.0, remaining="x-daylimit-remaining"),
    Limit("concurrent", CONCURRENT),
    Limit("app", 10_000, 60.0, per=Per.APP, remaining="x-appminlimit-remaining"),
)
PAGES = {Kind.INVOICE: "/AccountsReceivable/View.aspx?InvoiceID=", Kind.CUSTOMER: "/Contacts/View/"}
REASONS = {
    "invalid_grant": "the consent is too old or was already used; please start again",
    "invalid_client": "Xero does not know this client id with this client secret",
    "unauthorized_client": "this app is no custom connection, or has no organisation yet",
    "invalid_scope": f"the app lacks one of the permissions {', '.join(NEEDED)}",
}


@dataclass(frozen=True, slots=True)
class _InHand:
    """A token fresh from its exchange, not stored yet."""

    access: str

    refresh = ""

    def current(self) -> str:
        return self.access

    def renewed(self, rejected: str) -> str:
        del rejected
        raise Reconnect


class Xero:
    """Stateless. OAuth code flow with PKCE, or a custom connection by client credentials."""

    slug = "xero"
    label = "Xero"
    asks = frozenset({"role", "others_post"})
    customer_word = "contact"
    refusal = 401
    signature_header = "x-xero-signature"
    capabilities = frozenset(
        {
            Capability.OAUTH,
            Capability.CLIENT_CREDENTIALS,
            Capability.SEND_INVOICE,
            Capability.PAYMENT_URL,
            Capability.LEAVE_NOTE,
            Capability.SET_EXPECTED_DATE,
            Capability.POST_CHARGE,
            Capability.DOCUMENT,
            Capability.ATTACHMENTS,
            Capability.WEBHOOK_PER_APP,
            Capability.WEBHOOK_PER_CONNECTION,
        }
    )

    def authorize_url(self, wire: Wire, *, state: str, redirect_uri: str, challenge: str) -> str:
        """Xero's consent page. The redirect must be https, or http://localhost (not 127.0.0.1)."""
        query = {
            "response_type": "code",
            "client_id": wire.app.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(("offline_access", *NEEDED, *WELCOME)),
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{address(wire, 'authorize', AUTHORIZE)}/identity/connect/authorize?{urlencode(query)}"

    def exchange(self, wire: Wire, callback: Mapping[str, str], *, redirect_uri: str, verifier: str) -> Consent:
        """A code into tokens and the ticked organisations; without a code, a custom connection's keys into both.

        The keys of a custom connection come as `client_id` and `client_secret`, else the app's own are used.
        """
        if "code" not in callback:
            return self._custom(wire, callback)
        form = {
            "grant_type": "authorization_code",
            "code": callback["code"],
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        reply = _asked(wire, (wire.app.client_id, wire.app.client_secret), form)
        _require_scopes(reply)
        grant = identity.granted(wire, reply, Grant("", self.slug, "", generation=-1))
        found = identity.connections(wire, grant.access)
        if not found:
            raise Refused("no organisation was chosen in Xero; please start again and tick at least one")
        return Consent(grant, tuple(_authorised(wire, one, grant.access) for one in found))

    def _custom(self, wire: Wire, callback: Mapping[str, str]) -> Consent:
        own = (callback.get("client_id", "").strip(), callback.get("client_secret", "").strip())
        keys = own if all(own) else (wire.app.client_id, wire.app.client_secret)
        reply = _asked(wire, keys, {"grant_type": CUSTOM, "scope": " ".join(NEEDED)})
        _require_scopes(reply)
        # a custom connection has no refresh token: what renews it is its own keys, sealed in the same place
        blank = Grant("", self.slug, "", refresh=":".join(own) if all(own) else "", kind=CUSTOM, generation=-1)
        grant = identity.granted(wire, reply, blank)
        account = Account("", "", details={"custom": "yes"})
        about = _organisation(wire, account, grant.access)
        if not about.organisation_id:
            raise Refused("Xero did not tell which organisation this custom connection belongs to")
        details = {"custom": "yes", **_details(about)}
        return Consent(grant, (Authorised(about.organisation_id, about.name or "", details),))

    def renew(self, wire: Wire, grant: Grant) -> Grant:
        """New tokens. Raises Reconnect when Xero refuses for good, TryLater otherwise."""
        keys = (wire.app.client_id, wire.app.client_secret)
        if grant.kind == CUSTOM and grant.refresh:
            name, _, secret = grant.refresh.partition(":")
            keys = (name, secret)
        return identity.renew(wire, grant, keys, " ".join(NEEDED))

    def disconnect(self, wire: Wire, account: Account, token: Token, *, last: bool) -> None:
        """End this one organisation's connection; with the last one that the user has here, revoke the token.

        Revoking ends all of that user's connections with this app, also those of another consent: so only when
        Xero lists none any more.
        A custom connection is ended in Xero by the organisation itself; here its keys are forgotten.
        """
        if account.details.get("custom"):
            return
        _with_renewal(token, lambda access: self._end(wire, account, access))
        if last and not _with_renewal(token, lambda access: identity.every_connection(wire, access)):
            identity.revoke(wire, (wire.app.client_id, wire.app.client_secret), token.refresh)

    def _end(self, wire: Wire, account: Account, access: str) -> None:
        named = account.details.get("connection_id", "")
        if not named:
            found = [one.id for one in identity.every_connection(wire, access) if one.tenant_id == account.external_id]
            if not found:
                return
            named = found[0]
        identity.end_connection(wire, access, named)

    def subscribe(self, wire: Wire, account: Account, token: Token, *, url: str) -> Subscription:
        """Xero has no API for this: the address is entered in its developer portal, which shows the key."""
        del wire, account, token
        raise Unsupported(f"in Xero's developer portal, enter {url} as the app's webhook address and copy its key")

    def limits(self, account: Account) -> Sequence[Limit]:
        """Five calls at once, 60 a minute and 5,000 a day for an organisation (1,000 on the Starter tier, which only
        the headers tell); 10,000 a minute for the app."""
        del account
        return LIMITS

    def open(self, wire: Wire, account: Account, token: Token) -> XeroBooks:
        """The books of one organisation. No HTTP yet."""
        return XeroBooks(wire, account, token)

    def verify(self, delivery: Delivery, now: datetime) -> None:
        """Raises BadSignature unless one of the secrets signed the body. Xero signs no time."""
        del now
        hooks.verify(delivery)

    def touched(self, delivery: Delivery) -> list[Touched]:
        """The records a verified delivery names."""
        return hooks.touched(delivery)

    def web_url(self, account: Account, ref: Ref) -> str:
        """The record on Xero's own site, through the organisation's short code when it is known."""
        page = PAGES.get(ref.kind)
        if page is None:
            return ""
        short, path = account.details.get("short_code", ""), page + quote(ref.id, safe="")
        if not short:
            return f"{WEB}{path}"
        return f"{WEB}/organisationlogin/default.aspx?{urlencode({'shortcode': short, 'redirecturl': path})}"


def _asked(wire: Wire, keys: tuple[str, str], form: Mapping[str, str]) -> TokenReply:
    if not all(keys):
        raise Refused("Xero needs the app's client id and client secret")
    try:
        return identity.ask_token(wire, keys, form)
    except Denied as denied:
        raise Refused(f"Xero was not connected: {REASONS.get(str(denied), str(denied))}") from None


def _require_scopes(reply: TokenReply) -> None:
    """Raises Refused with the permissions that were not given; a reply that lists none is believed."""
    told = set(reply.scope.split())
    missing = [one for one in NEEDED if one not in told and one.removesuffix(".read") not in told]
    if told and missing:
        raise Refused(f"Xero was not connected: these permissions are missing: {', '.join(missing)}")


def _authorised(wire: Wire, connection: identity.Connection, access: str) -> Authorised:
    """A ticked organisation. What its settings tell is welcome now, but a busy Xero must not cost the consent."""
    account = Account("", connection.tenant_id)
    try:
        more = _details(_organisation(wire, account, access))
    except (TryLater, Refused, Reconnect):
        more = {}
    return Authorised(connection.tenant_id, connection.tenant_name, {"connection_id": connection.id, **more})


def _organisation(wire: Wire, account: Account, access: str) -> Organisation:
    client = Client(wire, account, _InHand(access))
    return reading.organisation(Room(wire, account, client, Mapper(account.id)))


def _details(about: Organisation) -> dict[str, str]:
    told = {
        "base_currency": about.base_currency or "",
        "short_code": about.short_code or "",
        "time_zone": time_zone(about.timezone or ""),
    }
    return {name: value for name, value in told.items() if value}


def _with_renewal(token: Token, call: Callable[[str], T]) -> T:
    """Once more with a renewed token when the first one is over."""
    access = token.current()
    try:
        return call(access)
    except TokenRefused:
        access = token.renewed(access)
    try:
        return call(access)
    except TokenRefused:
        raise Reconnect("Xero does not accept the access it just gave us; please connect again") from None


PLATFORM = Xero()
