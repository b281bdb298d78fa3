"""Why an invoice that is paid in parts rests, what is said when its plan was broken, and what goes before the rest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from collector.judgement import Line, Verdict
from collector.policy import Step
from collector.reasons.day import Day, day_words, hold
from collector.reasons.parts import moment
from receivables.plans import PartState, PlanState, Progress, next_part, standings
from receivables.records import Invoice, Ref


def in_plan(day: Day, invoice: Invoice) -> Verdict | None:
    """What is being paid in parts is asked for on the parts' own days only."""
    progress = day.plan(invoice.ref)
    if progress is None or day.share(invoice):
        return None
    until = next_look(progress, day.policy.part_steps, day.on)
    rule = "settled_for_less" if progress.state(day.on) is PlanState.KEPT else "in_plan"
    return hold(invoice, rule, resting_words(progress, day.on), until=until, plan=progress.plan.id, paid=progress.paid)


def resting_words(progress: Progress, on: date) -> str:
    """Why nothing is asked for today, in one sentence."""
    plan, standing = progress.plan, next_part(progress.plan, progress.so_far, on)
    if progress.state(on) is PlanState.KEPT:
        return f"It was settled for {plan.total} as agreed; the credit note for {plan.forgiven} is still to be entered."
    if standing is None:
        return "It is being paid in parts, and the payment for the last one is on its way."
    part, due = standing.part, day_words(standing.part.due_on)
    if standing.state is PartState.COMING:
        return f"It is being paid in parts; the next part of {standing.open} is due on {due}."
    if standing.state is PartState.DUE:
        return f"It is being paid in parts; the part of {standing.open} is due today."
    until = day_words(plan.waited_until(part))
    return (
        f"It is being paid in parts; {standing.open} of the part due on {due} is still open, and the plan goes on "
        f"if that comes by {until}."
    )


def next_look(progress: Progress, steps: Sequence[Step], on: date) -> date | None:
    """The day on which the answer may change: the next reminder, the part's own day, or the end of the waiting."""
    standing = next_part(progress.plan, progress.so_far, on)
    if standing is None:
        return None
    ends = progress.plan.waited_until(standing.part) + timedelta(days=1)
    days = [*(moment(standing, step) for step in steps), standing.part.due_on, ends]
    return min((day for day in days if day > on), default=None)


def broken_words(day: Day, invoice: Invoice) -> str:
    """That its plan was broken, as a sentence to be added; empty where none was."""
    progress = day.broken_plan(invoice.ref)
    if progress is None:
        return ""
    found = standings(progress.plan, progress.so_far, day.on)
    missed = next(one for one in found if one.state is PartState.MISSED)
    due = day_words(missed.part.due_on)
    return f" Its plan was broken: {missed.open} of the part due on {due} did not come."


def one_plan_first(day: Day, lines: Sequence[Line]) -> tuple[list[Line], dict[Ref, Verdict]]:
    """A message that asks for a part asks for nothing else; whatever else has come waits for another day."""
    parts = [line.part for line in lines if line.part]
    if not parts:
        return list(lines), {}
    first = min(parts, key=lambda part: (part.due_on, part.plan.id))
    mine = [line for line in lines if line.part == first]
    tomorrow = day.on + timedelta(days=1)
    reason = "Today's message is about a part of a plan, so this waits for another day."
    held = {
        line.invoice.ref: replace(
            hold(line.invoice, "part_first", reason, until=tomorrow, plan=first.plan.id), step=line.step.name
        )
        for line in lines
        if line.part != first
    }
    return mine, held
