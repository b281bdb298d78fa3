"""Taken money on pages: the accounts' way to zero, refunds to be explained, and where customers pay."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from duewell.access import Role
from integrations.errors import NotThere, Refused, TryLater
from receivables.money import Money
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_till import PAGE
from tests.duewell.web.test_pages import words


def test_every_account_is_shown_on_its_way_to_zero(owner: FlaskClient) -> None:
    page = words(owner, "/clearing").replace("\xa0", " ")
    assert "At zero" in page
    assert "48.25 USD wait at the till for their payout" in page
    assert "The books are closed up to 31 December 2026." in page
    assert "$99.00 moved there without us" in page
    assert "this stands beside what is owed" in page
    assert "<b>Bolt</b>" not in owner.get("/clearing").get_data(as_text=True)


def test_a_refund_is_explained_under_a_name_and_a_viewer_is_not_asked(
    owner: FlaskClient, post: Post, office: FixedOffice
) -> None:
    assert post("/clearing/refunds/c-1", of="credit_note").status_code == 303
    assert office.asked[-1] == ("refund_was", "b-1", "c-1", "credit_note", "Robin Lee")
    office.error = Refused("it was said already")
    assert post("/clearing/refunds/c-1", of="credit_note").status_code == 303
    office.error = None
    office.role = Role.VIEWER
    assert "Say so" not in words(owner, "/clearing")


def test_the_journal_comes_as_a_file_or_is_refused_in_a_sentence(owner: FlaskClient, office: FixedOffice) -> None:
    answer = owner.get("/clearing.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="clearing.csv"'
    office.error = Refused("a bank feed books them")
    assert owner.get("/clearing.csv").status_code == 303
    office.error = None
    assert "bank feed books them" in words(owner, "/clearing")
    assert PAGE.chosen is not None
    office.money = replace(PAGE, chosen=replace(PAGE.chosen, fed=True), lines=())
    page = words(owner, "/clearing")
    assert "there is no journal to import" in page
    assert "Nothing has been booked" in page


def test_the_till_is_named_and_what_is_refused_keeps_what_was_typed(
    owner: FlaskClient, post: Post, office: FixedOffice
) -> None:
    page = owner.get("/till").get_data(as_text=True)
    assert 'value="card us_bank_account"' in page
    assert 'value="2000.00 USD"' in page
    assert "3 payments there with ids of a till that another app seems to have entered" in page
    told = {"connection": "stripe-1", "methods": "card", "card_most": "", "fed": "yes", "others_post:qb-1": "yes"}
    assert post("/till", **told).status_code == 303
    assert office.asked[-1] == ("choose_till", "b-1", told, "Robin Lee")
    office.error = Refused("to take money the key lacks rak_x. Make a new one here: http://127.0.0.1:9/keys?a=b")
    answer = post("/till", **{**told, "card_most": "lots"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'value="lots"' in page
    assert '<a href="http://127.0.0.1:9/keys?a=b"' in page
    assert '<option value="yes" selected>yes</option><option value="unknown">' in page


@pytest.mark.parametrize(("do", "name"), [("choose", "85"), ("make", "Stripe clearing USD")])
def test_an_account_is_chosen_or_made(owner: FlaskClient, post: Post, office: FixedOffice, do: str, name: str) -> None:
    assert "Old bank: it is inactive." in words(owner, "/till/accounts/qb-1/USD")
    assert post("/till/accounts/qb-1/USD", do=do, account="85", name="Stripe clearing USD").status_code == 303
    assert office.asked[-1] == ("choose_clearing", "b-1", ("qb-1", "USD"), name, do == "make")
    office.error = TryLater("no answer from QuickBooks")
    assert owner.get("/till/accounts/qb-1/USD").status_code == 503
    assert post("/till/accounts/qb-1/USD", do=do, account="85", name="x").status_code == 503
    office.error = NotThere("there is no such ledger")
    assert owner.get("/till/accounts/nobody/USD").status_code == 404


def test_a_returned_payment_stands_beside_what_a_customer_owes(owner: FlaskClient, office: FixedOffice) -> None:
    assert "Returned payment" not in words(owner, "/customers/qb-1/58")
    office.taken_back = (Money(2_500, "USD"),)
    assert "$25.00, beside what is open: their bank took it back" in words(owner, "/customers/qb-1/58")
