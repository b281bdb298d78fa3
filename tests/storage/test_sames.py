"""Pairs that seem to be one, and what follows once a person has said so: one case, one key, one count."""

from dataclasses import replace as changed
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import event

from collector.debtors.case_book import case, cases
from collector.debtors.whole import whole
from collector.decide import decide
from collector.narrowing import windows
from collector.occasions.statement import Statement, StatementKind, statement
from collector.policy import DEFAULT
from receivables.case import Case
from receivables.money import Money
from receivables.page import Page
from receivables.records import (
    Answer,
    Application,
    Company,
    Customer,
    EmailAddress,
    Invoice,
    InvoiceStatus,
    Kind,
    Payment,
    PaymentStatus,
    Ref,
)
from receivables.said import Said, Saying
from storage import actions, sames
from storage.actions import ActionState, Plan, Speaks
from storage.books import open_sums
from storage.connections import Connected, NewConnection, Role, connect, connection, disconnect, pulled, save_company
from storage.database import Database
from storage.pages import save_page
from storage.said import say
from storage.sames import Alike, Same, SameState
from tests.storage.amber import BUSINESS, NOW, gbp, invoice

XERO, STRIPE, TILL = "c1", "c2", "c3"
LATE = date(2026, 2, 20)
ANN, ANNE, ANNA = (Ref(one, Kind.CUSTOMER, "ann") for one in (XERO, STRIPE, TILL))


def customer(ref: Ref, **more: Any) -> Customer:
    emails = (EmailAddress(f"ann@{ref.connection}.example"),)
    return Customer(ref, f"Ann of {ref.connection}", NOW, emails=emails, **more)


def owed(ref: Ref, id: str = "1", minor: int = 10_000, **more: Any) -> Invoice:
    told = {"number": f"{ref.connection}-{id}", "customer": ref, "due_on": LATE, "issued_on": LATE}
    return replace(invoice(1, minor), ref=Ref(ref.connection, Kind.INVOICE, id), **(told | more))


@pytest.fixture
def books(database: Database) -> Database:
    """Two ledgers and a till of one business; Ann owes in both ledgers, and Bob in the first."""
    with database.write() as tx:
        connect(tx, BUSINESS, NewConnection("stripe", "acct", "g2", "Shop", id=STRIPE), now=NOW)
        connect(tx, BUSINESS, NewConnection("stripe", "till", "g3", "Till", Role.TILL, id=TILL), now=NOW)
        for one in (XERO, STRIPE, TILL):
            own = Company(one, f"Amber {one}", "GBP", "GB", "Europe/London", own_reminders=Answer.NO)
            save_company(tx, BUSINESS, own)
            pulled(tx, BUSINESS, one, now=NOW)
        bob = Ref(XERO, Kind.CUSTOMER, "bob")
        save_page(tx, BUSINESS, XERO, Page((customer(ANN), customer(bob), owed(ANN), owed(bob, "2"))), now=NOW)
        save_page(tx, BUSINESS, STRIPE, Page((customer(ANNE), owed(ANNE))), now=NOW)
        save_page(tx, BUSINESS, TILL, Page((customer(ANNA),)), now=NOW)
    return database


def connected(database: Database, id: str) -> Connected:
    with database.read() as tx:
        found = connection(tx, BUSINESS, id)
    assert found is not None
    return found


def say_same(database: Database, one: Ref, other: Ref, *, master: Ref | None = None) -> None:
    alike = Alike.DEBTOR if one.kind is Kind.CUSTOMER else Alike.INVOICE
    pair = Same(alike, one, other, {"tax_number": "Both have it."})
    with database.write() as tx:
        sames.propose(tx, BUSINESS, [pair], now=NOW)
        assert sames.settle(tx, BUSINESS, pair, SameState.CONFIRMED, master=master, by="Robin", now=NOW)


def everybody(database: Database, *, narrow: bool = False) -> dict[str, Case]:
    wanted = windows([DEFAULT], NOW) if narrow else None
    found = [each for id in (XERO, STRIPE) for each in cases(database, connected(database, id), NOW, wanted)]
    assert len({one.debtor for one in found}) == len(found)
    return {one.debtor: one for one in found}


