"""Whose an answer is: the keys of answer addresses, invoices by number, and which mails were already taken down."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from receivables.records import Kind, Ref
from storage import tables
from storage.actions import ActionState
from storage.database import Tx
from storage.settings import set_setting, setting

PREFIX = "reply:"


def reply_key(business: str, debtor: str) -> str:
    """What stands behind the + in the address that this customer answers to: twelve small letters and digits."""
    told = f"{business}/{debtor}".encode()
    return hashlib.blake2b(told, digest_size=6, person=b"duewell reply").hexdigest()


def keep_reply_key(tx: Tx, business: str, debtor: str) -> str:
    """The key, remembered, so that it can be read back."""
    key = reply_key(business, debtor)
    set_setting(tx, business, f"{PREFIX}{key}", debtor)
    return key


def debtor_of(tx: Tx, business: str, key: str) -> str:
    """Whose answer address it is; empty for nobody's."""
    return setting(tx, business, f"{PREFIX}{key}")


def said_before(tx: Tx, business: str, id: str) -> bool:
    """Is there something said under this id?"""
    table = tables.said
    return tx.execute(select(table.c.id).where(table.c.business_id == business, table.c.id == id)).scalar() is not None


def invoices_numbered(tx: Tx, business: str, numbers: Collection[str]) -> list[tuple[Ref, Ref]]:
    """The live invoices with one of these numbers, each with its customer."""
    table = tables.invoice
    wanted = select(table.c.connection_id, table.c.id, table.c.customer_id).where(
        table.c.business_id == business,
        table.c.number.in_(list(numbers)),
        table.c.gone_at.is_(None),
        table.c.customer_id.is_not(None),
    )
    return [
        (Ref(row.connection_id, Kind.INVOICE, row.id), Ref(row.connection_id, Kind.CUSTOMER, row.customer_id))
        for row in tx.execute(wanted.order_by(table.c.connection_id, table.c.id))
    ]


def texts_under_way(tx: Tx, business: str, *, act: str, since: datetime) -> list[tuple[str, str, str]]:
    """The key, receipt and debtor of messages sent since, of whose arrival nothing is known yet; oldest first."""
    table = tables.action
    wanted = select(table.c.key, table.c.receipt, table.c.debtor).where(
        table.c.business_id == business,
        table.c.act == act,
        table.c.state == ActionState.SENT.value,
        table.c.finished_at >= since,
        table.c.reason == "",
        table.c.receipt != "",
    )
    return [(row.key, row.receipt, row.debtor) for row in tx.execute(wanted.order_by(table.c.finished_at))]


def arrived(tx: Tx, business: str, key: str, words: str) -> None:
    """What became of a message that was sent, in words for people; it stays sent."""
    table = tables.action
    mine = (table.c.business_id == business, table.c.key == key, table.c.state == ActionState.SENT.value)
    tx.execute(update(table).where(*mine).values(reason=words))
