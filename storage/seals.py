"""Sealing secrets with keys that live outside the database, newest first, and sealing them again after a rotation."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Column, Table, bindparam, select, update

from storage import tables
from storage.database import Database, Tx
from storage.errors import BadKey


class Seal:
    """Closes with the newest key, opens with any. Keys are Fernet keys: 32 bytes in URL-safe base64."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise BadKey("there is no sealing key; `duewell init` makes one")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise BadKey("a sealing key is not 32 bytes in URL-safe base64") from None

    def close(self, secret: bytes) -> bytes:
        """Sealed with the newest key."""
        return self._fernet.encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed. Raises BadKey."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            raise BadKey("what is stored was sealed with a key that is no longer in the key file") from None

    def renew(self, sealed: bytes) -> bytes:
        """The same secret, sealed with the newest key. Raises BadKey."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise BadKey("what is stored was sealed with a key that is no longer in the key file") from None


def new_key() -> str:
    """A fresh sealing key."""
    return Fernet.generate_key().decode()


def rotate(database: Database, keys: Sequence[str]) -> int:
    """Seal everything sealed again with the newest of `keys`, all or nothing; how many. Raises BadKey."""
    seal = Seal(keys)
    with database.write() as tx:
        return sum(
            _rotate(tx, seal, table, column)
            for table, column in (
                (tables.grant, tables.grant.c.sealed),
                (tables.attempt, tables.attempt.c.sealed),
                (tables.connection, tables.connection.c.webhook_secret),
                (tables.link_key, tables.link_key.c.sealed),
                (tables.remittance, tables.remittance.c.sealed),
            )
        )


def _rotate(tx: Tx, seal: Seal, table: Table, column: Column[bytes]) -> int:
    keys = list(table.primary_key.columns)
    found = tx.execute(select(*keys, column).where(column.is_not(None)).with_for_update()).all()
    rows = [{f"key_{at}": part for at, part in enumerate(row[:-1])} | {"fresh": seal.renew(row[-1])} for row in found]
    if rows:
        same = [key == bindparam(f"key_{at}", type_=key.type) for at, key in enumerate(keys)]
        tx.execute(update(table).where(*same).values({column.name: bindparam("fresh")}), rows)
    return len(rows)


def holds_secrets(database: Database) -> bool:
    """Is anything sealed in it, which only the right key opens?"""
    with database.read() as tx:
        return tx.execute(select(tables.grant.c.id).limit(1)).first() is not None
