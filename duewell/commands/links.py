"""`duewell links`: the links that customers pay and answer by."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.wiring import House

WHICH = click.option("--business", default="", help="Which business, by name or id, when there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
YES_NO = click.Choice(["yes", "no"])


@click.group("links")
def command() -> None:
    """Show, set and end the links that customers pay and answer by."""


@command.command()
@click.argument("customer")
@WHICH
@JSON
@click.pass_obj
def show(config: Path | None, *, customer: str, business: str, as_json: bool) -> None:
    """Show the link of CUSTOMER (name, e-mail address or invoice number), to be passed on by hand."""
    from duewell.opening import chosen, opened, wrong_use
    from duewell.pay_page import pay_url
    from duewell.say import answer
    from storage.links import Aim

    with opened(config) as house, wrong_use():
        at = chosen(house, business).id
        url = pay_url(house, at, Aim(_debtor(house, at, customer)))
    answer({"url": url}, url, as_json=as_json)


@command.command()
@click.argument("customer")
@WHICH
@JSON
@click.pass_obj
def revoke(config: Path | None, *, customer: str, business: str, as_json: bool) -> None:
    """End every link of CUSTOMER, in whichever message it stands."""
    from duewell.links import revoke
    from duewell.opening import chosen, opened, wrong_use
    from duewell.pay_page import revoked
    from duewell.say import answer, at_the_terminal

    with opened(config) as house, wrong_use():
        at = chosen(house, business).id
        count = revoke(house, at, _debtor(house, at, customer), by=at_the_terminal())
    answer({"ended": count}, revoked(count), as_json=as_json)


@command.command("set")
@click.option("--in-messages", type=YES_NO, help="Whether our payment page stands in messages.")
@click.option("--second-fact", type=YES_NO, help="Whether the postcode or a mailed code is asked for first.")
@click.option("--days", help="How long a link lives after the last message it stood in.")
@WHICH
@JSON
@click.pass_obj
def set_(
    config: Path | None,
    *,
    in_messages: str | None,
    second_fact: str | None,
    days: str | None,
    business: str,
    as_json: bool,
) -> None:
    """Show how the payment page is set, and change it."""
    from duewell.opening import chosen, opened, wrong_use
    from duewell.pay_page import change, view
    from duewell.say import answer

    wanted = {"in_messages": in_messages, "second_fact": second_fact, "days": days}
    told = {name: text for name, text in wanted.items() if text is not None}
    with opened(config) as house, wrong_use():
        at = chosen(house, business).id
        said = change(house, at, told) if told else ""
        found = view(house, at)
    lines = [
        *([said] if said else []),
        f"In messages: {'our payment page' if found.in_messages else 'the link of the platform itself'}.",
        f"First asked for: {'the postcode or a mailed code' if found.second_fact else 'nothing'}.",
        f"A link lives {found.days} days after the last message it stood in.",
        *([] if found.address else ["Customers cannot reach this installation: web.base_url is not public."]),
        *([f"For the custom payment URL in Xero: {found.invoice_url}"] if found.invoice_url else []),
    ]
    answer(found, "\n".join(lines), as_json=as_json)


@command.command("new-key")
@JSON
@click.pass_obj
def new_key(config: Path | None, *, as_json: bool) -> None:
    """Derive new links with a new key from now on; those that are out stay good until they are ended."""
    from duewell.links import new_key
    from duewell.opening import opened
    from duewell.say import answer

    with opened(config) as house:
        id = new_key(house)
    answer({"key": id}, f"New links are derived with the key {id}.", as_json=as_json)


def _debtor(house: "House", business: str, customer: str) -> str:
    from duewell.finding import find_customer

    return find_customer(house, business, customer).debtor
