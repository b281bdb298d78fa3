"""What was asked for and has been settled since: whom to thank, whom we wrote to too late; and who is a newcomer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from receivables.records import Invoice, InvoiceStatus
from storage import tables
from storage.actions import ActionState
from storage.database import Tx
from storage.dialects import among
from storage.records import decoder


@dataclass(frozen=True, slots=True)
class Spoken:
    """A paid invoice, and a message that went out about it: its key, to whom, on which local day, and when."""

    invoice: Invoice
    message: str
    debtor: str
    day_on: date
    at: datetime


def settled_after_message(
    tx: Tx, business: str, connection: str, *, acts: Sequence[str], since: date, seen_since: datetime
) -> list[Spoken]:
    """Paid invoices of a connection that messages sent on that day or later spoke of, oldest message first.

    Only those that changed here at or after `seen_since`.
    """
    keys, act, invoice = tables.action_on, tables.action, tables.invoice
    joined = keys.join(act, (act.c.business_id == keys.c.business_id) & (act.c.id == keys.c.action_id)).join(
        invoice,
        (invoice.c.business_id == keys.c.business_id)
        & (invoice.c.connection_id == keys.c.connection_id)
        & (invoice.c.id == keys.c.invoice_id),
    )
    settled = (
        invoice.c.status == InvoiceStatus.PAID.value,
        invoice.c.open_minor == 0,
        invoice.c.gone_at.is_(None),
        invoice.c.seen_at >= seen_since,
    )
    sent = (act.c.act.in_(acts), act.c.state == ActionState.SENT.value, act.c.local_day >= since)
    mine = (keys.c.business_id == business, keys.c.connection_id == connection)
    columns = (invoice.c.body, act.c.key, act.c.debtor, act.c.local_day, act.c.claimed_at)
    found = tx.execute(select(*columns).select_from(joined).where(*mine, *sent, *settled).order_by(act.c.claimed_at))
    read = decoder(Invoice)
    return [Spoken(read(row.body), row.key, row.debtor, row.local_day, row.claimed_at) for row in found]


def held_keys(tx: Tx, business: str, keys: Iterable[str]) -> set[str]:
    """Which of these keys of invoices some act holds, or may."""
    table = tables.action_on
    wanted = select(table.c.key).where(table.c.business_id == business, among(tx, table.c.key, list(keys)))
    return set(tx.execute(wanted).scalars())


NEVER_WAS = [one.value for one in (InvoiceStatus.DRAFT, InvoiceStatus.VOID, InvoiceStatus.DELETED)]


def newcomers(tx: Tx, business: str, connection: str, *, since: date, step: str) -> list[str]:
    """The customers of a connection whose first invoice was issued since that day, or who were sent one since then at
    the step. It may name too many and never too few."""
    table, keys, acts = tables.invoice, tables.action_on, tables.action
    mine = (table.c.business_id == business, table.c.connection_id == connection, table.c.gone_at.is_(None))
    issued = (*mine, table.c.customer_id.is_not(None), table.c.status.not_in(NEVER_WAS))
    new = select(table.c.customer_id).where(*issued).group_by(table.c.customer_id)
    on = (
        (keys.c.business_id == table.c.business_id)
        & (keys.c.connection_id == table.c.connection_id)
        & (keys.c.invoice_id == table.c.id)
    )
    both = table.join(keys, on).join(acts, (acts.c.business_id == keys.c.business_id) & (acts.c.id == keys.c.action_id))
    sent = select(table.c.customer_id).select_from(both)
    first = new.having(func.min(table.c.issued_on) >= since)
    either = first.union(sent.where(*issued, keys.c.step == step, acts.c.local_day >= since))
    return sorted(tx.execute(either).scalars())
