"""What each business writes on, from its settings and its own wordings."""

from collections.abc import Mapping, Sequence

from collector.channels.port import Attachment
from collector.wording.stationery import Stationery
from collector.wording.writing import Late
from duewell.bank import bank_of
from duewell.charging import late_of
from duewell.lasting import LastingLinks
from duewell.pay_page import link_in_message
from duewell.terms import agreed, terms_file
from duewell.wiring import House
from receivables.case import Case
from receivables.records import Invoice, Ref
from storage.businesses import Business
from storage.wordings import own_wordings


def stationery_of(house: House, business: Business) -> Stationery:
    """Its signature, wordings, bank details and terms as they stand now."""

    def terms(invoices: Sequence[Invoice]) -> Mapping[Ref, int]:
        return agreed(house, business.id, invoices)

    def late(case: Case, invoices: Sequence[Invoice]) -> Late | None:
        return late_of(house, business.id, case, invoices)

    def policy(version: int) -> Attachment:
        return terms_file(house, business.id, version)

    def pay_page(case: Case) -> str:
        return link_in_message(house, business.id, case.debtor)

    links = LastingLinks(house, business.id)
    with house.database.read() as tx:
        own = own_wordings(tx, business.id)
    return Stationery(
        house.signature(business), own, bank_of(business.settings), terms, late, policy, pay_page, links.of
    )
