"""`duewell disconnect`: end one connected company, there and here."""

from pathlib import Path

import click


@click.command("disconnect")
@click.argument("connection")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, connection: str, business: str, yes: bool, as_json: bool) -> None:
    """End CONNECTION (its id or name). What was read and sent stays on record; other companies go on."""
    from duewell.connecting import disconnect
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer

    if not connection:
        raise click.UsageError("say which connection, by its id or name; `duewell doctor` lists them")
    with opened(config) as house:
        owner = chosen(house, business)
        found = chosen_connections(house, owner, connection)
        if len(found) > 1:
            raise click.UsageError("that names several connections; use the id: " + ", ".join(one.id for one in found))
        if not yes:
            click.confirm(f"Disconnect {found[0].label}?", abort=True)
        label = disconnect(house, owner.id, found[0].id)
        answer({"disconnected": label}, f"{label} is disconnected.", as_json=as_json)