def rules(database: Database) -> dict[Ref, str]:
    """Which rule decides each invoice."""
    decided = [decide(one, DEFAULT, NOW) for one in everybody(database).values()]
    return {one.invoice: one.rule for each in decided for one in each.verdicts}


def told(database: Database, debtor: str, ref: Ref, at: datetime) -> None:
    with database.write() as tx:
        actions.plan(tx, BUSINESS, Plan("mail", f"k-{debtor}", debtor, about=ref), now=at)
        speaks = [Speaks(f"s-{debtor}", ref, "just-due", "1")]
        actions.claim(tx, BUSINESS, f"k-{debtor}", by="me", now=at, speaks=speaks, local_day=at.date())
        actions.mark(tx, BUSINESS, f"k-{debtor}", ActionState.SENT, now=at)


def test_a_pair_waits_and_what_a_person_said_of_it_stays(database: Database) -> None:
    pair = Same(Alike.DEBTOR, ANN, ANNE, {"tax_number": "Both have it."})
    with database.write() as tx:
        assert sames.propose(tx, BUSINESS, [pair], now=NOW) == 1
        assert sames.propose(tx, BUSINESS, [pair], now=NOW) == 0
        assert [one.state for one in sames.sames(tx, BUSINESS)] == [SameState.PROPOSED]
        assert sames.settle(tx, BUSINESS, pair, SameState.REFUSED, by="Robin", now=NOW)
        more = Same(Alike.DEBTOR, ANN, ANNE, {"address": "Both live there."})
        assert sames.propose(tx, BUSINESS, [more], now=NOW + timedelta(days=1)) == 0
        assert sames.withdraw(tx, BUSINESS, Alike.DEBTOR, [], now=NOW) == 0
        (kept,) = sames.sames(tx, BUSINESS, states=(SameState.REFUSED,), about=[ANNE])
        assert not sames.settle(tx, BUSINESS, Same(Alike.DEBTOR, ANN, ANNA), SameState.REFUSED, by="x", now=NOW)
    assert (kept.one, kept.other, kept.by, dict(kept.evidence)) == (ANN, ANNE, "Robin", dict(pair.evidence))


def test_how_a_pair_stood_is_known_of_every_instant(database: Database) -> None:
    pair, hour = Same(Alike.DEBTOR, ANN, ANNE, {"tax_number": "Both have it."}), timedelta(hours=1)
    more = changed(pair, evidence={"address": "Both live there."})
    with database.write() as tx:
        sames.propose(tx, BUSINESS, [pair], now=NOW)
        sames.propose(tx, BUSINESS, [more], now=NOW + hour)
        sames.settle(tx, BUSINESS, pair, SameState.CONFIRMED, master=ANNE, by="Robin", now=NOW + 2 * hour)
        sames.settle(tx, BUSINESS, pair, SameState.PROPOSED, by="Robin", now=NOW + 3 * hour)
        sames.withdraw(tx, BUSINESS, Alike.DEBTOR, [], now=NOW + 4 * hour)
        found = sames.stood(tx, BUSINESS)

    then = [[(one.state.value, one.master) for one in found if one.at(NOW + hours * hour)] for hours in range(-1, 5)]
    proposed = [("proposed", None)]
    assert then == [[], proposed, proposed, [("confirmed", ANNE)], proposed, []]


def test_a_proposal_that_nobody_answered_goes_with_its_evidence(database: Database) -> None:
    with database.write() as tx:
        sames.propose(tx, BUSINESS, [Same(Alike.DEBTOR, ANN, ANNE), Same(Alike.DEBTOR, ANN, ANNA)], now=NOW)
        assert sames.withdraw(tx, BUSINESS, Alike.DEBTOR, [(ANN, ANNA)], now=NOW) == 1
        assert [one.other for one in sames.sames(tx, BUSINESS)] == [ANNA]


def test_a_proposal_changes_nothing(books: Database) -> None:
    with books.write() as tx:
        sames.propose(tx, BUSINESS, [Same(Alike.DEBTOR, ANN, ANNE)], now=NOW)

    assert set(everybody(books)) == {"c1/ann", "c1/bob", "c2/ann"}


