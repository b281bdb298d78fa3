"""What the pages need to know about taken money."""

from collections.abc import Mapping
from typing import Protocol

from duewell.clearing import ClearingPage
from duewell.tills import TillView
from integrations.receiving import Clearing
from receivables.money import Money


class TillOffice(Protocol):
    """The part of the Office that speaks of the till and the clearing accounts. Each may raise Refused or NotThere."""

    def clearing(self, business: str) -> ClearingPage:
        """Whether the clearing accounts come to zero."""
        ...

    def returned(self, business: str, connection: str, customer_id: str) -> tuple[Money, ...]:
        """What a bank took back of a customer's payments whose invoices stay paid, by currency."""
        ...

    def clearing_journal(self, business: str) -> str:
        """Payouts and fees as CSV. Refused where somebody else books them."""
        ...

    def refund_was(self, business: str, checkout: str, what: str, *, by: str) -> str:
        """Say of what a refund was; the sentence about it."""
        ...

    def till(self, business: str) -> TillView:
        """What was said about the till."""
        ...

    def choose_till(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        """Choose `connection`, `methods`, `card_most`, `fed` and `others_post:LEDGER`, as they were typed. May raise
        TryLater or Reconnect."""
        ...

    def clearing_choices(self, business: str, connection: str, currency: str) -> tuple[Clearing, ...]:
        """A ledger's accounts for a currency, as listed at this moment. May raise TryLater or Reconnect."""
        ...

    def choose_clearing(self, business: str, account: tuple[str, str], typed: str, *, make: bool) -> Clearing:
        """Choose the account of a ledger and currency by id or name. May raise TryLater or Reconnect."""
        ...
