"""`duewell init`: the owner's password and the first business."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House

PASSWORD_LENGTH_MIN = 12


@click.command("init")
@click.option("--business", prompt="Name of the business", help="As customers know it.")
@click.option("--sender-name", default="", help="Who signs the messages; without it “Accounts”.")
@click.option("--time-zone", default="", help="Like America/New_York; without it the first company's own.")
@click.option(
    "--automatic/--draft",
    default=None,
    help="Let ordinary messages go by themselves every hour, or (at first) have a person send each day's plan.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None, *, business: str, sender_name: str, time_zone: str, automatic: bool | None, as_json: bool
) -> None:
    """Set the owner's password and make a business.

    The password is asked for, or taken from DUEWELL_OWNER_PASSWORD. Run again to change it or to add a business.
    """
    from duewell.opening import checked_answers, opened
    from duewell.owning import begin_business, choose_automatic, set_owner_password
    from duewell.say import answer

    checked_answers({"time_zone": time_zone})
    if not business.strip():
        raise click.UsageError("the business needs a name: --business “Cedar Ridge Builders”")
    password = os.environ.get("DUEWELL_OWNER_PASSWORD") or _ask()
    if len(password) < PASSWORD_LENGTH_MIN:
        raise click.UsageError(f"the password needs at least {PASSWORD_LENGTH_MIN} characters")
    with opened(config) as house:
        set_owner_password(house, password)
        id = begin_business(house, business.strip(), sender_name=sender_name, time_zone=time_zone)
        _change(house, id, {"sender_name": sender_name, "time_zone": time_zone})
        if automatic is not None:
            choose_automatic(house, id, automatic=automatic)
        answer({"business": id}, f"Ready. Next: duewell connect, or duewell serve. (business {id})", as_json=as_json)


def _change(house: "House", id: str, said: dict[str, str]) -> None:
    """A business that was there before takes what was said now; what was not said stays."""
    from duewell.running import the_business
    from storage.businesses import change_business

    before = the_business(house, id).settings
    now = {**before, **{name: value for name, value in said.items() if value}}
    if now != before:
        with house.database.write() as tx:
            change_business(tx, id, settings=now)


def _ask() -> str:
    return str(click.prompt("Password for the pages", hide_input=True, confirmation_prompt=True))
