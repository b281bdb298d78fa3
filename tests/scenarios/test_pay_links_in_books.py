"""The pay link in the metadata of open invoices: written once, replaced when revoked, taken out when not wanted."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from collector.debtors.cases import debtor_key
from duewell.carrying import carry_links
from duewell.links import revoke
from duewell.pay_page import change, pay_url
from receivables.records import Collection, Invoice
from sandbox.faults import Fault
from storage import tables
from storage.actions import ActionState
from storage.links import Aim
from tests.scenarios.paying import TILL, Shop, open_shop
from tests.scenarios.playing import Play

CHANGED = "POST /v1/invoices/*"
LINK = "duewell_pay_link"


def sent(shop: Shop) -> dict[str, Invoice]:
    """The open invoices that are sent to be paid."""
    every = shop.play.invoices(TILL)
    return {id: one for id, one in every.items() if one.owing and one.collection is Collection.SENT}


def carried(shop: Shop) -> dict[str, str]:
    """What each invoice carries, at Stripe."""
    found = {one["id"]: one["metadata"] for one in shop.listed("invoices")}
    return {id: told[LINK] for id, told in found.items() if LINK in told}


def run(shop: Shop) -> int:
    """One run of the job; how many invoices were written to at Stripe, as it counts them."""
    before = shop.play.calls("stripe").get(CHANGED, 0)
    done = carry_links(shop.play.house, shop.play.business)
    assert done == shop.play.calls("stripe").get(CHANGED, 0) - before
    return done


def earlier_versions(shop: Shop) -> int:
    with shop.play.house.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(tables.history)).scalar_one())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_open_invoices_carry_their_customers_link_as_long_as_it_stands_in_messages(
    plays: Callable[..., Play], capfd: pytest.CaptureFixture[str]
) -> None:
    shop = open_shop(plays(platforms=("stripe",), invoices=40, customers=8))
    house, business = shop.play.house, shop.play.business
    due = sent(shop)
    wanted = {id: pay_url(house, business, Aim(debtor_key(one.customer))) for id, one in due.items()}
    known = earlier_versions(shop)

    assert run(shop) == len(due) > 3
    assert carried(shop) == wanted
    shop.drained()
    assert earlier_versions(shop) == known, "our own news change nothing here"
    assert run(shop) == 0

    one = next(iter(due.values()))
    theirs = {id for id, other in due.items() if other.customer == one.customer}
    assert revoke(house, business, debtor_key(one.customer), by="Robin") == 1
    shop.play.sandbox.book.add(Fault("stripe", "drop_after", method="POST", path="/v1/invoices/"))
    assert carry_links(house, business) == 0, "its reply is lost"
    assert run(shop) == len(theirs) - 1, "and what may have been done is not done again"
    assert {id for id, url in carried(shop).items() if url != wanted[id]} == theirs

    secret = [url.rpartition("/")[2] for url in (*wanted.values(), *carried(shop).values())]
    change(house, business, {"in_messages": "no"})
    assert (run(shop), carried(shop), run(shop)) == (len(due), {}, 0)
    change(house, business, {"in_messages": "yes"})
    _expect_nothing_lost_while_the_key_is_dead(shop)
    heard = "".join(capfd.readouterr())
    assert not any(one in heard or one in repr(shop.acts("set_pay_link")) for one in secret)


def _expect_nothing_lost_while_the_key_is_dead(shop: Shop) -> None:
    house = shop.play.house
    shop.play.act("expire_token", TILL)
    assert run(shop) == 0
    assert [act.state for act in shop.acts("set_pay_link")].count(ActionState.FAILED) == 1, "nobody has to look at each"
    connected = shop.play.connected(TILL)
    key = shop.play.act("make_key", TILL, without=["rak_payment_link_write"])["api_key"]
    house.grants.save(replace(house.grants.load(connected.grant_id), access=key))
    assert run(shop) == len(sent(shop))
