"""`duewell charging`: where late charges are posted to, shown, listed and chosen."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.charging_to import PostedTo
    from integrations.contract import ChargeChoices
    from storage.connections import Connected


@click.command("charging")
@click.argument("connection", default="")
@click.option("--account", default="", help="Post to this account or item, by its code or name.")
@click.option("--tax", default="", help="Under this tax code, by its code or name.")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--by", default="", help="Who decides; without it your login on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None, *, connection: str, account: str, tax: str, business: str, by: str, as_json: bool
) -> None:
    """Show where late charges of CONNECTION (its id or name) are posted to, and what can be chosen; or choose it.

    \b
    duewell charging "Brightwater Studio"                            what there is
    duewell charging "Brightwater Studio" --account 270 --tax NONE   choose it

    Nothing is posted by this; `duewell interest INVOICE post` does that.
    """
    from duewell.charging_to import charge_choices, set_posted_to
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer

    with opened(config) as house:
        owner = chosen(house, business)
        found = chosen_connections(house, owner, connection)
        ledger = only_one(found).id
        if account or tax:
            with refused_as_usage():
                to = set_posted_to(house, owner.id, ledger, (account, tax), by=who(by))
            answer(
                to,
                f"Late charges of {to.label} are posted to {to.words}, each only when somebody says so.",
                as_json=as_json,
            )
            return
        with refused_as_usage():
            to, choices = charge_choices(house, owner.id, ledger)
        answer({"chosen": to, "choices": choices}, listed(to, choices), as_json=as_json)


def only_one(found: "Sequence[Connected]") -> "Connected":
    """The one connection that was meant; a usage error names them when there are several."""
    if len(found) > 1:
        raise click.UsageError(
            "say which connection, by its id: " + ", ".join(f"{one.label} ({one.id})" for one in found)
        )
    return found[0]


def listed(to: "PostedTo", choices: "ChargeChoices") -> str:
    """What was chosen, and below it what there is."""
    lines = [f"{to.label}: {to.words or 'nothing chosen yet'}"]
    lines += [f"  {choices.account_word} {one.code}: {one.name}" for one in choices.accounts]
    lines += [f"  tax {one.code}: {one.name}" for one in choices.taxes]
    return "\n".join(lines)
