"""Plans in parts as people make them: proposed, agreed to, looked at, ended; and kept in step with the money."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import structlog

from collector.paying.limits import beyond, mistakes
from collector.paying.progress import keep_in_step, progress
from duewell.finding import today_of
from duewell.plan_wishes import Owed, Wish, limits_for, wished
from duewell.todos import look_again
from duewell.wiring import House
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.plans import Agreement, InstallmentPlan, PartStanding, PlanState, Progress, settled_of, standings
from receivables.records import Invoice, Ref
from storage import books, installments
from storage.installments import Begun

log = structlog.get_logger(__name__)

WAYS = ("phone", "mail", "letter", "meeting")
"""How a customer may have agreed, besides by the link."""
PREFIX_LEAST = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan with its words, how each part does, and in which ways it is beyond what a customer may choose alone.

    `numbers` are those of its invoices.
    """

    plan: InstallmentPlan
    customer: str
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    standings: tuple[PartStanding, ...]
    paid: Money
    beyond: tuple[str, ...] = ()


def preview(house: House, business: str, wish: Wish) -> Shown:
    """The plan that was wished for, before anything is kept: its parts, its end, and what a missed part means.

    Raises Refused with a sentence.
    """
    plan, owed = wished(house, business, wish)
    today, numbers = today_of(house, business), tuple(one.number for one in owed.invoices)
    due = {one.ref: one.due_on for one in owed.invoices}
    over = tuple(beyond(plan, limits_for(house, business, plan.debtor), today, due))
    nothing = Money.zero(plan.currency)
    return Shown(plan, owed.name, numbers, words(plan, owed), standings(plan, nothing, today), nothing, over)


def propose(house: House, business: str, wish: Wish, *, by: str, may_exceed: bool) -> Shown:
    """Keep the plan, so that the customer can agree to it. Raises Refused; beyond the limits only whoever `may_exceed`
    proposes."""
    shown = preview(house, business, wish)
    if shown.beyond and not may_exceed:
        raise Refused(f"{' '.join(shown.beyond)} Only an owner may propose that; make it smaller, or ask one.")
    with house.database.write() as tx:
        id = installments.propose(tx, business, shown.plan, by=by, now=house.clock.now())
    log.info("plan proposed", business=business, parts=len(shown.plan.parts))
    return replace(shown, plan=replace(shown.plan, id=id, proposed_by=by))


def approve(house: House, business: str, id: str, *, by: str, who: str, way: str) -> Shown:
    """The customer has agreed to a proposed plan, as `by` heard it; it holds from now on, and its words are kept.

    Raises Refused when it cannot begin any more, NotThere for no such plan.
    """
    if way not in WAYS:
        raise Refused(f"Say how they agreed: {', '.join(WAYS)}; not {way[:20]!r}.")
    if not who.strip():
        raise Refused("Say who agreed: the name of the person.")
    plan, today, now = plan_called(house, business, id), today_of(house, business), house.clock.now()
    if plan.state is not PlanState.PROPOSED:
        raise Refused(f"This plan is {plan.state.value} already; only a proposed one can be agreed to.")
    with house.database.write() as tx:
        found = books.records(tx, business, [one.invoice for one in plan.covered])
        known = {ref: one for ref, one in found.items() if isinstance(one, Invoice)}
        _refuse_stale(plan, known, today)
        told = "\n".join((*_words_of(plan, known), f"Written down by {by}."))
        agreement = Agreement(who.strip(), now, way, told)
        settled = {one.invoice: settled_of(known[one.invoice]) for one in plan.covered}
        begun = installments.begin(tx, business, plan.id, agreement, settled=settled)
    if begun is Begun.INVOICE_TAKEN:
        raise Refused("One of its invoices is in another plan by now; end that one first, or propose this one anew.")
    if begun is not Begun.YES:
        raise Refused("This plan was agreed to or ended by somebody else in the meantime; look at it again.")
    look_again(house, business, plan.debtor, today)
    return show(house, business, plan.id)


def _refuse_stale(plan: InstallmentPlan, known: Mapping[Ref, Invoice], today: date) -> None:
    """What was right when it was proposed may not be so any more."""
    owed = {ref: one.open for ref, one in known.items() if one.owing}
    wrong = mistakes(plan, owed, today, Money(1, plan.currency))
    if wrong:
        raise Refused(f"{' '.join(wrong)} Cancel it and propose it anew.")


