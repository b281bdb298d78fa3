"""The owner's page about the payment page: set, a customer's links ended, a payer's proof saved."""

from dataclasses import replace

from flask.testing import FlaskClient

from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_pay_page import PAPER, PAY_PAGE
from tests.duewell.web.test_pages import words


def test_it_says_what_to_paste_and_what_cannot_be_without_a_public_address(
    owner: FlaskClient, office: FixedOffice
) -> None:
    assert "?inv=[INVOICENUMBER]&amp;org=[SHORTCODE]" in words(owner, "/pay-page")
    office.payment_page = replace(PAY_PAGE, address="", invoice_url="")
    assert "Messages carry links at your till" in words(owner, "/pay-page")
    office.payment_page = replace(PAY_PAGE, till=False)
    assert "No till is named yet" in words(owner, "/pay-page")


def test_what_is_refused_is_told(post: Post, office: FixedOffice) -> None:
    assert post("/pay-page", days="90").status_code == 303
    assert ("change_pay_page", "b-1", {"days": "90"}) in office.asked
    assert "A link lives 7 to 730 days." in post("/pay-page", days="soon").get_data(as_text=True)


def test_a_proof_is_saved_and_never_shown_in_the_page(owner: FlaskClient) -> None:
    assert "2 links of theirs can be paid by at the till." in words(owner, "/customers/qb-1/58")
    answer = owner.get("/papers/r-1")

    assert answer.data == PAPER.content
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert owner.get("/papers/r-2").status_code == 404
