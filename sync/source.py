"""One connection, ready to be read: whose it is, its books, and where what is read goes."""

from dataclasses import dataclass

from integrations.contract import Books, Clock
from storage.connections import Connected, connection
from storage.database import Database, Tx
from storage.errors import UnknownConnection


@dataclass(frozen=True, slots=True)
class Source:
    """A connection of a business with its books opened."""

    database: Database
    clock: Clock
    business: str
    connection: str
    platform: str
    books: Books

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
