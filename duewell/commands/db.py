"""`duewell db`: bring the database's tables up to date."""

from pathlib import Path

import click


@click.group("db")
def command() -> None:
    """Look after the database."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def upgrade(config: Path | None, *, as_json: bool) -> None:
    """Create or upgrade the tables. Safe to run again, and at every start."""
    from duewell.config import load
    from duewell.opening import usable
    from duewell.say import answer
    from duewell.wiring import open_database
    from storage.schema import schema

    with usable():
        database = open_database(load(config))
    try:
        where = schema(database)
    finally:
        database.close()
    answer({"database": database.name, "schema": where.current}, f"{database.name} is up to date.", as_json=as_json)
