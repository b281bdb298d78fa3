"""The pages over real tables: two owners, two businesses, and neither finds anything of the other's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from duewell.access import Role
from duewell.config import Settings, Web
from duewell.desk.desk import Desk
from duewell.owning import begin_business, set_owner_password
from duewell.people import add, who_signs_in
from duewell.web import create_app
from duewell.wiring import House, build
from receivables.page import Page
from receivables.records import Company, Kind, Ref
from storage.connections import NewConnection, connect, pulled, save_company
from storage.differences import Difference, differences, save_differences
from storage.pages import save_page
from tests.duewell.web.conftest import proof_in, sign_in
from tests.ready import ready
from tests.storage.amber import customer, gbp, invoice

PASSWORD = "a long enough password"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = build(ready(Settings(data=tmp_path, web=Web(base_url="http://localhost:8123"))))
    yield house
    house.close()


@pytest.fixture
def desk(house: House) -> Iterator[Desk]:
    desk = Desk(house, reads=False)
    yield desk
    desk.close()


def furnish(house: House, name: str) -> str:
    """A business with an owner, a company in Xero, and one customer who owes something and whose balance differs."""
    owner = set_owner_password(house, PASSWORD, email=f"{name.lower()}@x.example", name=f"Owner of {name}")
    business, connection, now = begin_business(house, name, owner=owner), f"books-of-{name}", house.clock.now()
    whose = replace(customer(), ref=Ref(connection, Kind.CUSTOMER, name), name=f"Debtor of {name}")
    owed = replace(invoice(), ref=Ref(connection, Kind.INVOICE, name), customer=whose.ref)
    with house.database.write() as tx:
        connect(tx, business, NewConnection("xero", name, f"grant-{name}", name, id=connection), now=now)
        save_company(tx, business, Company(connection, name, "GBP", "GB", "Europe/London"))
        save_page(tx, business, connection, Page(records=(whose, owed)), now=now)
        pulled(tx, business, connection, now=now)
        found = Difference(connection, gbp(100), gbp(200), customer_id=name)
        save_differences(tx, business, connection, [found], now=now)
    return business


def difference_of(house: House, business: str) -> str:
    with house.database.read() as tx:
        return differences(tx, business)[0].id


def visitor(desk: Desk, email: str) -> FlaskClient:
    client = create_app(Settings(web=Web(base_url="http://localhost:8123")), desk).test_client()
    assert sign_in(client, PASSWORD, email=email).location == "/"
    return client


def test_nothing_of_another_business_is_there(house: House, desk: Desk) -> None:
    acme, birch = furnish(house, "Acme"), furnish(house, "Birch")
    ann = visitor(desk, "acme@x.example")
    stranger = who_signs_in(house, "birch@x.example")
    assert stranger

    assert ann.get("/customers/books-of-Acme/Acme").status_code == 200
    for path in (
        "/customers/books-of-Birch/Birch",
        "/connections/books-of-Birch/answers",
        "/connections/books-of-Birch/disconnect",
        "/connections/new/xero?connection=books-of-Birch",
        f"/people/{stranger.id}/remove",
    ):
        assert ann.get(path).status_code == 404, path
    for path in ("/", "/plan", "/customers", "/customers?q=Birch", "/connections", "/people"):
        page = ann.get(path)
        assert page.status_code == 200
        text = page.get_data(as_text=True).replace('value="Birch"', "").replace("“Birch”", "")
        assert not {"Birch", birch, "birch@x.example"} & set(text.replace("<", " ").replace('"', " ").split()), path
    form = {
        "proof": proof_in(ann.get("/password")),
        "note": "mine now",
        "role": "viewer",
        "row": "books-of-Birch:Birch",
    }
    for path in (
        "/connections/books-of-Birch/sync",
        "/connections/books-of-Birch/answers",
        "/connections/books-of-Birch/disconnect",
        f"/differences/{difference_of(house, birch)}",
        f"/people/{stranger.id}/role",
        f"/people/{stranger.id}/remove",
    ):
        for named in (acme, birch):
            assert ann.post(path, data={**form, "business": named}).status_code == 404, path
    assert ann.post("/plan", data={**form, "business": birch}).status_code == 404
    assert who_signs_in(house, "birch@x.example") == stranger


def test_the_first_page_says_in_whose_name_and_who_operates(house: House, desk: Desk) -> None:
    furnish(house, "Acme")
    page = visitor(desk, "acme@x.example").get("/").get_data(as_text=True)

    assert "Messages go in the name of Acme; Duewell is run by the business itself." in page
    assert "en-GB" in page
    assert "Europe/London" in page


def test_who_accepts_a_difference_is_named(house: House, desk: Desk) -> None:
    acme = furnish(house, "Acme")
    ann = visitor(desk, "acme@x.example")
    proof = proof_in(ann.get("/password"))
    done = ann.post(f"/differences/{difference_of(house, acme)}", data={"proof": proof, "business": acme, "note": "ok"})

    assert done.status_code == 303
    with house.database.read() as tx:
        assert [(one.accepted_by, one.accepted_note) for one in differences(tx, acme)] == [("Owner of Acme", "ok")]


def test_who_is_removed_is_out_at_once_and_who_is_lowered_is_lowered_at_once(house: House, desk: Desk) -> None:
    acme = furnish(house, "Acme")
    add(house, acme, "kim@x.example", name="Kim", role=Role.OWNER, password=PASSWORD)
    kim, ann = visitor(desk, "kim@x.example"), visitor(desk, "acme@x.example")
    known = who_signs_in(house, "kim@x.example")
    assert known
    form = {"proof": proof_in(ann.get("/password")), "business": acme}

    assert kim.get("/people").status_code == 200
    assert ann.post(f"/people/{known.id}/role", data={**form, "role": "viewer"}).location == "/people"
    assert kim.get("/people").status_code == 403
    assert kim.get("/plan").status_code == 200
    assert ann.post(f"/people/{known.id}/remove", data=form).location == "/people"
    assert kim.get("/plan").location.startswith("/login")
    page = ann.get("/people").get_data(as_text=True)
    assert "Kim is removed and can no longer sign in." in page


def test_the_last_owner_stays(house: House, desk: Desk) -> None:
    acme = furnish(house, "Acme")
    ann = visitor(desk, "acme@x.example")
    known = who_signs_in(house, "acme@x.example")
    assert known
    form = {"proof": proof_in(ann.get("/password")), "business": acme, "role": "viewer"}
    for act in ("role", "remove"):
        refused = ann.post(f"/people/{known.id}/{act}", data=form)
        assert refused.status_code == 422
        assert "is the only owner of Acme; make somebody else an owner first." in refused.get_data(as_text=True)
    refused = ann.post(f"/people/{known.id}/role", data={**form, "role": "boss"})
    assert "There is no role “boss”; a person is a viewer, a bookkeeper or an owner." in refused.get_data(as_text=True)