@pytest.mark.parametrize("narrow", [False, True])
def test_two_who_are_one_are_one_case_with_the_invoices_of_both(books: Database, narrow: bool) -> None:
    say_same(books, ANN, ANNE)

    found = everybody(books, narrow=narrow)

    assert set(found) == {"c1/ann", "c1/bob"}
    whole = found["c1/ann"]
    assert {one.ref for one in whole.invoices} == {owed(ANN).ref, owed(ANNE).ref}
    assert ([one.ref for one in whole.customers], whole.known_as) == ([ANN, ANNE], ("c2/ann",))
    sent = decide(whole, DEFAULT, NOW).message
    assert sent is not None
    assert (sent.debtor, len(sent.lines)) == ("c1/ann", 2)
    for id in (XERO, STRIPE):
        asked = case(books, connected(books, id), f"{id}/ann", NOW)
        assert asked is not None
        assert (asked.debtor, len(asked.invoices)) == ("c1/ann", 2)


def test_who_owes_nothing_in_any_books_has_no_case(books: Database) -> None:
    paid = replace(owed(ANN, minor=0), status=InvoiceStatus.PAID, changed_at=NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, XERO, Page((paid,)), now=NOW)

    assert case(books, connected(books, XERO), "c1/ann", NOW) is None
    say_same(books, ANN, ANNE)
    asked = case(books, connected(books, XERO), "c1/ann", NOW)
    assert asked is not None
    assert [one.ref for one in asked.invoices] == [owed(ANNE).ref]


def test_a_person_says_which_of_them_is_written_to(books: Database) -> None:
    say_same(books, ANN, ANNE, master=ANNE)

    found = everybody(books)

    assert set(found) == {"c1/bob", "c2/ann"}
    assert found["c2/ann"].addresses()[0].address == "ann@c2.example"


def test_what_either_was_told_and_said_counts_for_both(books: Database) -> None:
    say_same(books, ANN, ANNE)
    told(books, "c2/ann", owed(ANNE).ref, NOW - timedelta(days=1))
    with books.write() as tx:
        say(tx, BUSINESS, Said("c2/ann", Saying.HARDSHIP, LATE, by="Robin"), now=NOW)

    whole = everybody(books)["c1/ann"]

    assert [one.debtor for one in whole.contacts] == ["c2/ann"]
    assert {one.rule for one in decide(whole, DEFAULT, NOW).verdicts} == {"hardship"}
    silent = changed(whole, said=())
    assert {one.rule for one in decide(silent, DEFAULT, NOW).verdicts} == {"contacted_lately"}


def test_credit_in_either_books_is_netted_and_old_books_of_either_hold(books: Database) -> None:
    say_same(books, ANN, ANNE)
    paid = Payment(Ref(STRIPE, Kind.PAYMENT, "p"), ANNE, LATE, gbp(500), gbp(500), PaymentStatus.SETTLED, NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, STRIPE, Page((paid,)), now=NOW)
        pulled(tx, BUSINESS, XERO, now=NOW + timedelta(days=2))

    assert everybody(books, narrow=True)["c1/ann"].on_account() == {"GBP": gbp(500)}
    assert everybody(books)["c1/ann"].synced_at == NOW


def test_reminders_of_either_platform_count(books: Database) -> None:
    say_same(books, ANN, ANNE)
    with books.write() as tx:
        chasing = Company(STRIPE, "Shop", "GBP", "GB", "Europe/London", own_reminders=Answer.YES)
        save_company(tx, BUSINESS, chasing)

    found = everybody(books)

    assert found["c1/ann"].company.own_reminders is Answer.YES
    assert found["c1/bob"].company.own_reminders is Answer.NO


def test_what_has_ended_elsewhere_leaves_them_who_they_were(books: Database) -> None:
    say_same(books, ANN, ANNE, master=ANNE)
    with books.write() as tx:
        disconnect(tx, BUSINESS, STRIPE)

    assert set(everybody(books)) >= {"c1/ann", "c1/bob"}


