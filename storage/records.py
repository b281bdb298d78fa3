"""Records as rows: what is kept beside the body, the hash that tells news from repetition, and the way back."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Table

from receivables.money import Money
from receivables.records import Chargeback, Credit, Customer, Invoice, Kind, OtherEntry, Payment, Record, Ref
from storage import tables
from storage.database import AnyRow

R = TypeVar("R", Customer, Invoice, Payment, Credit, Chargeback, OtherEntry)
Columns = Mapping[str, Any]

TABLES: Mapping[Kind, Table] = {
    Kind.CUSTOMER: tables.customer,
    Kind.INVOICE: tables.invoice,
    Kind.PAYMENT: tables.payment,
    Kind.CREDIT: tables.credit,
    Kind.CHARGEBACK: tables.chargeback,
    Kind.OTHER: tables.other_entry,
}
KINDS: Mapping[type, Kind] = {
    Customer: Kind.CUSTOMER,
    Invoice: Kind.INVOICE,
    Payment: Kind.PAYMENT,
    Credit: Kind.CREDIT,
    Chargeback: Kind.CHARGEBACK,
    OtherEntry: Kind.OTHER,
}
_DECODERS: Mapping[Kind, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(one) for one, kind in KINDS.items()}
# The column that says whose record it is: the customer's, or for a chargeback the payment's.
BELONGS_TO: Mapping[Kind, str] = {
    Kind.CUSTOMER: "id",
    Kind.INVOICE: "customer_id",
    Kind.PAYMENT: "customer_id",
    Kind.CREDIT: "customer_id",
    Kind.CHARGEBACK: "payment_id",
    Kind.OTHER: "customer_id",
}
MINOR_MAX = 2**63 - 1
# Records of a list that does not say when they changed carry the instant they were fetched: younger than this,
# a changed_at may be no more than that, and is not worth a write.
JUST_NOW = timedelta(hours=1)
_encoder = msgspec.json.Encoder()


class DoesNotFit(ValueError):
    """An amount, currency or version that no column can hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record made ready for its table: the key facts of the guard, and the row."""

    id: str
    changed_at: datetime
    version: int
    hash: bytes
    row: Columns


class Fate(StrEnum):
    """What becomes of an incoming record."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    STALE = "stale"


def weigh(known: AnyRow | None, fresh: Entry, now: datetime) -> Fate:
    """The guard: an older (changed_at, version) never overwrites a newer one, equal content is never written.

    When content is equal but changed_at moved on, only that instant is noted (MOVED), so that a straggler from
    in between cannot pass for news; unless it is JUST_NOW, which is when fetched lists would write every row.
    """
    if known is None:
        return Fate.NEW
    if known.gone_at is not None:
        return _back(known, fresh)
    if fresh.hash == known.hash:
        moved = known.changed_at < fresh.changed_at <= now - JUST_NOW
        return Fate.MOVED if moved else Fate.UNCHANGED
    older = (fresh.changed_at, fresh.version) < (known.changed_at, known.version)
    return Fate.STALE if older else Fate.CHANGED


def _back(known: AnyRow, fresh: Entry) -> Fate:
    """A record that was gone comes back to life, unless this is only what it was before."""
    if fresh.changed_at < known.gone_at:
        return Fate.STALE
    return Fate.CHANGED if known.hash else Fate.NEW


def entry(business: str, record: Record) -> Entry:
    """The row of a record, without the instants of seeing it. Raises DoesNotFit."""
    kind = KINDS[type(record)]
    body = _encoder.encode(record)
    columns = _COLUMNS[kind](record)
    _check(columns, record.version)
    fingerprint = _fingerprint(body, record.changed_at)
    row = {
        "business_id": business,
        "connection_id": record.ref.connection,
        "id": record.ref.id,
        "changed_at": record.changed_at,
        "version": record.version,
        "hash": fingerprint,
        "gone_at": None,
        "became": None,
        **columns,
        "body": body.decode(),
    }
    return Entry(record.ref.id, record.changed_at, record.version, fingerprint, row)


def _fingerprint(body: bytes, changed_at: datetime) -> bytes:
    """Of everything but changed_at. Inside a JSON string quotes are escaped, so only the field itself can match."""
    stamp = b'"changed_at":' + _encoder.encode(changed_at)
    return hashlib.blake2b(body.replace(stamp, b"", 1), digest_size=16).digest()


def _check(columns: Columns, version: int) -> None:
    for name, value in columns.items():
        if name.endswith("_minor") and abs(value) > MINOR_MAX:
            raise DoesNotFit("an amount is larger than can be stored")
    if len(columns.get("currency", "")) > 3:
        raise DoesNotFit("a currency is longer than three letters")
    if abs(version) > MINOR_MAX:
        raise DoesNotFit("its version is larger than can be stored")


def decoder(kind: type[R]) -> Callable[[str], R]:
    """Turns a body back into the record."""
    decode_one: Callable[[str], R] = _DECODERS[KINDS[kind]].decode
    return decode_one


def decode(kind: Kind, body: str) -> Record:
    """A body of any kind, back as its record."""
    record: Record = _DECODERS[kind].decode(body)
    return record


def _id(ref: Ref | None) -> str | None:
    return ref.id if ref else None


def _plain(words: str) -> str:
    """PostgreSQL text cannot hold NUL; the body keeps it, escaped."""
    return words.replace("\x00", "")


def _money(currency: str, **minor: Money) -> dict[str, Any]:
    return {"currency": currency} | {f"{name}_minor": money.minor for name, money in minor.items()}


def _customer(record: Customer) -> Columns:
    return {"name": _plain(record.name), "parent_id": _id(record.parent)}


def _invoice(record: Invoice) -> Columns:
    return {
        "customer_id": record.customer.id,
        "number": _plain(record.number),
        "status": record.status.value,
        "issued_on": record.issued_on,
        "due_on": record.due_on,
        **_money(record.total.currency, total=record.total, open=record.open),
    }


def _payment(record: Payment) -> Columns:
    return {
        "customer_id": _id(record.customer),
        "status": record.status.value,
        "received_on": record.received_on,
        **_money(record.amount.currency, amount=record.amount, unapplied=record.unapplied),
    }


def _credit(record: Credit) -> Columns:
    return {
        "customer_id": _id(record.customer),
        "number": _plain(record.number),
        "status": record.status.value,
        "issued_on": record.issued_on,
        **_money(record.amount.currency, amount=record.amount, remaining=record.remaining),
    }


def _chargeback(record: Chargeback) -> Columns:
    return {
        "payment_id": _id(record.payment),
        "status": _plain(record.status),
        "opened_on": record.opened_on,
        **_money(record.amount.currency, amount=record.amount),
    }


def _other_entry(record: OtherEntry) -> Columns:
    return {
        "customer_id": _id(record.customer),
        "dated_on": record.on,
        **_money(record.amount.currency, amount=record.amount),
    }


_COLUMNS: Mapping[Kind, Callable[[Any], Columns]] = {
    Kind.CUSTOMER: _customer,
    Kind.INVOICE: _invoice,
    Kind.PAYMENT: _payment,
    Kind.CREDIT: _credit,
    Kind.CHARGEBACK: _chargeback,
    Kind.OTHER: _other_entry,
}
