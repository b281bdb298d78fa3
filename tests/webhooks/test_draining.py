"""Drain: once per record however often it was named; one platform's trouble is not another's."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from duewell.connecting import disconnect
from duewell.desk.desk import Desk
from duewell.running import drain_inbox
from receivables.records import Kind, Ref
from sandbox.faults import Fault
from storage import books
from storage.inbox import Arrived, remember
from sync.pull import pull
from tests.scenarios.playing import Play
from tests.webhooks.arriving import (
    hand_in,
    inbox_rows,
    open_ids,
    quickbooks_body,
    still_waiting,
    stripe_body,
    xero_body,
)
from webhooks.drain import Drained, drain

Plays = Callable[..., Play]
Desks = Callable[[Play], Desk]


def test_many_deliveries_of_one_record_are_one_fetch(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks",))
    desk = desk_of(play)
    first, second = open_ids(play, "cedar")[:2]
    for number in range(20):
        body = quickbooks_body(play, ("invoice", first, "updated"), ("invoice", second, "emailed"), nonce=str(number))
        assert hand_in(play, desk, "quickbooks", body) == 200
    play.act("pay", "cedar", invoice=first)
    play.sandbox.book.clear()

    drained = drain_inbox(play.house)

    assert drained == Drained(20, 2, frozenset({play.business}))
    assert play.calls("quickbooks") == {"POST /v3/company/*/query": 1}
    assert not play.invoices("cedar")[first].owing
    assert still_waiting(play) == 0
    assert drain_inbox(play.house) == Drained()


def test_companies_nobody_connected_and_unknown_kinds_are_kept_and_done_with(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks", "stripe"))
    desk = desk_of(play)
    stranger = quickbooks_body(play, ("invoice", "1", "updated")).replace(
        play.connected("cedar").external_id.encode(), b"999999999999999"
    )
    unknown = quickbooks_body(play, ("estimate", "1", "updated"))
    for body in (stranger, unknown, b"\xff\xfe not json", b"[]"):
        assert hand_in(play, desk, "quickbooks", body) == 200
    assert hand_in(play, desk, "stripe", stripe_body("price.created", "price", "price_1")) == 200
    play.sandbox.book.clear()

    drained = drain_inbox(play.house)

    assert drained == Drained(deliveries=5)
    assert (play.calls("quickbooks"), play.calls("stripe")) == ({}, {})
    assert bytes(inbox_rows(play)[0].body) == stranger
    assert all(row.drained_at is not None for row in inbox_rows(play))


def test_what_happens_at_a_till_names_the_business_and_is_fetched_by_nobody(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("stripe",))
    body = stripe_body("checkout.session.completed", "checkout.session", "cs_test_1")
    assert hand_in(play, desk_of(play), "stripe", body) == 200
    play.sandbox.book.clear()

    named = (play.business, Ref(play.connected("northwind").id, Kind.CHECKOUT, "cs_test_1"))
    assert drain_inbox(play.house) == Drained(1, 0, frozenset({play.business}), frozenset({named}))
    assert play.calls("stripe") == {}


def test_a_delivery_for_a_company_that_was_disconnected_is_not_fetched(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("xero",))
    desk = desk_of(play)
    body = xero_body(play, "harbour", next(iter(play.invoices("harbour"))))
    disconnect(play.house, play.business, play.connected("harbour").id)
    assert hand_in(play, desk, "xero", body) == 200
    play.sandbox.book.clear()

    assert drain_inbox(play.house) == Drained(deliveries=1)
    assert play.calls("xero") == {}


def test_one_platform_down_keeps_its_deliveries_and_no_others(plays: Plays, desk_of: Desks) -> None:
    play = plays()
    desk = desk_of(play)
    paid = {key: open_ids(play, key)[0] for key in ("cedar", "brightwater", "northwind")}
    for key, invoice in paid.items():
        play.act("pay", key, invoice=invoice)
    assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", paid["cedar"], "updated"))) == 200
    assert hand_in(play, desk, "xero", xero_body(play, "brightwater", paid["brightwater"])) == 200
    assert hand_in(play, desk, "stripe", stripe_body("invoice.paid", "invoice", paid["northwind"])) == 200
    play.sandbox.book.add(Fault("quickbooks", "429_day", times=1))

    assert drain_inbox(play.house).deliveries == 2
    assert play.invoices("cedar")[paid["cedar"]].owing
    assert not play.invoices("brightwater")[paid["brightwater"]].owing
    assert not play.invoices("northwind")[paid["northwind"]].owing
    assert [row.platform for row in inbox_rows(play) if row.drained_at is None] == ["quickbooks"]
    play.move(quiet=True, days=1, minutes=1)
    assert drain_inbox(play.house).deliveries == 1
    assert not play.invoices("cedar")[paid["cedar"]].owing


def test_hundreds_that_wait_for_one_platform_do_not_keep_the_others_waiting(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks", "xero"))
    desk = desk_of(play)
    invoice = open_ids(play, "cedar")[0]
    with play.house.database.write() as tx:
        for number in range(620):
            body = quickbooks_body(play, ("invoice", invoice, "updated"), nonce=str(number))
            remember(tx, Arrived("quickbooks", str(number), body), now=play.house.clock.now())
    paid = open_ids(play, "brightwater")[0]
    play.act("pay", "brightwater", invoice=paid)
    assert hand_in(play, desk, "xero", xero_body(play, "brightwater", paid)) == 200
    play.sandbox.book.add(Fault("quickbooks", "429_day", times=10_000))

    drained = drain_inbox(play.house)

    assert (drained.deliveries, still_waiting(play)) == (1, 620)
    assert not play.invoices("brightwater")[paid].owing


def test_a_platform_that_asked_to_be_left_alone_is_left_alone(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks",))
    desk = desk_of(play)
    play.sandbox.book.add(Fault("quickbooks", "429_day", times=1))
    assert play.sync()["cedar"].trouble
    assert play.connected("cedar").state.value == "parked"
    assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", "1", "updated"))) == 200
    play.sandbox.book.clear()

    for _ in range(3):
        assert drain_inbox(play.house) == Drained()
    assert play.calls("quickbooks") == {}
    assert play.connected("cedar").state.value == "parked"
    play.move(quiet=True, days=1, minutes=1)
    assert drain_inbox(play.house).deliveries == 1
    assert play.connected("cedar").state.value == "healthy"


def test_a_connection_in_trouble_is_tried_once_a_minute_not_at_every_tick(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks",))
    desk = desk_of(play)
    assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", "1", "updated"))) == 200
    play.act("disconnect", "cedar")
    play.act("expire_token", "cedar")
    play.sandbox.book.clear()

    for _ in range(5):
        assert drain_inbox(play.house) == Drained()
    once = play.calls("quickbooks")
    play.move(quiet=True, minutes=2)
    assert drain_inbox(play.house) == Drained()

    assert sum(once.values()) <= 2
    assert sum(play.calls("quickbooks").values()) <= 2 * sum(once.values())
    assert still_waiting(play) == 1
    assert "connect again" in play.connected("cedar").trouble.lower()


def test_an_accident_with_one_connection_spares_the_others(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks", "xero"))
    desk = desk_of(play)
    paid = open_ids(play, "brightwater")[0]
    play.act("pay", "brightwater", invoice=paid)
    assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", "1", "updated"))) == 200
    assert hand_in(play, desk, "xero", xero_body(play, "brightwater", paid)) == 200

    def open_source(connected: Any) -> Any:
        if connected.platform == "quickbooks":
            raise ZeroDivisionError
        return play.house.open(connected, Uncounted())

    assert drain(play.house.database, play.house.clock, open_source).deliveries == 1
    assert not play.invoices("brightwater")[paid].owing
    assert still_waiting(play) == 1


class Uncounted:
    """Nobody looks at the cost here."""

    def count(self, *, calls: int, sent_bytes: int, received_bytes: int) -> None:
        """Nothing."""


def test_a_merge_makes_one_of_two_and_a_deletion_none(plays: Plays, desk_of: Desks) -> None:
    play = plays(platforms=("quickbooks",), customers=16)
    desk = desk_of(play)
    with play.house.database.read() as tx:
        alone = [
            one.ref.id
            for one in books.customers(tx, play.business, play.connected("cedar").id)
            if one.parent is None and one.ref.id in {ref.customer.id for ref in play.invoices("cedar").values()}
        ]
    (survivor, loser), doomed = _pair(play, alone), open_ids(play, "cedar")[0]
    play.act("merge", "cedar", loser=loser, survivor=survivor)
    play.act("delete", "cedar", invoice=doomed)
    for named in (("customer", survivor, f"merged:{loser}"), ("invoice", doomed, "deleted")):
        assert hand_in(play, desk, "quickbooks", quickbooks_body(play, named)) == 200

    assert drain_inbox(play.house).deliveries == 2

    assert doomed not in play.invoices("cedar")
    assert _customer(play, loser) is None
    assert _customer(play, survivor) is not None
    pull_again(play)
    play.expect_truth()


def _pair(play: Play, alone: list[str]) -> tuple[str, str]:
    """Two customers without family who owe in the same currency."""
    currency = {one.customer.id: one.total.currency for one in play.invoices("cedar").values()}
    home = [id for id in alone if currency.get(id) == "USD"]
    return home[0], home[1]


def _customer(play: Play, id: str) -> Any:
    with play.house.database.read() as tx:
        return books.record(tx, play.business, Ref(play.connected("cedar").id, Kind.CUSTOMER, id))


def pull_again(play: Play) -> None:
    with play.house.source(play.connected("cedar")) as source:
        pull(source)


@pytest.mark.parametrize("number", [2, 6])
def test_drains_at_once_do_the_work_once(plays: Plays, desk_of: Desks, number: int) -> None:
    play = plays(platforms=("quickbooks",))
    desk = desk_of(play)
    invoices = open_ids(play, "cedar")[:3]
    for invoice in invoices:
        play.act("pay", "cedar", invoice=invoice)
        assert hand_in(play, desk, "quickbooks", quickbooks_body(play, ("invoice", invoice, "updated"))) == 200
    play.sandbox.book.clear()
    gate = threading.Barrier(number)

    def one(_: int) -> int:
        gate.wait()
        return drain_inbox(play.house).deliveries

    with ThreadPoolExecutor(number) as pool:
        counts = sorted(pool.map(one, range(number)))

    assert sum(counts) == 3
    assert play.calls("quickbooks") == {"POST /v3/company/*/query": 1}
    assert not any(play.invoices("cedar")[invoice].owing for invoice in invoices)
