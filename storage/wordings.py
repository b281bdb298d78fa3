"""A business's own wordings and documents: never changed, only added to, so that what was in force can be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from storage import tables
from storage.database import AnyRow, Tx


@dataclass(frozen=True, slots=True)
class KeptWording:
    """One version. An empty text gives the shipped wording its place back. `by` is a person's name."""

    letter: str
    language: str
    version: int
    text: str
    by: str
    at: datetime


def add_wording(tx: Tx, business: str, wording: tuple[str, str, str], *, by: str, now: datetime) -> int:
    """Keep (letter, language, text) as the next version; its number. Numbers begin at 1 and are never used again.

    Two who save at once get an IntegrityError from the database for the later one: nothing is lost.
    """
    letter, language, text = wording
    table = tables.wording
    mine = (table.c.business_id == business, table.c.letter == letter, table.c.language == language)
    version = 1 + int(tx.execute(select(func.coalesce(func.max(table.c.version), 0)).where(*mine)).scalar_one())
    row = {"business_id": business, "letter": letter, "language": language, "version": version, "text": text}
    tx.execute(insert(table), [{**row, "by": by, "at": now}])
    return version


def wording_versions(tx: Tx, business: str, letter: str, language: str | None = None) -> list[KeptWording]:
    """Every version, oldest first; in all languages when none is given."""
    table = tables.wording
    wanted = select(table).where(table.c.business_id == business, table.c.letter == letter)
    wanted = wanted.where(table.c.language == language) if language is not None else wanted
    return [_kept(row) for row in tx.execute(wanted.order_by(table.c["at"], table.c.language, table.c.version))]


def latest_wordings(tx: Tx, business: str) -> list[KeptWording]:
    """The newest version of each letter and language, those that were given back to the shipped wording among them."""
    table = tables.wording
    latest = (
        select(table.c.letter, table.c.language, func.max(table.c.version).label("version"))
        .where(table.c.business_id == business)
        .group_by(table.c.letter, table.c.language)
        .subquery()
    )
    same = (
        (table.c.letter == latest.c.letter)
        & (table.c.language == latest.c.language)
        & (table.c.version == latest.c.version)
    )
    found = select(table).join(latest, same).where(table.c.business_id == business)
    return [_kept(row) for row in tx.execute(found.order_by(table.c.letter, table.c.language))]


def own_wordings(tx: Tx, business: str) -> Mapping[tuple[str, str], str]:
    """The texts in force by (letter, language), as the collector writes with them."""
    return {(one.letter, one.language): one.text for one in latest_wordings(tx, business) if one.text}


def _kept(row: AnyRow) -> KeptWording:
    return KeptWording(row.letter, row.language, row.version, row.text, row.by, row.at)
