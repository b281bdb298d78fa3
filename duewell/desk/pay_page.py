"""The desk's answers about payers' links, and the reception that takes payers in."""

from collections.abc import Mapping
from functools import cached_property, partial

from duewell import links, pay_page
from duewell.paying import counter_of
from duewell.portal.papers import Paper, paper, papers_of
from duewell.portal.reception import Reception
from duewell.views.pay_page import LinksView, PaperView, PayPageView
from duewell.wiring import House


class PayPageDesk:
    """The part of the Office that `duewell/web/office_pay_page.py` asks for."""

    _house: House

    @cached_property
    def reception(self) -> Reception:
        """One for the house."""
        return Reception(self._house, partial(counter_of, self._house))

    def pay_page(self, business: str) -> PayPageView:
        """How it is set."""
        return pay_page.view(self._house, business)

    def change_pay_page(self, business: str, told: Mapping[str, str]) -> str:
        """Change it; a sentence."""
        return pay_page.change(self._house, business, told)

    def links(self, business: str, connection: str, customer_id: str) -> LinksView:
        """A customer's links and papers."""
        debtor = f"{connection}/{customer_id}"
        live = links.live_links(self._house, business, debtor)
        papers = papers_of(self._house, business, {debtor})
        return LinksView(
            len(live),
            max((f"{one.expires_at:%-d %B %Y}" for one in live), default=""),
            tuple(PaperView(one.id, one.name, f"{one.at:%-d %B %Y}") for one in papers),
            links.links_at_till(self._house, business, debtor),
        )

    def revoke_links(self, business: str, connection: str, customer_id: str, *, by: str) -> str:
        """End them all; a sentence."""
        return pay_page.revoked(links.revoke(self._house, business, f"{connection}/{customer_id}", by=by))

    def paper(self, business: str, id: str) -> Paper:
        """A proof of payment."""
        return paper(self._house, business, id)
