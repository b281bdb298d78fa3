"""`duewell keys`: the keys that seal tokens, kept outside the database."""

from pathlib import Path

import click


@click.group("keys")
def command() -> None:
    """Look after the keys that seal tokens."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def rotate(config: Path | None, *, as_json: bool) -> None:
    """Make a new key, seal everything with it again, and drop the old ones."""
    from duewell.opening import opened
    from duewell.say import answer
    from duewell.wiring import write_keys
    from storage.seals import new_key, rotate

    with opened(config) as house:
        file, keys = house.settings.key_file, [new_key(), *house.keys]
        # the new key is on disk before anything is sealed with it: a crash in between loses nothing
        write_keys(file, keys)
        count = rotate(house.database, keys)
        write_keys(file, keys[:1])
        answer({"sealed_again": count}, f"{count} secrets are sealed with a new key in {file}.", as_json=as_json)
