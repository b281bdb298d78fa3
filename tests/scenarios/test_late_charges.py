"""Late charges beside a real Xero: posted once, on command, whatever happens to the reply; and never on themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from collector.charges.bearing import Borne
from duewell.charging import CHARGES, borne_by, borne_of, set_charging, set_posted_to
from duewell.charging_acts import post_charges
from duewell.dictating import dictate
from duewell.policies import keep
from duewell.running import follow_up_all, make_plan, send_plan
from integrations.errors import Refused
from receivables.records import Kind, Ref
from sandbox.faults import Fault
from storage import actions
from storage.actions import Action, ActionState
from storage.charges import CHARGE
from storage.settings import set_setting
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


def ready(plays: Plays) -> tuple[Play, Borne]:
    """Xero read, the law chosen, a British business that is late, and an account to post to."""
    play = plays(platforms=("xero",), invoices=40, customers=8)
    play.sync()
    house, business = play.house, play.business
    set_charging(house, business, {"basis": "statutory"}, by="Robin")
    for key in play.connected_keys():
        set_posted_to(house, business, play.connected(key).id, ("270", "NONE"), by="Robin")
    for debtor in {one.case.debtor for one in make_plan(house, business)}:
        dictate(house, business, debtor, {"kind": "kind", "reason": "business"}, by="Robin")
        connection, _, id = debtor.partition("/")
        found, _ = borne_by(house, business, Ref(connection, Kind.CUSTOMER, id))
        for one in found:
            if one.charge is not None:
                return play, one
    raise AssertionError("nobody in the sandbox bears anything")


def made(play: Play) -> list[Any]:
    twin: Any = play.sandbox.twins["xero"]
    books = (one.ledger.invoices.values() for one in twin.organisations)
    return [one for each in books for one in each if one.reference.startswith("Late payment ")]


def acts(play: Play) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, act=CHARGE)


def test_posted_once_on_command_and_it_bears_nothing_itself(plays: Plays) -> None:
    play, late = ready(plays)
    said = post_charges(play.house, play.business, late.invoice, by="Robin")
    assert said.endswith("as an invoice of its own; it bears nothing itself.")
    (one,) = made(play)
    assert f"{one.total}" == f"{late.total.amount}"
    with pytest.raises(Refused, match="What it bore was posted"):
        post_charges(play.house, play.business, late.invoice, by="Kim")
    follow_up_all(play.house, play.business)
    assert len(made(play)) == 1

    play.move(days=40)
    play.sync()
    invoices = {id: one for key in play.connected_keys() for id, one in play.invoices(key).items()}
    itself, _ = borne_of(play.house, play.business, invoices[one.id])
    assert "itself an invoice for late payment" in itself.why_not
    again, _ = borne_of(play.house, play.business, invoices[late.invoice.ref.id])
    assert again.charge is not None
    assert not again.charge.fixed, "the fixed sum was in what was posted"
    post_charges(play.house, play.business, late.invoice, by="Robin")
    assert len(made(play)) == 2


def test_a_reply_dropped_after_commit_never_makes_a_second_one(plays: Plays) -> None:
    play, late = ready(plays)
    play.sandbox.book.add(Fault("xero", "drop_after", method="PUT", path="/Invoices"))
    with pytest.raises(Refused, match="Whether it was posted is not known"):
        post_charges(play.house, play.business, late.invoice, by="Robin")
    with pytest.raises(Refused):
        post_charges(play.house, play.business, late.invoice, by="Robin")
    assert [one.state for one in acts(play)] == [ActionState.AMBIGUOUS]

    play.move(hours=26)
    for _ in range(2):
        follow_up_all(play.house, play.business)
    (act,) = acts(play)
    (one,) = made(play)
    assert (act.state, act.receipt) == (ActionState.SENT, one.id)


def test_what_xero_refuses_is_said_and_can_be_posted_after_it_was_mended(plays: Plays) -> None:
    play, late = ready(plays)
    connection = late.invoice.ref.connection
    set_posted_to(play.house, play.business, connection, ("999", "NONE"), by="Robin")
    with pytest.raises(Refused, match=r"Nothing was posted: .*Account code"):
        post_charges(play.house, play.business, late.invoice, by="Robin")
    set_posted_to(play.house, play.business, connection, ("270", "NONE"), by="Robin")
    post_charges(play.house, play.business, late.invoice, by="Robin")
    assert len(made(play)) == 1


@pytest.mark.parametrize("shown", [True, False])
def test_a_reminder_tells_of_it_only_where_the_policy_says_so(plays: Plays, shown: bool) -> None:
    play = plays(platforms=("quickbooks",), invoices=60, customers=12)
    play.sync()
    house, business = play.house, play.business
    for debtor in {one.case.debtor for one in make_plan(house, business)}:
        dictate(house, business, debtor, {"kind": "kind", "reason": "business"}, by="Robin")
    terms = {"from": "2020-01-01", "percent": "18", "per": "year", "flat": "5", "currency": "USD", "grace": "0"}
    with house.database.write() as tx:
        set_setting(tx, business, CHARGES, json.dumps({"basis": "policy", "agreed": [terms], "by": "Robin"}))
    if shown:
        keep(house, business, "[manners]\nshow_interest = true\n", by="Robin")
    play.move(quiet=True, hours=3)

    send_plan(house, business, by="Robin")

    mails = [one.message.get_body(("plain",)) for one in play.sandbox.mailbox.mails()]
    texts = [" ".join(one.get_content().split()) for one in mails if one is not None]
    assert texts
    assert any("Interest and charges for late payment, up to" in one for one in texts) is shown
