"""Installment plans as they were agreed: proposed, begun, broken, mended, ended; what is paid of them is reckoned."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from receivables.money import Money
from receivables.plans import Agreement, Covered, InstallmentPlan, Part, PlanState
from receivables.records import Kind, Ref
from storage import tables
from storage.database import AnyRow, Tx
from storage.dialects import among
from storage.ids import new_id

PLAN, COVERED, PART = tables.installment_plan, tables.plan_covered, tables.plan_part
LIVING = (PlanState.PROPOSED, PlanState.ACTIVE, PlanState.BROKEN)


class Begun(StrEnum):
    """What became of a wish to begin a plan."""

    YES = "yes"
    NOT_PROPOSED = "not_proposed"
    INVOICE_TAKEN = "invoice_taken"


def propose(tx: Tx, business: str, plan: InstallmentPlan, *, by: str, now: datetime) -> str:
    """Keep a plan that somebody may agree to; its id. What it says of ids, states and instants is not looked at."""
    id = new_id()
    tx.execute(insert(PLAN).values(_row(business, id, plan, by=by, now=now)))
    mine = {"business_id": business, "plan_id": id}
    covered = [
        mine
        | {
            "connection_id": one.invoice.connection,
            "invoice_id": one.invoice.id,
            "minor": one.amount.minor,
            "settled_minor": one.settled_before.minor,
        }
        for one in plan.covered
    ]
    parts = [mine | {"number": one.number, "due_on": one.due_on, "minor": one.amount.minor} for one in plan.parts]
    tx.execute(insert(COVERED), covered)
    tx.execute(insert(PART), parts)
    return id


def _row(business: str, id: str, plan: InstallmentPlan, *, by: str, now: datetime) -> dict[str, object]:
    return {
        "business_id": business,
        "id": id,
        "debtor": plan.debtor,
        "state": PlanState.PROPOSED.value,
        "currency": plan.currency,
        "forgiven_minor": plan.forgiven.minor if plan.forgiven else 0,
        "cure_days": plan.cure_days,
        "proposed_by": by,
        "proposed_at": now,
    }


def begin(tx: Tx, business: str, id: str, agreement: Agreement, *, settled: Mapping[Ref, Money]) -> Begun:
    """Somebody agreed: the plan is active from now on, and counts from what is settled of its invoices now.

    An invoice is in one active plan at a time, whoever is quicker.
    """
    step = tx.begin_nested()
    try:
        begun = _begin(tx, business, id, agreement, settled=settled)
    except IntegrityError:
        begun = Begun.INVOICE_TAKEN
    if begun is Begun.YES:
        step.commit()
    else:
        step.rollback()
    return begun


def _begin(tx: Tx, business: str, id: str, agreement: Agreement, *, settled: Mapping[Ref, Money]) -> Begun:
    values = {
        "agreed_by": agreement.by,
        "agreed_at": agreement.at,
        "agreed_way": agreement.way,
        "agreed_words": agreement.words,
    }
    if not _move(tx, business, id, PlanState.ACTIVE, before=(PlanState.PROPOSED,), values=values):
        return Begun.NOT_PROPOSED
    for ref, amount in settled.items():
        holds = {"holds": f"{ref.connection}/{ref.id}", "settled_minor": amount.minor}
        tx.execute(update(COVERED).where(*_covered(business, id, ref)).values(holds))
    return Begun.YES


def broken(tx: Tx, business: str, id: str, *, now: datetime) -> bool:
    """A part was missed for too long; its invoices are chased again. False unless it was active."""
    return _move(tx, business, id, PlanState.BROKEN, before=(PlanState.ACTIVE,), values={"broken_at": now})


def cured(tx: Tx, business: str, id: str, *, now: datetime) -> bool:
    """What was missed has been paid after all: the plan goes on. False unless it was broken."""
    return _move(tx, business, id, PlanState.ACTIVE, before=(PlanState.BROKEN,), values={"cured_at": now})


def end(tx: Tx, business: str, id: str, state: PlanState, *, by: str, why: str, now: datetime) -> bool:
    """Kept or cancelled, for good: its invoices are free again, unless what is left of them was forgiven. False when
    it had ended already."""
    values = {"ended_at": now, "ended_by": by, "ended_why": why}
    if not _move(tx, business, id, state, before=LIVING, values=values):
        return False
    forgiven = select(PLAN.c.forgiven_minor).where(PLAN.c.business_id == business, PLAN.c.id == id)
    if state is not PlanState.KEPT or not tx.execute(forgiven).scalar_one():
        mine = (COVERED.c.business_id == business, COVERED.c.plan_id == id)
        tx.execute(update(COVERED).where(*mine).values({"holds": None}))
    return True


def plan(tx: Tx, business: str, id: str) -> InstallmentPlan | None:
    """One plan, or None."""
    return next(iter(plans(tx, business, ids=[id])), None)


def concerning(tx: Tx, business: str, invoices: Iterable[Ref]) -> list[InstallmentPlan]:
    """The plans that hold any of these invoices: begun and not ended, or kept for less than was owed."""
    names = [f"{ref.connection}/{ref.id}" for ref in invoices]
    mine = (COVERED.c.business_id == business, COVERED.c.holds.is_not(None), among(tx, COVERED.c.holds, names))
    found = set(tx.execute(select(COVERED.c.plan_id).where(*mine)).scalars()) if names else set()
    return plans(tx, business, ids=found) if found else []


def plans(
    tx: Tx,
    business: str,
    *,
    debtors: Collection[str] | None = None,
    states: Collection[PlanState] = (),
    ids: Collection[str] | None = None,
) -> list[InstallmentPlan]:
    """The business's plans, oldest first."""
    wanted = select(PLAN).where(PLAN.c.business_id == business)
    wanted = wanted.where(PLAN.c.debtor.in_(debtors)) if debtors is not None else wanted
    wanted = wanted.where(PLAN.c.state.in_([state.value for state in states])) if states else wanted
    wanted = wanted.where(PLAN.c.id.in_(ids)) if ids is not None else wanted
    rows = tx.execute(wanted.order_by(PLAN.c.proposed_at, PLAN.c.id)).all()
    found = [str(row.id) for row in rows]
    covered = select(COVERED).where(COVERED.c.business_id == business, COVERED.c.plan_id.in_(found))
    parts = select(PART).where(PART.c.business_id == business, PART.c.plan_id.in_(found)).order_by(PART.c.number)
    about, days = _by_plan(tx.execute(covered)), _by_plan(tx.execute(parts))
    return [_plan(row, about[row.id], days[row.id]) for row in rows]


