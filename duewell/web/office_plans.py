"""What the pages need to know about paying in parts."""

from typing import Protocol

from duewell.charging_to import PostedTo
from duewell.plan_wishes import Wish
from duewell.plans import Shown
from integrations.contract import ChargeChoices


class PlansOffice(Protocol):
    """The part of the Office that speaks of paying in parts. `by` is the name of the person who does it.

    Each may raise Refused with a sentence for people, or NotThere for what is not this business's.
    """

    def plans(self, business: str) -> tuple[Shown, ...]:
        """All of them, the latest first."""
        ...

    def plans_of(self, business: str, connection: str, customer_id: str) -> tuple[Shown, ...]:
        """Those of one customer, the latest first."""
        ...

    def credit_notes(self, business: str) -> tuple[PostedTo, ...]:
        """Under what the credit note for what a settlement gives up is entered, for each ledger."""
        ...

    def credit_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        """What was chosen, and what the platform lists at this moment. Raises as a read does."""
        ...

    def set_credit_notes(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        """Choose both, by their codes."""
        ...

    def plan_in_parts(self, business: str, id: str) -> Shown:
        """One of them."""
        ...

    def preview_plan(self, business: str, wish: Wish) -> Shown:
        """What a wish would become. Nothing is kept."""
        ...

    def propose_plan(self, business: str, wish: Wish, *, by: str, may_exceed: bool) -> Shown:
        """Keep it as a proposal; beyond the policy's limits only for whoever `may_exceed`."""
        ...

    def agree_plan(self, business: str, id: str, who: str, way: str, *, by: str) -> Shown:
        """The customer has agreed, as `by` heard it."""
        ...

    def cancel_plan(self, business: str, id: str, why: str, *, by: str) -> Shown:
        """It holds no longer."""
        ...

    def send_plan_offer(self, business: str, id: str, *, by: str) -> str:
        """Mail the proposal to the customer, with the link where they can agree; a sentence about it."""
        ...
