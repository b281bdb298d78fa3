"""Who is the same, and what is the same sale: the pairs that were found, with the evidence, for a person to answer."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.web.current import business, needs, office, person
from integrations.errors import NotThere, Refused

pages = Blueprint("sames", __name__)
SHOWN_MAX = 100


@pages.get("/same")
def listing() -> str:
    """What waits; with `?answered=yes` what was answered, to take it back."""
    return _page()


@pages.post("/same/<id>")
@needs(Act.RECORD)
def answer(id: str) -> ResponseReturnValue:
    """The same, different, or asked again."""
    told, master = request.form.get("answer", ""), request.form.get("master", "")
    try:
        flash(office().answer_pair(business().id, id, told, master=master, by=person().name), "good")
    except (Refused, NotThere) as error:
        return _page(problem=str(error), about=id), 422
    return redirect(url_for("sames.listing", answered=request.form.get("answered") or None), 303)


def _page(*, problem: str = "", about: str = "") -> str:
    answered = request.values.get("answered") == "yes"
    found = office().pairs(business().id, answered=answered)
    return render_template(
        "sames.html", pairs=found[:SHOWN_MAX], total=len(found), answered=answered, problem=problem, about=about
    )
