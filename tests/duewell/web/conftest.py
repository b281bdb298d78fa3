"""The pages over a fixed office, met as a visitor and as the owner."""

import copy
import re
from collections.abc import Callable
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from duewell.config import Settings, Web
from duewell.web import create_app
from duewell.web.door import Door
from tests.duewell.web.fixed_office import FixedOffice
from tests.duewell.web.fixed_people import PASSWORD, ROBIN

Post = Callable[..., TestResponse]


def app_over(office: FixedOffice, base_url: str = "http://localhost:8123") -> Flask:
    """Addresses and templates are compiled once, which takes longer than most tests; who adds any makes an own app."""
    app = copy.copy(_compiled(base_url))
    app.config, app.secret_key = copy.copy(app.config), office.session_key()
    app.extensions = {**app.extensions, "duewell": office, "duewell.door": Door(office)}
    return app


@cache
def _compiled(base_url: str) -> Flask:
    return create_app(Settings(web=Web(base_url=base_url)), FixedOffice())


def proof_in(page: TestResponse) -> str:
    """The token of the first form on a page."""
    found = re.search(r'name="proof" value="([^"]+)"', page.get_data(as_text=True))
    assert found, "the page has no form"
    return found[1]


def sign_in(client: FlaskClient, password: str = PASSWORD, **form: str) -> TestResponse:
    proof = proof_in(client.get("/login"))
    return client.post("/login", data={"proof": proof, "email": ROBIN.email, "password": password, **form})


@pytest.fixture
def office() -> FixedOffice:
    return FixedOffice()


@pytest.fixture
def visitor(office: FixedOffice) -> FlaskClient:
    """Nobody has signed in."""
    return app_over(office).test_client()


@pytest.fixture
def owner(visitor: FlaskClient) -> FlaskClient:
    """Signed in."""
    assert sign_in(visitor).status_code == 303
    return visitor


@pytest.fixture
def post(owner: FlaskClient) -> Post:
    """Sends one of the owner's forms, with its token and business."""

    def send(path: str, **form: object) -> TestResponse:
        proof = proof_in(owner.get("/password"))
        return owner.post(path, data={"proof": proof, "business": "b-1", **form})

    return send
