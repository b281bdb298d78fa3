"""Counts the messages that should not have gone, and names each."""

from datetime import timedelta

from msgspec import json

from collector.debtors.case_book import REMINDERS
from collector.occasions.apologizing import FalseChase
from collector.occasions.courtesy import Occasion
from collector.occasions.due import COUNTED_DAYS
from duewell.finding import today_of
from duewell.views.manners import MannersView, WrongMessage
from duewell.wiring import House
from receivables.records import Customer, Kind, Ref
from storage import actions, books
from storage.actions import Action


def manners(house: House, business: str) -> MannersView:
    """The last 90 days."""
    since = today_of(house, business) - timedelta(days=COUNTED_DAYS)
    with house.database.read() as tx:
        sent = sum(actions.sent_on(tx, business, REMINDERS, since=since).values())
        acts = actions.actions(tx, business, act=Occasion.APOLOGY.value)
        found = [(one, json.decode(one.payload, type=FalseChase)) for one in acts]
        late = [(one, told) for one, told in found if told.day_on >= since]
        names = books.records(tx, business, [_ref(one.debtor) for one, _ in late])
    shown = [_wrong(one, told, names.get(_ref(one.debtor))) for one, told in late]
    shown.sort(key=lambda one: (one.day_on, one.customer), reverse=True)
    return MannersView(COUNTED_DAYS, sent, tuple(shown))


def _wrong(one: Action, told: FalseChase, customer: object) -> WrongMessage:
    ref = _ref(one.debtor)
    name = customer.name if isinstance(customer, Customer) else ref.id
    return WrongMessage(ref.connection, ref.id, name, told.day_on, told.invoices, told.paid_on, one.state.value)


def _ref(debtor: str) -> Ref:
    connection, _, id = debtor.partition("/")
    return Ref(connection, Kind.CUSTOMER, id)
