"""The door: a person's password, how often it may be tried, and who is inside."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from duewell.access import Person
from duewell.web.office import Office

FAILURES_MAX = 5
FAILURES_MAX_PER_PERSON = 10
FAILURES_WITHIN = timedelta(minutes=5)
IDLE = timedelta(hours=12)
STAMP_EVERY = timedelta(minutes=1)
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$adPG3gIEVO3Q3FptFR/9IQ$MPlPERn6F90u82mMwedZtZCyCsg17Wtj3aS3Y/4fcog"
"""Tried for a stranger, so that it takes as long; whatever it hashes opens nothing."""

Session = MutableMapping[str, Any]


class Refusal(StrEnum):
    """Why somebody stays outside."""

    WRONG = "wrong"
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class Failure:
    """A password that was wrong: when, from where, and for whom (an address's digest, known or not)."""

    at: datetime
    whence: str
    whom: bytes


class Door:
    """One per process. Passwords are tried one after the other: argon2 takes memory, and guessing may wait."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._hasher = PasswordHasher()
        self._lock = threading.Lock()
        self._failures: list[Failure] = []
        self._ended: dict[str, datetime] = {}

    def knock(self, address: str, email: str, password: str) -> Person | Refusal:
        """Try a password from an address. Takes the same time whether or not anybody signs in with that e-mail."""
        with self._lock:
            now = self._office.clock.now()
            self._forget(now)
            attempt = Failure(now, _neighbourhood(address), _digest(email))
            if self._too_often(attempt):
                return Refusal.TOO_OFTEN
            if person := self._fits(email, password):
                self._forgive(attempt)
                return person
            self._failures.append(attempt)
            return Refusal.WRONG

    def enter(self, session: Session, person: Person) -> None:
        """A new session in place of whatever was there before, so that no earlier cookie becomes the person's."""
        session.clear()
        session["id"] = secrets.token_urlsafe(24)
        session["proof"] = secrets.token_urlsafe(24)
        session["person"] = person.id
        session["mark"] = self._mark(person)
        session["seen"] = self._office.clock.now().timestamp()

    def whose(self, session: Session) -> Person | None:
        """Whose session is it: of somebody seen within twelve hours, not signed out, whose password is the same?

        The person is looked up each time, so a role that was taken, or a person who was removed, is gone at once.
        """
        now = self._office.clock.now().timestamp()
        seen = session.get("seen")
        if not isinstance(seen, int | float) or now - seen > IDLE.total_seconds() or session.get("id") in self._ended:
            return None
        person = self._office.who_is(str(session.get("person", "")))
        if person is None or not hmac.compare_digest(str(session.get("mark")).encode(), self._mark(person).encode()):
            return None
        if now - seen > STAMP_EVERY.total_seconds():
            session["seen"] = now
        return person

    def leave(self, session: Session) -> None:
        """Sign out: a copy of the cookie no longer opens this process's door either."""
        with self._lock:
            self._ended[str(session.get("id"))] = self._office.clock.now()
        session.clear()

    def _fits(self, email: str, password: str) -> Person | None:
        person = self._office.who_signs_in(email)
        try:
            fits = self._hasher.verify(person.password_hash if person else NOBODY, password)
        except (VerificationError, InvalidHashError):
            return None
        return person if fits else None

    def _mark(self, person: Person) -> str:
        """Ties a session to the person and the password in force, without showing its hash."""
        tied = f"{person.id}:{person.password_hash}".encode()
        return hmac.new(self._office.session_key(), b"person:" + tied, hashlib.sha256).hexdigest()[:32]

    def _too_often(self, attempt: Failure) -> bool:
        from_there = sum(one.whence == attempt.whence for one in self._failures)
        for_them = sum(one.whom == attempt.whom for one in self._failures)
        return from_there >= FAILURES_MAX or for_them >= FAILURES_MAX_PER_PERSON

    def _forgive(self, attempt: Failure) -> None:
        """Who gets in had mistyped; what was tried from there for others, or for them elsewhere, still counts."""
        mine = (attempt.whence, attempt.whom)
        self._failures = [one for one in self._failures if (one.whence, one.whom) != mine]

    def _forget(self, now: datetime) -> None:
        self._failures = [one for one in self._failures if now - one.at < FAILURES_WITHIN]
        self._ended = {name: at for name, at in self._ended.items() if now - at <= IDLE}


def _digest(email: str) -> bytes:
    """A few bytes for whatever was typed, which may be long and is nobody's business."""
    return hashlib.blake2b(email.strip().casefold().encode(errors="replace"), digest_size=16).digest()


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