def test_a_sale_in_two_books_waits_then_counts_once_and_is_settled_by_either(books: Database) -> None:
    mine, copy = owed(ANN).ref, owed(ANNE).ref
    with books.write() as tx:
        sames.propose(tx, BUSINESS, [Same(Alike.INVOICE, mine, copy)], now=NOW)
    assert (rules(books)[mine], rules(books)[copy]) == ("mirror_undecided", "mirror_undecided")

    say_same(books, mine, copy, master=mine)

    assert (rules(books)[mine], rules(books)[copy]) == ("step_earned", "mirror")
    with books.read() as tx:
        (once,) = open_sums(tx, BUSINESS, on=NOW.date(), without=sames.copies(tx, BUSINESS))
    assert (once.open, once.invoices) == (gbp(20_000), 2)
    settled = replace(owed(ANNE, minor=0), status=InvoiceStatus.PAID, changed_at=NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, STRIPE, Page((settled,)), now=NOW)
    assert rules(books)[mine] == "mirror_paid"
    with books.write() as tx:
        disconnect(tx, BUSINESS, STRIPE)
    assert rules(books)[mine] == "step_earned"


@pytest.mark.parametrize(("master", "counts"), [(None, XERO), (XERO, XERO), (STRIPE, STRIPE)])
def test_a_sale_in_two_books_is_in_every_sum_once_and_in_none_once_either_is_paid(
    books: Database, master: str | None, counts: str
) -> None:
    mine, copy = owed(ANN).ref, owed(ANNE).ref
    if master is None:
        with books.write() as tx:
            sames.propose(tx, BUSINESS, [Same(Alike.INVOICE, mine, copy)], now=NOW)
    else:
        say_same(books, mine, copy, master=mine if master == XERO else copy)
    apart = everybody(books)
    assert {one.debtor for one in apart.values() if one.owed()} == {"c1/bob", f"{counts}/ann"}

    say_same(books, ANN, ANNE)

    assert everybody(books)["c1/ann"].owed() == {"GBP": gbp(10_000)}
    (sheet,) = stated(books, "c2/ann").sheets
    assert (len(sheet.items), sheet.closing, sheet.aging.open) == (1, gbp(10_000), gbp(10_000))
    settled = replace(owed(ANNE, minor=0), status=InvoiceStatus.PAID, changed_at=NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, STRIPE, Page((settled,)), now=NOW)
    with books.read() as tx:
        (left,) = open_sums(tx, BUSINESS, on=NOW.date(), without=sames.copies(tx, BUSINESS))
    assert (left.open, everybody(books)["c1/ann"].owed()) == (gbp(10_000), {})
    assert not stated(books, "c1/ann").due


def test_money_for_a_copy_is_told_with_the_copy_alone(books: Database) -> None:
    """Paid in both books, once by the customer: the sale, and one payment for it."""
    paid = [replace(owed(ref, minor=0), status=InvoiceStatus.PAID, paid=gbp(10_000)) for ref in (ANN, ANNE)]
    paid = [replace(one, total=gbp(10_000)) for one in paid]
    came = [
        Payment(
            Ref(of.connection, Kind.PAYMENT, "p"), of, LATE, gbp(12_000), gbp(2_000), PaymentStatus.SETTLED, NOW,
            applications=(Application(one.ref, gbp(10_000)),),
        )
        for of, one in zip((ANN, ANNE), paid, strict=True)
    ]  # fmt: skip
    with books.write() as tx:
        for one, payment in zip(paid, came, strict=True):
            save_page(tx, BUSINESS, one.ref.connection, Page((replace(one, changed_at=NOW), payment)), now=NOW)
    say_same(books, ANN, ANNE)
    say_same(books, paid[0].ref, paid[1].ref, master=paid[0].ref)

    (sheet,) = stated(books, "c1/ann", StatementKind.ACTIVITY).sheets

    told = sorted(one.amount.minor for one in sheet.items)
    assert (told, sheet.unlisted, sheet.closing) == ([-12_000, -2_000, 10_000], gbp(0), gbp(-4_000))


def stated(database: Database, debtor: str, kind: StatementKind = StatementKind.OPEN) -> Statement:
    with database.read() as tx:
        found = whole(tx, connected(database, debtor.partition("/")[0]), debtor, NOW)
    assert found is not None
    return statement(found.case, kind, date(2026, 1, 1), NOW.date(), entries=found.entries)


