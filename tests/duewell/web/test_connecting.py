"""Connecting, reading, answering, accepting, disconnecting."""

import pytest
from flask.testing import FlaskClient

from duewell.views.pages import ConnectChoice
from integrations.errors import Refused, TryLater
from tests.duewell.web.conftest import Post
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.test_pages import words

KEY = {"way": "api_key", "api_key": " rk_test_1 ", "role": "both", "own_reminders": "no"}


def test_the_code_flow_leads_to_the_consent_page_with_the_answers(office: FixedOffice, post: Post) -> None:
    answers = {"role": "books", "own_reminders": "unknown", "time_zone": "America/New_York", "others_post": "yes"}

    answer = post("/connections/new/quickbooks", way="oauth", connection="qb-1", stray="x", **answers)

    assert answer.status_code == 303
    assert answer.location.startswith("https://login.xero.com/")
    assert office.asked[-1] == ("begin_connect", "b-1", "quickbooks", {**answers, "connection": "qb-1"})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"role": "owner"}, "for role"),
        ({"own_reminders": ""}, "for own reminders"),
        ({"others_post": "perhaps"}, "for others post"),
        ({"time_zone": "Mars/Olympus"}, "time zone"),
        ({"time_zone": "../../etc/passwd"}, "time zone"),
    ],
)
def test_an_answer_that_is_none_comes_back_with_the_others_kept(
    office: FixedOffice, post: Post, changed: dict[str, str], said: str
) -> None:
    answers = {"role": "till", "own_reminders": "yes", "time_zone": "Asia/Tokyo", "others_post": "no", **changed}

    answer = post("/connections/new/quickbooks", way="oauth", **answers)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert ("role" in changed) or 'value="till" required checked' in page
    assert not office.asked


