"""What went out, or may have, without its words: how each act about a debtor or an invoice stands in a case."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from receivables.case import Contact
from receivables.records import Kind, Ref
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import among

_ACT = (
    tables.action.c.id,
    tables.action.c.debtor,
    tables.action.c.act,
    tables.action.c.state,
    tables.action.c.local_day,
    tables.action.c.claimed_at,
    tables.action.c.planned_at,
)


def contacts(
    tx: Tx,
    business: str,
    *,
    acts: Sequence[str],
    since: date,
    debtors: Sequence[str],
    invoices: Iterable[Ref],
) -> tuple[Contact, ...]:
    """Every contact about these invoices, and those to these debtors since that day, with the last one before it.

    A merge of two customers moves invoices to the survivor, but not what the loser was told: so both are asked.
    """
    found: dict[str, tuple[AnyRow, list[tuple[Ref, str]]]] = {}
    for row in _about(tx, business, acts, invoices):
        ref = Ref(row.on_connection, Kind.INVOICE, row.invoice_id)
        found.setdefault(row.id, (row, []))[1].append((ref, row.step))
    for row in _to(tx, business, acts, debtors, since=since):
        found.setdefault(row.id, (row, []))
    return tuple(_contact(row, steps) for row, steps in found.values())


def contacts_in(
    tx: Tx, business: str, connection: str, *, acts: Sequence[str], states: Sequence[str]
) -> tuple[Contact, ...]:
    """Every contact about invoices of one connection that stands in one of these states, oldest first."""
    table = tables.action
    wanted = _spoken(business, acts).where(tables.action_on.c.connection_id == connection, table.c.state.in_(states))
    found: dict[str, tuple[AnyRow, list[tuple[Ref, str]]]] = {}
    for row in tx.execute(wanted.order_by(table.c.claimed_at, table.c.id)):
        ref = Ref(row.on_connection, Kind.INVOICE, row.invoice_id)
        found.setdefault(row.id, (row, []))[1].append((ref, row.step))
    return tuple(_contact(row, steps) for row, steps in found.values())


def _spoken(business: str, acts: Sequence[str]) -> Select[Any]:
    keys, table = tables.action_on, tables.action
    both = keys.join(table, (keys.c.business_id == table.c.business_id) & (keys.c.action_id == table.c.id))
    wanted = select(*_ACT, keys.c.connection_id.label("on_connection"), keys.c.invoice_id, keys.c.step)
    return wanted.select_from(both).where(keys.c.business_id == business, table.c.act.in_(acts))


def _about(tx: Tx, business: str, acts: Sequence[str], invoices: Iterable[Ref]) -> Iterator[AnyRow]:
    keys, wanted = tables.action_on, _spoken(business, acts)
    by_connection: dict[str, list[str]] = {}
    for ref in invoices:
        by_connection.setdefault(ref.connection, []).append(ref.id)
    for connection, ids in by_connection.items():
        mine = (keys.c.connection_id == connection, among(tx, keys.c.invoice_id, ids))
        yield from tx.execute(wanted.where(*mine))


def _to(tx: Tx, business: str, acts: Sequence[str], debtors: Sequence[str], *, since: date) -> Iterator[AnyRow]:
    table, others = tables.action, tables.action.alias("others")
    same = (others.c.business_id == table.c.business_id, others.c.debtor == table.c.debtor)
    last = select(func.max(others.c.local_day)).where(*same, others.c.act.in_(acts)).scalar_subquery()
    lately = (table.c.local_day >= since) | (table.c.local_day == last)
    mine = (table.c.business_id == business, table.c.act.in_(acts), among(tx, table.c.debtor, debtors))
    yield from tx.execute(select(*_ACT).where(*mine, lately))


def _contact(row: AnyRow, steps: list[tuple[Ref, str]]) -> Contact:
    at = row.claimed_at or row.planned_at
    return Contact(row.debtor, at, row.local_day or at.date(), row.act, row.state, tuple(steps))
