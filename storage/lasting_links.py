"""Links at a till that last until they are paid by or ended: each for one invoice, and one at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from receivables.money import Money
from receivables.records import Kind, Ref, Word
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import among, insert_into

TABLE = tables.lasting_link


class LastingState(Word):
    """`begun` until the till has answered; `ending` is to be switched off at the till, and opens nothing for us."""

    BEGUN = "begun"
    OPEN = "open"
    ENDING = "ending"
    ENDED = "ended"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KeptLink:
    """One link, without what opens it. `id` is our name for it at the till, `page` the till's own, once it is told.

    `open` is what was open of the invoice when the link was made; `plan` the plan whose part it asks for.
    """

    connection: str
    id: str
    debtor: str
    invoice: Ref
    amount: Money
    open: Money
    made_at: datetime
    plan: str = ""
    state: LastingState = LastingState.BEGUN
    page: str = ""
    looked_at: datetime | None = None


def keep_lasting(tx: Tx, business: str, made: KeptLink) -> bool:
    """Durable before the till is asked; False while the invoice has another one."""
    row = {
        "business_id": business,
        "connection_id": made.connection,
        "id": made.id,
        "page_id": made.page,
        "debtor": made.debtor,
        "plan_id": made.plan,
        "state": made.state.value,
        "ledger_id": made.invoice.connection,
        "invoice_id": made.invoice.id,
        "holds": _holds(made.invoice),
        "currency": made.amount.currency,
        "minor": made.amount.minor,
        "open_minor": made.open.minor,
        "made_at": made.made_at,
    }
    statement = insert_into(tx, TABLE).values(row).on_conflict_do_nothing()
    return tx.execute(statement.returning(TABLE.c.id)).one_or_none() is not None


def looked_at_lasting(tx: Tx, business: str, id: str, *, page: str, now: datetime) -> None:
    """The till has told of it; one that is to be ended stays so."""
    mine = (*_mine(business, id), TABLE.c.state != LastingState.ENDED.value)
    tx.execute(update(TABLE).where(*mine).values(page_id=page, looked_at=now))
    begun = (*_mine(business, id), TABLE.c.state == LastingState.BEGUN.value)
    tx.execute(update(TABLE).where(*begun).values(state=LastingState.OPEN.value))


def ended_lasting(tx: Tx, business: str, id: str, *, now: datetime) -> None:
    """Nobody can pay by it any more; its invoice may have another."""
    values = {"state": LastingState.ENDED.value, "holds": None, "looked_at": now}
    tx.execute(update(TABLE).where(*_mine(business, id)).values(values))


def forget_lasting(tx: Tx, business: str, id: str) -> None:
    """It never was at the till."""
    tx.execute(delete(TABLE).where(*_mine(business, id)))


def revoke_lasting(tx: Tx, business: str, debtors: Collection[str]) -> int:
    """All of these debtors' are to be ended; how many there were."""
    living = TABLE.c.state.in_([LastingState.BEGUN.value, LastingState.OPEN.value])
    mine = (TABLE.c.business_id == business, TABLE.c.debtor.in_(list(debtors)), living)
    return tx.execute(update(TABLE).where(*mine).values(state=LastingState.ENDING.value)).rowcount


def lasting_links(tx: Tx, business: str, *, invoices: Collection[Ref] | None = None) -> list[KeptLink]:
    """Those that are not ended, of all invoices or these, oldest first."""
    wanted = select(TABLE).where(TABLE.c.business_id == business, TABLE.c.holds.is_not(None))
    if invoices is not None:
        wanted = wanted.where(among(tx, TABLE.c.holds, [_holds(ref) for ref in invoices]))
    return [_kept(row) for row in tx.execute(wanted.order_by(TABLE.c.made_at, TABLE.c.id))]


def _holds(invoice: Ref) -> str:
    return f"{invoice.connection}/{invoice.id}"


def _mine(business: str, id: str) -> tuple[ColumnElement[bool], ...]:
    return TABLE.c.business_id == business, TABLE.c.id == id


def _kept(row: AnyRow) -> KeptLink:
    return KeptLink(
        connection=row.connection_id,
        id=row.id,
        debtor=row.debtor,
        invoice=Ref(row.ledger_id, Kind.INVOICE, row.invoice_id),
        amount=Money(row.minor, row.currency),
        open=Money(row.open_minor, row.currency),
        made_at=row.made_at,
        plan=row.plan_id,
        state=LastingState(row.state),
        page=row.page_id,
        looked_at=row.looked_at,
    )