def test_everything_of_a_customer_in_two_books_and_at_a_till_is_one_case(books: Database) -> None:
    """The settled invoices of both ledgers, in both currencies; what the till took is in a ledger already."""
    say_same(books, ANN, ANNE)
    say_same(books, ANN, ANNA)
    dollars = {"total": Money(4_000, "USD"), "open": Money(4_000, "USD"), "paid": Money.zero("USD")}
    rest = {"credited": Money.zero("USD"), "adjusted": Money.zero("USD")}
    paid = replace(owed(ANN, "9", minor=0), status=InvoiceStatus.PAID)
    taken = Payment(Ref(TILL, Kind.PAYMENT, "p"), ANNA, LATE, gbp(700), gbp(0), PaymentStatus.SETTLED, NOW)
    kept = Payment(Ref(STRIPE, Kind.PAYMENT, "q"), ANNE, LATE, gbp(700), gbp(100), PaymentStatus.SETTLED, NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, XERO, Page((paid,)), now=NOW)
        save_page(tx, BUSINESS, STRIPE, Page((replace(owed(ANNE, "8"), **dollars, **rest), kept)), now=NOW)
        save_page(tx, BUSINESS, TILL, Page((taken,)), now=NOW)
        say(tx, BUSINESS, Said("c2/ann", Saying.HARDSHIP, LATE, by="Robin"), now=NOW)

    for name in (XERO, STRIPE, TILL):
        with books.read() as tx:
            found = whole(tx, connected(books, name), f"{name}/ann", NOW)
        assert found is not None
        assert (found.case.debtor, found.case.known_as) == ("c1/ann", ("c2/ann", "c3/ann"))
        stand = sorted((one.ref.connection, one.ref.id) for one in found.case.invoices)
        assert stand == [(XERO, "1"), (XERO, "9"), (STRIPE, "1"), (STRIPE, "8")]
        assert [one.ref for one in found.case.payments] == [kept.ref]
        assert {one.ref for one in found.material.payments} == {kept.ref, taken.ref}
        assert [one.kind for one in found.case.said] == [Saying.HARDSHIP]
    sheets = {one.currency: one.closing for one in stated(books, "c2/ann").sheets}
    assert sheets == {"GBP": gbp(19_900), "USD": Money(4_000, "USD")}


def test_who_is_in_no_books_is_no_whole_case(books: Database) -> None:
    with books.read() as tx:
        assert whole(tx, connected(books, XERO), "c1/nobody", NOW) is None
        assert whole(tx, connected(books, XERO), "c9/ann", NOW) is None


@pytest.mark.parametrize(
    ("entered", "held"),
    [
        ({}, False),
        ({"received_on": NOW.date() - timedelta(days=5)}, False),
        ({"received_on": NOW.date() - timedelta(days=6)}, True),
        ({"amount": gbp(699)}, True),
        ({"amount": gbp(699), "reference": "card pi_77 less fees"}, False),
    ],
)
def test_money_taken_at_a_till_holds_until_the_ledger_shows_it(
    books: Database, entered: dict[str, Any], held: bool
) -> None:
    say_same(books, ANN, ANNA)
    day = NOW.date() - timedelta(days=2)
    bought = replace(owed(ANNA, minor=0), status=InvoiceStatus.PAID)
    at_till = Payment(
        Ref(TILL, Kind.PAYMENT, "p"), None, day, gbp(700), gbp(0), PaymentStatus.SETTLED, NOW,
        applications=(Application(bought.ref, gbp(700)),), reference="pi_77",
    )  # fmt: skip
    with books.write() as tx:
        save_page(tx, BUSINESS, TILL, Page((bought, at_till)), now=NOW)
    assert [one.ref for one in everybody(books)["c1/ann"].elsewhere] == [at_till.ref]
    assert decide(everybody(books)["c1/ann"], DEFAULT, NOW).verdicts[0].rule == "payment_not_in_books"

    here = Payment(Ref(XERO, Kind.PAYMENT, "x"), ANN, day, gbp(700), gbp(0), PaymentStatus.SETTLED, NOW)
    with books.write() as tx:
        save_page(tx, BUSINESS, XERO, Page((replace(here, **entered),)), now=NOW)

    assert bool(everybody(books)["c1/ann"].elsewhere) is held


def test_where_nobody_is_the_same_it_costs_two_statements(books: Database) -> None:
    said: list[str] = []

    def listen(*told: Any) -> None:
        said.append(told[2])

    event.listen(books.engine, "before_cursor_execute", listen)
    everybody(books)
    event.remove(books.engine, "before_cursor_execute", listen)

    assert sum(" same" in one for one in said) == 4, "two for each of two connections"
