"""Whatever the order in which versions and deaths of a record arrive, the newest is what stays."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from receivables.page import Gone
from receivables.records import Invoice, Kind, Record, Ref
from storage.books import record
from storage.connections import NewConnection, connect
from storage.database import Database
from storage.pages import Saved, save_page
from tests.storage.amber import BUSINESS, LONG_AGO, NOW, customer, gbp, invoice, page

numbers: Iterator[int] = count(1)
ordinary = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
# (minutes after LONG_AGO, version, what is open; None: gone). Equal stamps would leave it to the order.
events = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3))),
    min_size=1,
    max_size=8,
    unique_by=lambda one: one[0],
)


def fresh_connection(database: Database) -> str:
    name = f"h{next(numbers)}"
    with database.write() as tx:
        return connect(tx, BUSINESS, NewConnection("xero", name, "g1", id=name), now=NOW)


def as_record(connection: str, event: tuple[int, int, int | None]) -> Invoice | Gone:
    minutes, version, open_minor = event
    at = LONG_AGO + timedelta(minutes=minutes)
    own = Ref(connection, Kind.INVOICE, "1")
    if open_minor is None:
        return Gone(own, at)
    payer = Ref(connection, Kind.CUSTOMER, "1")
    return invoice(1, open_minor, ref=own, customer=payer, changed_at=at, version=version)


def put(database: Database, connection: str, *found: Record | Gone) -> Saved:
    records = [one for one in found if not isinstance(one, Gone)]
    gone = tuple(one for one in found if isinstance(one, Gone))
    with database.write() as tx:
        return save_page(tx, BUSINESS, connection, page(*records, gone=gone), now=NOW)


def kept(database: Database, connection: str) -> Record | None:
    with database.read() as tx:
        return record(tx, BUSINESS, Ref(connection, Kind.INVOICE, "1"))


@ordinary
@given(events=events, data=st.data())
def test_any_order_ends_in_the_newest(
    database: Database, events: list[tuple[int, int, int | None]], data: st.DataObject
) -> None:
    connection = fresh_connection(database)
    for event in data.draw(st.permutations(events)):
        put(database, connection, as_record(connection, event))
    newest = as_record(connection, max(events))
    assert kept(database, connection) == (None if isinstance(newest, Gone) else newest)


@ordinary
@given(events=events, data=st.data())
def test_replaying_what_was_seen_changes_nothing(
    database: Database, events: list[tuple[int, int, int | None]], data: st.DataObject
) -> None:
    connection = fresh_connection(database)
    for event in events:
        put(database, connection, as_record(connection, event))
    before = kept(database, connection)
    for event in data.draw(st.permutations(events)):
        saved = put(database, connection, as_record(connection, event))
        assert saved.new + saved.changed + saved.gone == 0
    assert kept(database, connection) == before


@ordinary
@given(
    name=st.text(st.characters(codec="utf-8"), max_size=40),
    minor=st.integers(-(2**63) + 1, 2**63 - 1),
    tags=st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
)
def test_any_words_and_amounts_come_back(database: Database, name: str, minor: int, tags: list[str]) -> None:
    connection = fresh_connection(database)
    one = customer(1, name=name, tags=tuple(tags), ref=Ref(connection, Kind.CUSTOMER, "1"))
    bill = invoice(
        1,
        ref=Ref(connection, Kind.INVOICE, "1"),
        customer=one.ref,
        total=gbp(minor),
        open=gbp(minor),
        mail_problem=name,
    )
    assert put(database, connection, one, bill) == Saved(new=2)
    with database.read() as tx:
        assert record(tx, BUSINESS, one.ref) == one
        assert record(tx, BUSINESS, bill.ref) == bill
