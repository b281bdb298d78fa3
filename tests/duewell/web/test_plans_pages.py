"""Paying in parts on the pages: listed, looked at, shown before it is proposed, agreed to, sent and ended."""

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from duewell.access import Role
from duewell.plan_wishes import Wish
from receivables.plans import PlanState
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import HOSTILE, FixedOffice
from tests.duewell.web.fixed_plans import IN_FORCE, PLAN, PROPOSED
from tests.duewell.web.test_pages import words

NEW = "/plans/new/qb-1/58"
ID = PROPOSED.plan.id
ONE = f"/plans/{ID}"
TYPED: dict[str, Any] = {"parts": "4", "every": "monthly", "first_on": "friday", "first": "", "settle": "", "until": ""}


def test_all_plans_and_those_of_a_customer(owner: FlaskClient, office: FixedOffice) -> None:
    listed = words(owner, "/plans")

    assert "2 plans." in listed
    assert "Hollis &amp; Daughters 1037 $370.63 $1,482.50 Jun 5, 2026 In force" in listed or "In force" in listed
    theirs = words(owner, "/customers/qb-1/58")
    assert "$370.63 of $1,482.50, until" in theirs
    assert "Let them pay in parts" in theirs
    office.in_parts = ()
    assert "No plan was made with them yet." in words(owner, "/customers/qb-1/58")
    assert "Nobody pays in parts yet" in words(owner, "/plans")


def test_one_plan_with_its_parts_its_words_and_who_agreed(owner: FlaskClient) -> None:
    page = words(owner, f"/plans/{PLAN.id}")

    assert "Agreed by Jo Hollis" in page
    assert "The words that were agreed to" in page
    assert "To come" in page
    assert "Has the customer agreed?" not in page
    assert "End this plan" in page
    assert owner.get("/plans/nothing").status_code == 404


def test_what_is_typed_is_shown_as_a_plan_and_kept_in_the_form(post: Post, office: FixedOffice) -> None:
    answer = post(NEW, act="look", invoice=["id-1037"], own="2026-12-01 5\n\n2026-12-31 6", **TYPED)

    page = answer.get_data(as_text=True)
    assert "This is what they agree to" in page
    assert "It has 9 parts; 4 are the most" in page
    assert "Propose it" in page
    assert 'value="friday"' in page
    assert 'value="id-1037" checked' in page
    assert "2026-12-31 6" in page
    assert not [one for one in office.asked if one[0] == "propose_plan"]


def test_it_is_proposed_under_ones_name_and_only_owners_exceed(post: Post, office: FixedOffice) -> None:
    assert post(NEW, act="propose", own="2026-12-01 5\n\n", **TYPED).location == ONE
    office.role = Role.BOOKKEEPER
    post(NEW, act="propose", invoice=["id-1037", "id-1038"], own="", **TYPED)
    shown = post(NEW, act="look", own="", **TYPED).get_data(as_text=True)

    first, second = (one[2:] for one in office.asked if one[0] == "propose_plan")
    assert first == (Wish(("qb-1/58",), **TYPED, own=("2026-12-01 5",)), "Robin Lee", True)
    assert second == (Wish(("id-1037", "id-1038"), **TYPED), "Robin Lee", False)
    assert "Only an owner may propose that." in shown
    assert "Propose it" not in shown


def test_what_is_refused_stands_above_the_form(post: Post, office: FixedOffice) -> None:
    office.trouble_with_plans = "Part 1 is due on 2026-03-09, which is past; choose today or a later day."

    answer = post(NEW, act="propose", own="", **TYPED)

    assert answer.status_code == 422
    assert office.trouble_with_plans in answer.get_data(as_text=True)
    for act in ("agreed", "cancelled", "sent"):
        refused = post(f"{ONE}/{act}", who="Jo", way="phone")
        assert refused.status_code == 422
        assert office.trouble_with_plans in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("act", "form", "asked"),
    [
        (
            "agreed",
            {"who": " Jo ", "way": "phone"},
            ("agree_plan", "b-1", ID, "Jo", "phone", "Robin Lee"),
        ),
        ("cancelled", {"why": "paid"}, ("cancel_plan", "b-1", PROPOSED.plan.id, "paid", "Robin Lee")),
        ("sent", {}, ("send_plan_offer", "b-1", PROPOSED.plan.id, "Robin Lee")),
    ],
)
def test_a_person_says_what_became_of_it(
    post: Post, office: FixedOffice, act: str, form: dict[str, str], asked: tuple[str, ...]
) -> None:
    assert post(f"{ONE}/{act}", **form).location == ONE
    assert office.asked[-1] == asked


def test_a_bookkeeper_chooses_what_credit_notes_are_entered_under(
    owner: FlaskClient, post: Post, office: FixedOffice
) -> None:
    where = "/plans/credit-notes/xero-1"
    assert "Brightwater Studio 410 Bad Debts, No VAT Choose" in words(owner, "/plans")
    assert "410 Bad Debts" in words(owner, where)
    assert post(where, account=" 410 ", tax="NONE").location == "/plans"
    assert office.asked[-1] == ("set_credit_notes", "b-1", "xero-1", "410", "NONE", "Robin Lee")
    office.trouble_with_plans = "Xero lists no account 4 that credit notes can be entered under."
    assert post(where, account="4", tax="NONE").status_code == 422
    assert office.trouble_with_plans in owner.get(where).get_data(as_text=True)
    office.role = Role.VIEWER
    assert owner.get(where).status_code == 403


def test_a_viewer_looks_and_does_nothing(owner: FlaskClient, post: Post, office: FixedOffice) -> None:
    office.role = Role.VIEWER

    for path in (ONE, f"/plans/{PLAN.id}", "/customers/qb-1/58"):
        page = words(owner, path)
        assert "They agreed" not in page
        assert "End this plan" not in page
        assert "Let them pay in parts" not in page
    assert owner.get(NEW).status_code == 403
    assert post(f"{ONE}/agreed", who="Jo", way="phone").status_code == 403


def test_what_people_wrote_is_shown_as_they_wrote_it(owner: FlaskClient, office: FixedOffice) -> None:
    said = replace(PLAN, proposed_by=HOSTILE, ended_by=HOSTILE, ended_why=HOSTILE)
    ended = replace(said, state=PlanState.CANCELLED, ended_at=PLAN.proposed_at)
    office.in_parts = (replace(IN_FORCE, customer=HOSTILE, words=(HOSTILE,), plan=ended),)

    for path in ("/plans", f"/plans/{PLAN.id}"):
        assert "<script>alert" not in owner.get(path).get_data(as_text=True)
