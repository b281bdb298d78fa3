"""The door: a person and a password, few tries, a session that ends."""

import pytest
from argon2 import extract_parameters
from flask.testing import FlaskClient

from duewell.access import Person, Role
from duewell.people import HASHER
from duewell.web import door
from duewell.web.door import NOBODY, Door, Refusal
from tests.duewell.web.conftest import app_over, proof_in, sign_in
from tests.duewell.web.fixed_office import FixedOffice, StillClock
from tests.duewell.web.fixed_people import HASH, PASSWORD, ROBIN
from tests.duewell.web.fixed_plan import PLAN_FORMS, PLAN_PAGES
from tests.duewell.web.fixed_wording import WORDING_FORMS, WORDING_PAGES

PAGES = (
    "/",
    "/plan",
    "/customers",
    "/customers/qb-1/58",
    "/late-charges",
    "/pay-page",
    "/plans",
    "/plans/a1b2c3d4e5f60718",
    "/plans/ffffc3d4e5f60718",
    "/plans/new/qb-1/58",
    "/todos",
    "/same",
    "/same?answered=yes",
    "/connections",
    "/connections/new",
    "/connections/new/xero",
    "/connections/qb-1/answers",
    "/connections/qb-1/disconnect",
    "/people",
    "/people/p-1/remove",
    "/policy",
    "/policy/change",
    "/policy/change?customer=qb-1/58",
    "/policy/versions/1",
    "/replay",
    "/rules",
    "/password",
    "/oauth/xero/callback?code=c&state=s",
    "/nothing/here",
    *WORDING_PAGES,
    *PLAN_PAGES,
)
FORMS = (
    *WORDING_FORMS,
    *PLAN_FORMS,
    "/plan",
    "/said/qb-1/58",
    "/ended/s-1/qb-1/58",
    "/todos/t-1/done",
    "/todos/t-1/snooze",
    "/todos/t-1/assign",
    "/todos/bank",
    "/same/aaaaaa",
    "/pay-page",
    "/links/revoke/qb-1/58",
    "/logout",
    "/business",
    "/connections/new/stripe",
    "/connections/qb-1/sync",
    "/connections/qb-1/answers",
    "/connections/qb-1/disconnect",
    "/differences/7",
    "/people",
    "/policy/check",
    "/policy/change",
    "/people/p-1/role",
    "/people/p-1/remove",
    "/password",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_asks_for_the_password_first(visitor: FlaskClient, office: FixedOffice, path: str) -> None:
    answer = visitor.get(path)

    assert answer.status_code == 303
    assert answer.location.startswith("/login")
    assert not office.asked


@pytest.mark.parametrize("path", FORMS)
def test_no_form_is_taken_from_a_stranger(visitor: FlaskClient, office: FixedOffice, path: str) -> None:
    proof = proof_in(visitor.get("/login"))

    answer = visitor.post(path, data={"proof": proof, "business": "b-1"})

    assert answer.location == "/login"
    assert not office.asked


@pytest.mark.parametrize("path", FORMS)
def test_no_form_is_taken_without_its_token(owner: FlaskClient, office: FixedOffice, path: str) -> None:
    for proof in ({}, {"proof": ""}, {"proof": "made-up"}, {"proof": "Ünïcödé"}):
        answer = owner.post(path, data={"business": "b-1", **proof})

        assert answer.status_code == 403, proof
        assert not office.asked, proof


def test_signing_in_needs_a_token_too(visitor: FlaskClient) -> None:
    assert visitor.post("/login", data={"password": PASSWORD}).status_code == 403


def test_the_right_password_leads_to_the_page_that_was_wanted(visitor: FlaskClient) -> None:
    wanted = visitor.get("/customers?q=hollis").location

    assert "next=/customers?q%3Dhollis" in wanted
    assert sign_in(visitor, next="/customers?q=hollis").location == "/customers?q=hollis"


@pytest.mark.parametrize(
    "foreign",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:x",
    ],
)
def test_signing_in_never_leads_away(visitor: FlaskClient, foreign: str) -> None:
    assert sign_in(visitor, next=foreign).location == "/"
    assert visitor.get("/login", query_string={"next": foreign}).location == "/"


