"""The desk's answers about taken money: the till, the clearing accounts, and what went back."""

from collections.abc import Mapping

from duewell.clearing import ClearingPage, clearing_page, journal, returned_beside
from duewell.refunds import refund_was
from duewell.tills import TillView, choose_clearing, choose_till, clearing_choices, till_view
from duewell.wiring import House
from integrations.receiving import Clearing
from receivables.money import Money


class TillDesk:
    """The part of the Office that `duewell/web/office_till.py` asks for."""

    _house: House

    def clearing(self, business: str) -> ClearingPage:
        """Whether the accounts come to zero."""
        return clearing_page(self._house, business)

    def returned(self, business: str, connection: str, customer_id: str) -> tuple[Money, ...]:
        """What was taken back of a customer's payments and stands beside what is owed."""
        return returned_beside(self._house, business, f"{connection}/{customer_id}")

    def clearing_journal(self, business: str) -> str:
        """Payouts and fees as CSV."""
        return journal(self._house, business)

    def refund_was(self, business: str, checkout: str, what: str, *, by: str) -> str:
        """Say of what a refund was."""
        return refund_was(self._house, business, checkout, what, by=by)

    def till(self, business: str) -> TillView:
        """What was said about the till."""
        return till_view(self._house, business)

    def choose_till(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        """Say it."""
        choose_till(self._house, business, told, by=by)

    def clearing_choices(self, business: str, connection: str, currency: str) -> tuple[Clearing, ...]:
        """A ledger's accounts as its platform lists them now."""
        return clearing_choices(self._house, business, connection, currency)

    def choose_clearing(self, business: str, account: tuple[str, str], typed: str, *, make: bool) -> Clearing:
        """Choose the account of a ledger (its connection) and a currency."""
        connection, currency = account
        return choose_clearing(self._house, business, connection, currency, typed=typed, make=make)
