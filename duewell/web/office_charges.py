"""What the pages need to know about late charges."""

from collections.abc import Mapping
from typing import Protocol

from duewell.charging import ChargingView
from duewell.charging_to import PostedTo
from duewell.views.charge import ChargeLine
from integrations.contract import ChargeChoices


class ChargesOffice(Protocol):
    """The part of the Office that speaks of late charges. `by` is the name of the person who decides.

    Each may raise Refused with a sentence for people, or NotThere for what is not this business's.
    """

    def charging(self, business: str) -> ChargingView:
        """What the business asks for when it is paid late, and where that is posted to."""
        ...

    def set_charging(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        """Choose `basis` (none, statutory, policy), and for the policy `percent`, `per`, `flat`, `grace_days`."""
        ...

    def charge_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        """What was chosen, and what the platform lists at this moment. May raise TryLater or Reconnect."""
        ...

    def set_posted_to(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        """Choose the account and the tax code. May raise TryLater or Reconnect."""
        ...

    def late_charges(self, business: str, connection: str, customer_id: str) -> tuple[ChargeLine, ...]:
        """What the customer's open invoices bear, and those about which somebody said something."""
        ...

    def charge_act(self, business: str, invoice: tuple[str, str], act: str, told: Mapping[str, str], *, by: str) -> str:
        """`waive` or `enforce` (`told`: from, until, words, as they were typed) or `post`, for the invoice (connection,
        id); the sentence about it. May raise TryLater or Reconnect when it is posted."""
        ...
