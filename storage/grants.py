"""Authorisations, sealed: tokens and keys that only the holder of the sealing key can read."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import msgspec
from sqlalchemy import delete, select

from storage import tables
from storage.database import Database
from storage.dialects import put
from storage.leases import Leases
from storage.seals import Seal


class Grantlike(Protocol):
    """What is kept in the open beside the sealed rest, so that renewals can be planned."""

    @property
    def id(self) -> str:
        """Our name for it."""

    @property
    def platform(self) -> str:
        """Whose it is."""

    @property
    def expires_at(self) -> datetime | None:
        """When it wants renewing."""

    @property
    def kind(self) -> str:
        """How it was given."""

    @property
    def generation(self) -> int:
        """How often it was renewed."""


G = TypeVar("G", bound=Grantlike)


class SealedGrants(Generic[G]):
    """Keeps grants of one dataclass type. Shaped like the GrantStore of the integrations' contract.

    `missing` makes the error that `load` raises when a grant is gone.
    """

    def __init__(
        self,
        database: Database,
        keys: Sequence[str],
        clock_now: Callable[[], datetime],
        *,
        grant_type: type[G],
        missing: Callable[[], Exception],
    ) -> None:
        self._database = database
        self._seal = Seal(keys)
        self._now = clock_now
        self._leases = Leases(database, clock_now)
        self._decoder = msgspec.json.Decoder(grant_type)
        self._missing = missing

    def load(self, grant_id: str) -> G:
        """The grant as last saved. Raises `missing()` when it is gone, BadKey when no key opens it."""
        table = tables.grant
        with self._database.read() as tx:
            kept = tx.execute(select(table.c.sealed).where(table.c.id == grant_id)).scalar()
        if kept is None:
            raise self._missing()
        return self._decoder.decode(self._seal.open(kept))

    def save(self, grant: G) -> None:
        """Keep it, new or renewed; durable before this returns."""
        row = {
            "id": grant.id,
            "platform": grant.platform,
            "sealed": self._seal.close(msgspec.json.encode(grant)),
            "expires_at": grant.expires_at,
            "generation": grant.generation,
            "kind": grant.kind,
            "renewed_at": self._now(),
        }
        with self._database.write() as tx:
            put(tx, tables.grant, [row])

    def forget(self, grant_id: str) -> None:
        """Delete it for good."""
        with self._database.write() as tx:
            tx.execute(delete(tables.grant).where(tables.grant.c.id == grant_id))

    def expiring(self, before: datetime) -> list[str]:
        """The ids of grants whose access ends before then, soonest first."""
        table = tables.grant
        with self._database.read() as tx:
            soon = select(table.c.id).where(table.c.expires_at < before).order_by(table.c.expires_at)
            return list(tx.execute(soon).scalars())

    def lease(self, name: str, *, seconds: float) -> AbstractContextManager[bool]:
        """Hold `name` for at most `seconds`; the value says whether we got it."""
        return self._leases.hold(name, seconds=seconds)