def test_a_wrong_password_is_told_and_the_fifth_closes_the_door_for_five_minutes(
    visitor: FlaskClient, office: FixedOffice
) -> None:
    for _ in range(5):
        assert sign_in(visitor, "wrong").status_code == 401
    shut = sign_in(visitor)

    assert shut.status_code == 429
    assert shut.headers["Retry-After"] == "300"
    assert visitor.get("/").status_code == 303
    office.clock.sleep(301)
    assert sign_in(visitor).status_code == 303


def test_tries_are_counted_by_address(office: FixedOffice) -> None:
    door = Door(office)
    for _ in range(5):
        door.knock("2001:db8::1", ROBIN.email, "wrong")

    assert door.knock("2001:db8::ffff", ROBIN.email, PASSWORD) is Refusal.TOO_OFTEN
    assert isinstance(door.knock("192.0.2.7", ROBIN.email, PASSWORD), Person)
    assert isinstance(door.knock("no address", ROBIN.email, PASSWORD), Person)


@pytest.fixture
def cheap_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where many are turned away, and not what it costs is the question."""
    monkeypatch.setattr(door, "NOBODY", HASH)


@pytest.mark.usefixtures("cheap_strangers")
@pytest.mark.parametrize("email", [ROBIN.email, "nobody@juniper.example"])
def test_tries_are_counted_by_person_as_well_whether_there_is_one_or_not(office: FixedOffice, email: str) -> None:
    door = Door(office)
    said = [door.knock(f"192.0.2.{at}", email.upper() if at % 2 else f" {email}", "wrong") for at in range(12)]

    assert said == [Refusal.WRONG] * 10 + [Refusal.TOO_OFTEN] * 2
    assert door.knock("192.0.2.99", email, PASSWORD) is Refusal.TOO_OFTEN
    office.clock.sleep(301)
    assert door.knock("192.0.2.99", email, "wrong") is Refusal.WRONG


def test_a_right_password_forgets_the_wrong_ones(office: FixedOffice) -> None:
    door = Door(office)
    knocks = [door.knock("192.0.2.7", ROBIN.email, "wrong" if at % 5 < 4 else PASSWORD) for at in range(15)]

    assert sum(isinstance(one, Person) for one in knocks) == 3


@pytest.mark.usefixtures("cheap_strangers")
def test_signing_in_as_oneself_forgets_no_try_at_being_somebody_else(office: FixedOffice) -> None:
    door = Door(office)
    knocks = [door.knock("192.0.2.7", "kim@juniper.example", "guess") for _ in range(4)]
    knocks.append(door.knock("192.0.2.7", ROBIN.email, PASSWORD))
    knocks += [door.knock("192.0.2.7", "kim@juniper.example", "guess") for _ in range(2)]

    assert isinstance(knocks[4], Person)
    assert knocks[5:] == [Refusal.WRONG, Refusal.TOO_OFTEN]


def test_a_stranger_is_answered_in_the_same_words(office: FixedOffice) -> None:
    pages = []
    for email in (ROBIN.email, "nobody@juniper.example"):
        answer = sign_in(app_over(office).test_client(), "wrong", email=email)
        pages.append((answer.status_code, answer.get_data(as_text=True).partition("<form")[0]))

    assert pages[0] == pages[1]


def test_a_stranger_costs_as_much_work_as_anybody() -> None:
    assert extract_parameters(NOBODY) == extract_parameters(HASHER.hash("long enough to be kept"))


def test_until_an_address_was_given_the_password_alone_will_do(visitor: FlaskClient) -> None:
    assert "Leave it empty if only a password was ever set here." in visitor.get("/login").get_data(as_text=True)
    assert sign_in(visitor, email="").location == "/"


def test_the_address_typed_is_kept_and_the_password_is_not(visitor: FlaskClient) -> None:
    page = sign_in(visitor, "wrong-wrong-wrong", email="kim@juniper.example").get_data(as_text=True)

    assert 'value="kim@juniper.example"' in page
    assert "wrong-wrong-wrong" not in page


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_without_a_password_nobody_gets_in_and_the_page_says_what_to_do(stored: str | None) -> None:
    office = FixedOffice(password_hash=stored)
    visitor = app_over(office).test_client()

    assert sign_in(visitor, "").status_code == 401
    assert sign_in(visitor, PASSWORD).status_code == 401
    assert ("duewell init" in visitor.get("/login").get_data(as_text=True)) is (stored is None)


def test_the_session_is_a_new_one_after_signing_in(visitor: FlaskClient) -> None:
    before = proof_in(visitor.get("/login"))
    with visitor.session_transaction() as session:
        session["planted"] = "by somebody else"
    sign_in(visitor)

    assert proof_in(visitor.get("/connections")) != before
    with visitor.session_transaction() as session:
        assert "planted" not in session


def test_a_session_ends_after_twelve_idle_hours_and_not_before(owner: FlaskClient, office: FixedOffice) -> None:
    for _ in range(3):
        office.clock.sleep(11 * 3600)
        assert owner.get("/").status_code == 200
    office.clock.sleep(12 * 3600 + 1)

    assert owner.get("/").status_code == 303


def test_signing_out_is_a_form_and_ends_copies_of_the_cookie_too(owner: FlaskClient) -> None:
    cookie = owner.get_cookie("duewell")
    assert cookie
    assert owner.get("/logout").status_code == 405

    assert owner.post("/logout", data={"proof": proof_in(owner.get("/"))}).location == "/login"
    owner.set_cookie("duewell", cookie.value)
    assert owner.get("/").status_code == 303


def test_a_changed_password_ends_every_session(owner: FlaskClient, office: FixedOffice) -> None:
    office.password_hash = "another hash"

    assert owner.get("/").status_code == 303


def test_whoever_is_removed_is_out_at_once(owner: FlaskClient, office: FixedOffice) -> None:
    office.password_hash = None

    assert owner.get("/").location.startswith("/login")


def test_a_session_is_one_persons_even_when_two_have_the_same_password(owner: FlaskClient, office: FixedOffice) -> None:
    office.others = (Person("p-2", "Kim", "kim@juniper.example", ROBIN.password_hash, {"b-1": Role.VIEWER}),)
    with owner.session_transaction() as session:
        session["person"] = "p-2"

    assert owner.get("/").location.startswith("/login")


def test_ones_own_password_is_changed_with_the_present_one_and_other_sessions_end(
    owner: FlaskClient, office: FixedOffice
) -> None:
    elsewhere = owner.application.test_client()
    sign_in(elsewhere)
    form = {"current": PASSWORD, "password": "another quiet morning", "again": "another quiet morning"}

    def change(**changes: str) -> tuple[int, str]:
        proof = proof_in(owner.get("/password"))
        answer = owner.post("/password", data={"proof": proof, "business": "b-1", **form, **changes})
        return answer.status_code, answer.get_data(as_text=True)

    assert "That is not your present password." in change(current="wrong")[1]
    assert "The two new passwords differ." in change(again="something else")[1]
    assert "The password needs at least 12 characters." in change(password="short", again="short")[1]
    assert change()[0] == 303
    assert "Your password is changed." in owner.get("/").get_data(as_text=True)
    assert elsewhere.get("/").location.startswith("/login")


def test_the_cookie_on_this_machine(visitor: FlaskClient) -> None:
    cookie = sign_in(visitor).headers["Set-Cookie"]

    assert cookie.startswith("duewell=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_the_cookie_on_the_web_is_bound_to_its_host() -> None:
    visitor = app_over(FixedOffice(), "https://desk.example.com").test_client()
    cookie = visitor.get("/login", base_url="https://desk.example.com").headers["Set-Cookie"]

    assert cookie.startswith("__Host-duewell=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_time_is_the_offices(office: FixedOffice) -> None:
    assert isinstance(office.clock, StillClock)
    assert isinstance(Door(office).knock("192.0.2.7", ROBIN.email, PASSWORD), Person)
