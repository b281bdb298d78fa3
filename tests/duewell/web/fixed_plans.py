"""The fixed office's plans in parts: one in force, one proposed; and what was done about them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from collector.paying.schedule import Rhythm, equal_parts
from duewell.charging_to import PostedTo
from duewell.plan_wishes import Wish
from duewell.plans import Shown
from integrations.contract import ChargeChoices, Choice
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.plans import Agreement, Covered, InstallmentPlan, PlanState, standings
from receivables.records import Kind, Ref

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TOTAL = Money(148_250, "USD")
PLAN = InstallmentPlan(
    "a1b2c3d4e5f60718",
    "qb-1/58",
    (Covered(Ref("qb-1", Kind.INVOICE, "id-1037"), TOTAL, Money(0, "USD")),),
    equal_parts(TOTAL, 4, first_on=date(2026, 3, 5), rhythm=Rhythm.MONTHLY),
    state=PlanState.ACTIVE,
    proposed_by="Robin Lee",
    proposed_at=AT,
    agreement=Agreement("Jo Hollis", AT, "phone", "1,482.50 USD for invoice 1037 in 4 parts."),
)
PAID = Money(37_063, "USD")
WORDS = ("1,482.50 USD for invoice 1037 in 4 parts.", "Part 1: 370.63 USD on 5 March 2026.")
IN_FORCE = Shown(PLAN, "Hollis & Daughters", ("1037",), WORDS, standings(PLAN, PAID, date(2026, 3, 10)), PAID)
PROPOSED = replace(
    IN_FORCE,
    plan=replace(PLAN, id="ffffc3d4e5f60718", state=PlanState.PROPOSED, agreement=None),
    beyond=("It has 9 parts; 4 are the most without somebody's yes.",),
)

UNDER = PostedTo("xero-1", "Brightwater Studio", "Xero", "410", "NONE", "410 Bad Debts", "No VAT")
CREDIT_CHOICES = ChargeChoices((Choice("410", "410 Bad Debts"),), (Choice("NONE", "No VAT"),))


@dataclass
class FixedPlans:
    """Knows these plans, and remembers what was asked of it."""

    in_parts: tuple[Shown, ...] = (PROPOSED, IN_FORCE)
    trouble_with_plans: str = ""
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def plans(self, business: str) -> tuple[Shown, ...]:
        assert business
        return self.in_parts

    def plans_of(self, business: str, connection: str, customer_id: str) -> tuple[Shown, ...]:
        return tuple(one for one in self.in_parts if one.plan.debtor == f"{connection}/{customer_id}")

    def credit_notes(self, business: str) -> tuple[PostedTo, ...]:
        return (UNDER,)

    def credit_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        self._try_plan()
        return UNDER, CREDIT_CHOICES

    def set_credit_notes(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        self._try_plan()
        self.asked.append(("set_credit_notes", business, connection, account, tax, by))

    def plan_in_parts(self, business: str, id: str) -> Shown:
        found = next((one for one in self.in_parts if one.plan.id == id), None)
        if found is None:
            raise NotThere("There is no such plan here.")
        return found

    def preview_plan(self, business: str, wish: Wish) -> Shown:
        self._try_plan()
        return replace(PROPOSED, plan=replace(PROPOSED.plan, id=""))

    def propose_plan(self, business: str, wish: Wish, *, by: str, may_exceed: bool) -> Shown:
        self._try_plan()
        self.asked.append(("propose_plan", business, wish, by, may_exceed))
        return PROPOSED

    def agree_plan(self, business: str, id: str, who: str, way: str, *, by: str) -> Shown:
        return self._done("agree_plan", business, id, who, way, by)

    def cancel_plan(self, business: str, id: str, why: str, *, by: str) -> Shown:
        return self._done("cancel_plan", business, id, why, by)

    def send_plan_offer(self, business: str, id: str, *, by: str) -> str:
        self._done("send_plan_offer", business, id, by)
        return "The proposal went out."

    def _done(self, *what: str) -> Shown:
        self._try_plan()
        found = self.plan_in_parts(what[1], what[2])
        self.asked.append(what)
        return found

    def _try_plan(self) -> None:
        if self.trouble_with_plans:
            raise Refused(self.trouble_with_plans)
