"""Signing in and out, and which business is shown."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from duewell.web.current import choose, door, office
from duewell.web.door import FAILURES_WITHIN, Knock
from duewell.web.guard import local_path

pages = Blueprint("entrance", __name__)
WRONG = "That is not the password."
TOO_OFTEN = "Five wrong passwords from here within five minutes. Wait five minutes, then try again."


@pages.get("/login")
def login() -> ResponseReturnValue:
    """The password, unless the owner is inside already."""
    wish = local_path(request.args.get("next", "/"))
    if door().inside(session):
        return redirect(wish, 303)
    return _form(wish)


@pages.post("/login")
def sign_in() -> ResponseReturnValue:
    """Try the password. Where to go next is a path of this site, or the first page."""
    wish = local_path(request.form.get("next", "/"))
    knock = door().knock(request.remote_addr or "", request.form.get("password", ""))
    if knock is Knock.OPENED:
        door().enter(session)
        return redirect(wish, 303)
    if knock is Knock.WRONG:
        return _form(wish, WRONG), 401
    return _form(wish, TOO_OFTEN), 429, {"Retry-After": str(int(FAILURES_WITHIN.total_seconds()))}


@pages.post("/logout")
def logout() -> Response:
    """Sign out."""
    door().leave(session)
    flash("You are signed out.", "good")
    return redirect(url_for("entrance.login"), 303)


@pages.post("/business")
def business() -> Response:
    """Show another business."""
    choose(request.form.get("business", ""))
    return redirect(url_for("overview.home"), 303)


def _form(wish: str, problem: str = "") -> str:
    return render_template("login.html", wish=wish, problem=problem, unset=office().owner_hash() is None)