def cancel(house: House, business: str, id: str, *, by: str, why: str = "") -> Shown:
    """The plan holds no longer; its invoices are asked for as if it had not been. Raises NotThere, or Refused for one
    that has ended."""
    plan = plan_called(house, business, id)
    with house.database.write() as tx:
        now = house.clock.now()
        done = installments.end(tx, business, plan.id, PlanState.CANCELLED, by=by, why=why.strip(), now=now)
    if not done:
        raise Refused(f"This plan has ended already: it was {plan.state.value}.")
    look_again(house, business, plan.debtor, today_of(house, business))
    return show(house, business, plan.id)


def plan_called(house: House, business: str, id: str) -> InstallmentPlan:
    """The plan with this id, or the only one whose id begins so. Raises NotThere."""
    wanted = id.strip()
    with house.database.read() as tx:
        exact = installments.plan(tx, business, wanted)
        if exact is not None or len(wanted) < PREFIX_LEAST:
            found = [exact] if exact else []
        else:
            found = [one for one in installments.plans(tx, business) if one.id.startswith(wanted)]
    if len(found) != 1:
        raise NotThere(f"There is no plan {wanted[:40]!r} here; `duewell plans show` lists them.")
    return found[0]


def show(house: House, business: str, id: str) -> Shown:
    """One plan as it stands today. Raises NotThere."""
    (found,) = _shown(house, business, [plan_called(house, business, id)])
    return found


def shown_plans(
    house: House, business: str, *, debtors: Collection[str] | None = None, states: Collection[PlanState] = ()
) -> list[Shown]:
    """The business's plans as they stand today, the latest first."""
    with house.database.read() as tx:
        found = installments.plans(tx, business, debtors=debtors, states=states)
    return _shown(house, business, found[::-1])


def _shown(house: House, business: str, plans: list[InstallmentPlan]) -> list[Shown]:
    from duewell.policies import names_of  # it looks at steps, which this has nothing to do with

    today = today_of(house, business)
    names = names_of(house, business, [one.debtor for one in plans])
    with house.database.read() as tx:
        known = books.records(tx, business, [one.invoice for plan in plans for one in plan.covered])
        found = progress(tx, business, plans)
    invoices = {ref: one for ref, one in known.items() if isinstance(one, Invoice)}
    return [_one_shown(one, names[one.plan.debtor], invoices, today) for one in found]


def _one_shown(one: Progress, name: str, known: Mapping[Ref, Invoice], today: date) -> Shown:
    plan, begun = one.plan, one.plan.agreement is not None
    paid = one.paid if begun else Money.zero(plan.currency)
    numbers = tuple(known[each.invoice].number for each in plan.covered if each.invoice in known)
    return Shown(plan, name, numbers, _words_of(plan, known), standings(plan, paid, today), paid)


def keep_plans(house: House, business: str) -> int:
    """Write down which plans were kept, broken or mended by now; how many changed."""
    with house.database.read() as tx:
        living = installments.plans(tx, business, states=(PlanState.ACTIVE, PlanState.BROKEN))
    if not living:
        return 0
    today = today_of(house, business)
    with house.database.write() as tx:
        changed = keep_in_step(tx, business, today, house.clock.now())
    for plan, state in changed:
        log.info("plan", business=business, state=state.value)
        look_again(house, business, plan.debtor, today)
    return len(changed)


# --- in words -----------------------------------------------------------------------------------------------------


def words(plan: InstallmentPlan, owed: Owed) -> tuple[str, ...]:
    """Everything that is agreed to, line by line."""
    return _words_of(plan, {one.ref: one for one in owed.invoices})


def _words_of(plan: InstallmentPlan, known: Mapping[Ref, Invoice]) -> tuple[str, ...]:
    numbers = ", ".join(known[one.invoice].number for one in plan.covered if one.invoice in known)
    many = f"{len(plan.parts)} parts" if len(plan.parts) > 1 else "one payment"
    which = f"invoice{'s' if len(plan.covered) > 1 else ''} {numbers}"
    parts = [f"Part {one.number}: {one.amount} on {_day(one.due_on)}." for one in plan.parts]
    left = f"{plan.forgiven} of the debt is then given up by a credit note." if plan.forgiven else ""
    late = (
        f"A part may come up to {plan.cure_days} day{'s' if plan.cure_days != 1 else ''} late" if plan.cure_days else ""
    )
    missed = f"{late}; after that" if late else "If a part does not come on its day,"
    end = f"It ends on {_day(plan.last_on)}." if len(plan.parts) > 1 else ""
    what = "the whole is owed as before" if plan.forgiven else "what is left is owed as before"
    broken = f"{missed} the plan is broken, and {what}."
    return tuple(one for one in (f"{plan.total} for {which} in {many}.", *parts, end, left, broken) if one)


def _day(on: date) -> str:
    return f"{on:%-d %B %Y}"
