"""The first page."""

from flask import Blueprint, render_template

from duewell.web.current import business, office

pages = Blueprint("overview", __name__)


@pages.get("/")
def home() -> str:
    """What is open, how late, whether the books agree, and what is planned."""
    return render_template("overview.html", view=office().overview(business().id))
