"""Late charges beside every platform: posted once, on command, whatever happens to the reply; never on themselves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from collector.charges.bearing import Borne
from collector.debtors.cases import debtor_key
from duewell.charging import CHARGES, borne_of
from duewell.charging_acts import post_charges
from duewell.charging_to import POSTED_TO, set_posted_to
from duewell.dictating import dictate
from duewell.policies import keep
from duewell.running import follow_up_all, make_plan, send_plan
from integrations.errors import Refused
from receivables.case import Past
from receivables.records import Collection, Ref
from sandbox.faults import Fault
from storage import actions
from storage.actions import Action, ActionState
from storage.charges import CHARGE
from storage.habits import pasts
from storage.settings import set_setting
from tests.scenarios.playing import Play

Plays = Callable[..., Play]


PICKED = {"quickbooks": ("Late fees (Other Income)", "NON"), "stripe": ("", "No tax"), "xero": ("270", "NONE")}
ROUTES = {"quickbooks": "/invoice", "stripe": "/finalize", "xero": "/Invoices"}
everywhere = pytest.mark.parametrize(
    ("slug", "database_url"),
    [("xero", "sqlite"), ("xero", "postgresql"), ("quickbooks", "sqlite"), ("stripe", "sqlite")],
    indirect=["database_url"],
)


def begun(plays: Plays, slug: str = "xero") -> tuple[Play, Borne]:
    """Books read, a credit policy with late charges, a business that is late, and an account to post to."""
    play = plays(platforms=(slug,), invoices=40, customers=8)
    play.sync()
    house, business = play.house, play.business
    currency = "GBP" if slug == "xero" else "USD"
    terms = {"from": "2020-01-01", "percent": "18", "per": "year", "flat": "5", "currency": currency, "grace": "0"}
    with house.database.write() as tx:
        set_setting(tx, business, CHARGES, json.dumps({"basis": "policy", "agreed": [terms], "by": "Robin"}))
    for key in play.connected_keys():
        set_posted_to(house, business, play.connected(key).id, PICKED[slug], by="Robin")
    for one in (one for key in play.connected_keys() for one in play.invoices(key).values()):
        if one.owing and one.collection is Collection.SENT and one.total.currency == currency:
            dictate(house, business, debtor_key(one.customer), {"kind": "kind", "reason": "business"}, by="Robin")
            late, _ = borne_of(house, business, one)
            if late.charge is not None:
                return play, late
    raise AssertionError("nobody in the sandbox bears anything")


def made(play: Play) -> list[str]:
    """The ids of the invoices of late charges that somebody owes or owed, by the ledgers themselves."""
    for slug, twin in play.sandbox.twins.items():
        world: Any = twin
        if slug == "quickbooks":
            books = (one for each in world._companies.values() for one in each.ledger.invoices.values())
            return [one.id for one in books if "Late payment [dw " in one.private_note]
        if slug == "stripe":
            kept = (one for each in world._ledgers.values() for one in each.books.invoices)
            return [one.id for one in kept if "dw_charge" in one.metadata and one.status != "draft"]
        sold = (one for each in world.organisations for one in each.ledger.invoices.values())
        return [one.id for one in sold if one.reference.startswith("Late payment ")]
    raise AssertionError("no platform plays")


def acts(play: Play) -> list[Action]:
    with play.house.database.read() as tx:
        return actions.actions(tx, play.business, act=CHARGE)


@everywhere
def test_posted_once_on_command_and_it_is_no_ordinary_invoice(plays: Plays, slug: str) -> None:
    play, late = begun(plays, slug)
    house, business = play.house, play.business
    said = post_charges(house, business, late.invoice, by="Robin")
    assert said.endswith("as an invoice of its own; it bears nothing itself.")
    (id,) = made(play)
    with pytest.raises(Refused, match="What it bore was posted"):
        post_charges(house, business, late.invoice, by="Kim")
    follow_up_all(house, business)
    assert made(play) == [id]

    play.move(days=40)
    play.sync()
    invoices = {id: one for key in play.connected_keys() for id, one in play.invoices(key).items()}
    assert (invoices[id].total, invoices[id].customer) == (late.total, late.invoice.customer)
    itself, _ = borne_of(house, business, invoices[id])
    assert "itself an invoice for late payment" in itself.why_not
    verdicts = [one for debtor in make_plan(house, business) for one in debtor.decision.verdicts]
    assert [one.rule for one in verdicts if one.invoice == invoices[id].ref] == ["late_charge"]

    before = _past(play, late.invoice.customer)
    (key,) = play.connected_keys() if slug != "xero" else [_key_of(play, id)]
    play.act("pay", key, invoice=id)
    play.sync()
    assert not play.invoices(key)[id].owing
    assert _past(play, late.invoice.customer) == before, "late as it was paid, it tells nothing of the customer"


def _past(play: Play, customer: Ref) -> Past:
    with play.house.database.read() as tx:
        return pasts(tx, play.business, customer.connection)[customer]


def _key_of(play: Play, invoice: str) -> str:
    return next(key for key in play.connected_keys() if invoice in play.invoices(key))


@everywhere
def test_a_reply_dropped_after_commit_never_makes_a_second_one(plays: Plays, slug: str) -> None:
    play, late = begun(plays, slug)
    play.sandbox.book.add(Fault(slug, "drop_after", method="PUT" if slug == "xero" else "POST", path=ROUTES[slug]))
    with pytest.raises(Refused, match="Whether it was posted is not known"):
        post_charges(play.house, play.business, late.invoice, by="Robin")
    with pytest.raises(Refused):
        post_charges(play.house, play.business, late.invoice, by="Robin")
    assert [one.state for one in acts(play)] == [ActionState.AMBIGUOUS]

    play.move(hours=26)
    for _ in range(2):
        follow_up_all(play.house, play.business)
    (act,) = acts(play)
    assert (act.state, [act.receipt]) == (ActionState.SENT, made(play))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_charges_grow_after_posting_and_what_xero_refuses_can_be_posted_after_it_was_mended(plays: Plays) -> None:
    play, late = begun(plays)
    house, business, connection = play.house, play.business, late.invoice.ref.connection
    with pytest.raises(Refused, match=r"Xero lists no account '2700'.* nearest are: 270 Interest Income \(270\)"):
        set_posted_to(house, business, connection, ("2700", "NONE"), by="Robin")
    with house.database.write() as tx:
        set_setting(tx, business, f"{POSTED_TO}:{connection}", json.dumps({"account": "999", "tax": "NONE"}))
    with pytest.raises(Refused, match=r"Nothing was posted: .*Account code"):
        post_charges(house, business, late.invoice, by="Robin")
    chosen = set_posted_to(house, business, connection, ("270 interest income", "No VAT"), by="Robin")
    assert chosen.words == "270 Interest Income, No VAT"
    post_charges(house, business, late.invoice, by="Robin")
    assert len(made(play)) == 1
    play.move(days=40)
    play.sync()
    again, _ = borne_of(house, business, late.invoice)
    assert again.charge is not None
    assert not again.charge.fixed, "the fee was in what was posted"
    post_charges(house, business, late.invoice, by="Robin")
    assert len(made(play)) == 2


@pytest.mark.parametrize(
    ("shown", "database_url"), [(True, "sqlite"), (False, "postgresql")], indirect=["database_url"]
)
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
