"""Authorisations: one-use codes, access tokens of an hour, refresh tokens that change after a day."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_LIFE = timedelta(seconds=3600)
CODE_LIFE = timedelta(minutes=10)
ROTATES_AFTER = timedelta(hours=24)
IDLE_LIFE = timedelta(days=100)
HARD_LIFE = timedelta(days=5 * 365)


@dataclass
class Grant:
    """One consent for one company."""

    realm: str
    refresh: str
    refresh_since: datetime
    used_at: datetime
    dies_at: datetime
    revoked: bool = False

    def alive(self, now: datetime) -> bool:
        """Can it still be renewed?"""
        return not self.revoked and now < self.dies_at and now - self.used_at < IDLE_LIFE


@dataclass(frozen=True)
class Code:
    """What the consent page hands out, once."""

    realm: str
    redirect_uri: str
    expires_at: datetime


class Grants:
    """Everything that was authorised, by token."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a play, not a secret
        self._codes: dict[str, Code] = {}
        self._by_refresh: dict[str, Grant] = {}
        self._access: dict[str, tuple[Grant, datetime]] = {}
        self._replaced: dict[str, tuple[Grant, datetime]] = {}
        self.grace = timedelta()

    def _value(self, prefix: str) -> str:
        return f"{prefix}{self._random.getrandbits(160):040x}"

    def code(self, realm: str, redirect_uri: str, now: datetime) -> str:
        """A code for a company, to be exchanged once, with the same redirect."""
        value = self._value("AB11")
        self._codes[value] = Code(realm, redirect_uri, now + CODE_LIFE)
        return value

    def redeem(self, code: str, redirect_uri: str, now: datetime) -> Grant | None:
        """A grant for a code that is known, fresh and unused."""
        kept = self._codes.pop(code, None)
        if kept is None or kept.redirect_uri != redirect_uri or now > kept.expires_at:
            return None
        return self.new(kept.realm, now)

    def new(self, realm: str, now: datetime) -> Grant:
        """A fresh authorisation."""
        grant = Grant(realm, self._value("RT1-"), now, now, now + HARD_LIFE)
        self._by_refresh[grant.refresh] = grant
        return grant

    def access(self, grant: Grant, now: datetime) -> str:
        """A new access token; older ones run out on their own."""
        token = self._value("eyJ")
        self._access[token] = (grant, now + ACCESS_LIFE)
        return token

    def refreshed(self, refresh: str, now: datetime) -> Grant | None:
        """The grant for a refresh token; its value changes once a day, and the old one is dead at once, or after the
        grace if there is any."""
        grant = self._by_refresh.get(refresh) or self._late(refresh, now)
        if grant is None or not grant.alive(now):
            return None
        grant.used_at = now
        if now - grant.refresh_since >= ROTATES_AFTER:
            self._replaced[refresh] = self._by_refresh.pop(refresh), now
            grant.refresh, grant.refresh_since = self._value("RT1-"), now
            self._by_refresh[grant.refresh] = grant
        return grant

    def _late(self, refresh: str, now: datetime) -> Grant | None:
        grant, at = self._replaced.get(refresh, (None, now))
        return grant if now - at < self.grace else None

    def revoke(self, token: str) -> bool:
        """End the grant of a refresh or access token."""
        kept = self._access.get(token)
        grant = kept[0] if kept else self._by_refresh.get(token)
        if grant is None or grant.revoked:
            return False
        grant.revoked = True
        return True

    def realm_of(self, access: str, now: datetime) -> str:
        """The company that an access token opens; empty when it opens none."""
        grant, until = self._access.get(access, (None, now))
        return "" if grant is None or grant.revoked or now >= until else grant.realm

    def expire(self, realm: str) -> int:
        """Let all access tokens of a company run out now."""
        tokens = [token for token, (grant, _) in self._access.items() if grant.realm == realm]
        for token in tokens:
            del self._access[token]
        return len(tokens)

    def revoke_all(self, realm: str) -> None:
        """The owner disconnected the app inside QuickBooks."""
        for grant in [*self._by_refresh.values(), *(grant for grant, _ in self._access.values())]:
            grant.revoked = grant.revoked or grant.realm == realm
