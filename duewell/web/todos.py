"""What there is to do, over all businesses of the person: done, put off, handed on."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.views.work import TodoView
from duewell.web.current import business, businesses, needs, office, person
from integrations.errors import NotThere, Refused

pages = Blueprint("todos", __name__)
SHOWN_MAX = 200
TYPED_MAX = 4000


@pages.get("/todos")
def listing() -> str:
    """By owner, day and amount: one's own first, then what is nobody's yet, then the others'."""
    return _page()


@pages.post("/todos/<id>/done")
@needs(Act.RECORD)
def done(id: str) -> ResponseReturnValue:
    """It is done; for a call with what was said, for a parked message with what became of it."""
    told = {name: request.form.get(name, "")[:TYPED_MAX] for name in ("words", "reached", "sent")}
    try:
        sentence = office().finish_todo(business().id, id, told, by=person().name)
    except (Refused, NotThere) as error:
        return _page(problem=str(error), about=id, words=told["words"]), 422
    return _again(sentence)


@pages.post("/todos/<id>/snooze")
@needs(Act.RECORD)
def snooze(id: str) -> ResponseReturnValue:
    """Put off until a day."""
    try:
        return _again(office().snooze_todo(business().id, id, request.form.get("day", "")))
    except (Refused, NotThere) as error:
        return _page(problem=str(error), about=id), 422


@pages.post("/todos/<id>/assign")
@needs(Act.RECORD)
def assign(id: str) -> ResponseReturnValue:
    """Give it to somebody, or to nobody."""
    try:
        return _again(office().assign_todo(business().id, id, request.form.get("to", "")))
    except (Refused, NotThere) as error:
        return _page(problem=str(error), about=id), 422


@pages.post("/todos/bank")
@needs(Act.RECORD)
def bank() -> ResponseReturnValue:
    """Somebody says up to which day the bank is entered."""
    told = {"kind": "bank_entered", "until": request.form.get("until", "")}
    try:
        return _again(office().record(business().id, "", "", told, by=person().name))
    except Refused as error:
        return _page(problem=str(error), about="bank"), 422


def _page(*, problem: str = "", about: str = "", words: str = "") -> str:
    mine, me = person(), person().name
    everything = request.args.get("all") == "yes"
    found = office().todos([one.id for one in businesses()], snoozed=everything)
    shown = found if everything else found[:SHOWN_MAX]
    changing = mine.where(Act.RECORD)
    return render_template(
        "todos.html",
        groups=_by_owner(shown, me),
        total=len(found),
        shown=len(shown),
        everything=everything,
        changing=changing,
        members={one.id: [each.name for each in office().people(one.id)] for one in businesses() if one.id in changing},
        several=len(businesses()) > 1,
        pairs=office().waiting_pairs(business().id),
        problem=problem,
        about=about if any(one.id == about for one in shown) else "",
        words=words,
    )


def _by_owner(found: Sequence[TodoView], me: str) -> list[tuple[str, list[TodoView]]]:
    """Me, nobody, then everybody else by name; each with what is theirs in the order it came."""
    owners: dict[str, list[TodoView]] = {}
    for one in found:
        owners.setdefault(one.assigned_to, []).append(one)
    order = sorted(owners, key=lambda name: (name != me, name != "", name.casefold()))
    named = {me: "Yours", "": "For anybody"}
    return [(named.get(name, name), owners[name]) for name in order]


def _again(sentence: str) -> ResponseReturnValue:
    flash(sentence, "good")
    return redirect(url_for("todos.listing"), 303)
