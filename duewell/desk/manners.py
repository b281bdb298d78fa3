"""The desk's answers about messages that are no reminders: what was wrong, and what a person sends on request."""

from duewell import occasions
from duewell.showing import manners as showing_manners
from duewell.views.manners import MannersView
from duewell.wiring import House
from receivables.records import Kind, Ref


class MannersDesk:
    """The part of the Office that `duewell/web/office_manners.py` asks for."""

    _house: House

    def manners(self, business: str) -> MannersView:
        """The last 90 days."""
        return showing_manners.manners(self._house, business)

    def send_statement(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        """What is open, by mail."""
        return occasions.send_statement(self._house, business, _ref(customer), by=by)

    def send_credit_policy(self, business: str, customer: tuple[str, str], *, by: str) -> str:
        """The version in force, by mail."""
        return occasions.send_credit_policy(self._house, business, _ref(customer), by=by)


def _ref(customer: tuple[str, str]) -> Ref:
    return Ref(customer[0], Kind.CUSTOMER, customer[1])
