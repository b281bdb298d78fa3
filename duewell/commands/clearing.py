"""`duewell clearing`: whether each clearing account comes to zero, and the journal of fees and payouts."""

from datetime import datetime
from pathlib import Path

import click


@click.command("clearing")
@click.option(
    "--csv", "as_csv", is_flag=True, help="The journal of payouts and fees as CSV, for a bookkeeper to import."
)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only payouts from this day on (with --csv).")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(config: Path | None, *, as_csv: bool, since: datetime | None, business: str, as_json: bool) -> None:
    """Show what customers paid, what went back, fees and payouts, and what is left of it in each clearing account.

    Nothing is posted by this. Where a bank feed or another app books fees and payouts there is no journal to import.
    """
    from duewell.clearing import clearing_page, journal
    from duewell.clearing_words import clearing_words
    from duewell.commands.saying import refused_as_usage
    from duewell.opening import chosen, opened
    from duewell.say import answer

    if since and not as_csv:
        raise click.UsageError("--since is for the journal; say --csv as well")
    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business).id
        if as_csv:
            click.echo(journal(house, owner, since=since.date() if since else None), nl=False)
            return
        page = clearing_page(house, owner)
        answer(page, "\n".join(clearing_words(page)), as_json=as_json)
