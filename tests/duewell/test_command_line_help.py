"""Help is at hand at once: for every command, and without importing what is heavy."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from duewell.cli import COMMANDS, group

PEOPLE = ("list", "add", "give", "take", "password", "remove")
HEAVY = ("stripe", "quickbooks", "intuitlib", "xero_python", "flask", "sqlalchemy", "pydantic", "rich")
LISTING = """
import json, sys
before = set(sys.modules)  # a distribution's .pth file may have brought its empty package
sys.argv = ["duewell", *{words!r}]
from duewell.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


def modules_after(*words: str) -> set[str]:
    """What a fresh process has imported once `duewell WORDS` has ended."""
    ended = subprocess.run([sys.executable, "-c", LISTING.format(words=words)], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stderr.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    found = modules_after("--help")

    assert "duewell.cli" in found
    assert not {name for name in found if name.partition(".")[0] in HEAVY}


def test_a_commands_own_help_imports_no_more() -> None:
    found = modules_after("connect", "--help")

    assert "duewell.commands.connect" in found
    assert not {name for name in found if name.partition(".")[0] in HEAVY}


def test_the_console_script_shows_every_command_and_the_exit_codes() -> None:
    script = Path(sys.executable).parent / "duewell"
    told = subprocess.run([script, "--help"], capture_output=True, text=True)

    assert told.returncode == 0
    for name, sentence in COMMANDS.items():
        assert f"{name} " in told.stdout
        assert sentence in told.stdout
    assert all(f"\n    {code}  " in told.stdout for code in range(4))


@pytest.mark.parametrize("name", [*COMMANDS, "db upgrade", "keys rotate", *(f"people {act}" for act in PEOPLE)])
def test_every_command_has_help(name: str) -> None:
    told = CliRunner().invoke(group, [*name.split(), "--help"])

    assert told.exit_code == 0, told.output
    assert told.output.startswith("Usage: ")
    command: click.Command = group
    for part in name.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), part)
        assert found is not None
        command = found
    assert command.help
    assert all(getattr(option, "help", "") or option.param_type_name == "argument" for option in command.params)


def test_every_command_that_a_machine_may_read_answers_in_json() -> None:
    for name in ("init", "connect", "disconnect", "sync", "plan", "send", "explain", "sandbox", "doctor"):
        found = group.get_command(click.Context(group), name)
        assert found is not None
        assert "as_json" in {option.name for option in found.params}, name
