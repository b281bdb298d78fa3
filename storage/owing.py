"""Who owes: asked of the whole business at once, in SQL."""

from sqlalchemy import desc, func, select

from receivables.records import Kind, Ref
from storage import tables
from storage.connections import State
from storage.database import Tx


def owes_most(tx: Tx, business: str) -> Ref | None:
    """The customer with the largest open sum in any one currency, in its minor units; None when nothing is open."""
    table, connection = tables.invoice, tables.connection
    open_minor = func.sum(table.c.open_minor)
    living = select(connection.c.id).where(
        connection.c.business_id == business, connection.c.state != State.DISCONNECTED.value
    )
    found = tx.execute(
        select(table.c.connection_id, table.c.customer_id)
        .where(
            table.c.business_id == business,
            table.c.connection_id.in_(living),
            table.c.status.in_(("open", "uncollectible")),
            table.c.gone_at.is_(None),
            table.c.open_minor > 0,
            table.c.customer_id.is_not(None),
        )
        .group_by(table.c.connection_id, table.c.customer_id, table.c.currency)
        .order_by(desc(open_minor), table.c.connection_id, table.c.customer_id)
        .limit(1)
    ).one_or_none()
    return None if found is None else Ref(found.connection_id, Kind.CUSTOMER, found.customer_id)
