"""Checkouts that were opened for payers: for what, how much, and what is known to have come of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import func, select, update

from receivables.money import Money
from receivables.records import Kind, Ref, Word
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import among, insert_into

TABLE = tables.checkout


class CheckoutState(Word):
    """`begun` until the till has answered; `processing` money may still fail; `recorded` stands in the books."""

    BEGUN = "begun"
    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    RECORDED = "recorded"
    FAILED = "failed"
    EXPIRED = "expired"
    OTHER = "other"


UNSETTLED = (CheckoutState.BEGUN, CheckoutState.OPEN, CheckoutState.PROCESSING, CheckoutState.PAID)
ON_THE_WAY = (CheckoutState.OPEN, CheckoutState.PROCESSING, CheckoutState.PAID)


@dataclass(frozen=True, slots=True)
class KeptCheckout:
    """One payment page at a till. `about` says how much of it is for which invoice; the sums add up to `amount`.

    All of `about` stands in one ledger. `acts` are the keys under which its money is recorded, decided once. `refunded`
    is what the business gave back of it, `returned` what a bank took back for good; `refund_is` says what a refund was
    of, once that is known. `back_digest` is the hash of the code in the address to which the till leads back.
    """

    connection: str
    id: str
    debtor: str
    amount: Money
    about: tuple[tuple[Ref, Money], ...]
    made_at: datetime
    expires_at: datetime
    state: CheckoutState = CheckoutState.BEGUN
    session: str = ""
    link: str = ""
    plan: str = ""
    payment: str = ""
    acts: tuple[str, ...] = ()
    failure: str = ""
    looked_at: datetime | None = None
    refunded: Money | None = None
    returned: Money | None = None
    refund_is: str = ""
    back_digest: str = ""


def keep_checkout(tx: Tx, business: str, made: KeptCheckout) -> bool:
    """Durable before the till is asked, so that none is ever open unknown to us; False when it is known already."""
    about = [[ref.connection, ref.id, amount.minor] for ref, amount in made.about]
    row = {
        "business_id": business,
        "connection_id": made.connection,
        "id": made.id,
        "session_id": made.session,
        "link_id": made.link,
        "plan_id": made.plan,
        "debtor": made.debtor,
        "state": made.state.value,
        "currency": made.amount.currency,
        "minor": made.amount.minor,
        "about": msgspec.json.encode(about).decode(),
        "payment_id": made.payment,
        "back_digest": made.back_digest,
        "made_at": made.made_at,
        "expires_at": made.expires_at,
    }
    statement = insert_into(tx, TABLE).values(row).on_conflict_do_nothing()
    return tx.execute(statement.returning(TABLE.c.id)).one_or_none() is not None


def note_checkout(
    tx: Tx, business: str, id: str, state: CheckoutState, *, now: datetime, told: Mapping[str, str] | None = None
) -> None:
    """What the till said of it at `now`. `told`: session, payment, failure, as far as they are known.

    What is recorded stays so, whatever somebody who looked earlier says later.
    """
    names = {"session": "session_id", "payment": "payment_id", "failure": "failure"}
    values = {names[name]: value for name, value in (told or {}).items()}
    mine = (TABLE.c.business_id == business, TABLE.c.id == id)
    unrecorded = TABLE.c.state != CheckoutState.RECORDED.value
    tx.execute(update(TABLE).where(*mine, unrecorded).values({"state": state.value, "looked_at": now, **values}))


def paid_checkout(
    tx: Tx, business: str, id: str, *, payment: str, acts: Collection[str], now: datetime
) -> tuple[str, ...]:
    """Its money is there and is recorded under these keys; those that hold, which are of whoever came first."""
    mine = (TABLE.c.business_id == business, TABLE.c.id == id)
    told = {"payment_id": payment, "acts": msgspec.json.encode(list(acts)).decode()}
    values = {"state": CheckoutState.PAID.value, "looked_at": now, **told}
    tx.execute(update(TABLE).where(*mine, TABLE.c.acts == "[]").values(values))
    return msgspec.json.decode(tx.execute(select(TABLE.c.acts).where(*mine)).scalar_one(), type=tuple[str, ...])


def note_back(tx: Tx, business: str, id: str, *, refunded: Money, returned: Money, refund_is: str = "") -> None:
    """So much of it went back, as the till says now. A refund of another sum is to be explained anew."""
    mine = (TABLE.c.business_id == business, TABLE.c.id == id)
    values = {"refunded_minor": refunded.minor, "returned_minor": returned.minor, "refund_is": refund_is}
    tx.execute(update(TABLE).where(*mine).values(values))


def explain_refund(tx: Tx, business: str, id: str, what: str) -> bool:
    """Somebody says what a refund was of; False when there is none, or it was said already."""
    mine = (TABLE.c.business_id == business, TABLE.c.id == id, TABLE.c.refunded_minor > 0, TABLE.c.refund_is == "")
    return tx.execute(update(TABLE).where(*mine).values(refund_is=what)).rowcount > 0


def by_way_back(tx: Tx, digest: str) -> tuple[str, KeptCheckout] | None:
    """The business, and the page from which this way back leads, whatever its age; one query in any case."""
    row = tx.execute(select(TABLE).where(TABLE.c.back_digest == digest)).first()
    return None if row is None else (row.business_id, _checkout(row))


def close_ways_back(tx: Tx, business: str, links: Collection[str]) -> None:
    """What was opened by these links leads back to nothing any more."""
    mine = (TABLE.c.business_id == business, TABLE.c.link_id.in_(list(links)))
    tx.execute(update(TABLE).where(*mine).values(back_digest=""))


def first_made(tx: Tx, business: str, connection: str) -> datetime | None:
    """When the first page was opened at a till."""
    mine = (TABLE.c.business_id == business, TABLE.c.connection_id == connection)
    found: datetime | None = tx.execute(select(func.min(TABLE.c.made_at)).where(*mine)).scalar()
    return found


def of_payments(tx: Tx, business: str, payments: Collection[str]) -> list[KeptCheckout]:
    """The pages by which these payments came, oldest first."""
    wanted = select(TABLE).where(TABLE.c.business_id == business, among(tx, TABLE.c.payment_id, payments))
    return [_checkout(row) for row in tx.execute(wanted.order_by(TABLE.c.made_at, TABLE.c.id))]


def went_back(tx: Tx, business: str) -> list[KeptCheckout]:
    """Those of which money went back, oldest first."""
    back = (TABLE.c.refunded_minor > 0) | (TABLE.c.returned_minor > 0)
    wanted = select(TABLE).where(TABLE.c.business_id == business, back)
    return [_checkout(row) for row in tx.execute(wanted.order_by(TABLE.c.made_at, TABLE.c.id))]


def checkouts(
    tx: Tx,
    business: str,
    *,
    states: Collection[CheckoutState] = (),
    debtors: Collection[str] | None = None,
    plan: str = "",
) -> list[KeptCheckout]:
    """Oldest first."""
    wanted = select(TABLE).where(TABLE.c.business_id == business)
    wanted = wanted.where(TABLE.c.state.in_([state.value for state in states])) if states else wanted
    wanted = wanted.where(TABLE.c.debtor.in_(debtors)) if debtors is not None else wanted
    wanted = wanted.where(TABLE.c.plan_id == plan) if plan else wanted
    return [_checkout(row) for row in tx.execute(wanted.order_by(TABLE.c.made_at, TABLE.c.id))]


def _checkout(row: AnyRow) -> KeptCheckout:
    about = msgspec.json.decode(row.about, type=list[tuple[str, str, int]])
    return KeptCheckout(
        connection=row.connection_id,
        id=row.id,
        debtor=row.debtor,
        amount=Money(row.minor, row.currency),
        about=tuple((Ref(one, Kind.INVOICE, id), Money(minor, row.currency)) for one, id, minor in about),
        made_at=row.made_at,
        expires_at=row.expires_at,
        state=CheckoutState(row.state),
        session=row.session_id,
        link=row.link_id,
        plan=row.plan_id,
        payment=row.payment_id,
        acts=msgspec.json.decode(row.acts, type=tuple[str, ...]),
        failure=row.failure,
        looked_at=row.looked_at,
        refunded=Money(row.refunded_minor, row.currency) if row.refunded_minor else None,
        returned=Money(row.returned_minor, row.currency) if row.returned_minor else None,
        refund_is=row.refund_is,
        back_digest=row.back_digest,
    )
