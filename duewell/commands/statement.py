"""`duewell statement`: what one customer owes, item by item, on the screen, as a PDF, or mailed to them."""

from datetime import datetime
from pathlib import Path

import click

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("statement")
@click.argument("customer")
@click.option("--activity", is_flag=True, help="Everything that happened, not only what is open.")
@click.option("--from", "first", type=DAY, help="The first day of an activity; else the first of last month.")
@click.option("--to", "last", type=DAY, help="The last day; else today.")
@click.option("--pdf", type=click.Path(path_type=Path), help="Write it as a PDF into this file.")
@click.option("--send", is_flag=True, help="Mail them the statement of what is open, with its PDF.")
@click.option("--by", default="", help="Who sends it; without it your login on this machine.")
@click.option("--business", default="", help="Which business, by name or id, when there are several.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def command(
    config: Path | None,
    *,
    customer: str,
    activity: bool,
    first: datetime | None,
    last: datetime | None,
    pdf: Path | None,
    send: bool,
    by: str,
    business: str,
    as_json: bool,
) -> None:
    """Show CUSTOMER's statement of account: by name, id, or e-mail address. Nothing is sent without --send."""
    from collector.occasions.statement import StatementKind
    from duewell.occasions import send_statement
    from duewell.opening import chosen, opened, usable
    from duewell.say import answer, at_the_terminal
    from duewell.stating import customer_meant, make_statement, statement_letter, statement_paper

    kind = StatementKind.ACTIVITY if activity else StatementKind.OPEN
    if first and not activity:
        raise click.UsageError("--from is for an activity; add --activity")
    if send and (activity or last):
        raise click.UsageError("what is mailed is the statement of what is open today; leave out --activity and --to")
    with opened(config) as house:
        owner = chosen(house, business).id
        who = customer_meant(house, owner, customer)
        if send:
            sentence = send_statement(house, owner, who, by=by or at_the_terminal())
            answer({"outcome": sentence}, sentence, as_json=as_json)
            return
        days = (first.date() if first else None, last.date() if last else None)
        told, case = make_statement(house, owner, who, kind=kind, days=days)
        letter = statement_letter(house, owner, told, case)
        if pdf is not None:
            with usable():
                pdf.write_bytes(statement_paper(house, owner, told, case))
    answer(told, f"{letter.subject}\n\n{letter.text}" if pdf is None else f"Written to {pdf}.", as_json=as_json)
