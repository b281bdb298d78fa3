"""`duewell plan`: today's plan with a reason for every invoice, what a person answers to it, and the backlog."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.views.pages import PlanView
    from duewell.views.plan import BacklogView, Given, MessageView, PlanSheet
    from duewell.wiring import House

WHICH = click.option("--business", default="", help="Which business, by name or id, when there are several.")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
BY = click.option("--by", default="", help="Who answers; without it your login on this machine.")


@click.group("plan", invoke_without_command=True)
@WHICH
@click.option("--all", "everything", is_flag=True, help="Also the invoices that are left alone today.")
@click.option("--backlog", is_flag=True, help="The old debts nobody has written about, in the order of their turns.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, with everything.")
@click.pass_context
def command(ctx: click.Context, *, business: str, everything: bool, backlog: bool, as_json: bool) -> None:
    """Show today's plan, approve or refuse what stands in it. Nothing is sent by looking at it."""
    if ctx.invoked_subcommand is not None:
        return
    from duewell.approving import plan_sheet
    from duewell.first_day import backlog_view
    from duewell.opening import chosen, opened
    from duewell.say import answer
    from duewell.showing.overview import plan

    with opened(ctx.obj) as house:
        id = chosen(house, business).id
        if backlog:
            _show_backlog(backlog_view(house, id), as_json=as_json)
        elif as_json:
            view = plan(house, id)
            answer(
                {"counts": view.counted(), "plan": view, "messages": plan_sheet(house, id).messages}, "", as_json=True
            )
        else:
            show(plan(house, id), everything=everything)
            _show_messages(plan_sheet(house, id))


@command.command("approve")
@click.argument("customer", required=False, default="")
@click.option("--all", "everything", is_flag=True, help="All that is ready; the unusual ones are approved by name.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@WHICH
@BY
@JSON
@click.pass_obj
def approve(
    config: Path | None, *, customer: str, everything: bool, yes: bool, business: str, by: str, as_json: bool
) -> None:
    """Let today's message to CUSTOMER go, or with --all everything that is ready."""
    if bool(customer) == everything:
        raise click.UsageError("name one customer, or say --all for everything that is ready")
    _answer(config, customer, yes=yes, business=business, by=by, refused=False, as_json=as_json)


@command.command("refuse")
@click.argument("customer")
@WHICH
@BY
@JSON
@click.pass_obj
def refuse(config: Path | None, *, customer: str, business: str, by: str, as_json: bool) -> None:
    """Do not send today's message to CUSTOMER. Tomorrow it is planned again."""
    _answer(config, customer, yes=True, business=business, by=by, refused=True, as_json=as_json)


def _answer(
    config: Path | None, customer: str, *, yes: bool, business: str, by: str, refused: bool, as_json: bool
) -> None:
    """What was shown is what is answered: a message that changes meanwhile waits on. Exit code 1 when one has."""
    from duewell.approving import answer_messages, plan_sheet, sentences
    from duewell.opening import chosen, opened, wrong_use
    from duewell.say import answer, at_the_terminal
    from storage.approvals import Answered

    if as_json and not yes:
        raise click.UsageError("--json needs --yes, since nobody can be asked")
    with opened(config) as house:
        id = chosen(house, business).id
        with wrong_use():
            meant = [_of(house, id, customer)] if customer else list(plan_sheet(house, id).ready)
        if not yes and meant:
            _ask(meant)
        asked = [(one.debtor, one.digest) for one in meant]
        given = answer_messages(house, id, asked, by=by or at_the_terminal(), refused=refused, together=not customer)
        state = Answered.REFUSED if refused else Answered.APPROVED
        told = [sentence for _, sentence in sentences(given, state=state)]
        answer(given, "\n".join(told) or "Nothing is ready to be approved.", as_json=as_json)
    raise SystemExit(_exit_code(given))


def _exit_code(given: "Given") -> int:
    return 1 if given.changed or given.single else 0


def _of(house: "House", business: str, customer: str) -> "MessageView":
    """Today's message to the customer who is meant. Raises Refused or NotThere."""
    from duewell.approving import plan_sheet
    from duewell.finding import find_customer
    from integrations.errors import NotThere

    found = find_customer(house, business, customer)
    message = next((one for one in plan_sheet(house, business).messages if one.debtor == found.debtor), None)
    if message is None:
        raise NotThere(f"There is no message to {found.name} in today's plan; “duewell plan --all” says why.")
    return message


def _ask(meant: "list[MessageView]") -> None:
    for one in meant:
        click.echo(f"{one.customer}: {_asked(one)}, {one.step.replace('-', ' ')}, to {', '.join(one.to) or 'them'}")
        for reason in one.odd:
            click.echo(f"  {reason}")
    click.confirm(f"Let {'it' if len(meant) == 1 else f'these {len(meant)}'} go?", abort=True)


def _asked(one: "MessageView") -> str:
    return " and ".join(str(amount) for amount in one.asked)


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


def _show_messages(sheet: "PlanSheet") -> None:
    """The messages of the day and what they wait for."""
    from duewell.say import console, table

    if not sheet.messages:
        return
    console.print()
    table(
        "Messages",
        ("Customer", "Asked>", "Standing", "What to look at"),
        [(one.customer, _asked(one), _standing(one), " ".join(one.odd) or one.later) for one in sheet.messages],
    )
    if sheet.ready or sheet.odd:
        console.print("duewell plan approve CUSTOMER, or --all for what is ready; duewell plan refuse CUSTOMER.")
    if sheet.backlog:
        many = sheet.backlog != 1
        who = f"{sheet.backlog} customer{'s have' if many else ' has'}"
        console.print(f"{who} old debts that nobody has written about; see duewell plan --backlog.")


def _standing(one: "MessageView") -> str:
    """In a few words."""
    if one.standing == "approved":
        return f"approved by {one.answered_by}"
    if one.standing == "refused":
        return f"not today, said {one.answered_by}"
    if one.standing == "goes":
        return "goes by itself"
    return "look first" if one.odd else "ready"


def _show_backlog(view: "BacklogView", *, as_json: bool) -> None:
    """As a list in the order of the turns."""
    from duewell.say import answer, console, table

    if as_json or not view.turns:
        answer(view, "Nothing old is left to be written about.", as_json=as_json)
        return
    rows = [
        (
            f"{turn.on:%-d %B %Y}" if turn.on else "waits",
            turn.customer,
            " and ".join(str(amount) for amount in turn.asked),
            ", ".join(one.number for one in turn.invoices),
            max(one.days_late for one in turn.invoices),
            " ".join(dict.fromkeys(one.step.replace("-", " ") or one.reason for one in turn.invoices)),
        )
        for turn in view.turns
    ]
    columns = ("Turn", "Customer", "Owed>", "Invoices", "Days late>", "Begins with, or waits because")
    table("Old debts nobody has written about", columns, rows)
    console.print(f"{view.rule} Nothing leaves before it was approved on its day.")
    console.print("To leave somebody out: duewell hold CUSTOMER.")
    console.print("An invoice did reach them: duewell note CUSTOMER --what was-sent --invoice NUMBER.")
