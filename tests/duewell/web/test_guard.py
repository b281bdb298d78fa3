"""What every answer carries, and which requests never reach a page."""

import pytest
from flask.testing import FlaskClient

from duewell.views.pages import ConnectChoice
from tests.duewell.web.conftest import app_over
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.test_signing_in import PAGES

STRICT = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize("path", ["/login", *(path for path in PAGES if path != "/connections/new/xero")])
def test_every_page_is_strict(owner: FlaskClient, path: str) -> None:
    headers = owner.get(path).headers
    shows_a_message = path.startswith(("/wordings/", "/statements/"))

    assert headers["Content-Security-Policy"] == STRICT + ("; frame-src 'self'" if shows_a_message else "")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/connections/new/xero", "form-action 'self' https://login.xero.com https://*.xero.com;"),
        ("/connections/new/xero?way=client_credentials", "form-action 'self';"),
        ("/connections/new/quickbooks", "form-action 'self' appcenter.intuit.com *.intuit.com;"),
        ("/connections/new/stripe", "form-action 'self';"),
    ],
)
def test_only_the_page_that_leads_to_a_consent_page_names_its_host(
    owner: FlaskClient, path: str, leads_to: str
) -> None:
    assert leads_to in owner.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "host", ["shop.co.uk", "xero.com", "http://127.0.0.1:9001", "127.0.0.1", "localhost", "*.a.com"]
)
def test_only_a_hosts_own_siblings_are_named_with_it(owner: FlaskClient, office: FixedOffice, host: str) -> None:
    office.choices = (ConnectChoice("quickbooks", "QuickBooks", ("oauth",), True, "", "", host),)

    policy = owner.get("/connections/new/quickbooks").headers["Content-Security-Policy"]

    assert f"form-action 'self' {host};" in policy


def test_a_host_cannot_smuggle_anything_into_the_policy(owner: FlaskClient, office: FixedOffice) -> None:
    hosts = "http://127.0.0.1:9001 *; script-src 'unsafe-inline' *.intuit.com evil.example/;x"
    office.choices = (ConnectChoice("quickbooks", "QuickBooks", ("oauth",), True, "", "", hosts),)

    policy = owner.get("/connections/new/quickbooks").headers["Content-Security-Policy"]

    assert "form-action 'self' http://127.0.0.1:9001 script-src *.intuit.com;" in policy
    assert policy.count(";") == STRICT.count(";")


def test_over_tls_browsers_are_told_to_stay_there(office: FixedOffice) -> None:
    visitor = app_over(office, "https://desk.example.com").test_client()

    answer = visitor.get("/login", base_url="https://desk.example.com")

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "local host", "[::1", "a@b"])
def test_a_foreign_host_is_refused(owner: FlaskClient, office: FixedOffice, host: str) -> None:
    for path in ("/", "/login", "/static/desk.css"):
        assert owner.get(path, headers={"Host": host}).status_code == 400
    assert owner.post("/webhooks/xero", headers={"Host": host}).status_code == 400
    assert not office.asked


@pytest.mark.parametrize("host", ["localhost:8123", "127.0.0.1:8123", "LOCALHOST", "[::1]:8123"])
def test_this_machine_has_several_names(visitor: FlaskClient, host: str) -> None:
    assert visitor.get("/login", headers={"Host": host}).status_code == 200


def test_the_stylesheet_is_public_and_needs_no_session(visitor: FlaskClient) -> None:
    answer = visitor.get("/static/desk.css")
    answer.close()

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_form_that_is_too_long_is_refused(owner: FlaskClient) -> None:
    assert owner.post("/plan", data={"row": "x" * 1_100_000}).status_code == 413
