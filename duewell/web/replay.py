"""The last ninety days again: what the policy would have sent, and what another one would have done otherwise."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.web.current import business, needs, office, person
from duewell.web.day_bars import chart
from integrations.errors import Refused

pages = Blueprint("replay", __name__)
SHOWN_MAX = 25


@pages.get("/replay")
def page() -> str:
    """The last replay, or how to begin one."""
    return _page()


@pages.post("/replay")
@needs(Act.APPROVE)
def begin() -> ResponseReturnValue:
    """Begin; the page answers at once and shows the result when it is there."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    try:
        office().begin_replay(business().id, text if text.strip() else "", by=person().name)
    except Refused as error:
        return _page(problem=str(error), text=text), 422
    flash("The last 90 days are being replayed. Nothing is sent by it.", "good")
    return redirect(url_for("replay.page"), 303)


def _page(*, problem: str = "", text: str | None = None) -> str:
    view = office().replay(business().id)
    report = view.report if view else None
    return render_template(
        "replay.html",
        view=view,
        report=report,
        chart=chart(report) if report else None,
        problem=problem,
        text=(view.text if view else "") if text is None else text,
        limit=None if request.args.get("all") == "yes" else SHOWN_MAX,
    )
