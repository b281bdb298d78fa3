"""What moved a till's balance, line by line, as it was told last: the payout of a line is often known days later."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from receivables.money import Money
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import insert_into

TABLE = tables.movement
PAYOUT = "payout"
TOLD_LATER = ("payout_id",)


@dataclass(frozen=True, slots=True)
class KeptMovement:
    """One line, in the currency the till settles in. `kind` is the till's contract's word; a payout is negative."""

    connection: str
    id: str
    kind: str
    gross: Money
    fee: Money
    at: datetime
    payment: str = ""
    payout: str = ""
    exchange_rate: str = ""

    @property
    def net(self) -> Money:
        """What the balance moved by."""
        return self.gross - self.fee


def keep_movements(tx: Tx, business: str, lines: Iterable[KeptMovement]) -> None:
    """Keep them, or what is known of their payouts by now."""
    rows = [_row(business, one) for one in lines]
    if not rows:
        return
    statement = insert_into(tx, TABLE)
    fresh = {name: statement.excluded[name] for name in TOLD_LATER}
    keys = list(TABLE.primary_key)
    differs = TABLE.c.payout_id != statement.excluded.payout_id
    tx.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh, where=differs), rows)


def _row(business: str, one: KeptMovement) -> dict[str, object]:
    return {
        "business_id": business,
        "connection_id": one.connection,
        "id": one.id,
        "kind": one.kind,
        "currency": one.gross.currency,
        "gross_minor": one.gross.minor,
        "fee_minor": one.fee.minor,
        "at": one.at,
        "payment_id": one.payment,
        "payout_id": one.payout,
        "exchange_rate": one.exchange_rate,
    }


def movements(
    tx: Tx, business: str, *, kinds: Collection[str] = (), since: datetime | None = None
) -> list[KeptMovement]:
    """Oldest first; every condition that is given must hold."""
    wanted = select(TABLE).where(TABLE.c.business_id == business)
    wanted = wanted.where(TABLE.c.kind.in_(list(kinds))) if kinds else wanted
    wanted = wanted.where(TABLE.c.at >= since) if since else wanted
    return [_movement(row) for row in tx.execute(wanted.order_by(TABLE.c.at, TABLE.c.id))]


def known_lines(tx: Tx, business: str, connection: str) -> tuple[datetime | None, datetime | None]:
    """The newest line that was read, and the oldest whose payout is still to be told."""
    mine = (TABLE.c.business_id == business, TABLE.c.connection_id == connection)
    waiting = (TABLE.c.payout_id == "", TABLE.c.kind != PAYOUT)
    newest = tx.execute(select(func.max(TABLE.c.at)).where(*mine)).scalar()
    return newest, tx.execute(select(func.min(TABLE.c.at)).where(*mine, *waiting)).scalar()


def _movement(row: AnyRow) -> KeptMovement:
    return KeptMovement(
        connection=row.connection_id,
        id=row.id,
        kind=row.kind,
        gross=Money(row.gross_minor, row.currency),
        fee=Money(row.fee_minor, row.currency),
        at=row.at,
        payment=row.payment_id,
        payout=row.payout_id,
        exchange_rate=row.exchange_rate,
    )
