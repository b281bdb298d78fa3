"""Small named settings, of one business or (with the business empty) of the whole installation."""

from sqlalchemy import delete, select

from storage import tables
from storage.database import Tx
from storage.dialects import insert_into, overwrite


def setting(tx: Tx, business: str, name: str, default: str = "") -> str:
    """The value of `name`, or the default."""
    table = tables.setting
    mine = (table.c.business_id == business, table.c.name == name)
    value: str | None = tx.execute(select(table.c.value).where(*mine)).scalar()
    return default if value is None else value


def settings(tx: Tx, business: str) -> dict[str, str]:
    """All of them by name."""
    table = tables.setting
    found = tx.execute(select(table.c.name, table.c.value).where(table.c.business_id == business).order_by("name"))
    return {row.name: row.value for row in found}


def set_setting(tx: Tx, business: str, name: str, value: str) -> None:
    """Set `name`; an equal value is not written again."""
    table = tables.setting
    statement = insert_into(tx, table).values(business_id=business, name=name, value=value)
    tx.execute(overwrite(statement, table, where=table.c.value != statement.excluded.value))


def unset_setting(tx: Tx, business: str, name: str) -> None:
    """Back to the default."""
    table = tables.setting
    tx.execute(delete(table).where(table.c.business_id == business, table.c.name == name))
