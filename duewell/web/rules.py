"""The rules of collecting: what is kept, where it comes from, and what is not covered."""

from flask import Blueprint, render_template

from duewell.access import Act
from duewell.views.law import NO_ADVICE, law
from duewell.web.current import needs

pages = Blueprint("rules", __name__)


@pages.get("/rules")
@needs(Act.LOOK)
def listing() -> str:
    """The same for every business, so nothing is asked of the office."""
    return render_template("rules.html", view=law(), no_advice=NO_ADVICE)
