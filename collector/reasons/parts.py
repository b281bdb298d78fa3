"""What is being paid in parts: which invoices rest by it, and which part is asked for today. Pure.

A plan in force rests the ordinary chase of its invoices; the days of its parts bring reminders of their own. A broken
one holds nothing, so its invoices are where they would be without it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from collector.judgement import PartAsked
from collector.policy import Step
from receivables.case import Case, Contact
from receivables.money import Money
from receivables.plans import PartStanding, PlanState, Progress, next_part, shares
from receivables.records import Ref


def plans_by_invoice(plans: Iterable[Progress]) -> dict[Ref, Progress]:
    """Each invoice's plan: it is in one at a time."""
    return {covered.invoice: one for one in plans for covered in one.plan.covered}


def rests(progress: Progress, on: date) -> bool:
    """Do its invoices rest: it is in force, or kept, so that what is left of them was forgiven?"""
    state = progress.state(on)
    return state is PlanState.ACTIVE or (state is PlanState.KEPT and bool(progress.plan.forgiven))


def part_step(progress: Progress, steps: Sequence[Step], on: date, contacts: Iterable[Contact]) -> Step | None:
    """The reminder of the oldest open part that has come and has not been done yet."""
    standing = next_part(progress.plan, progress.so_far, on)
    come = [step for step in steps if standing and _come(step, standing, on)]
    if standing is None or not come:
        return None
    done = _done(progress, contacts)
    at = steps.index(come[-1])
    later = ((step, done.get(step.name)) for step in steps[at:])
    said = any(day is not None and day >= moment(standing, step) for step, day in later)
    return None if said else come[-1]


def _come(step: Step, standing: PartStanding, on: date) -> bool:
    """What speaks of a day to come is not said when it is there."""
    return moment(standing, step) <= on and (step.days >= 0 or on < standing.part.due_on)


def moment(standing: PartStanding, step: Step) -> date:
    """The day on which a reminder of the part comes."""
    return standing.part.due_on + timedelta(days=step.days)


def _done(progress: Progress, contacts: Iterable[Contact]) -> Mapping[str, date]:
    """The last day of each reminder of a part that spoke of any of the plan's invoices."""
    done: dict[str, date] = {}
    for contact in contacts:
        for ref, step in contact.steps:
            if progress.plan.covers(ref):
                done[step] = max(contact.day_on, done.get(step, contact.day_on))
    return done


def asked_of(case: Case, progress: Progress, on: date) -> tuple[PartAsked | None, Mapping[Ref, Money]]:
    """The oldest open part, and how much of it is asked for on each invoice: the plan's first invoice first."""
    standing = next_part(progress.plan, progress.so_far, on)
    if standing is None:
        return None, {}
    invoices = {one.ref: one for one in case.invoices}
    order = [one.invoice for one in progress.plan.covered if one.invoice in invoices]
    laid = shares(standing.open, ((ref, invoices[ref].open) for ref in order))
    return PartAsked(progress.plan, standing), laid
