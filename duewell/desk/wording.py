"""The desk's answers about what customers read: wordings, bank details, the credit policy, statements."""

from collections.abc import Sequence
from datetime import date

from collector.occasions.statement import Statement, StatementKind
from collector.wording.check import Wording
from collector.wording.writing import Bank, Letter
from duewell import bank, stating, terms, writing
from duewell.businesses import the_business
from duewell.views.wording import BankView, CreditPolicyView, WordingLine, WordingView
from duewell.wiring import House
from receivables.case import Case
from receivables.records import Kind, Ref

Days = tuple[date | None, date | None]


class WordingDesk:
    """The part of the Office that `duewell/web/office_wording.py` asks for."""

    _house: House

    def wordings(self, business: str, language: str) -> Sequence[WordingLine]:
        """Every letter in one language."""
        return writing.wordings(self._house, business, [language] if language else ())

    def wording(self, business: str, letter: str, language: str) -> WordingView:
        """One letter."""
        return writing.wording(self._house, business, letter, language)

    def save_wording(self, business: str, fresh: Wording, *, by: str) -> int:
        """Check and keep it."""
        return writing.save_wording(self._house, business, fresh, by=by)

    def give_back_wording(self, business: str, letter: str, language: str, version: int, *, by: str) -> int:
        """Back to an older version."""
        return writing.give_back(self._house, business, (letter, language), version, by=by)

    def preview_wording(self, business: str, tried: Wording, *, customer: str, soft: bool) -> Letter:
        """As a real customer would read it."""
        return writing.preview(self._house, business, tried, customer=customer, soft=soft)

    def test_wording(self, business: str, tried: Wording, *, customer: str, to: tuple[str, str]) -> None:
        """The same as a mail."""
        writing.send_test(self._house, business, tried, to=to, customer=customer)

    def bank(self, business: str) -> BankView:
        """The bank details and their changes."""
        held = bank.bank_of(the_business(self._house, business).settings) or Bank(())
        return BankView(held, bank.bank_changes(self._house, business))

    def set_bank(self, business: str, bank_details: Bank, *, by: str) -> Sequence[str]:
        """Change them; who could not be told."""
        return bank.set_bank(self._house, business, bank_details, by=by)

    def credit_policy(self, business: str) -> CreditPolicyView:
        """The credit policy in force."""
        return CreditPolicyView(
            terms.credit_policy_of(self._house, business),
            terms.language_of_business(self._house, business),
            terms.policy_versions(self._house, business)[::-1],
            terms.acceptances(self._house, business),
            terms.goes_with_first(self._house, business),
        )

    def credit_policy_pdf(self, business: str) -> bytes:
        """The same on paper."""
        return terms.credit_policy_paper(self._house, business, terms.credit_policy_of(self._house, business))

    def statement(self, business: str, customer: tuple[str, str], kind: StatementKind, days: Days) -> Letter:
        """A statement as it would be mailed."""
        return stating.statement_letter(self._house, business, *self._stated(business, customer, kind, days))

    def statement_pdf(self, business: str, customer: tuple[str, str], kind: StatementKind, days: Days) -> bytes:
        """The same on paper."""
        return stating.statement_paper(self._house, business, *self._stated(business, customer, kind, days))

    def _stated(
        self, business: str, customer: tuple[str, str], kind: StatementKind, days: Days
    ) -> tuple[Statement, Case]:
        who = Ref(customer[0], Kind.CUSTOMER, customer[1])
        return stating.make_statement(self._house, business, who, kind=kind, days=days)
