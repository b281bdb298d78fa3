"""Signing in and out, one's own password, and which business is shown."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from duewell.access import Person
from duewell.people import OWNER_LOGIN
from duewell.web.current import choose, door, office, person
from duewell.web.door import FAILURES_WITHIN, Refusal
from duewell.web.failures import sentence, status_of
from duewell.web.guard import local_path
from integrations.errors import Refused

pages = Blueprint("entrance", __name__)
WRONG = "This e-mail address and this password do not belong together."
TOO_OFTEN = "Too many wrong passwords. Wait five minutes, then try again."


@pages.get("/login")
def login() -> ResponseReturnValue:
    """E-mail and password, unless somebody is inside already."""
    wish = local_path(request.args.get("next", "/"))
    if door().whose(session):
        return redirect(wish, 303)
    return _form(wish)


@pages.post("/login")
def sign_in() -> ResponseReturnValue:
    """Try the password. Where to go next is a path of this site, or the first page."""
    wish, email = local_path(request.form.get("next", "/")), request.form.get("email", "").strip()
    found = _knock(email or OWNER_LOGIN, request.form.get("password", ""))
    if isinstance(found, Person):
        door().enter(session, found)
        return redirect(wish, 303)
    return _refused(found, _form(wish, _words(found, WRONG), email))


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


@pages.get("/password")
def password() -> str:
    """One's own password, to be changed."""
    return render_template("password.html", problem="", person=person())


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    """Change it, given the present one; every other session of theirs ends."""
    wanted, me = request.form.get("password", ""), person()
    if wanted != request.form.get("again", ""):
        return render_template("password.html", problem="The two new passwords differ.", person=me), 422
    found = _knock(me.email, request.form.get("current", ""))
    if isinstance(found, Refusal):
        words = _words(found, "That is not your present password.")
        return _refused(found, render_template("password.html", problem=words, person=me))
    try:
        office().change_password(me.id, wanted)
    except Refused as error:
        return render_template("password.html", problem=sentence(error), person=me), status_of(error)
    if fresh := office().who_is(me.id):
        door().enter(session, fresh)
    flash("Your password is changed. Wherever else you were signed in, you are signed out.", "good")
    return redirect(url_for("overview.home"), 303)


def _knock(email: str, password: str) -> Person | Refusal:
    return door().knock(request.remote_addr or "", email, password)


def _words(refusal: Refusal, wrong: str) -> str:
    return wrong if refusal is Refusal.WRONG else TOO_OFTEN


def _refused(refusal: Refusal, page: str) -> ResponseReturnValue:
    if refusal is Refusal.WRONG:
        return page, 401
    return page, 429, {"Retry-After": str(int(FAILURES_WITHIN.total_seconds()))}


def _form(wish: str, problem: str = "", email: str = "") -> str:
    return render_template("login.html", wish=wish, problem=problem, email=email, unset=not office().anybody())
