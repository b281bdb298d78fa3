"""`duewell people`: who may sign in, and what they are at which business."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.access import Person
    from duewell.wiring import House

WHICH = click.option("--business", default="", help="Which business, by name or id, when there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
ROLES = click.Choice(["viewer", "bookkeeper", "owner"])


@click.group("people")
def command() -> None:
    """Say who may sign in, and what they may do.

    A viewer looks. A bookkeeper also approves, edits, sends and holds, accepts differences and writes down what people
    say. An owner also connects and disconnects, changes the policy, and says who may sign in.
    """


@command.command("list")
@WHICH
@JSON
@click.pass_obj
def listing(config: Path | None, *, business: str, as_json: bool) -> None:
    """Show everybody and what they are at each business, or at one."""
    from duewell.opening import chosen, opened
    from duewell.people import everybody
    from duewell.say import answer, table

    with opened(config) as house:
        names = _names(house)
        only = {chosen(house, business).id} if business else set(names)
        rows = list(_rows(everybody(house), names, only))
    if as_json or not rows:
        answer(rows, "Nobody can sign in yet; run `duewell init`.", as_json=as_json)
    else:
        columns = ("name", "email", "business", "role")
        table("", [column.capitalize() for column in columns], [[row[column] for column in columns] for row in rows])


@command.command()
@click.argument("email")
@click.option("--name", default="", help="It stands beside everything they approve, hold or write down.")
@click.option("--role", type=ROLES, default="viewer", show_default=True, help="What they may do there.")
@WHICH
@JSON
@click.pass_obj
def add(config: Path | None, *, email: str, name: str, role: str, business: str, as_json: bool) -> None:
    """Let somebody sign in with EMAIL. The first password is asked for, or taken from DUEWELL_PERSON_PASSWORD."""
    from duewell import people
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at, address = chosen(house, business), people.checked_email(email)
        if people.who_signs_in(house, address):
            raise click.UsageError(f"{address} signs in here already; see `duewell people give`")
        called = people.checked_name(name or address.partition("@")[0])
        password = people.checked_password(_password())
        people.add(house, at.id, address, name=called, role=people.checked_role(role), password=password)
        told = {"email": address, "name": called, "business": at.id, "role": role}
        answer(told, f"{called} may sign in as {address} and is now {_as(role)} at {at.name}.", as_json=as_json)


@command.command()
@click.argument("email")
@click.argument("role", type=ROLES)
@WHICH
@JSON
@click.pass_obj
def give(config: Path | None, *, email: str, role: str, business: str, as_json: bool) -> None:
    """Give whoever signs in with EMAIL a ROLE at a business, instead of any they had there."""
    from duewell import people
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at, person = chosen(house, business), _known(house, email)
        people.give(house, at.id, person.id, people.checked_role(role))
        told = {"email": person.email, "business": at.id, "role": role}
        answer(told, f"{person.name} is now {_as(role)} at {at.name}.", as_json=as_json)


@command.command()
@click.argument("email")
@WHICH
@JSON
@click.pass_obj
def take(config: Path | None, *, email: str, business: str, as_json: bool) -> None:
    """Take whatever role EMAIL has at one business. Who has no role left anywhere can no longer sign in."""
    from duewell import people
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        at, person = chosen(house, business), _known(house, email)
        gone = people.take(house, at.id, person.id)
        said = " and, having no other, can no longer sign in" if gone else ""
        told = {"email": person.email, "business": at.id, "can_sign_in": not gone}
        answer(told, f"{person.name} has no role at {at.name} any more{said}.", as_json=as_json)


@command.command()
@click.argument("email")
@JSON
@click.pass_obj
def password(config: Path | None, *, email: str, as_json: bool) -> None:
    """Give EMAIL another password: asked for, or taken from DUEWELL_PERSON_PASSWORD. Their sessions end at once."""
    from duewell import people
    from duewell.opening import opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        person = _known(house, email)
        people.change_password(house, person.id, people.checked_password(_password()))
        said = f"The password of {person.name} is changed; wherever they were signed in, they are signed out."
        answer({"email": person.email}, said, as_json=as_json)


@command.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
@click.pass_obj
def remove(config: Path | None, *, email: str, yes: bool, as_json: bool) -> None:
    """Take every role of EMAIL, at once and everywhere. What was done under their name stays on record."""
    from duewell import people
    from duewell.opening import opened, wrong_use
    from duewell.say import answer

    with opened(config) as house, wrong_use():
        person = _known(house, email)
        if not yes:
            click.confirm(f"Remove {person.name} ({person.email})?", abort=True, err=True)
        people.remove(house, person.id)
        answer({"removed": person.email}, f"{person.name} is removed and can no longer sign in.", as_json=as_json)


def _known(house: "House", email: str) -> "Person":
    from duewell.people import who_signs_in

    found = who_signs_in(house, email)
    if found is None:
        raise click.UsageError(f"nobody signs in with {email!r}; `duewell people list` shows who does")
    return found


def _names(house: "House") -> dict[str, str]:
    from duewell.businesses import all_businesses

    return {one.id: one.name for one in all_businesses(house)}


def _rows(everyone: "Iterable[Person]", names: dict[str, str], only: set[str]) -> Iterable[dict[str, str]]:
    """One for each person and business."""
    for person in everyone:
        for id in sorted(only & set(person.roles), key=names.__getitem__):
            yield {
                "name": person.name,
                "email": person.email,
                "business": names[id],
                "role": person.roles[id].value,
            }


def _password() -> str:
    given = os.environ.get("DUEWELL_PERSON_PASSWORD")
    return given or str(click.prompt("Their password", hide_input=True, confirmation_prompt=True, err=True))


def _as(role: str) -> str:
    return f"{'an' if role == 'owner' else 'a'} {role}"
