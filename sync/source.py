"""One connection, ready to be read: whose it is, its books, and where what is read goes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.contract import Books, Clock
from storage.connections import Connected, connection
from storage.database import Database, Tx
from storage.errors import UnknownConnection


def _no_other(connection: str) -> "Source":
    raise UnknownConnection(f"the connection {connection!r} was not opened beside this one")


@dataclass(frozen=True, slots=True)
class Source:
    """A connection of a business with its books opened; `beside` opens another one of the same business."""

    database: Database
    clock: Clock
    business: str
    connection: str
    platform: str
    books: Books
    beside: Callable[[str], "Source"] = field(default=_no_other, repr=False)

    def of(self, connection: str) -> "Source":
        """The source of one of the business's connections. Raises UnknownConnection."""
        return self if connection == self.connection else self.beside(connection)

    def state(self) -> Connected:
        """What is known of the connection now. Raises UnknownConnection."""
        with self.database.read() as tx:
            return self.state_in(tx)

    def state_in(self, tx: Tx) -> Connected:
        """The same beside what else is read in `tx`."""
        found = connection(tx, self.business, self.connection)
        if found is None:
            raise UnknownConnection(f"the business has no connection {self.connection!r}")
        return found
