"""One customer who buys through Xero and through Stripe: one message about both, each invoice with its own pay link."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from collector.debtors.likeness import key_of
from collector.occasions.statement import StatementKind
from collector.plan import Decided
from duewell.approving import plan_sheet
from duewell.charging import borne_by
from duewell.dictating import understand
from duewell.finding import today_of
from duewell.replaying import Question, replay
from duewell.running import make_plan, send_plan
from duewell.sames import answer_pair, find_sames, pair_id, pairs
from duewell.showing.customers import customer, customers
from duewell.stating import make_statement
from integrations.errors import NotThere, Refused
from receivables.money import by_currency
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
    _everything_sees_them_as_one(play, xero, stripe, [one.number for one in about])
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
    today = today_of(play.house, play.business)
    report = replay(play.house, play.business, Question(today - timedelta(days=3), today))
    assert report.reproduced is not None
    assert (report.reproduced.strayed, report.reproduced.examples) == (0, ())


def _everything_sees_them_as_one(play: Play, xero: Decided, stripe: Decided, numbers: list[str]) -> None:
    """From either side: the page, the list, the plan, the statement and what they bear for being late."""
    ledgers, name = {xero.connected.id, stripe.connected.id}, xero.case.head.name
    owed = by_currency(one.open for each in (xero, stripe) for one in each.case.invoices if one.owing)
    for side in (xero, stripe):
        page = customer(play.house, play.business, side.connected.id, side.case.head.ref.id)
        assert page is not None
        assert (page.name, {row.ledger for row in page.rows}) == (name, ledgers)
        assert {one.currency: one.open for one in page.owed} == owed
        stated, case = make_statement(play.house, play.business, side.case.head.ref, kind=StatementKind.OPEN)
        assert (stated.debtor, {one.ref.connection for one in case.invoices}) == (xero.case.debtor, ledgers)
        assert set(numbers) <= {item.number for sheet in stated.sheets for item in sheet.items}
        borne, _ = borne_by(play.house, play.business, side.case.head.ref)
        assert {one.invoice.ref.connection for one in borne} == ledgers
        refs = [one.case.head.ref for one in (xero, stripe)]
        found = customers(play.house, play.business, side.case.head.name).lines
        (line,) = [one for one in found if Ref(one.connection, Kind.CUSTOMER, one.id) in refs]
        assert (line.name, line.company) == (name, f"{xero.connected.label}, {stripe.connected.label}")
        assert {one.currency: one for one in line.owed} == owed
    elsewhere = next(one for one in stripe.case.invoices if one.owing)
    told = {"kind": "dispute", "invoice": elsewhere.ref.id, "reason": "damaged"}
    words, _ = understand(play.house, play.business, xero.case.debtor, told)
    assert words.invoice == elsewhere.ref, "an invoice of either may be named"
    (message,) = [one for one in plan_sheet(play.house, play.business).messages if one.debtor == xero.case.debtor]
    assert {row.ledger: row.platform for row in message.rows} == {
        xero.connected.id: "xero", stripe.connected.id: "stripe"
    }  # fmt: skip
    assert {row.company for row in message.rows} == {xero.connected.label, stripe.connected.label}


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