def test_a_key_connects_and_is_never_shown_again(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    answer = post("/connections/new/stripe", **KEY)

    assert answer.location == "/connections"
    fields = {"api_key": "rk_test_1", "account": ""}
    assert office.asked[-1] == ("connect_with_key", "b-1", "stripe", fields, {"role": "both", "own_reminders": "no"})
    page = words(owner, "/connections")
    assert "Connected: Northwind Cloud." in page
    assert "rk_test_1" not in page


def test_a_refused_key_comes_back_with_its_reason_and_without_the_key(office: FixedOffice, post: Post) -> None:
    office.error = Refused("The key lacks these permissions: rak_event_read, rak_customer_read.")

    answer = post("/connections/new/stripe", account="acct_1", **KEY)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "rak_event_read, rak_customer_read" in page
    assert "rk_test_1" not in page
    assert 'value="acct_1"' in page


def test_a_missing_key_is_named(office: FixedOffice, post: Post) -> None:
    answer = post("/connections/new/stripe", **{**KEY, "api_key": ""})

    assert answer.status_code == 422
    assert "Restricted key is missing." in answer.get_data(as_text=True)
    assert not office.asked


def test_a_busy_platform_is_said_on_the_form(office: FixedOffice, post: Post) -> None:
    office.error = TryLater("Stripe is busy.")

    assert post("/connections/new/stripe", **KEY).status_code == 503


def test_client_credentials_connect_too(office: FixedOffice, post: Post) -> None:
    post("/connections/new/xero", way="client_credentials", client_id="id", client_secret="secret", role="books")

    fields = {"client_id": "id", "client_secret": "secret"}
    assert office.asked[-1] == ("connect_with_key", "b-1", "xero", fields | {"webhook_key": ""}, {"role": "books"})


def test_secrets_are_typed_unseen_and_the_key_page_is_linked(owner: FlaskClient) -> None:
    page = owner.get("/connections/new/stripe").get_data(as_text=True)

    assert 'name="api_key" type="password" autocomplete="off"' in page
    assert 'href="https://dashboard.stripe.com/apikeys/create?name=Duewell" target="_blank" rel="noopener' in page


@pytest.mark.parametrize("path", ["/connections/new/sage", "/connections/new/stripe?way=oauth"])
def test_what_cannot_be_connected_is_a_404(owner: FlaskClient, path: str) -> None:
    assert owner.get(path).status_code == 404


def test_a_platform_without_its_app_says_what_is_missing(owner: FlaskClient, office: FixedOffice) -> None:
    missing = "Set platforms.xero.client_id first."
    office.choices = (ConnectChoice("xero", "Xero", ("oauth",), False, missing, "", "login.xero.com"),)

    assert missing in words(owner, "/connections/new")
    assert "disabled" in owner.get("/connections/new/xero").get_data(as_text=True)


def test_coming_back_from_consent(owner: FlaskClient, office: FixedOffice) -> None:
    answer = owner.get("/oauth/xero/callback?code=c&state=s")

    assert answer.location == "/connections"
    assert office.asked[-1] == ("finish_connect", "xero", {"code": "c", "state": "s"})
    assert "Connected: Brightwater Studio, Harbour Lane Catering." in words(owner, "/connections")


def test_coming_back_without_consent(owner: FlaskClient, office: FixedOffice) -> None:
    office.error = Refused("Xero was not connected: consent was not given (access_denied)")
    answer = owner.get("/oauth/xero/callback?error=access_denied&state=s")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "consent was not given" in page
    assert 'href="/connections/new/xero"' in page


def test_the_connections_page_shows_state_trouble_cost_and_what_was_set_aside(owner: FlaskClient) -> None:
    page = words(owner, "/connections")

    assert page.count("Xero needs to be connected again") == 1
    assert "Since 10 March 2026, 02:00." in page
    assert "Reading goes on by itself at 10 March 2026, 13:00" in page
    assert "34, 1.3 MB" in page
    assert "41 customers, 1,240 invoices, 1 payment" in page
    assert "1 odd record set aside" in page
    assert "its currency is not in ISO 4217" in page
    assert "1 customer could not be compared" in page
    assert "Dated in the future and kept apart: $500.00." in page
    assert "Not known Until a person says" in page
    assert "http://localhost:8123/webhooks/stripe/stripe-1" in page
    assert "Opening balance from before 2024 (owner)" in page


def test_reconnecting_starts_from_what_was_said_before(owner: FlaskClient) -> None:
    listing = owner.get("/connections").get_data(as_text=True)
    page = owner.get("/connections/new/xero?connection=xero-1").get_data(as_text=True)

    assert 'href="/connections/new/xero?connection=xero-1"' in listing
    assert "Reconnect Xero" in page
    assert 'name="connection" value="xero-1"' in page
    assert owner.get("/connections/new/xero?connection=gone").status_code == 404


def test_what_was_said_can_be_changed(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    said = {"role": "books", "own_reminders": "no", "time_zone": "America/New_York", "others_post": "unknown"}

    assert post("/connections/qb-1/answers", **said).location == "/connections"
    assert office.asked[-1] == ("answer", "b-1", "qb-1", said)
    assert post("/connections/qb-1/answers", role="books").status_code == 422
    assert post("/connections/gone/answers", **said).status_code == 404


def test_a_difference_is_accepted_with_a_note_only(office: FixedOffice, post: Post) -> None:
    assert post("/differences/7", note="  ").status_code == 422
    assert post("/differences/7", note="x" * 501).status_code == 422
    assert not office.asked

    assert post("/differences/7", note=" Journal of 2023 ").location == "/connections"
    assert office.asked[-1] == ("accept_difference", "b-1", "7", "Journal of 2023", "Robin Lee")
    assert post("/differences/99", note="x").status_code == 404


def test_disconnecting_asks_first(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    assert "Disconnect Juniper Landscaping?" in words(owner, "/connections/qb-1/disconnect")
    assert not office.asked

    assert post("/connections/qb-1/disconnect").location == "/connections"
    assert office.asked[-1] == ("disconnect", "b-1", "qb-1")
    assert post("/connections/gone/disconnect").status_code == 404


def test_reading_now(office: FixedOffice, post: Post) -> None:
    assert post("/connections/qb-1/sync").location == "/connections"
    assert office.asked[-1] == ("sync_now", "b-1", "qb-1")
