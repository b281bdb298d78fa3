"""The keys that payers' links are derived with, sealed: none is ever thrown away, so that links in old mails hold."""

from datetime import datetime

from sqlalchemy import select

from storage import tables
from storage.database import Tx
from storage.dialects import insert_into

TABLE = tables.link_key


def link_keys(tx: Tx) -> dict[str, bytes]:
    """Sealed, by id; the newest comes first."""
    found = tx.execute(select(TABLE.c.id, TABLE.c.sealed).order_by(TABLE.c.made_at.desc(), TABLE.c.id))
    return {row.id: row.sealed for row in found}


def add_link_key(tx: Tx, id: str, sealed: bytes, *, now: datetime) -> None:
    """One more, with which new links are made from now on; the first one there is stays when two come at once."""
    tx.execute(insert_into(tx, TABLE).values(id=id, sealed=sealed, made_at=now).on_conflict_do_nothing())
