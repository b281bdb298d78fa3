"""`duewell init`: the owner's login and the first business, in whose name messages go, and who operates."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House


@click.command("init")
@click.option("--business", prompt="Name of the business", help="As customers know it.")
@click.option("--name", default="", help="The owner's name; it stands beside whatever they approve or hold.")
@click.option("--email", default="", help="What the owner signs in with; without it “owner”.")
@click.option("--sender-name", default="", help="In whose name messages go and are signed; without it “Accounts”.")
@click.option(
    "--operator",
    type=click.Choice(["business", "bookkeeper", "agency"]),
    default=None,
    help="Who writes to the customers: the business itself (at first), its bookkeeper, or an agency for it.",
)
@click.option("--time-zone", default="", help="Like America/New_York; without it the first company's own.")
@click.option(
    "--automatic/--draft",
    default=None,
    help="Let ordinary messages go by themselves every hour, or (at first) have a person send each day's plan.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None,
    *,
    business: str,
    name: str,
    email: str,
    sender_name: str,
    operator: str | None,
    time_zone: str,
    automatic: bool | None,
    as_json: bool,
) -> None:
    """Set the owner's password and make a business.

    The password is asked for, or taken from DUEWELL_OWNER_PASSWORD. Run again to change it or to add a business.
    """
    from duewell.automatic import choose_automatic
    from duewell.opening import checked_answers, opened
    from duewell.owning import begin_business
    from duewell.say import answer, at_the_terminal

    checked_answers({"time_zone": time_zone})
    business = business.strip()
    if not business:
        raise click.UsageError("the business needs a name: --business “Cedar Ridge Builders”")
    told = {"name": name, "email": email, "sender_name": sender_name, "operator": operator or ""}
    with opened(config) as house:
        said = _asked(house, business, told)
        owner = _owner(house, business, name=said.pop("name"), email=said.pop("email"))
        id = begin_business(house, business, owner=owner, time_zone=time_zone, **said)
        _change(house, id, {**said, "in_name_of": said["sender_name"], "time_zone": time_zone})
        if automatic is not None:
            choose_automatic(house, id, automatic=automatic, by=at_the_terminal())
        answer({"business": id}, f"Ready. Next: duewell connect, or duewell serve. (business {id})", as_json=as_json)


def _asked(house: "House", business: str, said: dict[str, str]) -> dict[str, str]:
    """What was not said is asked of a person at a terminal, once for each business; a script takes what is usual."""
    from duewell.businesses import all_businesses

    if not sys.stdin.isatty() or any(one.name == business for one in all_businesses(house)):
        return said
    whom = click.Choice(["business", "bookkeeper", "agency"])
    return {
        "name": said["name"] or str(click.prompt("The owner's name", default="Owner")),
        "email": said["email"] or str(click.prompt("The owner's e-mail address, to sign in with")),
        "sender_name": said["sender_name"] or str(click.prompt("In whose name messages go", default=business)),
        "operator": said["operator"] or str(click.prompt("Who operates", type=whom, default="business")),
    }


def _owner(house: "House", business: str, *, name: str, email: str) -> str:
    """The owner's login, with the password as said now; their id. What was refused is wrong use."""
    from duewell.opening import wrong_use
    from duewell.owning import name_first_owner, owner_login, set_owner_password
    from duewell.people import OWNER_LOGIN, checked_email, checked_name, checked_password

    with wrong_use():
        name = checked_name(name) if name else ""
        email = checked_email(email) if email and email != OWNER_LOGIN else email
        login = owner_login(house, business, email)
        password = checked_password(os.environ.get("DUEWELL_OWNER_PASSWORD") or _ask())
        if email:
            name_first_owner(house, business, email)
        return set_owner_password(house, password, email=login, name=name)


def _change(house: "House", id: str, said: dict[str, str]) -> None:
    """A business that was there before takes what was said now; what was not said stays."""
    from duewell.businesses import the_business
    from storage.businesses import change_business

    before = the_business(house, id).settings
    now = {**before, **{name: value for name, value in said.items() if value}}
    if now != before:
        with house.database.write() as tx:
            change_business(tx, id, settings=now)


def _ask() -> str:
    return str(click.prompt("Password for the pages", hide_input=True, confirmation_prompt=True))
