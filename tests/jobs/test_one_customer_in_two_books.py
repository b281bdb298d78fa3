"""One customer who buys through Xero and through Stripe: one message about both, each invoice with its own pay link."""

from collections.abc import Callable

import pytest

from collector.debtors.likeness import key_of
from collector.plan import Decided
from duewell.running import make_plan, send_plan
from duewell.sames import answer_pair, find_sames, pair_id, pairs
from integrations.errors import NotThere, Refused
from receivables.records import Invoice, Kind, Ref
from storage import actions
from storage.actions import ActionState
from storage.sames import Alike, Same, propose
from tests.scenarios.playing import Play


@pytest.fixture
def play(plays: Callable[..., Play]) -> Play:
    begun = plays("xero", "stripe", invoices=40, customers=8)
    begun.sync()
    begun.move(quiet=True, hours=17)  # it is an office hour in Britain and in California
    begun.sync()
    return begun


def with_a_message(play: Play) -> dict[str, Decided]:
    """Whoever would be written to by our own mail, one of each platform, with an address there."""
    found: dict[str, Decided] = {}
    for one in make_plan(play.house, play.business):
        if one.decision.candidate and one.case.addresses() and len(one.case.customers) == 1:
            found.setdefault(one.connected.platform, one)
    return found


def propose_pair(play: Play, one: Ref, other: Ref, alike: Alike) -> str:
    first, second = sorted((one, other), key=str)
    pair = Same(alike, first, second, {"tax_number": "Both have the tax number 123456782."})
    with play.house.database.write() as tx:
        propose(tx, play.business, [pair], now=play.house.clock.now())
    return pair_id(pair)


def test_one_message_speaks_of_both_books_and_is_noted_in_each(play: Play) -> None:
    found = with_a_message(play)
    xero, stripe = found["xero"], found["stripe"]
    id = propose_pair(play, xero.case.head.ref, stripe.case.head.ref, Alike.DEBTOR)
    told = answer_pair(play.house, play.business, id, "same", master=xero.case.debtor, by="Robin")
    assert told.startswith("From now on they are one customer")

    (whole,) = [one for one in make_plan(play.house, play.business) if one.case.debtor == xero.case.debtor]
    assert whole.decision.candidate is not None
    about = [line.invoice for line in whole.decision.candidate.lines]
    assert {one.ref.connection for one in about} == {xero.connected.id, stripe.connected.id}
    first = about[0].ref
    ((_, outcome),) = send_plan(play.house, play.business, only=[(first.connection, first.id)], by="Robin")

    assert outcome.state == ActionState.SENT, outcome
    (mail,) = play.sandbox.mailbox.mails()
    body = mail.message.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    links = {line for line in text.splitlines() if "http" in line}
    assert all(one.number in text for one in about), text
    assert len(links) == len(about), text
    with play.house.database.read() as tx:
        notes = [one for one in actions.actions(tx, play.business) if one.act == "leave_note"]
    assert {one.about for one in notes} == {one.ref for one in about}
    assert {one.state for one in notes} == {ActionState.SENT}
    assert not [one for one in send_plan(play.house, play.business, by="Robin") if one[1].debtor == whole.case.debtor]


def test_a_tax_number_in_two_contacts_becomes_a_question_with_a_page_of_its_own(play: Play) -> None:
    key = next(one.key for one in play.sandbox.world.businesses if one.platform == "xero")
    first, second = play.truth(key)["customers"][:2]
    for contact in (first, second):
        play.act(
            "edit_contact", key, customer=contact, fields={"tax_number": "GB 123 4567 82", "country": "United Kingdom"}
        )
    play.sync(key)

    found = [one for one in pairs(play.house, play.business) if "tax number" in one.evidence[0]]

    assert [{side.customer_id for side in one.sides} for one in found] == [{first, second}]
    answer_pair(play.house, play.business, found[0].id, "different", by="Robin")
    assert find_sames(play.house, play.business) == 0
    assert found[0].id not in {one.id for one in pairs(play.house, play.business)}
    (answered,) = pairs(play.house, play.business, answered=True)
    assert (answered.state, answered.by) == ("refused", "Robin")
    answer_pair(play.house, play.business, found[0].id, "ask", by="Robin")
    assert found[0].id in {one.id for one in pairs(play.house, play.business)}


def test_a_sale_in_two_books_takes_a_person_who_says_which_one_counts(play: Play) -> None:
    invoices = [_owed(play, "xero"), _owed(play, "stripe")]
    id = propose_pair(play, invoices[0].ref, invoices[1].ref, Alike.INVOICE)

    with pytest.raises(Refused, match="which of the two invoices counts"):
        answer_pair(play.house, play.business, id, "same", by="Robin")
    with pytest.raises(Refused):
        answer_pair(play.house, play.business, id, "perhaps", by="Robin")
    with pytest.raises(NotThere):
        answer_pair(play.house, play.business, "nothing", "same", by="Robin")
    shown = next(one for one in pairs(play.house, play.business) if one.id == id)
    assert {side.number for side in shown.sides} == {one.number for one in invoices}
    told = answer_pair(play.house, play.business, id, "same", master=key_of(invoices[0].ref), by="Robin")
    assert told.startswith("It is one sale")


def _owed(play: Play, slug: str) -> Invoice:
    key = next(one.key for one in play.sandbox.world.businesses if one.platform == slug)
    found = next(one for one in play.invoices(key).values() if one.owing and one.number)
    assert found.ref.kind is Kind.INVOICE
    return found
