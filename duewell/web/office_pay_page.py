"""What the pages need to know about payers' links and the page they open."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from duewell.views.pay_page import LinksView, PayPageView

if TYPE_CHECKING:
    from duewell.portal.papers import Paper
    from duewell.portal.reception import Reception


class PayPageOffice(Protocol):
    """The part of the Office that speaks of the payment page. `by` is a person's name."""

    @property
    def reception(self) -> "Reception":
        """Who takes in those who come with a link."""
        ...

    def pay_page(self, business: str) -> PayPageView:
        """How the payment page is set."""
        ...

    def change_pay_page(self, business: str, told: Mapping[str, str]) -> str:
        """Change what is told of; a sentence. Raises Refused."""
        ...

    def links(self, business: str, connection: str, customer_id: str) -> LinksView:
        """A customer's links, and the proofs of payment they handed in."""
        ...

    def revoke_links(self, business: str, connection: str, customer_id: str, *, by: str) -> str:
        """End every link of a customer; a sentence. Raises NotThere."""
        ...

    def paper(self, business: str, id: str) -> "Paper":
        """A proof of payment. Raises NotThere."""
        ...
