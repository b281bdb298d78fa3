"""How plans come along: kept when all is paid, broken when a part was missed for too long, mended when it is paid."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from receivables.money import Money, sum_money
from receivables.plans import InstallmentPlan, PlanState, Progress, paid_towards, settled_of
from receivables.records import Invoice, Ref
from storage import books, installments
from storage.checkouts import ON_THE_WAY, CheckoutState, checkouts
from storage.database import Tx

LIVING = (PlanState.ACTIVE, PlanState.BROKEN)
COMING = tuple(state for state in ON_THE_WAY if state is not CheckoutState.OPEN)


def progress(tx: Tx, business: str, plans: Iterable[InstallmentPlan]) -> list[Progress]:
    """Each plan with its money, as the books are now."""
    found = list(plans)
    invoices = books.records(tx, business, [one.invoice for plan in found for one in plan.covered])
    settled = {ref: settled_of(one) for ref, one in invoices.items() if isinstance(one, Invoice)}
    under_way = checkouts(tx, business, states=COMING) if found else []
    coming = [share for one in under_way for share in one.about]
    return [progress_of(plan, settled, coming) for plan in found]


def progress_of(
    plan: InstallmentPlan, settled: Mapping[Ref, Money], under_way: Iterable[tuple[Ref, Money]]
) -> Progress:
    """The same from what is settled of each invoice, and what is on its way. Pure."""
    coming = sum_money((amount for ref, amount in under_way if plan.covers(ref)), plan.currency)
    return Progress(plan, min(paid_towards(plan, settled), plan.total), coming)


def keep_in_step(tx: Tx, business: str, today: date, now: datetime) -> list[tuple[InstallmentPlan, PlanState]]:
    """Write down which plans were kept, broken or mended since; those that changed, with what they are now."""
    changed = []
    for one in progress(tx, business, installments.plans(tx, business, states=LIVING)):
        state = one.state(today)
        if state is not one.plan.state and _write(tx, business, one.plan, state, now=now):
            changed.append((one.plan, state))
    return changed


def _write(tx: Tx, business: str, plan: InstallmentPlan, state: PlanState, *, now: datetime) -> bool:
    if state is PlanState.KEPT:
        return installments.end(tx, business, plan.id, state, by="", why="All of it is paid.", now=now)
    if state is PlanState.BROKEN:
        return installments.broken(tx, business, plan.id, now=now)
    return installments.cured(tx, business, plan.id, now=now)
