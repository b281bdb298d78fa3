"""`duewell init`: the owner's password and the first business."""

import os
from pathlib import Path

import click

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
    from duewell.connecting import check_answers
    from duewell.opening import opened
    from duewell.owning import begin_business, choose_automatic, set_owner_password
    from duewell.say import answer

    check_answers({"time_zone": time_zone})
    password = os.environ.get("DUEWELL_OWNER_PASSWORD") or _ask()
    if len(password) < PASSWORD_LENGTH_MIN:
        raise click.UsageError(f"the password needs at least {PASSWORD_LENGTH_MIN} characters")
    with opened(config) as house:
        set_owner_password(house, password)
        id = begin_business(house, business, sender_name=sender_name, time_zone=time_zone)
        if automatic is not None:
            choose_automatic(house, id, automatic=automatic)
        answer({"business": id}, f"Ready. Next: duewell connect, or duewell serve. (business {id})", as_json=as_json)


def _ask() -> str:
    return str(click.prompt("Password for the pages", hide_input=True, confirmation_prompt=True))
