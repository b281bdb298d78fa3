"""`duewell todo`: what people have to do, over all businesses."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from duewell.views.work import TodoView
    from duewell.wiring import House


@click.group("todo", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List what people have to do, mark it done, put it off, hand it on. Without a word it lists."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(listing)


@command.command("list")
@click.option("--business", default="", help="Only this business, by name or id; all of them without it.")
@click.option("--owner", default="", help="Only what this person has to do.")
@click.option("--all", "everything", is_flag=True, help="Also what is put off.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def listing(
    config: Path | None, *, business: str = "", owner: str = "", everything: bool = False, as_json: bool = False
) -> None:
    """List them by owner, day and amount."""
    from duewell.opening import opened
    from duewell.say import answer, console, table

    with opened(config) as house:
        found = [one for one in _todos(house, business, everything=everything) if owner in ("", one.assigned_to)]
        if as_json:
            answer(found, "", as_json=True)
        elif found:
            table("To-dos", ("Id", "For", "Who", "What", "Amount>", "Business"), map(_row, found))
            console.print("duewell todo done ID, or snooze ID DAY, or assign ID NAME.")
        else:
            answer([], "There is nothing to do.", as_json=False)


@command.command("done")
@click.argument("id")
@click.argument("words", nargs=-1)
@click.option("--reached/--not-reached", default=None, help="For a call: was somebody reached?")
@click.option("--was-sent/--was-not-sent", "sent", default=None, help="For a parked message: what became of it.")
@click.option("--send/--leave", "send", default=None, help="For what is offered (thanks, statements …): shall it go?")
@click.option("--by", default="", help="Who did it; without it your login on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def done(
    config: Path | None,
    *,
    id: str,
    words: tuple[str, ...],
    reached: bool | None,
    sent: bool | None,
    send: bool | None,
    by: str,
    as_json: bool,
) -> None:
    """Mark the to-do ID as done. WORDS are what was said or what came of it, kept with the customer."""
    from duewell.commands.saying import refused_as_usage, who
    from duewell.doing import finish_todo
    from duewell.opening import opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        business, found = _one(house, id)
        note = " ".join(words)
        end = send if sent is None else sent
        told = finish_todo(house, business, found, by=who(by), note=note, reached=reached, sent=end)
        answer({"id": found, "outcome": told}, told, as_json=as_json)


@command.command("snooze")
@click.argument("id")
@click.argument("day")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def snooze(config: Path | None, *, id: str, day: str, as_json: bool) -> None:
    """Put the to-do ID off until DAY (2026-12-01, friday, “in 10 days”)."""
    from duewell.commands.saying import refused_as_usage
    from duewell.doing import snooze_todo
    from duewell.opening import opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        business, found = _one(house, id)
        to_on = snooze_todo(house, business, found, day)
        answer({"id": found, "until": to_on}, f"It comes back on {to_on:%-d %B %Y}.", as_json=as_json)


@command.command("assign")
@click.argument("id")
@click.argument("name", default="")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
@click.pass_obj
def assign(config: Path | None, *, id: str, name: str, as_json: bool) -> None:
    """Give the to-do ID to NAME, or without a name to nobody in particular."""
    from duewell.commands.saying import refused_as_usage
    from duewell.doing import assign_todo
    from duewell.opening import opened
    from duewell.say import answer

    with opened(config) as house, refused_as_usage():
        business, found = _one(house, id)
        to = assign_todo(house, business, found, name)
        sentence = f"{to} does it from now on." if to else "Nobody in particular does it now."
        answer({"id": found, "assigned_to": to}, sentence, as_json=as_json)


def _todos(house: "House", business: str, *, everything: bool) -> "list[TodoView]":
    from duewell.businesses import all_businesses
    from duewell.desk.work import all_todos
    from duewell.opening import chosen

    wanted = [chosen(house, business)] if business else all_businesses(house)
    return list(all_todos(house, [one.id for one in wanted], snoozed=everything))


def _one(house: "House", id: str) -> tuple[str, str]:
    """The business and whole id of the to-do whose id begins so."""
    from duewell.businesses import all_businesses
    from duewell.doing import find_todo

    business, todo = find_todo(house, [one.id for one in all_businesses(house)], id)
    return business, todo.id


def _row(one: "TodoView") -> tuple[object, ...]:
    return one.id[:6], one.due_on, one.assigned_to or "anybody", one.title, one.amount or "", one.business_name
