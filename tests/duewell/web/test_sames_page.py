"""Who is the same: shown with the evidence, answered by whoever may, and taken back."""

from dataclasses import replace

from flask.testing import FlaskClient

from duewell.access import Role
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import HOSTILE, FixedOffice
from tests.duewell.web.fixed_sames import HERE, KNOWN_TWICE, NOON, SALE, THERE
from tests.duewell.web.test_pages import words


def test_every_pair_stands_there_with_its_evidence_and_both_sides(owner: FlaskClient) -> None:
    page = words(owner, "/same")

    assert "2 pairs to look at." in page
    assert "Is invoice 1037 one sale in two books?" in page
    assert "Are Hollis &amp; Daughters and Hollis &amp; Daughters Inc. the same customer?" in page
    assert "Both have the tax number 12-3456789." in page
    assert "Invoice 1037 over $1,482.50, issued 10 March 2026" in page or "issued March 10, 2026" in page
    assert "Owes $1,482.50" in page
    assert "Which one counts?" in page


def test_the_to_dos_and_the_customers_lead_there(owner: FlaskClient, office: FixedOffice) -> None:
    assert "2 pairs of customers or invoices may be one." in words(owner, "/todos")
    assert 'href="/same"' in owner.get("/customers").get_data(as_text=True)
    office.waiting = ()
    assert "may be one" not in words(owner, "/todos")
    assert "Nothing to look at" in words(owner, "/same")


def test_an_answer_is_given_under_ones_name(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    answer = post(f"/same/{KNOWN_TWICE.id}", answer="same", master=THERE.key)

    assert answer.location == "/same"
    assert office.asked[-1] == ("answer_pair", "b-1", KNOWN_TWICE.id, "same", THERE.key, "Robin Lee")
    assert "From now on they are one customer." in words(owner, "/same")


def test_a_refusal_stands_beside_its_pair(office: FixedOffice, post: Post) -> None:
    answer = post(f"/same/{SALE.id}", answer="same")

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert page.index("please say which of the two invoices counts") > page.index(f'id="pair-{SALE.id}"')
    gone = post("/same/ffffff", answer="same")
    assert "there is no such pair any more" in gone.get_data(as_text=True)
    assert office.asked == []


def test_what_was_answered_can_be_taken_back(office: FixedOffice, owner: FlaskClient) -> None:
    office.answered = (replace(KNOWN_TWICE, state="confirmed", master=HERE.key, by="Kim", at=NOON),)

    page = words(owner, "/same?answered=yes")

    assert "The same, says Kim" in page
    assert "Written to here" in page
    assert "Take it back" in page


def test_a_viewer_looks_and_answers_nothing(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    office.role = Role.VIEWER

    assert "They are the same" not in words(owner, "/same")
    assert post(f"/same/{KNOWN_TWICE.id}", answer="same").status_code == 403


def test_names_are_shown_as_they_are(office: FixedOffice, owner: FlaskClient) -> None:
    office.waiting = (replace(KNOWN_TWICE, sides=(replace(HERE, customer=HOSTILE), THERE), evidence=(HOSTILE,)),)

    assert "<script>alert" not in owner.get("/same").get_data(as_text=True)
