"""`duewell dispute`: a reason for not paying an invoice, or a part of it."""

from pathlib import Path

import click

from duewell.commands.options import OWNER, REVIEW, recorded


@click.command("dispute")
@click.argument("invoice")
@click.option("--reason", default="", help="Such as wrong-price, not-received, damaged, credit-due, cannot-pay, other.")
@click.option("--amount", default="", help="How much of it, when it is only a part: 200 or 200.00 GBP.")
@click.option("--words", default="", help="What they said.")
@click.option("--retained", is_flag=True, help="No dispute: they keep this part back as agreed.")
@OWNER
@REVIEW
@recorded
def command(
    config: Path | None, /, *, invoice: str, retained: bool, business: str, by: str, as_json: bool, **told: str
) -> None:
    """Record why INVOICE (its number), or a part of it, is not paid. The disputed part waits; the rest goes on.

    `duewell note CUSTOMER` lists disputes, `duewell note --end ID` ends one.
    """
    from duewell.commands.saying import write_down

    said = {"kind": "retained" if retained else "dispute", "invoice": invoice, **told}
    write_down(config, invoice, said, business=business, by=by, as_json=as_json)
