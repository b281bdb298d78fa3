"""What a role may not do is neither offered nor possible, and a business not given is not there."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import NotFound

from duewell.access import LEAST, Act, Person, Role
from duewell.config import Settings
from duewell.web import create_app
from duewell.web.guard import FOR_PAYERS, IMPERSONAL, OPEN, THEIR_OWN
from duewell.web.office import Business
from tests.duewell.web.conftest import Post, app_over, proof_in, sign_in
from tests.duewell.web.fixed_office import FixedOffice, quickbooks, xero
from tests.duewell.web.fixed_people import HASH, ROBIN
from tests.duewell.web.test_pages import words
from tests.duewell.web.test_signing_in import PAGES

BOOKKEEPERS = {
    "/plan": {"messages": "qb-1:58:d58"},
    "/plan/send": {},
    "/plan/words/qb-1/58": {"digest": "d58", "subject": "A word", "opening": "Hello"},
    "/plan/kinds": {"debtor": "qb-1/60", "kind": "business"},
    "/plan/backlog": {"kind": "never_chase", "connection": "qb-1", "customer": "60"},
    "/connections/qb-1/sync": {},
    "/differences/7": {"note": "a journal"},
    "/said/qb-1/58": {"kind": "promise", "until": "2026-03-13"},
    "/ended/s-1/qb-1/58": {},
    "/todos/t-1/done": {},
    "/todos/t-1/snooze": {"day": "tomorrow"},
    "/todos/t-1/assign": {"to": "Kim"},
    "/todos/bank": {"until": "2026-03-09"},
    "/statements/send/qb-1/58": {},
    "/credit-policy/send/qb-1/58": {},
    "/late-charges/posted-to/xero-1": {"account": "270", "tax": "NONE"},
    "/late-charges/of/qb-1/58/id-1037": {"act": "waive"},
    "/plans/new/qb-1/58": {"act": "propose", "parts": "4", "first_on": "friday"},
    "/plans/ffffc3d4e5f60718/agreed": {"who": "Jo", "way": "phone"},
    "/plans/ffffc3d4e5f60718/cancelled": {},
    "/plans/ffffc3d4e5f60718/sent": {},
    "/links/revoke/qb-1/58": {},
}
OWNERS = {
    "/pay-page": {"in_messages": "yes", "second_fact": "no", "days": "90"},
    "/late-charges": {"basis": "statutory"},
    "/plan/automatic": {"automatic": "yes"},
    "/connections/new/stripe": {"way": "api_key", "api_key": "rk_test_1", "role": "books", "own_reminders": "no"},
    "/connections/qb-1/answers": {
        "role": "books",
        "own_reminders": "no",
        "time_zone": "America/New_York",
        "others_post": "no",
    },
    "/connections/qb-1/disconnect": {},
    "/people": {"email": "kim@juniper.example", "name": "Kim", "role": "viewer", "password": "a long password"},
    "/people/p-1/role": {"role": "viewer"},
    "/people/p-1/remove": {},
}
OWNERS_PAGES = (
    "/connections/new",
    "/connections/new/xero",
    "/connections/qb-1/answers",
    "/connections/qb-1/disconnect",
    "/people",
    "/people/p-1/remove",
)
EVERYBODYS = ("/", "/plan", "/customers", "/customers/qb-1/58", "/todos", "/connections", "/password")


def done(office: FixedOffice) -> list[str]:
    looking = ("overview", "customers", "customer", "charging", "late_charges")
    return [str(one[0]) for one in office.asked if one[0] not in looking]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BOOKKEEPER])
@pytest.mark.parametrize("path", OWNERS)
def test_what_is_an_owners_is_nobody_elses(office: FixedOffice, post: Post, role: Role, path: str) -> None:
    office.role = role
    answer = post(path, **OWNERS[path])

    assert answer.status_code == 403
    said = f"That takes an owner; at Juniper Group you are a {role.value}. Nothing was changed."
    assert said in answer.get_data(as_text=True)
    assert not done(office)


@pytest.mark.parametrize("path", BOOKKEEPERS)
def test_a_bookkeeper_works_and_a_viewer_looks(office: FixedOffice, post: Post, path: str) -> None:
    form = BOOKKEEPERS[path]
    office.role = Role.VIEWER
    refused = post(path, **form)

    assert refused.status_code == 403
    assert "That takes a bookkeeper or an owner; at Juniper Group you are a viewer." in refused.get_data(as_text=True)
    assert not done(office)
    office.role = Role.BOOKKEEPER
    assert post(path, **form).status_code in (200, 303)
    assert len(done(office)) == 1


@pytest.mark.parametrize("path", OWNERS_PAGES)
def test_an_owners_pages_are_closed_to_others(owner: FlaskClient, office: FixedOffice, path: str) -> None:
    office.role = Role.BOOKKEEPER

    assert owner.get(path).status_code == 403
    office.role = Role.OWNER
    assert owner.get(path).status_code == 200


def needed(app: Flask, path: str, method: str) -> Act:
    """What an address does, as the guard sees it."""
    try:
        endpoint, _ = app.url_map.bind("localhost").match(unescape(path), method)
    except NotFound:
        return Act.LOOK
    return Act.LOOK if endpoint in THEIR_OWN | IMPERSONAL else act_of(app, endpoint, method)


def act_of(app: Flask, endpoint: str, method: str = "POST") -> Act:
    found: Act = getattr(app.view_functions[endpoint], "needs", Act.LOOK if method == "GET" else Act.SETTINGS)
    return found


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_offered_that_would_be_refused(
    owner: FlaskClient, office: FixedOffice, role: Role, path: str
) -> None:
    office.role = role
    page = owner.get(path).get_data(as_text=True)
    forms = re.findall(r'<form method="post" action="([^"?#]+)', page)
    links = re.findall(r'href="(/[^"?#]*)', page)

    offered = {one: needed(owner.application, one, "POST") for one in forms}
    offered |= {one: needed(owner.application, one, "GET") for one in links}
    assert links
    assert {one: act for one, act in offered.items() if not role.reaches(LEAST[act])} == {}


def every_form(app: Flask) -> dict[str, str]:
    """Each form of a business by its endpoint, and an address of it that names nothing real."""
    forms = {}
    for rule in app.url_map.iter_rules():
        payers = rule.endpoint.startswith(f"{FOR_PAYERS}.")
        if "POST" in (rule.methods or ()) and rule.endpoint not in OPEN | IMPERSONAL | THEIR_OWN and not payers:
            forms[rule.endpoint] = re.sub(r"<[^>]+>", "x", rule.rule)
    return forms


@pytest.mark.parametrize("role", [Role.VIEWER, Role.BOOKKEEPER])
def test_every_form_is_closed_to_who_may_not_use_it(office: FixedOffice, post: Post, role: Role) -> None:
    app = app_over(office)
    office.role = role
    closed = {one for one in every_form(app) if not role.reaches(LEAST[act_of(app, one)])}

    assert closed
    assert {one: post(every_form(app)[one]).status_code for one in closed} == dict.fromkeys(closed, 403)
    assert not done(office)


def test_every_form_of_another_business_is_not_there(post: Post, shared: FixedOffice) -> None:
    forms = every_form(app_over(shared))
    asked = len(shared.asked)

    assert {one: post(path, business="b-2").status_code for one, path in forms.items()} == dict.fromkeys(forms, 404)
    assert len(shared.asked) == asked


def test_what_a_bookkeeper_may_do_is_offered_to_her(owner: FlaskClient, office: FixedOffice) -> None:
    office.role = Role.BOOKKEEPER

    assert "Approve all that is ready" in words(owner, "/plan")
    assert "Accept with this note" in words(owner, "/connections")
    assert "Read the books now" in words(owner, "/connections")


def test_every_form_says_what_it_does(office: FixedOffice) -> None:
    """A form without `@needs(Act.…)` below its route is only for owners, and surely by mistake."""
    app = app_over(office)

    assert {one for one in every_form(app) if not hasattr(app.view_functions[one], "needs")} == set()


def test_a_form_that_says_nothing_is_for_owners_only(office: FixedOffice) -> None:
    app = create_app(Settings(), office)
    app.add_url_rule("/forgotten", "forgotten", lambda: "done", methods=["POST"])
    client = app.test_client()
    sign_in(client)
    form = {"proof": proof_in(client.get("/password")), "business": "b-1"}

    assert client.post("/forgotten", data=form).status_code == 200
    office.role = Role.BOOKKEEPER
    assert client.post("/forgotten", data=form).status_code == 403


@pytest.fixture
def shared(office: FixedOffice) -> FixedOffice:
    """Two businesses, of which Robin was given the first."""
    office.known = (*office.known, Business("b-2", "Fenwick & Sons", "GB", "Europe/London"))
    office.not_given = ("b-2",)
    return office


def test_the_business_of_others_is_not_there(owner: FlaskClient, shared: FixedOffice) -> None:
    form = {"proof": proof_in(owner.get("/password")), "messages": "qb-1:58:d58"}
    for path in ("/business", *BOOKKEEPERS, *OWNERS):
        theirs = owner.post(path, data={**form, "business": "b-2"})
        nobodys = owner.post(path, data={**form, "business": "b-0"})
        assert theirs.status_code == nobodys.status_code == 404, path
        assert _same(theirs.get_data(as_text=True)) == _same(nobodys.get_data(as_text=True)), path
    with owner.session_transaction() as session:
        session["business"] = "b-2"
    for path in EVERYBODYS:
        page = owner.get(path).get_data(as_text=True)
        assert "Fenwick" not in page
        assert "b-2" not in page
    assert all("b-2" not in one for one in shared.asked)


def _same(page: str) -> str:
    return re.sub(r'value="[^"]+"', "", page)


def test_a_role_is_a_role_at_one_business(owner: FlaskClient, shared: FixedOffice) -> None:
    roles = {"b-1": Role.VIEWER, "b-2": Role.OWNER}
    shared.others = (Person("p-2", "Kim", "kim@juniper.example", HASH, roles),)
    kim = owner.application.test_client()
    sign_in(kim, email="kim@juniper.example")
    form = {"proof": proof_in(kim.get("/password")), "messages": "qb-1:58:d58"}

    assert kim.post("/plan", data={**form, "business": "b-1"}).status_code == 403
    assert kim.post("/plan", data={**form, "business": "b-2"}).status_code == 303
    assert shared.asked[-1] == ("answer_messages", "b-2", [("qb-1/58", "d58")], "approved", "Kim")
    assert kim.get("/people").status_code == 403
    kim.post("/business", data={**form, "business": "b-2"})
    assert kim.get("/people").status_code == 200


def test_who_was_given_nothing_is_told_so(owner: FlaskClient, office: FixedOffice) -> None:
    office.not_given = ("b-1",)
    answer = owner.get("/")

    assert answer.status_code == 503
    assert "You have not been given a business yet." in answer.get_data(as_text=True)


def test_connecting_that_another_business_began_was_not_begun_here(owner: FlaskClient, office: FixedOffice) -> None:
    office.role = Role.BOOKKEEPER
    answer = owner.get("/oauth/xero/callback?code=c&state=s")

    assert answer.status_code == 422
    assert "was not started here" in answer.get_data(as_text=True)


def test_figures_that_speak_of_all_businesses_are_for_who_owns_all(owner: FlaskClient, shared: FixedOffice) -> None:
    away = {"REMOTE_ADDR": "192.0.2.7"}

    assert owner.get("/metrics", environ_base=away).status_code == 403
    shared.not_given = ()
    assert owner.get("/metrics", environ_base=away).status_code == 200


def test_a_connection_of_others_is_not_there(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    office.connected = (quickbooks(),)
    stranger = xero().id

    assert owner.get(f"/connections/{stranger}/answers").status_code == 404
    assert owner.get(f"/connections/{stranger}/disconnect").status_code == 404
    assert owner.get(f"/connections/new/xero?connection={stranger}").status_code == 404
    for form in ("sync", "answers", "disconnect"):
        assert post(f"/connections/{stranger}/{form}").status_code == 404
    assert not done(office)


def test_the_people_page(owner: FlaskClient, office: FixedOffice, post: Post) -> None:
    kim = Person("p-2", "Kim <b>Ray</b>", "kim@juniper.example", HASH, {"b-1": Role.BOOKKEEPER})
    office.others = (kim, Person("p-3", "Ada", "ada@fenwick.example", HASH, {"b-2": Role.OWNER}))
    page = words(owner, "/people")

    assert "Kim &lt;b&gt;Ray&lt;/b&gt; kim@juniper.example" in page
    assert "Robin Lee (you) robin@juniper.example Owner The only one, so the role stays." in page
    assert "Ada" not in page
    assert HASH not in page
    assert post("/people/p-2/role", role="owner").location == "/people"
    assert office.asked[-1] == ("give_role", "b-1", "p-2", "owner")
    assert "Remove Kim" in words(owner, "/people/p-2/remove")
    assert post("/people/p-2/remove").location == "/people"
    assert owner.get("/people/p-3/remove").status_code == 404
    assert post("/people/p-3/role", role="viewer").status_code == 404
    assert post("/people/p-3/remove").status_code == 404


def test_somebody_is_added_and_what_is_refused_keeps_the_answers(office: FixedOffice, post: Post) -> None:
    form = {"email": "kim@juniper.example", "role": "bookkeeper", "password": "a long password"}
    refused = post("/people", **form)

    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert "A name of 1 to 100 characters is needed" in page
    assert 'value="kim@juniper.example"' in page
    assert "a long password" not in page
    assert post("/people", **form, name="Kim").location == "/people"
    assert office.asked[-1] == ("add_person", "b-1", "kim@juniper.example", "Kim", "bookkeeper")


def test_who_signed_in_is_named_on_every_page(owner: FlaskClient) -> None:
    for path in EVERYBODYS:
        assert ROBIN.name in words(owner, path)


@pytest.mark.parametrize("act", list(Act))
def test_each_role_may_what_those_before_it_may(act: Act) -> None:
    may = [Person("p", "P", "p@x.example", "", {"b": role}).may(act, "b") for role in Role]

    assert may == sorted(may)
    assert may[-1]
    assert not Person("p", "P", "p@x.example", "", {"b": Role.OWNER}).may(act, "another")
