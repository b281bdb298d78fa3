"""One connection, ready to be read: whose it is, its books, and where what is read goes."""

from dataclasses import dataclass

from integrations.contract import Books, Clock
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Source:
    """A connection of a business with its books opened. `holder` names this worker on leases."""

    database: Database
    clock: Clock
    business: str
    connection: str
    platform: str
    books: Books
    holder: str
