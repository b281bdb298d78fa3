"""Records as rows: what is kept beside the body, the hash that tells news from repetition, and the way back."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Table

from receivables.money import Money
from receivables.records import Chargeback, Credit, Customer, Invoice, Kind, OtherEntry, Payment, Record, Ref
from storage import tables
from storage.bulk import PlainRow
from storage.columns import micros

R = TypeVar("R", Customer, Invoice, Payment, Credit, Chargeback, OtherEntry)

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
JUST_NOW = 3_600_000_000
_encoder = msgspec.json.Encoder()


class DoesNotFit(ValueError):
    """An amount, currency or version that no column can hold."""


@dataclass(slots=True)
class Entry:
    """A record made ready for its table: the key facts of the guard, and the whole row as storage.bulk takes it.

    `changed` is in microseconds, as in the database.
    """

    id: str
    changed: int
    version: int
    hash: bytes
    row: PlainRow


class Known(NamedTuple):
    """What is stored of a record, as far as the guard asks; instants in microseconds.

    A row of SQLAlchemy's own takes a third of a microsecond for every column asked of it.
    """

    id: str
    version: int
    hash: bytes
    became: str | None
    changed_at: int
    gone_at: int | None


class Fate(StrEnum):
    """What becomes of an incoming record."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    UNCHANGED = "unchanged"
    STALE = "stale"


def weigh(known: Known | None, fresh: Entry, now: int) -> Fate:
    """The guard: an older (changed_at, version) never overwrites a newer one, equal content is never written.

    When content is equal but changed_at moved on, only that instant is noted (MOVED), so that a straggler from
    in between cannot pass for news; unless it is JUST_NOW, which is when fetched lists would write every row.
    Instants are in microseconds.
    """
    if known is None:
        return Fate.NEW
    if known.gone_at is not None:
        return _back(known, known.gone_at, fresh)
    if fresh.hash == known.hash:
        moved = known.changed_at < fresh.changed <= now - JUST_NOW
        return Fate.MOVED if moved else Fate.UNCHANGED
    older = (fresh.changed, fresh.version) < (known.changed_at, known.version)
    return Fate.STALE if older else Fate.CHANGED


def _back(known: Known, gone_at: int, fresh: Entry) -> Fate:
    """A record that was gone comes back to life, unless this is only what it was before."""
    if fresh.changed < gone_at:
        return Fate.STALE
    return Fate.CHANGED if known.hash else Fate.NEW


def entry(business: str, record: Record, seen: int) -> Entry:
    """The row of a record, seen at `seen` microseconds. Raises DoesNotFit."""
    ref, body = record.ref, _encoder.encode(record)
    columns = _COLUMNS[type(record)](record)
    if abs(record.version) > MINOR_MAX:
        raise DoesNotFit("its version is larger than can be stored")
    changed, fingerprint = micros(record.changed_at), _fingerprint(body, record.changed_at)
    facts = (business, ref.connection, ref.id, changed, record.version, fingerprint, seen, None, None)
    return Entry(ref.id, changed, record.version, fingerprint, (*facts, *columns, body.decode()))


def _fingerprint(body: bytes, changed_at: datetime) -> bytes:
    """Of everything but changed_at. Inside a JSON string quotes are escaped, so only the field itself can match."""
    stamp = b'"changed_at":' + _encoder.encode(changed_at)
    return hashlib.blake2b(body.replace(stamp, b"", 1), digest_size=16).digest()


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
    return words.replace("\x00", "") if "\x00" in words else words


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _money(first: Money, second: Money) -> PlainRow:
    """Currency and two amounts."""
    if len(first.currency) > 3:
        raise DoesNotFit("a currency is longer than three letters")
    if not (-MINOR_MAX <= first.minor <= MINOR_MAX and -MINOR_MAX <= second.minor <= MINOR_MAX):
        raise DoesNotFit("an amount is larger than can be stored")
    return first.currency, first.minor, second.minor


def _customer(one: Customer) -> PlainRow:
    return _plain(one.name), _id(one.parent)


def _invoice(one: Invoice) -> PlainRow:
    money = _money(one.total, one.open)
    return one.customer.id, _plain(one.number), one.status.value, *money, _day(one.issued_on), _day(one.due_on)


def _payment(one: Payment) -> PlainRow:
    return _id(one.customer), one.status.value, *_money(one.amount, one.unapplied), _day(one.received_on)


def _credit(one: Credit) -> PlainRow:
    money = _money(one.amount, one.remaining)
    return _id(one.customer), _plain(one.number), one.status.value, *money, _day(one.issued_on)


def _chargeback(one: Chargeback) -> PlainRow:
    currency, minor, _ = _money(one.amount, one.amount)
    return _id(one.payment), _plain(one.status), currency, minor, _day(one.opened_on)


def _other_entry(one: OtherEntry) -> PlainRow:
    currency, minor, _ = _money(one.amount, one.amount)
    return _id(one.customer), currency, minor, _day(one.on)


# Each kind's own columns, in the order of its table, between the facts that all share and the body.
_COLUMNS: Mapping[type, Callable[[Any], PlainRow]] = {
    Customer: _customer,
    Invoice: _invoice,
    Payment: _payment,
    Credit: _credit,
    Chargeback: _chargeback,
    OtherEntry: _other_entry,
}
