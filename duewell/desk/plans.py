"""The desk's answers about paying in parts."""

from collector.debtors.cases import debtor_key
from duewell import plans
from duewell.charging_to import CREDITS, PostedTo, charge_choices, every_posted_to, set_posted_to
from duewell.finding import whom_of
from duewell.occasions import send_plan_offer
from duewell.plan_wishes import Wish
from duewell.plans import Shown
from duewell.wiring import House
from integrations.contract import ChargeChoices
from integrations.errors import NotThere
from receivables.records import Kind, Ref


class PlansDesk:
    """The part of the Office that `duewell/web/office_plans.py` asks for."""

    _house: House

    def plans(self, business: str) -> tuple[Shown, ...]:
        """All of them."""
        return tuple(plans.shown_plans(self._house, business))

    def plans_of(self, business: str, connection: str, customer_id: str) -> tuple[Shown, ...]:
        """One customer's, also those that were made under the name of a member of the family."""
        asked = debtor_key(Ref(connection, Kind.CUSTOMER, customer_id))
        try:
            with self._house.database.read() as tx:
                _, head, _ = whom_of(tx, business, asked)
        except NotThere:
            return ()
        return tuple(plans.shown_plans(self._house, business, debtors={asked, head}))

    def credit_notes(self, business: str) -> tuple[PostedTo, ...]:
        """Under what they are entered, by ledger."""
        with self._house.database.read() as tx:
            return every_posted_to(self._house, tx, business, CREDITS)

    def credit_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        """What there is to choose from."""
        return charge_choices(self._house, business, connection, CREDITS)

    def set_credit_notes(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        """Choose it."""
        set_posted_to(self._house, business, connection, (account, tax), by=by, purpose=CREDITS)

    def plan_in_parts(self, business: str, id: str) -> Shown:
        """One of them."""
        return plans.show(self._house, business, id)

    def preview_plan(self, business: str, wish: Wish) -> Shown:
        """What a wish would become."""
        return plans.preview(self._house, business, wish)

    def propose_plan(self, business: str, wish: Wish, *, by: str, may_exceed: bool) -> Shown:
        """Keep it as a proposal."""
        return plans.propose(self._house, business, wish, by=by, may_exceed=may_exceed)

    def agree_plan(self, business: str, id: str, who: str, way: str, *, by: str) -> Shown:
        """The customer has agreed."""
        return plans.approve(self._house, business, id, by=by, who=who, way=way)

    def cancel_plan(self, business: str, id: str, why: str, *, by: str) -> Shown:
        """It holds no longer."""
        return plans.cancel(self._house, business, id, by=by, why=why)

    def send_plan_offer(self, business: str, id: str, *, by: str) -> str:
        """Mail the proposal."""
        return send_plan_offer(self._house, business, plans.plan_called(self._house, business, id), by=by)
