"""Late charges in QuickBooks: an invoice of one item, numbered by QuickBooks, found by its memo."""

from dataclasses import replace
from datetime import date

import pytest

from integrations.contract import Act, LateCharge, Lookup, Receipt
from integrations.errors import NotThere, Refused
from receivables.money import Money
from receivables.records import Kind, Ref
from tests.integrations.quickbooks.conftest import Cedar

DAY = date(2026, 4, 1)
CHARGE = LateCharge("Late payment of 1001", Money(1240, "USD"), DAY, date(2026, 4, 15), "11", "NON")


def late(cedar: Cedar) -> Ref:
    return cedar.ref(Kind.INVOICE, cedar.an_open_invoice())


def test_it_is_an_invoice_of_the_chosen_item_to_the_same_customer_and_nobody_is_mailed(cedar: Cedar) -> None:
    on = late(cedar)
    before = cedar.truth()["invoices"]
    receipt = cedar.books.post_charge(on, CHARGE, key="k1")
    (id,) = set(cedar.truth()["invoices"]) - set(before)
    shelf = cedar.pull()
    made, old = shelf.invoices()[id], shelf.invoices()[on.id]
    assert receipt.id == id
    assert receipt.at is not None
    assert (made.total, made.open, made.customer, made.sent_at) == (CHARGE.amount, CHARGE.amount, old.customer, None)
    assert (made.issued_on, made.due_on) == (DAY, CHARGE.due_on)
    assert made.number.startswith("Q"), "the company's own numbers go on"
    cedar.matches_truth(shelf)
    cedar.agrees(shelf)


def test_items_come_with_their_income_account_and_only_what_is_in_use(cedar: Cedar) -> None:
    known = cedar.books.charge_choices()
    assert [(one.code, one.name) for one in known.accounts] == [
        ("11", "Late fees (Other Income)"),
        ("10", "Services (Services)"),
    ]
    assert [one.code for one in known.taxes] == ["NON"]
    assert known.account_word == "item"
    cedar.act("keep_item", item="10", active=False)
    assert [one.code for one in cedar.books.charge_choices().accounts] == ["11"]


def test_outside_the_united_states_the_tax_codes_that_add_nothing_are_offered(cedar: Cedar) -> None:
    cedar.act("move_to", country="GB")
    assert [(one.code, one.name) for one in cedar.books.charge_choices().taxes] == [("4", "0.0% Z")]
    receipt = cedar.books.post_charge(late(cedar), replace(CHARGE, tax="4"), key="k1")
    assert cedar.pull().invoices()[receipt.id].total == CHARGE.amount


def test_found_whatever_became_of_it_and_not_there_before(cedar: Cedar) -> None:
    on, since = late(cedar), cedar.wire.clock.now()
    assert cedar.books.found(Act.POST_CHARGE, on, "k1", since=since) is Lookup.NOT_THERE
    receipt = cedar.books.post_charge(on, CHARGE, key="k1")
    cedar.act("void", invoice=receipt.id)
    found = cedar.books.found(Act.POST_CHARGE, on, "k1", since=since)
    assert isinstance(found, Receipt)
    assert found.id == receipt.id
    assert cedar.books.found(Act.POST_CHARGE, on, "k", since=since) is Lookup.NOT_THERE


def test_what_quickbooks_refuses_may_be_mended_and_posted(cedar: Cedar) -> None:
    on = late(cedar)
    for wrong in (replace(CHARGE, account="99"), replace(CHARGE, issued_on=date(2025, 6, 1))):
        with pytest.raises(Refused):
            cedar.books.post_charge(on, wrong, key="k1")
    with pytest.raises(Refused, match="currency"):
        cedar.books.post_charge(on, replace(CHARGE, amount=Money(1240, "EUR")), key="k1")
    with pytest.raises(NotThere):
        cedar.books.post_charge(cedar.ref(Kind.INVOICE, "987654321"), CHARGE, key="k1")
    before = len(cedar.truth()["invoices"])
    cedar.books.post_charge(on, CHARGE, key="k1")
    assert len(cedar.truth()["invoices"]) == before + 1
