"""`duewell promise`: a customer said when they will pay."""

from pathlib import Path

import click

from duewell.commands.options import recorded


@click.command("promise")
@click.argument("customer")
@click.argument("day")
@click.option("--amount", default="", help="How much, when it is not everything: 500 or 500.00 GBP.")
@click.option("--invoice", default="", help="The number of the invoice, when it is about just one.")
@click.option("--words", default="", help="What they said.")
@recorded
def command(
    config: Path | None, /, *, customer: str, day: str, business: str, by: str, as_json: bool, **told: str
) -> None:
    """Record that CUSTOMER promised to pay by DAY (2026-12-01, friday, “in 10 days”).

    Until that day has passed nobody reminds them of it. `duewell note CUSTOMER` lists promises, `duewell note --end ID`
    takes one back.
    """
    from duewell.commands.saying import write_down

    said = {"kind": "promise", "until": day, **told}
    write_down(config, customer, said, business=business, by=by, as_json=as_json)
