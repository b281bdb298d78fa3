"""Messages that should not have gone, and what is mailed on request."""

from flask.testing import FlaskClient

from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.test_pages import words


def test_each_wrong_message_is_named_with_the_rate(owner: FlaskClient) -> None:
    page = words(owner, "/manners")

    assert "Messages 212" in page
    assert "0.5 %" in page
    assert "We wrote on 5 March 2026 about invoice 1037; the money had come by 3 March 2026." in page
    assert "Apology offered" in page


def test_a_statement_is_mailed_under_the_persons_name(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    assert post("/statements/send/qb-1/58").location == "/customers/qb-1/58"

    assert office.asked[-1] == ("send_statement", "b-1", ("qb-1", "58"), "Robin Lee")
    assert "The statement went out." in words(owner, "/customers/qb-1/58")


def test_what_cannot_go_is_said(post: Post, owner: FlaskClient) -> None:
    post("/credit-policy/send/qb-1/58")

    assert "There is no credit policy yet that could be sent." in words(owner, "/customers/qb-1/58")


def test_an_offer_is_read_and_answered_with_one_press(office: FixedOffice, post: Post, owner: FlaskClient) -> None:
    page = words(owner, "/todos")
    assert "Apologize to Hollis" in page
    assert "We are sorry." in page

    post("/todos/t-6/done", sent="yes")

    assert office.asked[-1] == ("finish_todo", "b-1", "t-6", {"sent": "yes"}, "Robin Lee")
