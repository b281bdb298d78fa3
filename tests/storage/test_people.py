"""Who signs in and what they are at each business, and that what one owner had is theirs after an upgrade."""

import threading
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from storage import people
from storage.businesses import add_business
from storage.database import Database, Tx
from storage.schema import MIGRATIONS, upgrade
from tests.storage.amber import BUSINESS, NOW


def _add(tx: Tx, name: str, **roles: str) -> str:
    added = people.add_person(tx, f"{name}@amber.test", name=name, password_hash="h", now=NOW)
    assert added is not None
    for business, role in roles.items():
        people.give(tx, business, added, role)
    return added


def test_a_role_is_one_persons_at_one_business(database: Database) -> None:
    with database.write() as tx:
        add_business(tx, "Birch", now=NOW, business="b2")
        zoe, ann = _add(tx, "zoe", b1="viewer", b2="owner"), _add(tx, "ann", b1="owner")
        people.give(tx, "b1", zoe, "bookkeeper")

        assert people.roles(tx, zoe) == {"b1": "bookkeeper", "b2": "owner"}
        assert [(one.person.name, one.role) for one in people.members(tx, "b1")] == [
            ("ann", "owner"),
            ("zoe", "bookkeeper"),
        ]
        assert [one.person.id for one in people.members(tx, "b2")] == [zoe]
        assert people.take(tx, "b1", ann)
        assert not people.take(tx, "b1", ann)
        assert people.roles(tx, ann) == {}


def test_who_leaves_keeps_the_name_and_nothing_else_and_may_come_back(database: Database) -> None:
    with database.write() as tx:
        ann = _add(tx, "ann", b1="owner")
        people.leave(tx, ann, now=NOW)
        left = people.person(tx, ann)

        assert left is not None
        assert (left.name, left.password_hash, left.left_at) == ("ann", "", NOW)
        assert (people.roles(tx, ann), people.people(tx), people.people_count(tx)) == ({}, [], 0)
        people.come_back(tx, ann, name="Ann B", password_hash="h2")
        assert [(one.id, one.name, one.left_at) for one in people.people(tx)] == [(ann, "Ann B", None)]


def test_an_address_is_one_persons(database: Database) -> None:
    with database.write() as tx:
        ann, bob = _add(tx, "ann"), _add(tx, "bob")

        assert not people.rename(tx, bob, name="Robert", email="ANN@amber.test")
        assert people.rename(tx, bob, name="Robert", email=" Bobby@Amber.test")
        assert people.rename(tx, ann, email="ann@amber.test")
        assert [(one.name, one.email) for one in people.people(tx)] == [
            ("Robert", "bobby@amber.test"),
            ("ann", "ann@amber.test"),
        ]


def test_of_two_owners_who_let_go_at_once_the_second_sees_that_the_first_has(database: Database) -> None:
    with database.write() as tx:
        ann, bob = _add(tx, "ann", b1="owner"), _add(tx, "bob", b1="owner")
    left: list[list[str]] = []
    begun = threading.Event()

    def let_go_of_ann() -> None:
        begun.set()
        with database.write() as tx:
            people.one_at_a_time(tx, BUSINESS)
            left.append([one.person.id for one in people.members(tx, BUSINESS)])

    second = threading.Thread(target=let_go_of_ann)
    with database.write() as tx:
        people.one_at_a_time(tx, BUSINESS)
        people.take(tx, BUSINESS, bob)
        second.start()
        begun.wait(10)
        second.join(0.1)  # whoever does not wait for its turn has looked by then
    second.join(10)

    assert left == [[ann]]


def test_the_one_owner_of_before_owns_every_business_after_the_upgrade(
    empty_url: str, opened: Callable[[str], Database]
) -> None:
    database = opened(empty_url)
    with database.write() as tx:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = tx
        command.upgrade(config, "0002")
        for id in ("b1", "b2"):
            values = {"id": id, "name": id, "off": False}
            tx.execute(
                text("INSERT INTO business (id, name, automatic, created_at) VALUES (:id, :name, :off, 1)"), values
            )
        tx.execute(
            text("INSERT INTO owner (id, name, email, password_hash, created_at) VALUES ('o', 'O', 'owner', 'h', 1)")
        )
    assert upgrade(database)

    with database.read() as tx:
        found = people.person_by_email(tx, "owner")
        assert found is not None
        assert (found.id, found.password_hash, found.left_at) == ("o", "h", None)
        assert people.roles(tx, "o") == {"b1": "owner", "b2": "owner"}
