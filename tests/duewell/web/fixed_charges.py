"""The late charges of the fixed office: one invoice that bears some, one of which nothing can be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from collector.charges.bearing import Agreed, Basis, Charging
from collector.charges.interest import Terms
from duewell.charging import ChargingView
from duewell.charging_to import PostedTo
from duewell.views.charge import ChargeLine
from integrations.contract import ChargeChoices, Choice
from receivables.money import Money
from tests.duewell.web.fixed_people import FixedPeople

YESTERDAY = date(2026, 3, 9)
WORDS = (
    "$12.40 from February 25 to March 9, 2026 at 18 % a year (credit policy of 1 January 2026) on $1,482.50.",
    "$5.00 was waived by Robin Lee: an old customer.",
)
LINES = (
    ChargeLine("qb-1", "id-1037", "1037", YESTERDAY, Money(1_240, "USD"), WORDS, posts=True),
    ChargeLine(
        "qb-1",
        "id-1038",
        "1038",
        YESTERDAY,
        None,
        ("It bears nothing yet: its first late day is 1 April 2026.",),
        posts=False,
    ),
)
TERMS = Terms(Decimal("18.00"), flat=Money(500, "USD"), grace_days=3)
POSTED_TO = PostedTo("xero-1", "Brightwater Studio", "Xero", "270", "NONE", "270 Interest Income", "No VAT")
CHOICES = ChargeChoices(
    (Choice("200", "200 Sales"), Choice("270", "270 Interest Income")),
    (Choice("NONE", "No VAT"), Choice("OUTPUT2", "20% (VAT on Income)")),
)


@dataclass
class FixedCharges(FixedPeople):
    """`charged` is what was chosen last; everything done is remembered by the office."""

    borne: tuple[ChargeLine, ...] = LINES
    choices_of_charges: ChargeChoices = CHOICES
    charged: ChargingView = field(
        default_factory=lambda: ChargingView(
            Charging(Basis.POLICY, (Agreed(date(2026, 1, 1), TERMS),)),
            "Robin Lee",
            "USD",
            (POSTED_TO,),
        )
    )

    def charging(self, business: str) -> ChargingView:
        return self.charged

    def set_charging(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        self._do("set_charging", business, dict(told), by)

    def charge_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        self._do("charge_choices", business, connection)
        return POSTED_TO, self.choices_of_charges

    def set_posted_to(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        self._do("set_posted_to", business, connection, account, tax, by)

    def late_charges(self, business: str, connection: str, customer_id: str) -> tuple[ChargeLine, ...]:
        return self.borne

    def charge_act(self, business: str, invoice: tuple[str, str], act: str, told: Mapping[str, str], *, by: str) -> str:
        self._do("charge_act", business, invoice, act, dict(told), by)
        return "Late charges on invoice 1037 are waived altogether."
