"""The fixed office's payment page: set, with a link and a paper of one customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from duewell.portal.papers import Paper
from duewell.views.pay_page import LinksView, PaperView, PayPageView
from integrations.errors import NotThere, Refused

if TYPE_CHECKING:
    from duewell.portal.reception import Reception

PAY_PAGE = PayPageView(
    address="https://pay.example.test",
    till=True,
    in_messages=True,
    second_fact=False,
    days=180,
    invoice_url="https://pay.example.test/x/abc?inv=[INVOICENUMBER]&org=[SHORTCODE]",
)
PAPER = Paper("transfer <1>.pdf", "application/pdf", b"%PDF-1.7 paid")


@dataclass
class FixedPayPage:
    """Remembers what was changed and revoked."""

    payment_page: PayPageView = PAY_PAGE
    asked: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def reception(self) -> "Reception":
        raise NotThere("the fixed office takes in no payers; their pages are tested over real books")

    def pay_page(self, business: str) -> PayPageView:
        return self.payment_page

    def change_pay_page(self, business: str, told: Mapping[str, str]) -> str:
        if not told.get("days", "180").isdecimal():
            raise Refused("A link lives 7 to 730 days.")
        self.asked.append(("change_pay_page", business, dict(told)))
        return "The payment page is set."

    def links(self, business: str, connection: str, customer_id: str) -> LinksView:
        return LinksView(1, "6 September 2026", (PaperView("r-1", PAPER.name, "10 March 2026"),), 2)

    def revoke_links(self, business: str, connection: str, customer_id: str, *, by: str) -> str:
        self.asked.append(("revoke_links", business, connection, customer_id, by))
        return "The link opens nothing any more."

    def paper(self, business: str, id: str) -> Paper:
        if id != "r-1":
            raise NotThere("There is no such paper in this business.")
        return PAPER
