"""Signing in to Microsoft 365 and Google without a password: an access token, renewed when it nears its end.

The refresh token comes from the configuration. Where the provider gives a new one with a renewal, that one is kept
sealed; a different one in the configuration starts afresh.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import requests

from integrations.contract import Grant, GrantStore, Wire
from integrations.errors import Reconnect, Refused, TryLater
from integrations.http import careful_session, out_of_reach, require_loopback, retry_after

RENEW_BEFORE = timedelta(minutes=5)
LIFE_SECONDS = 3600
LEASE_SECONDS = 60.0
WAITS_MAX = 10
TOKEN_URLS = {
    "microsoft": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    "google": "https://oauth2.googleapis.com/token",
}
# Google's refresh tokens carry their scope; Microsoft's want it named.
SCOPES = {
    "microsoft": "https://outlook.office.com/SMTP.Send https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
    "google": "",
}


@dataclass(frozen=True, slots=True)
class MailLogin:
    """What was registered for mail at a provider ("microsoft" or "google"). `token_url` overrides, on loopback only."""

    provider: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    tenant: str = "common"
    token_url: str = ""
    section: str = "[mail]"

    @property
    def address(self) -> str:
        """Where tokens are renewed. Raises Refused for an override that leaves this machine."""
        if self.token_url:
            require_loopback("oauth_token_url", self.token_url)
            return self.token_url
        return TOKEN_URLS[self.provider].format(tenant=self.tenant)

    @property
    def grant_id(self) -> str:
        """The same for everybody who signs in with this very token."""
        told = f"{self.provider}/{self.client_id}/{self.refresh_token}".encode()
        return f"mail:{hashlib.blake2b(told, digest_size=16).hexdigest()}"


class MailToken:
    """The current access token of one login; call it for a token that should work now."""

    def __init__(self, login: MailLogin, wire: Wire, store: GrantStore) -> None:
        self._login = login
        self._wire = wire
        self._store = store

    def __call__(self) -> str:
        """A token for XOAUTH2. Raises Refused when the sign-in was withdrawn, TryLater otherwise."""
        for _ in range(WAITS_MAX):
            grant = self._known()
            if grant.access and not self._near_its_end(grant):
                return grant.access
            with self._store.lease(f"renew:{grant.id}", seconds=LEASE_SECONDS) as mine:
                if mine:
                    return self._renewed()
            self._wire.clock.sleep(1.0)
        raise TryLater("somebody else has been renewing the sign-in for mail for too long")

    def _known(self) -> Grant:
        try:
            return self._store.load(self._login.grant_id)
        except Reconnect:
            return Grant(self._login.grant_id, "mail", access="", refresh=self._login.refresh_token)

    def _near_its_end(self, grant: Grant) -> bool:
        return grant.expires_at is None or grant.expires_at - RENEW_BEFORE <= self._wire.clock.now()

    def _renewed(self) -> str:
        """Under the lease: look again, since a sibling may have been quicker, then renew and keep before use."""
        grant = self._known()
        if grant.access and not self._near_its_end(grant):
            return grant.access
        told = self._ask(grant.refresh)
        fresh = Grant(
            grant.id,
            "mail",
            access=str(told["access_token"]),
            refresh=str(told.get("refresh_token") or grant.refresh),
            expires_at=self._wire.clock.now() + timedelta(seconds=_seconds(told.get("expires_in"))),
            generation=grant.generation + 1,
        )
        self._store.save(fresh)
        return fresh.access

    def _ask(self, refresh: str) -> Mapping[str, Any]:
        login = self._login
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": login.client_id}
        form |= {"client_secret": login.client_secret} if login.client_secret else {}
        form |= {"scope": SCOPES[login.provider]} if SCOPES[login.provider] else {}
        with careful_session(self._wire) as session:
            try:
                answer = session.post(login.address, data=form, allow_redirects=False)
            except requests.RequestException as error:
                raise out_of_reach(error, writing=False) from None
        if answer.status_code != 200:
            self._refused(answer)
        told = _decoded(answer)
        if not told.get("access_token"):
            raise TryLater("the sign-in for mail was answered without a token")
        return told

    def _refused(self, answer: requests.Response) -> None:
        why = str(_decoded(answer).get("error", ""))[:40]
        if answer.status_code in (400, 401, 403) and why in ("invalid_grant", "interaction_required"):
            raise Refused(
                f"the sign-in for mail has ended or was withdrawn; give a new oauth_refresh_token in "
                f"{self._login.section}, then send what is parked again"
            )
        if answer.status_code in (400, 401, 403):
            raise Refused(f"the sign-in for mail is not set up right ({why}); see the oauth settings in [mail]")
        wait = retry_after(answer.headers, self._wire.clock)
        raise TryLater(f"the sign-in for mail gives no token just now ({answer.status_code})", after=wait)


def _seconds(told: object) -> int:
    return int(told) if isinstance(told, int | str) and str(told).isdigit() else LIFE_SECONDS


def _decoded(answer: requests.Response) -> Mapping[str, Any]:
    try:
        told = msgspec.json.decode(answer.content)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}
