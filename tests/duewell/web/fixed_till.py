"""The money of the fixed office: an account at zero, one that waits, an unexplained refund, a returned payment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from duewell.clearing import BackLine, ClearingLine, ClearingPage
from duewell.tills import Chosen, ClearingView, PostedView, TillView
from integrations.receiving import Clearing
from receivables.money import Money
from tests.duewell.web.fixed_people import FixedPeople


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(label: str, paid: int, fees: int, paid_out: int, waiting: int) -> ClearingLine:
    left = paid - fees - paid_out
    sums = (usd(paid), usd(0), usd(0), usd(-fees), usd(-paid_out), usd(left), usd(waiting), usd(left - waiting))
    return ClearingLine("qb-1", label, "Stripe clearing", "USD", *sums)


CHOSEN = Chosen("stripe-1", ("card", "us_bank_account"), {"USD": 200_000}, by="Robin Lee")
PAGE = ClearingPage(
    CHOSEN,
    (line("Cedar Ridge", 10_000, 320, 9_680, 0), line("Harbor Lane", 5_000, 175, 0, 4_825)),
    (
        BackLine("c-1", "qb-1/58", "Hollis & Daughters", "pi_1", usd(700), None, "", open=True, beside=False),
        BackLine("c-2", "stripe-1/9", "<b>Bolt</b>", "pi_2", None, usd(2_500), "", open=False, beside=True),
    ),
    ((usd(1_200), "The books are closed up to 31 December 2026."),),
    (usd(9_900),),
)
VIEW = TillView(
    CHOSEN,
    "Northwind Cloud",
    (("stripe-1", "Northwind Cloud"),),
    (ClearingView("qb-1", "Cedar Ridge", "QuickBooks", "USD", "85", "Stripe clearing"),),
    (PostedView("qb-1", "Cedar Ridge", "unknown", 3),),
)
ACCOUNTS = (Clearing("85", "Stripe clearing", "USD"), Clearing("4", "Old bank", "USD", "it is inactive"))


@dataclass
class FixedTill(FixedPeople):
    """Remembers what was asked."""

    money: ClearingPage = PAGE
    till_shown: TillView = VIEW
    taken_back: tuple[Money, ...] = ()
    accounts: tuple[Clearing, ...] = field(default=ACCOUNTS)

    def clearing(self, business: str) -> ClearingPage:
        return self.money

    def returned(self, business: str, connection: str, customer_id: str) -> tuple[Money, ...]:
        return self.taken_back

    def clearing_journal(self, business: str) -> str:
        self._do("clearing_journal", business)
        return "Date,Reference\r\n"

    def refund_was(self, business: str, checkout: str, what: str, *, by: str) -> str:
        self._do("refund_was", business, checkout, what, by)
        return "The refund was explained."

    def till(self, business: str) -> TillView:
        return self.till_shown

    def choose_till(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        self._do("choose_till", business, dict(told), by)

    def clearing_choices(self, business: str, connection: str, currency: str) -> tuple[Clearing, ...]:
        self._do("clearing_choices", business, connection, currency)
        return self.accounts

    def choose_clearing(self, business: str, account: tuple[str, str], typed: str, *, make: bool) -> Clearing:
        self._do("choose_clearing", business, account, typed, make)
        return Clearing("85", typed, "USD")
