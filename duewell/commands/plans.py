"""`duewell plans`: paying in parts, proposed, agreed to, looked at and ended."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from duewell.commands.options import JSON, WHICH, by
from integrations.errors import IntegrationError

if TYPE_CHECKING:
    from duewell.plans import Shown


@click.group("plans", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Agree with customers on paying in parts, or for less. Without a word it lists the plans.

    While a plan is kept its invoices are not chased; each part is reminded of on its own days.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@command.command("propose")
@click.argument("about", nargs=-1, required=True, metavar="CUSTOMER|INVOICE…")
@click.option("--parts", default="", help="In how many equal parts.")
@click.option("--every", default="monthly", help="weekly, fortnightly or monthly.")
@click.option(
    "--first-on", default="", metavar="DAY", help="When the first part is due: 2026-12-01, friday, in 10 days."
)
@click.option("--first", default="", metavar="SUM", help="A first payment of its own; the rest is spread equally.")
@click.option("--settle", default="", metavar="SUM", help="What is paid instead of all of it.")
@click.option("--until", default="", metavar="DAY", help="Up to which day that settlement holds.")
@click.option(
    "--own", multiple=True, metavar="“DAY SUM”", help="A part of your own, such as “2026-12-01 250.00”; repeat it."
)
@click.option("--exceed", is_flag=True, help="Even beyond what the policy lets customers choose alone.")
@click.option("--mail", "mailed", is_flag=True, help="Mail it to the customer, with the link where they can agree.")
@click.option("--try", "only_look", is_flag=True, help="Show what it would be, and keep nothing.")
@WHICH
@by("proposes it")
@JSON
@click.pass_obj
def propose(
    config: Path | None,
    /,
    *,
    about: tuple[str, ...],
    own: tuple[str, ...],
    exceed: bool,
    mailed: bool,
    only_look: bool,
    business: str,
    by: str,
    as_json: bool,
    **typed: str,
) -> None:
    """Propose a plan for all that a CUSTOMER owes, or for some INVOICES (their numbers) of one customer.

    It shows the parts, the end, and what a missed part means. Nothing changes until the customer has agreed: through
    their link, or to you (`plans approve`).
    """
    from duewell import plans
    from duewell.commands.saying import refused_as_usage, who
    from duewell.occasions import send_plan_offer
    from duewell.opening import chosen, opened
    from duewell.plan_wishes import Wish
    from duewell.say import answer

    if mailed and only_look:
        raise click.UsageError("--try keeps nothing, so there is nothing to mail; leave out --try or --mail.")
    with opened(config) as house, refused_as_usage():
        owner, wish = chosen(house, business).id, Wish(about, own=own, **typed)
        if only_look:
            found = plans.preview(house, owner, wish)
        else:
            found = plans.propose(house, owner, wish, by=who(by), may_exceed=exceed)
        last = "Nothing was kept." if only_look else f"Proposed as {found.plan.id}. {NEXT.format(id=found.plan.id[:6])}"
        went, mail = _mailed(lambda: send_plan_offer(house, owner, found.plan, by=who(by))) if mailed else (True, "")
        told = _values(found) | ({"mail": mail} if mailed else {})
        answer(told, "\n".join(filter(None, (*_lines(found), last, mail))), as_json=as_json)
    if not went:
        raise SystemExit(1)


def _mailed(send: Callable[[], str]) -> tuple[bool, str]:
    """Whether it went, with a sentence; the proposal is kept however that ends."""
    try:
        return True, send()
    except IntegrationError as error:
        return False, f"It was not mailed: {error} Once that is mended, mail it from the plan's page."


NEXT = "Once they agree: duewell plans approve {id} --who NAME --way phone."


@command.command("approve")
@click.argument("id")
@click.option("--who", "agreed", required=True, help="Who agreed, of the customer's people.")
@click.option("--way", default="phone", help="How: phone, mail, letter or meeting.")
@WHICH
@by("writes it down")
@JSON
@click.pass_obj
def approve(config: Path | None, *, id: str, agreed: str, way: str, business: str, by: str, as_json: bool) -> None:
    """The customer has agreed to the proposed plan ID; it holds from now on."""
    from duewell import plans
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business).id
        found = plans.approve(house, owner, id, by=who(by), who=agreed, way=way)
        done = "It holds from now on, and its invoices rest."
        answer(_values(found), "\n".join([*_lines(found), done]), as_json=as_json)


@command.command("show")
@click.argument("id", default="")
@WHICH
@JSON
@click.pass_obj
def show(config: Path | None, *, id: str = "", business: str = "", as_json: bool = False) -> None:
    """Show the plan ID with its parts, or list all of them."""
    from duewell import plans
    from duewell.commands.saying import refused_as_usage
    from duewell.opening import chosen, opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business).id
        found = [plans.show(house, owner, id)] if id else plans.shown_plans(house, owner)
        lines = _lines(found[0]) if id else [_line(one) for one in found]
        values = _values(found[0]) if id else [_values(one) for one in found]
        answer(values, "\n".join(lines) or "Nobody pays in parts yet.", as_json=as_json)


@command.command("cancel")
@click.argument("id")
@click.option("--words", default="", help="Why.")
@WHICH
@by("ends it")
@JSON
@click.pass_obj
def cancel(config: Path | None, *, id: str, words: str, business: str, by: str, as_json: bool) -> None:
    """End the plan ID; its invoices are asked for as if it had not been."""
    from duewell import plans
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        found = plans.cancel(house, chosen(house, business).id, id, by=who(by), why=words)
        answer(_values(found), f"The plan of {found.customer} has ended.", as_json=as_json)


@command.command("credit-notes")
@click.argument("connection", default="")
@click.option("--account", default="", help="The account or item, by its code or name.")
@click.option("--tax", default="", help="The tax code, by its code or name.")
@WHICH
@by("decides")
@JSON
@click.pass_obj
def credit_notes(
    config: Path | None, *, connection: str, account: str, tax: str, business: str, by: str, as_json: bool
) -> None:
    """Show under what the credit notes of settlements are entered in CONNECTION (its id or name); or choose it.

    Nothing is entered by itself: when a settlement was paid, a to-do holds the credit note, ready to type over.
    """
    from duewell.charging_to import CREDITS, charge_choices, set_posted_to
    from duewell.commands.charging import listed, only_one
    from duewell.commands.saying import refused_as_usage, who
    from duewell.opening import chosen, chosen_connections, opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        owner = chosen(house, business)
        ledger = only_one(chosen_connections(house, owner, connection)).id
        if account or tax:
            to = set_posted_to(house, owner.id, ledger, (account, tax), by=who(by), purpose=CREDITS)
            answer(to, f"Credit notes of {to.label} are prepared under {to.words}.", as_json=as_json)
            return
        to, choices = charge_choices(house, owner.id, ledger, CREDITS)
        answer({"chosen": to, "choices": choices}, listed(to, choices), as_json=as_json)


def _line(one: "Shown") -> str:
    plan = one.plan
    numbers = ", ".join(one.numbers)
    return f"{plan.id[:6]}  {one.customer}: {plan.state.value}, {one.paid} of {plan.total} paid, invoices {numbers}"


def _lines(one: "Shown") -> list[str]:
    return [_line(one) if one.plan.id else one.customer, *(f"  {line}" for line in _told(one))]


def _told(one: "Shown") -> Iterator[str]:
    yield from one.words
    yield from one.beyond
    if one.plan.agreement is not None:
        for standing in one.standings:
            yield f"Part {standing.part.number} is {standing.state.value}: {standing.paid} of {standing.part.amount}."
        agreed = one.plan.agreement
        yield f"Agreed by {agreed.by} on {agreed.at:%Y-%m-%d} ({agreed.way})."


def _values(one: "Shown") -> dict[str, object]:
    plan = one.plan
    parts = [
        {"number": each.part.number, "due_on": each.part.due_on, "amount": each.part.amount, "paid": each.paid}
        | {"state": each.state.value}
        for each in one.standings
    ]
    told: dict[str, object] = {
        "id": plan.id,
        "customer": one.customer,
        "state": plan.state.value,
        "invoices": list(one.numbers),
        "total": plan.total,
        "paid": one.paid,
        "parts": parts,
        "words": list(one.words),
        "beyond": list(one.beyond),
    }
    return told | ({"forgiven": plan.forgiven} if plan.forgiven else {})
