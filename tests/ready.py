"""SQLite files that have their tables: made once in a process and copied, as making them takes a tenth of a second."""

import tempfile
from functools import cache
from pathlib import Path

from duewell.config import Settings
from storage.database import Database
from storage.schema import upgrade


def ready(settings: Settings) -> Settings:
    """The same settings; their SQLite file is there, with the tables and nothing in them."""
    if not settings.database:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = Path(settings.database_url.removeprefix("sqlite:///"))
        file.touch(mode=0o600)
        file.write_bytes(_tables())
    return settings


@cache
def _tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        database = Database.open(f"sqlite:///{file}")
        upgrade(database)
        database.close()
        return file.read_bytes()
