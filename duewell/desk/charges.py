"""The desk's answers about late charges: what is asked for, what invoices bear, and what people do about it."""

from collections.abc import Mapping

from collector.charges.bearing import Basis
from collector.charges.words import sentences
from duewell.charging import ChargingView, borne_by, charging_view, last_day, set_charging
from duewell.charging_acts import enforce, post_charges, waive
from duewell.charging_to import PostedTo, charge_choices, set_posted_to
from duewell.finding import find_invoice
from duewell.terms import locale_of_business
from duewell.views.charge import ChargeLine
from duewell.wiring import House
from integrations.contract import ChargeChoices
from integrations.errors import NotThere, Refused
from receivables.records import Kind, Ref


class ChargesDesk:
    """The part of the Office that `duewell/web/office_charges.py` asks for."""

    _house: House

    def charging(self, business: str) -> ChargingView:
        """What the business asks for."""
        return charging_view(self._house, business)

    def set_charging(self, business: str, told: Mapping[str, str], *, by: str) -> None:
        """Choose it."""
        set_charging(self._house, business, told, by=by)

    def charge_choices(self, business: str, connection: str) -> tuple[PostedTo, ChargeChoices]:
        """What one company's late charges are posted to, and what its platform lists."""
        return charge_choices(self._house, business, connection)

    def set_posted_to(self, business: str, connection: str, account: str, tax: str, *, by: str) -> None:
        """Choose where one company's late charges are posted to."""
        set_posted_to(self._house, business, connection, (account, tax), by=by)

    def late_charges(self, business: str, connection: str, customer_id: str) -> tuple[ChargeLine, ...]:
        """What the customer's invoices bear; nothing for a business that asks for nothing."""
        view = charging_view(self._house, business)
        if view.charging.basis is Basis.NONE:
            return ()
        able = {one.connection for one in view.posted_to}
        try:
            found, _ = borne_by(self._house, business, Ref(connection, Kind.CUSTOMER, customer_id))
        except NotThere:
            return ()
        where = locale_of_business(self._house, business)
        return tuple(
            ChargeLine(
                one.invoice.ref.connection,
                one.invoice.ref.id,
                one.invoice.number,
                last_day(one),
                one.total if one.charge else None,
                sentences(one, where),
                one.invoice.ref.connection in able and one.charge is not None,
            )
            for one in found
        )

    def charge_act(self, business: str, invoice: tuple[str, str], act: str, told: Mapping[str, str], *, by: str) -> str:
        """Waive, enforce or post; the sentence about it."""
        connection, id = invoice
        found = find_invoice(self._house, business, id)
        if found.ref.connection != connection:
            raise NotThere("there is no such invoice in this business")
        if act == "post":
            return post_charges(self._house, business, found, by=by)
        said = {"waive": waive, "enforce": enforce}.get(act)
        if said is None:
            raise Refused("Late charges are waived, asked for, or posted; choose one of the three.")
        return said(self._house, business, found, told, by=by)
