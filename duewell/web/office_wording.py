"""What the pages need to know about what customers read: wordings, bank details, the credit policy, statements."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from collector.occasions.statement import StatementKind
from collector.wording.check import Wording
from collector.wording.writing import Bank, Letter
from duewell.views.wording import BankView, CreditPolicyView, WordingLine, WordingView


class WordingOffice(Protocol):
    """The part of the Office that speaks of wordings. `by` is the name of the person who does it.

    Each may raise Refused with a sentence for people, or NotThere for what is not this business's.
    """

    def wordings(self, business: str, language: str) -> Sequence[WordingLine]:
        """Every letter in one language, from friendly to final; the business's own language when none is given."""
        ...

    def wording(self, business: str, letter: str, language: str) -> WordingView:
        """One letter in one language: its text, the names it may use, its versions."""
        ...

    def save_wording(self, business: str, fresh: Wording, *, by: str) -> int:
        """Check and keep it; its version."""
        ...

    def give_back_wording(self, business: str, letter: str, language: str, version: int, *, by: str) -> int:
        """Back to an older version, 0 for the shipped wording; kept as the newest, whose number is given back."""
        ...

    def preview_wording(self, business: str, tried: Wording, *, customer: str, soft: bool) -> Letter:
        """As a real customer would read it; nothing is sent or kept."""
        ...

    def test_wording(self, business: str, tried: Wording, *, customer: str, to: tuple[str, str]) -> None:
        """The same as a mail to (name, address) of the person who asks, marked [Test]."""
        ...

    def bank(self, business: str) -> BankView:
        """The bank details in messages, and every change of them."""
        ...

    def set_bank(self, business: str, bank: Bank, *, by: str) -> Sequence[str]:
        """Change them and tell every owner by mail; the names of those who could not be told."""
        ...

    def credit_policy(self, business: str) -> CreditPolicyView:
        """The credit policy in force today, its versions and who accepted which."""
        ...

    def credit_policy_pdf(self, business: str) -> bytes:
        """The same on paper."""
        ...

    def statement(
        self, business: str, customer: tuple[str, str], kind: StatementKind, days: tuple[date | None, date | None]
    ) -> Letter:
        """The statement of (connection, customer) as it would be mailed; without days as `duewell statement` does."""
        ...

    def statement_pdf(
        self, business: str, customer: tuple[str, str], kind: StatementKind, days: tuple[date | None, date | None]
    ) -> bytes:
        """The same on paper."""
        ...