def _by_plan(rows: Iterable[AnyRow]) -> dict[str, list[AnyRow]]:
    found: dict[str, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[row.plan_id].append(row)
    return found


def _plan(row: AnyRow, covered: list[AnyRow], parts: list[AnyRow]) -> InstallmentPlan:
    def money(minor: int) -> Money:
        return Money(minor, row.currency)

    agreed = Agreement(row.agreed_by, row.agreed_at, row.agreed_way, row.agreed_words) if row.agreed_at else None
    return InstallmentPlan(
        id=row.id,
        debtor=row.debtor,
        covered=tuple(
            Covered(Ref(one.connection_id, Kind.INVOICE, one.invoice_id), money(one.minor), money(one.settled_minor))
            for one in covered
        ),
        parts=tuple(Part(one.number, one.due_on, money(one.minor)) for one in parts),
        cure_days=row.cure_days,
        forgiven=money(row.forgiven_minor) if row.forgiven_minor else None,
        state=PlanState(row.state),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        agreement=agreed,
        broken_at=row.broken_at,
        cured_at=row.cured_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        ended_why=row.ended_why,
    )


def _move(
    tx: Tx, business: str, id: str, to: PlanState, *, before: Collection[PlanState], values: Mapping[str, object]
) -> bool:
    mine = (PLAN.c.business_id == business, PLAN.c.id == id, PLAN.c.state.in_([state.value for state in before]))
    return tx.execute(update(PLAN).where(*mine).values({"state": to.value, **values})).rowcount > 0


def _covered(business: str, id: str, ref: Ref) -> tuple[ColumnElement[bool], ...]:
    return (
        COVERED.c.business_id == business,
        COVERED.c.plan_id == id,
        COVERED.c.connection_id == ref.connection,
        COVERED.c.invoice_id == ref.id,
    )
