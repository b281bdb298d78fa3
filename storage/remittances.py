"""Papers that payers have handed in to show that they paid: sealed, and opened only for whoever signs in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from storage import tables
from storage.database import Tx
from storage.ids import new_id

TABLE = tables.remittance


@dataclass(frozen=True, slots=True)
class Remittance:
    """One paper, without what it says."""

    id: str
    debtor: str
    name: str
    media_type: str
    at: datetime


def keep_remittance(tx: Tx, business: str, told: Remittance, sealed: bytes) -> str:
    """Keep it; its id, a fresh one where it has none."""
    id = told.id or new_id()
    row = {"business_id": business, "id": id, "debtor": told.debtor, "name": told.name, "media_type": told.media_type}
    tx.execute(insert(TABLE).values({**row, "sealed": sealed, "at": told.at}))
    return id


def remittances(tx: Tx, business: str, debtors: Collection[str]) -> list[Remittance]:
    """Theirs, newest first."""
    columns = (TABLE.c.id, TABLE.c.debtor, TABLE.c.name, TABLE.c.media_type, TABLE.c["at"])
    wanted = select(*columns).where(TABLE.c.business_id == business, TABLE.c.debtor.in_(list(debtors)))
    return [Remittance(*row) for row in tx.execute(wanted.order_by(TABLE.c["at"].desc(), TABLE.c.id))]


def remittance(tx: Tx, business: str, id: str) -> tuple[Remittance, bytes] | None:
    """One, with what it says, sealed."""
    row = tx.execute(select(TABLE).where(TABLE.c.business_id == business, TABLE.c.id == id)).one_or_none()
    if row is None:
        return None
    return Remittance(row.id, row.debtor, row.name, row.media_type, row.at), row.sealed
