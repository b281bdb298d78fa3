"""People as the house knows them: who may be added, changed and removed, and what nobody may do to whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from duewell import people
from duewell.access import Role
from duewell.businesses import the_business
from duewell.config import Settings
from duewell.owning import (
    begin_business,
    in_name_of,
    name_first_owner,
    operator_of,
    owner_login,
    set_owner_password,
)
from duewell.wiring import House, build
from integrations.errors import NotThere, Refused
from tests.ready import ready

PASSWORD = "a long enough password"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = build(ready(Settings(data=tmp_path)))
    yield house
    house.close()


def founded(house: House, *names: str) -> list[str]:
    """Businesses, each with an owner of its own: ann, bob, …"""
    businesses = []
    for number, name in enumerate(names):
        owner = set_owner_password(house, PASSWORD, email=f"{'abcdef'[number]}@x.example", name=name.upper())
        businesses.append(begin_business(house, name, owner=owner))
    return businesses


def found(house: House, email: str) -> str:
    person = people.who_signs_in(house, email)
    assert person
    return person.id


def test_somebody_is_added_changed_and_removed(house: House) -> None:
    (acme,) = founded(house, "acme")

    assert people.add(house, acme, " Kim@X.example", name=" Kim   Ray ", role=Role.VIEWER, password=PASSWORD)
    kim = found(house, "kim@x.example")
    assert [(one.name, one.role) for one in people.members(house, acme)] == [("ACME", "owner"), ("Kim Ray", "viewer")]
    people.give(house, acme, kim, Role.BOOKKEEPER)
    known = people.who_is(house, kim)
    assert known
    assert known.roles == {acme: Role.BOOKKEEPER}
    assert people.take(house, acme, kim)
    assert people.who_is(house, kim) is None
    assert people.who_signs_in(house, "kim@x.example") is None
    assert people.add(house, acme, "kim@x.example", name="Kim", role=Role.VIEWER, password="another long password")
    assert found(house, "kim@x.example") == kim


def test_who_signs_in_already_keeps_name_and_password(house: House) -> None:
    """An owner of one business must not get into another by setting the password of somebody there."""
    acme, birch = founded(house, "acme", "birch")
    before = people.who_signs_in(house, "b@x.example")

    assert not people.add(house, acme, "B@x.example", name="Mallory", role=Role.VIEWER, password="stolen password!")
    after = people.who_signs_in(house, "b@x.example")
    assert before
    assert after
    assert (after.name, after.password_hash) == (before.name, before.password_hash)
    assert after.roles == {acme: Role.VIEWER, birch: Role.OWNER}
    assert not people.take(house, acme, after.id)


@pytest.mark.parametrize(
    ("email", "changes", "sentence"),
    [
        ("kim", {}, "“kim” is not an e-mail address; write it like ann@example.com"),
        ("kim@x", {}, "“kim@x” is not an e-mail address; write it like ann@example.com"),
        ("k im@x.example", {}, "“k im@x.example” is not an e-mail address; write it like ann@example.com"),
        ("kim@x.example", {"name": " "}, "a name of 1 to 100 characters is needed"),
        ("kim@x.example", {"name": "K\x07m"}, "a name of 1 to 100 characters is needed"),
        ("kim@x.example", {"password": "short"}, "the password needs at least 12 characters"),
        ("a@x.example", {}, "a@x.example has a role at acme already; change it in the list instead."),
    ],
)
def test_what_cannot_be_added_is_said_in_one_sentence(
    house: House, email: str, changes: dict[str, str], sentence: str
) -> None:
    (acme,) = founded(house, "acme")
    given = {"name": "Kim", "password": PASSWORD, **changes}

    with pytest.raises(Refused, match=sentence):
        people.add(house, acme, email, role=Role.VIEWER, **given)
    assert len(people.members(house, acme)) == 1


def test_a_role_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused, match="there is no role “boss”; a person is a viewer, a bookkeeper or an owner"):
        people.checked_role("boss")


def test_a_business_keeps_an_owner(house: House) -> None:
    acme, birch = founded(house, "acme", "birch")
    ann, bob = found(house, "a@x.example"), found(house, "b@x.example")
    sentence = "ACME is the only owner of acme; make somebody else an owner first."

    for attempt in (
        lambda: people.give(house, acme, ann, Role.BOOKKEEPER),
        lambda: people.take(house, acme, ann),
        lambda: people.remove(house, ann),
    ):
        with pytest.raises(Refused, match=sentence):
            attempt()
    people.give(house, acme, bob, Role.OWNER)
    people.give(house, acme, ann, Role.VIEWER)
    people.remove(house, ann)
    with pytest.raises(Refused, match="BIRCH is the only owner of"):
        people.remove(house, bob)
    assert people.who_is(house, bob)
    assert [one.id for one in people.members(house, birch)] == [bob]


def test_a_stranger_is_not_there(house: House) -> None:
    acme, birch = founded(house, "acme", "birch")
    bob = found(house, "b@x.example")

    with pytest.raises(NotThere, match="There is no such person here"):
        people.give(house, acme, "nobody", Role.OWNER)
    with pytest.raises(NotThere, match="There is no such person here"):
        people.change_password(house, "nobody", PASSWORD)
    with pytest.raises(NotThere, match="BIRCH has no role at acme"):
        people.take(house, acme, bob)
    assert people.who_is(house, bob)
    assert birch


def test_a_changed_password_is_another_hash(house: House) -> None:
    founded(house, "acme")
    before = people.who_signs_in(house, "a@x.example")
    people.change_password(house, found(house, "a@x.example"), PASSWORD)
    after = people.who_signs_in(house, "a@x.example")

    assert before
    assert after
    assert before.password_hash != after.password_hash
    assert after.password_hash not in repr(after)


def test_init_with_a_password_alone_is_about_the_first_owner(house: House) -> None:
    assert owner_login(house, "acme", "") == "owner"
    set_owner_password(house, PASSWORD)
    acme = begin_business(house, "acme")
    begin_business(house, "birch")

    assert [one.name for one in people.members(house, acme)] == ["Owner"]
    assert owner_login(house, "whatever", "") == "owner"
    name_first_owner(house, "elsewhere", "ann@x.example")
    assert people.who_signs_in(house, "owner")
    name_first_owner(house, "acme", "ann@x.example")
    ann = people.who_signs_in(house, "ann@x.example")
    assert ann
    assert len(ann.roles) == 2
    assert people.who_signs_in(house, "owner") is None
    assert owner_login(house, "a third", "") == "ann@x.example"


def test_among_several_owners_it_is_the_businesss_own(house: House) -> None:
    founded(house, "acme", "birch")

    assert owner_login(house, "birch", "") == "b@x.example"
    assert owner_login(house, "a third", "c@x.example") == "c@x.example"
    with pytest.raises(Refused, match="say whose password it is with --email"):
        owner_login(house, "a third", "")


def test_a_later_owner_does_not_get_what_is_others(house: House) -> None:
    acme, birch = founded(house, "acme", "birch")

    assert [one.email for one in people.members(house, acme)] == ["a@x.example"]
    assert [one.email for one in people.members(house, birch)] == ["b@x.example"]


def test_who_operates_and_in_whose_name(house: House) -> None:
    plain, agency = (
        begin_business(house, "Acme"),
        begin_business(house, "Birch", sender_name="Robin", operator="agency"),
    )
    acme, birch = the_business(house, plain), the_business(house, agency)

    assert (operator_of(acme.settings), in_name_of(acme)) == ("business", "Acme")
    assert (operator_of(birch.settings), in_name_of(birch)) == ("agency", "Robin")
    assert birch.settings["in_name_of"] == "Robin"
    assert operator_of({"operator": "a newer word"}) == operator_of({}) == "business"
