"""Who may come in: apps, consents, connections, and tokens that rotate with thirty minutes of grace."""

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

ACCESS_LIFE = timedelta(minutes=30)
GRACE = timedelta(minutes=30)
REFRESH_LIFE = timedelta(days=60)
CODE_LIFE = timedelta(minutes=5)
GRANULAR = frozenset(
    f"accounting.{room}{end}"
    for room in ("invoices", "payments", "contacts", "settings", "banktransactions", "attachments")
    for end in ("", ".read")
) | {"offline_access", "openid", "profile", "email"}
EVERYTHING = ("offline_access", "accounting.invoices", "accounting.payments", "accounting.contacts.read",
              "accounting.settings", "accounting.banktransactions", "accounting.attachments.read")  # fmt: skip


class Denied(Exception):
    """The token endpoint's `error` word."""


@dataclass(frozen=True, slots=True)
class App:
    """A registered app. A custom connection belongs to one organisation, `custom_tenant`."""

    client_id: str
    secret: str
    webhook_key: str
    custom_tenant: str = ""


@dataclass
class Token:
    """An access token."""

    app: str
    scopes: set[str]
    expires_at: datetime
    custom_tenant: str = ""

    def allows(self, scope: str, *, writing: bool) -> bool:
        """Is the granular scope there, or its reading half when that is enough?"""
        return scope in self.scopes or (not writing and f"{scope}.read" in self.scopes)


@dataclass
class Refresh:
    """A refresh token; once used it can be used again for thirty minutes, unless a sibling was issued since."""

    app: str
    event: str
    scopes: set[str]
    issued_at: datetime
    used_at: datetime | None = None
    child: str = ""


@dataclass
class Code:
    """An authorisation code: single use, five minutes."""

    app: str
    event: str
    scopes: set[str]
    redirect_uri: str
    challenge: str
    issued_at: datetime


@dataclass
class Connection:
    """An organisation connected to an app; its id is not the tenant id."""

    id: str
    event: str
    tenant: str
    created: datetime
    updated: datetime


@dataclass
class Consents:
    """All of it, for one simulated user."""

    seed: int
    apps: dict[str, App] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, Refresh] = field(default_factory=dict)
    connections: dict[str, dict[str, Connection]] = field(default_factory=dict)
    _issued: int = 0

    def draw(self, what: str) -> str:
        """The next secret-looking string: the same for the same seed and order."""
        self._issued += 1
        digest = hashlib.sha256(f"{self.seed}/{what}/{self._issued}".encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def guid(self, what: str) -> str:
        """The next id of this kind."""
        return str(uuid.UUID(bytes=hashlib.sha256(self.draw(what).encode()).digest()[:16], version=4))

    def consent(self, app: str, tenants: Iterable[str], now: datetime) -> str:
        """The user ticks organisations: they are connected, or reconnected; gives the event's id."""
        event = self.guid("event")
        kept = self.connections.setdefault(app, {})
        for tenant in tenants:
            known = kept.get(tenant)
            if known is None:
                kept[tenant] = Connection(self.guid("connection"), event, tenant, now, now)
            else:
                known.event, known.updated = event, now
        return event

    def connected(self, app: str) -> dict[str, Connection]:
        """The app's connections by tenant."""
        return self.connections.get(app, {})

    def token(self, value: str) -> Token | None:
        """The access token, dead or alive; None for a stranger."""
        return self.tokens.get(value)

    def issue(self, app: App, scopes: set[str], event: str, now: datetime) -> dict[str, Any]:
        """A token reply. Without offline_access, and for custom connections, there is no refresh token."""
        access = self._access(app, scopes, event, now)
        reply: dict[str, Any] = {
            "access_token": access,
            "expires_in": int(ACCESS_LIFE.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }
        if "offline_access" in scopes and not app.custom_tenant:
            reply["refresh_token"] = self.draw("refresh")
            self.refreshes[reply["refresh_token"]] = Refresh(app.client_id, event, scopes, now)
        return reply

    def _access(self, app: App, scopes: set[str], event: str, now: datetime) -> str:
        claims: dict[str, Any] = {
            "iss": "https://identity.xero.com",
            "exp": int((now + ACCESS_LIFE).timestamp()),
            "client_id": app.client_id,
            "jti": self.draw("jti"),
            "scope": sorted(scopes),
        }
        if event:
            claims["authentication_event_id"] = event
        access = ".".join((_part({"alg": "RS256", "typ": "JWT"}), _part(claims), self.draw("signature")))
        self.tokens[access] = Token(app.client_id, scopes, now + ACCESS_LIFE, app.custom_tenant)
        return access

    def redeem(self, app: App, code: str, form: dict[str, str], now: datetime) -> dict[str, Any]:
        """Tokens for a code. Raises Denied."""
        found = self.codes.pop(code, None)
        if found is None or found.app != app.client_id or now - found.issued_at > CODE_LIFE:
            raise Denied("invalid_grant")
        if found.redirect_uri != form.get("redirect_uri") or found.challenge != _challenge(form):
            raise Denied("invalid_grant")
        return self.issue(app, found.scopes, found.event, now)

    def refresh(self, app: App, value: str, now: datetime) -> dict[str, Any]:
        """New tokens for a refresh token, which is used up but for the grace. Raises Denied."""
        found = self.refreshes.get(value)
        if found is None or found.app != app.client_id or now - found.issued_at > REFRESH_LIFE:
            raise Denied("invalid_grant")
        if found.used_at is not None and now - found.used_at > GRACE:
            raise Denied("invalid_grant")
        if found.child:
            # the sibling issued before loses its place: it has its own thirty minutes from now
            self.refreshes[found.child].used_at = self.refreshes[found.child].used_at or now
        found.used_at = found.used_at or now
        reply = self.issue(app, found.scopes, found.event, now)
        found.child = reply["refresh_token"]
        return reply

    def revoke(self, app: App, value: str) -> None:
        """Revoking a refresh token ends every connection and token of that user with the app."""
        if value not in self.refreshes:
            return
        self.connections.pop(app.client_id, None)
        for table in (self.refreshes, self.tokens):
            for key in [key for key, one in table.items() if one.app == app.client_id]:
                del table[key]

    def expire(self) -> int:
        """Every access token is over its time."""
        for token in self.tokens.values():
            token.expires_at = min(token.expires_at, token.expires_at - ACCESS_LIFE)
        return len(self.tokens)


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def _challenge(form: dict[str, str]) -> str:
    verifier = form.get("code_verifier", "")
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if verifier else ""
