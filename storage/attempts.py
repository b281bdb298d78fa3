"""Connectings that have begun, kept sealed by the hash of their state, usable once."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import delete, insert, update

from storage import tables
from storage.database import Database
from storage.seals import Seal

KEPT = timedelta(days=1)


class Attemptlike(Protocol):
    """What is asked of an attempt to keep it."""

    @property
    def state(self) -> str:
        """The secret that its callback brings back."""

    @property
    def expires_at(self) -> datetime:
        """When it is too late."""


A = TypeVar("A", bound=Attemptlike)


class SealedAttempts(Generic[A]):
    """Keeps attempts of one dataclass type. Shaped like the AttemptStore of the integrations' contract."""

    def __init__(
        self, database: Database, keys: Sequence[str], clock_now: Callable[[], datetime], *, attempt_type: type[A]
    ) -> None:
        self._database = database
        self._seal = Seal(keys)
        self._now = clock_now
        self._decoder = msgspec.json.Decoder(attempt_type)

    def begin(self, attempt: A) -> None:
        """Remember it, and drop those that ended more than a day ago."""
        table = tables.attempt
        row = {
            "state_hash": _hash(attempt.state),
            "sealed": self._seal.close(msgspec.json.encode(attempt)),
            "expires_at": attempt.expires_at,
        }
        with self._database.write() as tx:
            tx.execute(delete(table).where(table.c.expires_at < self._now() - KEPT))
            tx.execute(insert(table), [row])

    def take(self, state: str) -> A | None:
        """Give it back once and only once; None for an unknown or used state. Whether it is too late is not judged."""
        table = tables.attempt
        unused = update(table).where(table.c.state_hash == _hash(state), table.c.used_at.is_(None))
        with self._database.write() as tx:
            kept = tx.execute(unused.values(used_at=self._now()).returning(table.c.sealed)).scalar()
        return None if kept is None else self._decoder.decode(self._seal.open(kept))


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
