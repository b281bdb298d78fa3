"""`duewell send`: send today's plan."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collector.dispatch import Outcome


@click.command("send")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON; needs --yes.")
@click.pass_obj
def command(config: Path | None, *, business: str, yes: bool, as_json: bool) -> None:
    """Send today's plan. Every customer is looked at afresh and decided again just before."""
    from duewell.desk import outcome_words
    from duewell.opening import chosen, opened
    from duewell.running import make_plan, send_plan
    from duewell.say import answer

    if as_json and not yes:
        raise click.UsageError("--json needs --yes, since nobody can be asked")
    with opened(config) as house:
        owner = chosen(house, business)
        count = sum(one.decision.message is not None for one in make_plan(house, owner.id))
        if not count:
            answer([], "There is nothing to send today.", as_json=as_json)
            return
        if not yes:
            click.confirm(f"Send {count} message{'s' if count > 1 else ''}?", abort=True)
        outcomes = send_plan(house, owner.id)
        lines = [f"{one.case.head.name}: {outcome_words(done.state, done.reason)}" for one, done in outcomes]
        answer(
            [{"customer": one.case.head.name, "outcome": done} for one, done in outcomes],
            "\n".join(lines),
            as_json=as_json,
        )
    raise SystemExit(_exit_code([done for _, done in outcomes]))


def _exit_code(outcomes: list["Outcome"]) -> int:
    """3 when books could not be read afresh, 1 when a person should look, else 0. Nothing left to say is no trouble."""
    if any(done.state == "nothing" and done.reason.startswith("Not sent: ") for done in outcomes):
        return 3
    no_server = any(done.state == "nothing" and done.reason.startswith("No mail server") for done in outcomes)
    return 1 if no_server or any(done.state not in ("sent", "nothing") for done in outcomes) else 0
