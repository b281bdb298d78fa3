"""The command line. Only click is imported until a command runs, so that `--help` answers at once."""

import importlib
import sys
from pathlib import Path

import click

COMMANDS = {
    "init": "Set the owner's login and the first business.",
    "connect": "Connect a company on QuickBooks, Xero or Stripe.",
    "disconnect": "End one connected company.",
    "sync": "Bring the books up to date and see whether they agree.",
    "plan": "Show today's plan: whom to write to, whom not, and why.",
    "send": "Send today's plan.",
    "explain": "Tell everything about one invoice.",
    "note": "Write down a call, a mail or what else was said of a customer.",
    "promise": "Record that a customer promised to pay.",
    "hold": "Leave a customer or an invoice alone for a while.",
    "dispute": "Record why an invoice is not paid.",
    "plans": "Agree with customers on paying in parts.",
    "same": "Say who is the same customer, and what is one sale.",
    "todo": "Show what people have to do, and mark it done.",
    "wording": "Show, try and change what messages say.",
    "interest": "Show what an invoice bears for being late; waive or post it.",
    "charging": "Choose where late charges are posted to.",
    "till": "Say where customers pay, and where their money is booked.",
    "clearing": "Show whether the clearing accounts come to zero.",
    "statement": "Show or print one customer's statement of account.",
    "links": "Show, set and end the links that customers pay by.",
    "letters": "List the letters that wait to be printed and posted.",
    "serve": "Run the pages and the daily jobs.",
    "people": "Say who may sign in, and what they may do.",
    "replay": "Replay past days: what a policy would have sent.",
    "policy": "Show, check and change the policy: when, how and how firmly.",
    "rules": "Show the rules of collecting, and what is not covered.",
    "sandbox": "Run a local QuickBooks, Xero and Stripe.",
    "demo": "Tell the whole story on this machine.",
    "doctor": "Look for what is wrong with this installation.",
    "db": "Look after the database.",
    "keys": "Look after the keys that seal tokens.",
}

EXIT_CODES = """\b
Exit codes:
  0  done
  1  done, but a person should look (books differ, something was refused)
  2  wrong use or a wrong setting; nothing was changed
  3  a platform or server is out of reach; try again later
"""


class LazyGroup(click.Group):
    """Knows its commands by name; imports one only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"duewell.commands.{cmd_name}")
        command = module.command
        return command if isinstance(command, click.Command) else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """From the table above, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyGroup, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="duewell")
@click.option(
    "--config", type=click.Path(path_type=Path), help="A TOML file; without it ./duewell.toml, else the defaults."
)
@click.pass_context
def group(ctx: click.Context, config: Path | None) -> None:
    """Duewell gets your invoices paid, kindly."""
    ctx.obj = config


def main() -> None:
    """The console script: what the contract says becomes one sentence and an exit code."""
    try:
        # without click's own ending, the exit code a command asked for is returned, not raised
        sys.exit(group.main(standalone_mode=False) or 0)
    except click.Abort:
        click.echo("Stopped; nothing was changed by this.", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        click.echo(f"Error: {error}", err=True)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """For what is expected to go wrong; None for a bug, which keeps its traceback."""
    from duewell.config import BadSetting
    from integrations.errors import IntegrationError, TryLater
    from storage.errors import StorageError

    if isinstance(error, BadSetting | StorageError):
        return 2
    if isinstance(error, TryLater):
        return 3
    return 1 if isinstance(error, IntegrationError) else None
