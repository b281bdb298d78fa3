"""`duewell plan`: today's plan with a reason for every invoice."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.views import PlanView


@click.command("plan")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--all", "everything", is_flag=True, help="Also the invoices that are left alone today.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, with everything.")
@click.pass_obj
def command(config: Path | None, *, business: str, everything: bool, as_json: bool) -> None:
    """Show today's plan. Nothing is sent by looking at it."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.showing import plan

    with opened(config) as house:
        view = plan(house, chosen(house, business).id)
        if as_json:
            answer({"counts": view.counted(), "plan": view}, "", as_json=True)
        else:
            show(view, everything=everything)


def show(view: "PlanView", *, everything: bool) -> None:
    """As a table, what is to be sent first."""
    from duewell.say import console, table

    counts = view.counted()
    rows = [
        (row.say, row.customer, row.number, row.open, row.days_late, row.reason)
        for row in view.rows
        if everything or row.say != "skip"
    ]
    table(f"Plan for {view.day_on:%-d %B %Y}", ("", "Customer", "Invoice", "Open>", "Days late>", "Why"), rows)
    console.print(f"{counts['send']} to send, {counts['hold']} held, {counts['skip']} left alone (see --all).")
