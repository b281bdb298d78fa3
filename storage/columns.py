"""What every table is made of: the few kinds of column, how constraints are named, and whose connection a row is of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An instant as it is kept. Raises ValueError for one without a time zone."""
    if at.tzinfo is None:
        raise ValueError("an instant must be aware UTC")
    return (at - EPOCH) // MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole microseconds since 1970 in a BIGINT."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """To microseconds. Raises ValueError for an instant without a time zone."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Back to aware UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def key(name: str) -> Column[Any]:
    """A part of the primary key."""
    return Column(name, Text, primary_key=True)


def words(name: str, default: str = "") -> Column[Any]:
    """Text that is always there, perhaps empty."""
    return Column(name, Text, nullable=False, server_default=default)


def perhaps(name: str) -> Column[Any]:
    """Text or nothing."""
    return Column(name, Text, nullable=True)


def number(name: str) -> Column[Any]:
    """A whole number: minor units, a count, a version."""
    return Column(name, BigInteger, nullable=False, server_default="0")


def currency() -> Column[Any]:
    """The ISO 4217 code of the amounts beside it."""
    return Column("currency", String(3), nullable=False, server_default="")


def at(name: str) -> Column[Any]:
    """An instant that is always there."""
    return Column(name, Instant, nullable=False)


def perhaps_at(name: str) -> Column[Any]:
    """An instant or nothing."""
    return Column(name, Instant, nullable=True)


def sealed(name: str, *, nullable: bool = False) -> Column[Any]:
    """Bytes: sealed, hashed or as they came."""
    return Column(name, LargeBinary, nullable=nullable)


def of_connection() -> tuple[Any, ...]:
    """The first columns of what belongs to one connection."""
    return (
        key("business_id"),
        key("connection_id"),
        ForeignKeyConstraint(["business_id", "connection_id"], ["connection.business_id", "connection.id"]),
    )
