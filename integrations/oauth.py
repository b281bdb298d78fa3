"""The code flow, done once for all platforms: state, PKCE, and renewal that only one of us does at a time."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from integrations.contract import Attempt, AttemptStore, Capability, Consent, Grant, GrantStore, Platform, Wire
from integrations.errors import Reconnect, Refused, TryLater

log = structlog.get_logger(__name__)

ATTEMPT_LIFE = timedelta(minutes=15)
RENEW_BEFORE = timedelta(minutes=2)
LEASE_SECONDS = 150.0
RENEWAL_SECONDS_MAX = 30.0
WAIT_SECONDS = 0.1
WAITS_MAX = 600


def begin(
    platform: Platform,
    wire: Wire,
    attempts: AttemptStore,
    *,
    business: str,
    redirect_uri: str,
    answers: Mapping[str, str],
) -> str:
    """Start connecting: remembers a one-time state and verifier, returns the consent page's address."""
    verifier = secrets.token_urlsafe(48)
    attempt = Attempt(
        state=secrets.token_urlsafe(32),
        verifier=verifier,
        business=business,
        platform=platform.slug,
        redirect_uri=redirect_uri,
        expires_at=wire.clock.now() + ATTEMPT_LIFE,
        answers=answers,
    )
    attempts.begin(attempt)
    return platform.authorize_url(wire, state=attempt.state, redirect_uri=redirect_uri, challenge=_challenge(verifier))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def complete(
    platform: Platform, wire: Wire, attempts: AttemptStore, callback: Mapping[str, str]
) -> tuple[Attempt, Consent]:
    """Finish connecting with the callback's query. Raises Refused when the state is not ours, used or too old."""
    attempt = attempts.take(callback.get("state", ""))
    if attempt is None or attempt.platform != platform.slug:
        raise Refused("this connecting was not started here, or was already finished; please start again")
    if attempt.expires_at < wire.clock.now():
        raise Refused("connecting took longer than 15 minutes; please start again")
    if callback.get("error"):
        raise Refused(f"{platform.label} was not connected: consent was not given ({callback['error'][:60]})")
    consent = platform.exchange(wire, callback, redirect_uri=attempt.redirect_uri, verifier=attempt.verifier)
    return attempt, consent


class RenewingToken:
    """A grant's access token, renewed single-flight across threads and processes, durable before it is used."""

    def __init__(self, platform: Platform, wire: Wire, store: GrantStore, grant_id: str) -> None:
        self._platform = platform
        self._wire = wire
        self._store = store
        self._grant_id = grant_id
        self._grant: Grant | None = None

    @property
    def refresh(self) -> str:
        """The refresh token as last saved, by us or a sibling; empty for a key. Raises Reconnect."""
        return self._reload().refresh

    def current(self) -> str:
        """A token that should work now. Raises Reconnect or TryLater."""
        grant = self._grant or self._reload()
        if not self._near_its_end(grant):
            return grant.access
        return self.renewed(grant.access)

    def renewed(self, rejected: str) -> str:
        """A token other than `rejected`: a sibling's if one renewed first, else our own renewal's."""
        for _ in range(WAITS_MAX):
            grant = self._reload()
            if grant.access != rejected and not self._near_its_end(grant):
                return grant.access
            with self._store.lease(f"renew:{self._grant_id}", seconds=LEASE_SECONDS) as mine:
                if mine:
                    return self._renew(rejected)
            self._wire.clock.sleep(WAIT_SECONDS)
        raise TryLater("somebody else has been renewing this authorisation for too long")

    def _reload(self) -> Grant:
        self._grant = self._store.load(self._grant_id)
        return self._grant

    def _near_its_end(self, grant: Grant) -> bool:
        return grant.expires_at is not None and grant.expires_at - RENEW_BEFORE <= self._wire.clock.now()

    def _renew(self, rejected: str) -> str:
        """Under the lease: look again, since a sibling may have been quicker, then renew and save before use."""
        grant = self._reload()
        if grant.access != rejected and not self._near_its_end(grant):
            return grant.access
        if Capability.API_KEY in self._platform.capabilities:
            raise Reconnect(f"{self._platform.label} no longer accepts the key; please connect again")
        try:
            fresh = self._platform.renew(self._brisk(), grant)
        except Reconnect:
            return self._from_a_sibling(grant)
        self._store.save(fresh)
        self._grant = fresh
        log.info("authorisation renewed", platform=self._platform.slug, generation=fresh.generation)
        return fresh.access

    def _brisk(self) -> Wire:
        """A renewal must end well before its lease does, or two of us would renew at once."""
        wire = self._wire
        brief = min(wire.read_timeout, RENEWAL_SECONDS_MAX)
        return replace(wire, read_timeout=brief, patience=min(wire.patience, brief), attempts=min(wire.attempts, 2))

    def _from_a_sibling(self, refused: Grant) -> str:
        """The platform refused our refresh token: once, try what the store holds now."""
        grant = self._reload()
        if grant.generation == refused.generation:
            raise Reconnect(f"{self._platform.label} needs to be connected again: it no longer renews our access")
        return grant.access
