"""An installation that needs no platform: Amber Joinery with Xero's books, at a time that is moved by hand."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from duewell.config import Settings
from duewell.wiring import House, build, sealing_keys
from receivables.records import Answer, Company, Record
from storage.businesses import add_business
from storage.connections import NewConnection, connect, pulled, save_company
from storage.database import Database
from tests.conftest import HandClock
from tests.ready import ready
from tests.storage.amber import BUSINESS, CONNECTION, save


@contextmanager
def furnishing(folder: Path, *records: Record, now: datetime) -> Iterator[House]:
    """The books as they were read at `now`, kept in the folder; what else there is may be added."""
    built = build(ready(Settings(data=folder)))
    with built.database.write() as tx:
        add_business(tx, "Amber Joinery", now=now, business=BUSINESS, settings={"time_zone": "Europe/London"})
        connect(tx, BUSINESS, NewConnection("xero", "t-1", "g1", "Amber", id=CONNECTION), now=now)
        save_company(tx, BUSINESS, Company(CONNECTION, "Amber", "GBP", "GB", "Europe/London", own_reminders=Answer.NO))
        pulled(tx, BUSINESS, CONNECTION, now=now)
    save(built.database, *records)
    yield built
    built.close()


@contextmanager
def moved_in(furnished: Path, folder: Path, *, now: datetime) -> Iterator[House]:
    """A copy of a furnished installation."""
    shutil.copytree(furnished, folder)
    settings = Settings(data=folder)
    opened = House(settings, Database.open(settings.database_url), HandClock(now), sealing_keys(settings.key_file))
    yield opened
    opened.close()
