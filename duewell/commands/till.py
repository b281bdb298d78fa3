"""`duewell till`: where customers pay, how, and the accounts in which their money waits for its payout."""

from pathlib import Path

import click


@click.group("till")
def command() -> None:
    """Say where customers pay, and where their money is booked.

    \b
    duewell till show
    duewell till set "Northwind Cloud" --methods "card us_bank_account" --card-most "2000 USD"
    duewell till accounts "Cedar Ridge Builders" USD            what there is
    duewell till clearing "Cedar Ridge Builders" USD "Stripe clearing" --make
    duewell till refund pi_123 --of credit_note
    """


def _business(function: click.decorators.FC) -> click.decorators.FC:
    """What every one of them takes."""
    function = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")(function)
    return click.option("--business", default="", help="Which business, by name or id, when there are several.")(
        function
    )


@command.command("show")
@_business
@click.pass_obj
def show(config: Path | None, *, business: str, as_json: bool) -> None:
    """Show the till, how customers may pay, and every clearing account."""
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.till_words import till_words
    from duewell.tills import till_view

    with opened(config) as house:
        view = till_view(house, chosen(house, business).id)
        answer(view, "\n".join(till_words(view)), as_json=as_json)


@command.command("set")
@click.argument("connection", default="")
@click.option("--methods", default="", help="The allowed ways to pay, in Stripe's words; without it all it offers.")
@click.option("--card-most", default="", help="The largest sums by card, like 2000 USD, 1500 EUR.")
@click.option(
    "--others-post",
    default="",
    help="yes, no or unknown: another app enters the till's payments into the ledgers too; without it as before.",
)
@click.option("--fed/--not-fed", default=False, help="A bank feed or another app books fees and payouts.")
@click.option("--by", default="", help="Who decides; without it your login on this machine.")
@_business
@click.pass_obj
def set_(
    config: Path | None,
    *,
    connection: str,
    methods: str,
    card_most: str,
    others_post: str,
    fed: bool,
    by: str,
    business: str,
    as_json: bool,
) -> None:
    """Take money at CONNECTION (its id or name); without one, nowhere."""
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer
    from duewell.till_words import till_words
    from duewell.tills import choose_till, till_view

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business)
        id = chosen_connections(house, owner, connection)[0].id if connection else ""
        told = {"connection": id, "methods": methods, "card_most": card_most, "fed": "yes" if fed else "no"}
        told["others_post"] = others_post
        choose_till(house, owner.id, told, by=who(by))
        view = till_view(house, owner.id)
        answer(view, "\n".join(till_words(view)), as_json=as_json)


@command.command("accounts")
@click.argument("ledger")
@click.argument("currency")
@_business
@click.pass_obj
def accounts(config: Path | None, *, ledger: str, currency: str, business: str, as_json: bool) -> None:
    """List the accounts of LEDGER that could clear payments in CURRENCY, and why the others cannot."""
    from duewell.commands.saying import refused_as_usage
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer
    from duewell.tills import clearing_choices

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business)
        one = chosen_connections(house, owner, ledger)[0]
        found = clearing_choices(house, owner.id, one.id, currency)
        lines = [
            f"{each.id}: {each.name}" + (f" (not usable: {each.unusable})" * bool(each.unusable)) for each in found
        ]
        answer(found, "\n".join(lines) or f"{one.label} has no account that could clear payments.", as_json=as_json)


@command.command("clearing")
@click.argument("ledger")
@click.argument("currency")
@click.argument("account")
@click.option("--make", is_flag=True, help="Have an account of this name made where there is none.")
@_business
@click.pass_obj
def clearing(
    config: Path | None, *, ledger: str, currency: str, account: str, make: bool, business: str, as_json: bool
) -> None:
    """Book money in CURRENCY that is for LEDGER into ACCOUNT (its id or name) until it is paid out."""
    from duewell.commands.saying import refused_as_usage
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer
    from duewell.tills import choose_clearing

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business)
        one = chosen_connections(house, owner, ledger)[0]
        found = choose_clearing(house, owner.id, one.id, currency, typed=account, make=make)
        said = f"Payments in {found.currency} for {one.label} are booked into {found.name} until they are paid out."
        answer(found, said, as_json=as_json)


@command.command("refund")
@click.argument("payment")
@click.option("--of", "what", required=True, help="overpayment, credit_note or owed_again.")
@click.option("--by", default="", help="Who says so; without it your login on this machine.")
@_business
@click.pass_obj
def refund(config: Path | None, *, payment: str, what: str, by: str, business: str, as_json: bool) -> None:
    """Say of what the refund of PAYMENT was, so that its customer is no longer on hold."""
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, opened
    from duewell.refunds import refund_was
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        said = refund_was(house, chosen(house, business).id, payment, what, by=who(by))
        answer({"refund": payment, "of": what}, said, as_json=as_json)
