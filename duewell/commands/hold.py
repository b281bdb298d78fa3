"""`duewell hold`: leave a customer alone for a while."""

from pathlib import Path

import click

from duewell.commands.options import OWNER, REVIEW, recorded


@click.command("hold")
@click.argument("customer", default="")
@click.option("--until", default="", metavar="DAY", help="Until and with which day; without it until further notice.")
@click.option("--invoice", default="", help="Only this invoice, by its number.")
@click.option("--why", "words", default="", help="Why, for whoever looks later.")
@REVIEW
@OWNER
@click.option("--end", default="", metavar="ID", help="The hold under this id no longer holds.")
@recorded
def command(
    config: Path | None, /, *, customer: str, end: str, business: str, by: str, as_json: bool, **told: str
) -> None:
    """Hold everything, or one invoice, of CUSTOMER (name, e-mail address or invoice number)."""
    from duewell.commands.saying import end_one, write_down

    if end:
        end_one(config, end, business=business, by=by, as_json=as_json)
    elif not customer:
        raise click.UsageError("say which CUSTOMER, by name, e-mail address or invoice number")
    else:
        write_down(config, customer, {"kind": "hold", **told}, business=business, by=by, as_json=as_json)
