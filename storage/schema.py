"""Bringing the database to this version's tables, once, whoever starts first, and never backwards."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import inspect, select, text

from storage.database import Database, Tx
from storage.errors import NewerSchema

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_203_901


@dataclass(frozen=True, slots=True)
class Schema:
    """Which migration the database is at (empty when it has none) and which one this Duewell wants."""

    current: str
    newest: str

    @property
    def ready(self) -> bool:
        """Can the database be used as it is?"""
        return self.current == self.newest


def upgrade(database: Database) -> bool:
    """Bring the schema up to date; whether there was anything to do. Raises NewerSchema.

    Safe when several processes start at once: the others wait, then find nothing left to do.
    """
    if schema(database).ready:
        return False
    with database.write() as tx:
        if not database.sqlite:
            tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _read(tx).ready:
            return False
        _migrate(tx)
        return True


def schema(database: Database) -> Schema:
    """Where the database stands. Raises NewerSchema."""
    with database.read() as tx:
        return _read(tx)


def _read(tx: Tx) -> Schema:
    """Raises NewerSchema for a migration this version has never heard of."""
    revisions = _revisions()
    current = ""
    if inspect(tx).has_table("alembic_version"):
        current = str(tx.execute(select(text("version_num")).select_from(text("alembic_version"))).scalar() or "")
    if current and current not in revisions:
        raise NewerSchema(
            f"the database was made by a newer Duewell (its tables are at {current}, this version knows "
            f"{revisions[-1]}); install that version, or restore the backup made before it"
        )
    return Schema(current, revisions[-1])


@cache
def _revisions() -> list[str]:
    """Every migration, oldest first, by the names of their files: v0002_usable.py is 0002."""
    return sorted(file.stem[1:5] for file in MIGRATIONS.glob("versions/v*.py"))


def _migrate(tx: Tx) -> None:
    """Alembic is imported only by whoever has something to migrate: it costs 7 MiB and a tenth of a second."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = tx
    command.upgrade(config, "head")
