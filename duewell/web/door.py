"""The door: the owner's password, how often it may be tried, and who is inside."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from duewell.web.office import Office

FAILURES_MAX = 5
FAILURES_WITHIN = timedelta(minutes=5)
IDLE = timedelta(hours=12)
STAMP_EVERY = timedelta(minutes=1)
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$adPG3gIEVO3Q3FptFR/9IQ$MPlPERn6F90u82mMwedZtZCyCsg17Wtj3aS3Y/4fcog"
"""Tried when no password has been set, so that it takes as long; whatever it hashes opens nothing."""

Session = MutableMapping[str, Any]


class Knock(StrEnum):
    """What came of trying a password."""

    OPENED = "opened"
    WRONG = "wrong"
    TOO_OFTEN = "too_often"


class Door:
    """One per process. Passwords are tried one after the other: argon2 takes memory, and guessing may wait."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._hasher = PasswordHasher()
        self._lock = threading.Lock()
        self._failures: dict[str, list[datetime]] = {}
        self._ended: dict[str, datetime] = {}

    def knock(self, address: str, password: str) -> Knock:
        """Try a password from an address. Takes the same time whether a password has been set or not."""
        whence = _neighbourhood(address)
        with self._lock:
            now = self._office.clock.now()
            self._forget(now)
            if len(self._failures.get(whence, [])) >= FAILURES_MAX:
                return Knock.TOO_OFTEN
            if self._fits(password):
                self._failures.pop(whence, None)
                return Knock.OPENED
            self._failures.setdefault(whence, []).append(now)
            return Knock.WRONG

    def enter(self, session: Session) -> None:
        """A new session in place of whatever was there before, so that no earlier cookie becomes the owner's."""
        session.clear()
        session["id"] = secrets.token_urlsafe(24)
        session["proof"] = secrets.token_urlsafe(24)
        session["owner"] = self._mark()
        session["seen"] = self._office.clock.now().timestamp()

    def inside(self, session: Session) -> bool:
        """Is this the owner, seen within twelve hours, not signed out, and is the password still the same?"""
        now = self._office.clock.now().timestamp()
        seen = session.get("seen")
        if not isinstance(seen, int | float) or now - seen > IDLE.total_seconds():
            return False
        if session.get("id") in self._ended or not hmac.compare_digest(str(session.get("owner")), self._mark()):
            return False
        if now - seen > STAMP_EVERY.total_seconds():
            session["seen"] = now
        return True

    def leave(self, session: Session) -> None:
        """Sign out: a copy of the cookie no longer opens this process's door either."""
        with self._lock:
            self._ended[str(session.get("id"))] = self._office.clock.now()
        session.clear()

    def _fits(self, password: str) -> bool:
        stored = self._office.owner_hash()
        try:
            return self._hasher.verify(stored or NOBODY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def _mark(self) -> str:
        """Ties a session to the password in force, without showing its hash."""
        stored = (self._office.owner_hash() or "").encode()
        return hmac.new(self._office.session_key(), b"owner:" + stored, hashlib.sha256).hexdigest()[:32]

    def _forget(self, now: datetime) -> None:
        recent = {
            whence: [at for at in times if now - at < FAILURES_WITHIN] for whence, times in self._failures.items()
        }
        self._failures = {whence: times for whence, times in recent.items() if times}
        self._ended = {name: at for name, at in self._ended.items() if now - at <= IDLE}


def proof_of(session: Session) -> str:
    """The token every form of this session carries."""
    if "proof" not in session:
        session["proof"] = secrets.token_urlsafe(24)
    return str(session["proof"])


def proven(session: Session, given: str) -> bool:
    """Was the form ours? Compared in constant time."""
    held = session.get("proof")
    return bool(held) and hmac.compare_digest(str(held).encode(), given.encode())


def _neighbourhood(address: str) -> str:
    """An IPv6 household has a /64 to itself, so its addresses count as one."""
    try:
        whole = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(whole, IPv6Address) and whole.ipv4_mapped is None:
        return str(ip_network((whole, 64), strict=False))
    return str(whole)
