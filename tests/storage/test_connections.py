"""A connection is made once, fares well or not, and ends without losing what was learnt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from receivables.page import Cursor
from receivables.records import Answer, Company
from storage.businesses import add_business, business, businesses, change_business, set_automatic
from storage.connections import (
    Connected,
    NewConnection,
    Rest,
    Role,
    State,
    agreed,
    change_details,
    companies,
    connect,
    connection,
    connections,
    disconnect,
    pulled,
    routed,
    save_company,
    start_over,
    unwell,
    using_grant,
    well,
)
from storage.database import Database, Tx
from tests.storage.amber import BUSINESS, CONNECTION, NOW, invoice, save

LATER = NOW + timedelta(hours=1)
STRIPE = NewConnection("stripe", "acct_1", "g2", "Amber", Role.TILL, {"livemode": "true"})


def found(tx: Tx, connection_id: str = CONNECTION) -> Connected:
    one = connection(tx, BUSINESS, connection_id)
    assert one is not None
    return one


def test_a_connection_is_what_was_said(database: Database) -> None:
    with database.write() as tx:
        fresh = found(tx, connect(tx, BUSINESS, STRIPE, now=NOW))
        assert (fresh.platform, fresh.external_id, fresh.grant_id) == ("stripe", "acct_1", "g2")
        assert (fresh.role, fresh.books, fresh.details, fresh.state) == (
            Role.TILL,
            False,
            {"livemode": "true"},
            State.HEALTHY,
        )
        change_details(tx, BUSINESS, fresh.id, {"time_zone": "Europe/London"})
        assert found(tx, fresh.id).details == {"time_zone": "Europe/London"}
        assert [one.id for one in connections(tx, BUSINESS)] == sorted([CONNECTION, fresh.id])
        assert connection(tx, "somebody else", CONNECTION) is None
        assert connections(tx, "somebody else") == []


def test_the_same_company_is_taken_up_again_with_its_past(database: Database) -> None:
    save(database, invoice(), cursor="half way")
    with database.write() as tx:
        disconnect(tx, BUSINESS, CONNECTION)
        assert connections(tx, BUSINESS) == []
        assert [one.state for one in connections(tx, BUSINESS, disconnected=True)] == [State.DISCONNECTED]
        assert not unwell(tx, BUSINESS, CONNECTION, "gone", now=NOW)
        assert connect(tx, BUSINESS, NewConnection("xero", "tenant-1", "g9"), now=LATER) == CONNECTION
        again = found(tx)
        assert (again.state, again.grant_id, again.cursor) == (State.HEALTHY, "g9", Cursor("half way"))
        start_over(tx, BUSINESS, CONNECTION)
        assert found(tx).cursor is None


def test_a_connection_needs_its_business(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as tx:
        connect(tx, "nobody", STRIPE, now=NOW)


def test_trouble_is_news_once_and_so_is_its_end(database: Database) -> None:
    with database.write() as tx:
        assert not well(tx, BUSINESS, CONNECTION)
        assert unwell(tx, BUSINESS, CONNECTION, "connect again", now=NOW)
        assert not unwell(tx, BUSINESS, CONNECTION, "no answer", now=LATER)
        sick = found(tx)
        assert (sick.state, sick.trouble, sick.trouble_since) == (State.UNHEALTHY, "no answer", NOW)
        assert not unwell(
            tx, BUSINESS, CONNECTION, "busy", now=LATER, rest=Rest(LATER + timedelta(hours=9), asked=True)
        )
        assert not unwell(
            tx, BUSINESS, CONNECTION, "busy", now=LATER, rest=Rest(LATER + timedelta(hours=10), asked=True)
        )
        parked = found(tx)
        assert (parked.state, parked.trouble_since, parked.parked_until) == (
            State.PARKED,
            NOW,
            LATER + timedelta(hours=10),
        )
        assert well(tx, BUSINESS, CONNECTION)
        assert not well(tx, BUSINESS, CONNECTION)
        healthy = found(tx)
        assert (healthy.state, healthy.trouble, healthy.parked_until) == (State.HEALTHY, "", None)


def test_the_first_pull_is_remembered_for_ever(database: Database) -> None:
    with database.write() as tx:
        pulled(tx, BUSINESS, CONNECTION, now=NOW)
        pulled(tx, BUSINESS, CONNECTION, now=LATER)
        agreed(tx, BUSINESS, CONNECTION, now=LATER)
        one = found(tx)
    assert (one.first_pull_done_at, one.last_pull_at, one.last_agreed_at) == (NOW, LATER, LATER)


def test_the_company_is_kept_when_it_is_news(database: Database) -> None:
    company = Company(CONNECTION, "Amber Ltd", "GBP", "GB", "Europe/London", NOW.date(), Answer.YES)
    with database.write() as tx:
        assert save_company(tx, BUSINESS, company)
        assert not save_company(tx, BUSINESS, company)
        assert save_company(tx, BUSINESS, replace(company, own_reminders=Answer.NO))
        assert found(tx).company == replace(company, own_reminders=Answer.NO)


def test_the_companies_of_every_business_are_known_at_once(database: Database) -> None:
    with database.write() as tx:
        add_business(tx, "Birch", now=NOW, business="b2")
        other = connect(tx, "b2", STRIPE, now=NOW)
        second = connect(tx, BUSINESS, STRIPE, now=LATER)
        known = [Company(one, f"Company {one}", "GBP") for one in (CONNECTION, second)]
        save_company(tx, BUSINESS, known[1])
        save_company(tx, BUSINESS, known[0])
        assert companies(tx) == {BUSINESS: known}
        save_company(tx, "b2", Company(other, "Birch", "USD"))
        disconnect(tx, BUSINESS, CONNECTION)
        assert companies(tx) == {BUSINESS: known[1:], "b2": [Company(other, "Birch", "USD")]}


def test_a_webhook_finds_its_connections(database: Database) -> None:
    with database.write() as tx:
        other = add_business(tx, "The bookkeeper's copy", now=NOW)
        twin = connect(tx, other, NewConnection("xero", "tenant-1", "g1"), now=NOW)
        both = {one.id for one in routed(tx, "xero", external_id="tenant-1")}
        assert both == {CONNECTION, twin}
        assert [one.id for one in routed(tx, "xero", connection=CONNECTION)] == [CONNECTION]
        assert routed(tx, "stripe", connection=CONNECTION) == []
        assert routed(tx, "xero") == []
        assert {one.id for one in using_grant(tx, "g1")} == both
        disconnect(tx, other, twin)
        assert [one.id for one in routed(tx, "xero", external_id="tenant-1")] == [CONNECTION]
        assert [one.id for one in using_grant(tx, "g1")] == [CONNECTION]


def test_a_business_starts_in_draft(database: Database) -> None:
    with database.write() as tx:
        fresh = add_business(tx, "Birch & Co", now=LATER, settings={"send_from": "09:00", "days": [1, 2]})
        assert [one.name for one in businesses(tx)] == ["Amber Joinery", "Birch & Co"]
        set_automatic(tx, fresh, True)
        change_business(tx, fresh, name="Birch", settings={"send_from": "10:00"})
        change_business(tx, fresh)
        one = business(tx, fresh)
        amber = business(tx, BUSINESS)
        assert business(tx, "nobody") is None
    assert amber is not None
    assert one is not None
    assert not amber.automatic
    assert (one.name, one.automatic, one.settings, one.created_at) == ("Birch", True, {"send_from": "10:00"}, LATER)
