"""Late charges on pages: what is asked for, where it goes, and what people do about one invoice."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from collector.charges.bearing import Charging
from duewell.access import Role
from integrations.errors import NotThere, Refused, TryLater
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_charges import CHOICES
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.test_pages import words

HERE = "/late-charges/of/qb-1/58/id-1037"


def test_a_customers_page_shows_what_is_borne_and_why(owner: FlaskClient) -> None:
    page = words(owner, "/customers/qb-1/58").replace("\xa0", " ")
    assert "at 18 % a year (credit policy of 1 January 2026) on $1,482.50." in page
    assert "$5.00 was waived by Robin Lee: an old customer." in page
    assert "It bears nothing yet" in page
    assert page.count("Post $12.40 to QuickBooks") == 1


def test_a_viewer_is_offered_none_of_it_and_who_asks_for_nothing_sees_nothing(
    owner: FlaskClient, office: FixedOffice
) -> None:
    office.role = Role.VIEWER
    page = words(owner, "/customers/qb-1/58")
    assert "Late charges" in page
    assert "Waive" not in page
    office.borne = ()
    assert "Late charges" not in words(owner, "/customers/qb-1/58")


@pytest.mark.parametrize("act", ["waive", "enforce", "post"])
def test_waived_asked_for_or_posted_under_a_name(post: Post, office: FixedOffice, act: str) -> None:
    answer = post(HERE, act=act, **{"from": "2026-03-01"}, words="an old customer")
    assert answer.status_code == 303
    assert answer.location.endswith("/customers/qb-1/58#late")
    told = {"from": "2026-03-01", "until": "", "words": "an old customer"}
    assert office.asked[-1] == ("charge_act", "b-1", ("qb-1", "id-1037"), act, told, "Robin Lee")


@pytest.mark.parametrize("error", [Refused("choose an account first"), TryLater("no answer from Xero")])
def test_what_cannot_be_done_is_said_on_the_customers_page(
    owner: FlaskClient, post: Post, office: FixedOffice, error: Exception
) -> None:
    office.error = error
    assert post(HERE, act="post").status_code == 303
    office.error = None
    assert str(error)[1:].split(" ")[0] in words(owner, "/customers/qb-1/58")


def test_the_settings_show_what_holds_and_take_what_is_chosen(
    owner: FlaskClient, post: Post, office: FixedOffice
) -> None:
    page = owner.get("/late-charges").get_data(as_text=True)
    assert 'value="policy" checked' in page
    assert 'name="percent" inputmode="decimal" maxlength="10" autocomplete="off" value="18"' in page
    assert 'value="5.00"' in page
    assert post("/late-charges", basis="statutory").status_code == 303
    told = {"basis": "statutory", "percent": "", "per": "", "flat": "", "grace_days": ""}
    assert office.asked[-1:] == [("set_charging", "b-1", told, "Robin Lee")]
    assert post("/late-charges/posted-to/xero-1", account="270", tax="NONE").status_code == 303
    assert office.asked[-1:] == [("set_posted_to", "b-1", "xero-1", "270", "NONE", "Robin Lee")]


def test_what_is_refused_keeps_what_was_typed(post: Post, office: FixedOffice) -> None:
    office.error = Refused("the percentage must be a number")
    answer = post("/late-charges", basis="policy", percent="lots")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="lots"' in page
    assert "he percentage must be a number" in page
    office.error = Refused("write both")
    assert post("/late-charges/posted-to/xero-1", account="270").status_code == 422


def test_before_anybody_chose_nothing_is_asked_for(owner: FlaskClient, office: FixedOffice) -> None:
    office.charged = replace(office.charged, charging=Charging(), by="", posted_to=())
    page = owner.get("/late-charges").get_data(as_text=True)
    assert 'value="none" checked' in page
    assert "None of the connected companies takes late charges" in page
    office.role = Role.VIEWER
    assert "Only an owner may change it." in words(owner, "/late-charges")


def test_where_it_goes_is_picked_from_what_the_platform_lists(
    owner: FlaskClient, post: Post, office: FixedOffice
) -> None:
    assert "270 Interest Income, No VAT" in words(owner, "/late-charges")
    page = owner.get("/late-charges/posted-to/xero-1").get_data(as_text=True)
    assert office.asked[-1:] == [("charge_choices", "b-1", "xero-1")]
    assert '<option value="270" selected>270 Interest Income</option>' in page
    assert '<option value="OUTPUT2">20% (VAT on Income)</option>' in page
    assert "Choose one" not in page
    assert post("/late-charges/posted-to/xero-1", account="270", tax="NONE").status_code == 303


def test_without_accounts_none_is_asked_for_and_without_an_item_it_says_what_to_make(
    owner: FlaskClient, office: FixedOffice
) -> None:
    office.choices_of_charges = replace(CHOICES, accounts=(), account_word="")
    page = owner.get("/late-charges/posted-to/stripe-1").get_data(as_text=True)
    assert 'name="account"' not in page
    assert 'name="tax"' in page
    office.choices_of_charges = replace(CHOICES, accounts=(), account_word="item")
    assert "has no item that late charges could be posted to" in words(owner, "/late-charges/posted-to/qb-1")


def test_a_list_that_cannot_be_read_is_said_on_the_page_of_settings(owner: FlaskClient, office: FixedOffice) -> None:
    office.error = TryLater("no answer from Xero")
    answer = owner.get("/late-charges/posted-to/xero-1")
    assert answer.status_code == 503
    assert "o answer from Xero" in answer.get_data(as_text=True)
    office.error = NotThere("late charges cannot be posted to this connection")
    assert owner.get("/late-charges/posted-to/nobody").status_code == 404
    office.error, office.role = None, Role.VIEWER
    assert owner.get("/late-charges/posted-to/xero-1").status_code == 403
