"""The fixed office's pairs: a customer known twice, and a sale in two books."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from duewell.views.same import PairView, SideView
from integrations.errors import NotThere, Refused
from receivables.money import Money

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
SUM = Money(148_250, "USD")
HERE = SideView(
    "qb-1/58", "qb-1", "Juniper", "QuickBooks", "58", "Hollis & Daughters", ("1 Mill Lane, NY",), open=(SUM,)
)
THERE = SideView(
    "st-1/cus_9", "st-1", "Juniper Shop", "Stripe", "cus_9", "Hollis & Daughters Inc.", ("Tax number 12-3",)
)
KNOWN_TWICE = PairView("aaaaaa", "debtor", (HERE, THERE), ("Both have the tax number 12-3456789.",))
SALE = PairView(
    "bbbbbb",
    "invoice",
    (
        SideView(
            "qb-1/i1",
            "qb-1",
            "Juniper",
            "QuickBooks",
            "58",
            HERE.customer,
            (),
            "1037",
            "open",
            SUM,
            (SUM,),
            NOON.date(),
        ),
        SideView("st-1/in_1", "st-1", "", "Stripe", "cus_9", THERE.customer, (), "1037", "paid", SUM, (), NOON.date()),
    ),
    ("Both are number 1037 over 1,482.50 USD, issued on 10 March 2026.",),
)


@dataclass
class FixedSames:
    """Knows these pairs, and remembers what was answered."""

    waiting: tuple[PairView, ...] = (SALE, KNOWN_TWICE)
    answered: tuple[PairView, ...] = ()
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def pairs(self, business: str, *, answered: bool = False) -> tuple[PairView, ...]:
        assert business
        return self.answered if answered else self.waiting

    def waiting_pairs(self, business: str) -> int:
        assert business
        return len(self.waiting)

    def answer_pair(self, business: str, id: str, answer: str, *, master: str = "", by: str) -> str:
        if all(one.id != id for one in self.waiting):
            raise NotThere("there is no such pair any more")
        if id == SALE.id and answer == "same" and not master:
            raise Refused("please say which of the two invoices counts, so that the sale is asked for once")
        self.asked.append(("answer_pair", business, id, answer, master, by))
        return "From now on they are one customer."
