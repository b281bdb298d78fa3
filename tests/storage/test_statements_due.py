"""Whoever may be due a statement is found by one query; it may name too many at times, and never too few."""

from datetime import UTC, date, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from collector.calendar import is_business_day
from collector.occasions.due import Look, statements
from collector.policy import DEFAULT, Policy
from receivables.case import Case
from receivables.page import Page
from receivables.records import Address, Answer, Company, Customer, Kind, Ref
from storage import actions
from storage.actions import ActionState, Plan
from storage.businesses import add_business
from storage.connections import NewConnection, connect, connection, pulled, save_company
from storage.database import Database, Tx
from storage.pages import save_page
from tests.collector.cases_at_hand import HERSELF, invoice

COUNTRIES = ("US", "JP", "WS", "CN", "US")
"""Of the customers by their numbers; the last is billed with the first."""
STATES = (ActionState.SENT, ActionState.PLANNED, ActionState.FAILED, ActionState.PARKED, ActionState.AMBIGUOUS)
NUMBERS = count(1)
Told = tuple[int, int, ActionState]
"""To which customer a statement went, how many days ago, and how it stands."""
told = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 16), st.sampled_from(STATES)), min_size=2, max_size=6)


@given(told, st.sampled_from((1, 8, 15)), st.integers(-24, 240), st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_due_is_always_found(
    database: Database, told: list[Told], day: int, hours: int, reminding: bool
) -> None:
    """In October, when China is closed for a week."""
    now = datetime(2026, 10, day, 12, tzinfo=UTC) + timedelta(hours=hours)
    look, _ = _fill(database, told, now, day, reminding=reminding)

    everything = {errand.key for errand, _ in statements(database, look)}

    assert {errand.key for errand, _ in statements(database, look, {day, 22})} == everything


def test_only_those_are_read_who_have_none_and_only_while_one_may_be_due(database: Database) -> None:
    now = datetime(2026, 3, 3, 15, tzinfo=UTC)
    told: list[Told] = [(0, 1, ActionState.SENT), (1, 1, ActionState.PARKED), (2, 9, ActionState.SENT)]
    told.append((3, 1, ActionState.FAILED))
    look, read = _fill(database, told, now, 1)

    list(statements(database, look, {1}))
    assert {one.partition("/")[2] for one in read} == {"0", "2", "3"}, "the first is read for who is billed with her"
    read.clear()
    list(statements(database, look, {12, 18}))
    assert read == []


def _fill(
    database: Database, told: list[Told], now: datetime, day: int, *, reminding: bool = False
) -> tuple[Look, list[str]]:
    """Customers who all owe, what they were told; and as the statements are looked for, whose case was read."""
    business, read = f"told{next(NUMBERS)}", list[str]()
    reminds = Answer.YES if reminding else Answer.NO
    customers = [_customer(business, number) for number in range(5)]
    owed = [
        invoice(ref=Ref(business, Kind.INVOICE, one.ref.id), customer=one.ref, issued_on=now.date())
        for one in customers
    ]
    with database.write() as tx:
        add_business(tx, business, now=now, business=business)
        connect(tx, business, NewConnection("xero", business, "", id=business), now=now)
        save_company(tx, business, Company(business, "North", "USD", "US", "America/New_York", own_reminders=reminds))
        pulled(tx, business, business, now=now)
        save_page(tx, business, business, Page((*customers, *owed)), now=now)
        for number, (whom, ago, state) in enumerate(told):
            _tell(tx, business, (whom % 4, f"k{number}-{business}"), now.date() - timedelta(days=ago), state)
        connected = connection(tx, business, business)
    assert connected is not None
    policy = Policy(DEFAULT.steps, statement_on=day)

    def ruling(case: Case) -> Policy:
        read.append(case.debtor)
        return policy

    return Look(connected, ruling, now), read


def _customer(business: str, number: int) -> Customer:
    parent = Ref(business, Kind.CUSTOMER, "0") if number == 4 else None
    ref, where = Ref(business, Kind.CUSTOMER, str(number)), Address(country=COUNTRIES[number])
    return structs.replace(HERSELF, ref=ref, address=where, parent=parent, bills_with_parent=True)


def _tell(tx: Tx, business: str, whom: tuple[int, str], on: date, state: ActionState) -> None:
    """On a business day, as all that we send."""
    number, key = whom
    if not is_business_day(on, COUNTRIES[number]):
        return
    debtor, at = f"{business}/{number}", datetime(on.year, on.month, on.day, 15, tzinfo=UTC)
    actions.plan(tx, business, Plan("statement", key, debtor, business), now=at)
    if state is not ActionState.PLANNED:
        actions.claim(tx, business, key, by="me", now=at, local_day=on)
        actions.mark(tx, business, key, state, now=at)
