"""`duewell same`: which customers are the same, and which invoices are one sale in two books."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from duewell.commands.options import JSON, WHICH, answered

if TYPE_CHECKING:
    from duewell.views.same import PairView, SideView


@click.group("same", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Say who is the same customer, and what is one sale. Without a word it lists what waits."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(listing)


@command.command("list")
@click.option("--answered", is_flag=True, help="Those that somebody has answered, instead of those that wait.")
@WHICH
@JSON
@click.pass_obj
def listing(config: Path | None, *, answered: bool = False, business: str = "", as_json: bool = False) -> None:
    """List the pairs that seem to be one, with the evidence."""
    from duewell.opening import chosen, opened
    from duewell.sames import pairs
    from duewell.say import answer, console

    with opened(config) as house:
        found = pairs(house, chosen(house, business).id, answered=answered)
        if as_json:
            answer(list(found), "", as_json=True)
        elif found:
            for line in (line for one in found for line in _lines(one)):
                console.print(line, markup=False, highlight=False)
            if not answered:
                console.print("duewell same yes ID, or no ID; for invoices yes ID --counts first (or second).")
        else:
            nothing = "Nothing was answered yet." if answered else "Nobody seems to be there twice."
            answer([], nothing, as_json=False)


@command.command("find")
@WHICH
@JSON
@click.pass_obj
def find(config: Path | None, *, business: str, as_json: bool) -> None:
    """Look through the books now; it is done after every sync as well."""
    from duewell.opening import chosen, opened
    from duewell.sames import find_sames, waiting_pairs
    from duewell.say import answer

    with opened(config) as house:
        owner = chosen(house, business).id
        fresh, waiting = find_sames(house, owner), waiting_pairs(house, owner)
        words = f"{fresh} found anew or with more evidence; {waiting} to look at."
        answer({"new": fresh, "waiting": waiting}, words, as_json=as_json)


@command.command("yes")
@click.option(
    "--counts",
    type=click.Choice(["first", "second"]),
    help="Of invoices, the one that counts (needed); of customers, the one who is written to.",
)
@answered
def yes(config: Path | None, *, id: str, counts: str | None, business: str, by: str, as_json: bool) -> None:
    """The two of the pair ID are the same."""
    _say(config, id, "same", counts or "", business=business, by=by, as_json=as_json)


@command.command("no")
@answered
def no(config: Path | None, *, id: str, business: str, by: str, as_json: bool) -> None:
    """The two of the pair ID are different, and nobody is asked again."""
    _say(config, id, "different", "", business=business, by=by, as_json=as_json)


@command.command("undo")
@answered
def undo(config: Path | None, *, id: str, business: str, by: str, as_json: bool) -> None:
    """Take back what was answered about the pair ID (`same list --answered` shows them)."""
    _say(config, id, "ask", "", business=business, by=by, as_json=as_json)


def _say(config: Path | None, id: str, told: str, master: str, *, business: str, by: str, as_json: bool) -> None:
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, opened
    from duewell.sames import answer_pair
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        done = answer_pair(house, chosen(house, business).id, id, told, master=master, by=who(by))
        answer({"id": id, "answer": told}, done, as_json=as_json)


def _lines(one: "PairView") -> Iterator[str]:
    first, second = (_side(side) for side in one.sides)
    state = {"confirmed": "the same", "refused": "different"}.get(one.state, "")
    yield f"{one.id}  {'Sale' if one.alike == 'invoice' else 'Customer'}{f': {state}, says {one.by}' if state else ''}"
    yield f"        first   {first}"
    yield f"        second  {second}"
    yield from (f"        {sentence}" for sentence in one.evidence)


def _side(one: "SideView") -> str:
    owed = ", ".join(str(money) for money in one.open) or "nothing"
    where = f"{one.platform}, {one.company}" if one.company else one.platform
    if one.number:
        return f"Invoice {one.number} to {one.customer} in {where}: {owed} open of {one.total}"
    return f"{one.customer} in {where}: owes {owed}"
