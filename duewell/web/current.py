"""What the present request is about: the office it asks, the door it came through, the business it speaks of."""

from typing import cast

from flask import abort, current_app, g, request, session

from duewell.web.door import Door
from duewell.web.office import Business, Office


def office() -> Office:
    """The one object the pages talk to."""
    return cast(Office, current_app.extensions["duewell"])


def door() -> Door:
    """Who may come in."""
    return cast(Door, current_app.extensions["duewell.door"])


def base_url() -> str:
    """Where this installation is reached, without a slash at its end."""
    return str(current_app.extensions["duewell.base_url"])


def business() -> Business:
    """The business of this request.

    A form says itself which one it was made for, so that a tab left open on one business never acts on another;
    pages show the one chosen last, or the first.
    """
    found = shown()
    if found is None:
        abort(503, "There is no business here yet. Run “duewell init” on the machine where Duewell is installed.")
    if request.method == "POST" and found.id != request.form.get("business"):
        abort(400, "The form does not say for which business it is. Nothing was changed.")
    return found


def shown() -> Business | None:
    """The business the frame is about; None before there is one."""
    if "business" not in g:
        known = office().businesses()
        wanted = request.form.get("business") if request.method == "POST" else session.get("business")
        g.business = next((one for one in known if one.id == wanted), known[0] if known else None)
    return cast(Business | None, g.business)


def choose(wanted: str) -> None:
    """Show this business from now on."""
    if all(one.id != wanted for one in office().businesses()):
        abort(404, "There is no such business here.")
    session["business"] = wanted
