"""Webhooks, probes and figures: statuses, nothing more."""

import pytest
from flask.testing import FlaskClient

from tests.duewell.web.conftest import app_over
from tests.duewell.web.fixed_office import FixedOffice

CAP = 1024 * 1024


@pytest.mark.parametrize("status", [200, 202, 401, 404])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", "application/x-www-form-urlencoded"])
def test_a_webhook_is_answered_with_a_status_and_nothing_else(
    visitor: FlaskClient, office: FixedOffice, status: int, content_type: str
) -> None:
    office.webhook_status = status

    answer = visitor.post("/webhooks/xero", data=b"a=1&b=\xff", content_type=content_type)

    assert answer.status_code == status
    assert answer.data == b""
    assert "Set-Cookie" not in answer.headers
    assert "Content-Type" not in answer.headers


def test_the_raw_body_and_the_headers_are_handed_over(visitor: FlaskClient, office: FixedOffice) -> None:
    visitor.post("/webhooks/stripe/stripe-1", data=b'{ "id" :1}', headers={"Stripe-Signature": "t=1,v1=ab"})

    _, platform, connection, headers, body = office.asked[-1]
    assert (platform, connection, body) == ("stripe", "stripe-1", b'{ "id" :1}')
    assert isinstance(headers, dict)
    assert headers["stripe-signature"] == "t=1,v1=ab"


def test_a_webhook_of_the_app_names_no_connection(visitor: FlaskClient, office: FixedOffice) -> None:
    visitor.post("/webhooks/quickbooks", data=b"[]")

    assert office.asked[-1][1:3] == ("quickbooks", "")


def test_an_owners_cookie_makes_no_difference(owner: FlaskClient) -> None:
    answer = owner.post("/webhooks/xero", data=b"{}")

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_the_body_cap(visitor: FlaskClient, office: FixedOffice) -> None:
    assert visitor.post("/webhooks/xero", data=b"x" * CAP).status_code == 200
    office.asked.clear()

    answer = visitor.post("/webhooks/xero", data=b"x" * (CAP + 1))

    assert (answer.status_code, answer.data) == (413, b"")
    assert not office.asked


@pytest.mark.parametrize("path", ["/webhooks/xero", "/webhooks/", "/webhooks/a/b/c"])
def test_nothing_can_be_read_there(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)

    assert (answer.status_code, answer.data) in ((404, b""), (405, b""), (303, answer.data))
    assert "duewell" not in answer.get_data(as_text=True).lower() or answer.status_code == 303


def test_a_failure_of_ours_is_a_bare_500(visitor: FlaskClient, office: FixedOffice) -> None:
    office.error = RuntimeError("the disk is full")

    answer = visitor.post("/webhooks/xero", data=b"{}")

    assert (answer.status_code, answer.data) == (500, b"")
    assert "Set-Cookie" not in answer.headers


def test_probes_are_open_to_any_host_and_plain(visitor: FlaskClient) -> None:
    healthy = visitor.get("/healthz", headers={"Host": "10.0.0.7:8123"})
    ready = visitor.get("/readyz")

    assert (healthy.status_code, healthy.text) == (200, "ok\n")
    assert (ready.status_code, ready.text) == (503, "the database is being upgraded\n")
    assert "Set-Cookie" not in healthy.headers


def test_figures_are_for_this_machine_or_the_owner(office: FixedOffice, owner: FlaskClient) -> None:
    far = {"REMOTE_ADDR": "192.0.2.7"}
    stranger = app_over(office).test_client()

    assert stranger.get("/metrics").text == "duewell_open 1\n"
    assert stranger.get("/metrics", environ_overrides=far).status_code == 403
    assert stranger.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 403
    assert owner.get("/metrics", environ_overrides=far).status_code == 200


def test_a_proxy_on_this_machine_is_not_this_machine() -> None:
    visitor = app_over(FixedOffice(), "https://desk.example.com").test_client()

    assert visitor.get("/metrics", base_url="https://desk.example.com").status_code == 403
    assert visitor.get("/metrics", base_url="http://127.0.0.1:8123").status_code == 200
