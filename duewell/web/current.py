"""What the present request is about: the office, who has signed in, the business it speaks of, and what they may."""

from collections.abc import Callable
from typing import TypeVar, cast

from flask import abort, current_app, g, request, session

from duewell.access import Act, Person, takes, with_article
from duewell.web.door import Door
from duewell.web.office import Business, Office

View = TypeVar("View", bound=Callable[..., object])
ELSEWHERE = "There is no such business here. Nothing was changed."


def office() -> Office:
    """The one object the pages talk to."""
    return cast(Office, current_app.extensions["duewell"])


def door() -> Door:
    """Who may come in."""
    return cast(Door, current_app.extensions["duewell.door"])


def base_url() -> str:
    """Where this installation is reached, without a slash at its end."""
    return str(current_app.extensions["duewell.base_url"])


def someone() -> Person | None:
    """Who has signed in, if anybody has."""
    if "someone" not in g:
        g.someone = door().whose(session)
    return cast(Person | None, g.someone)


def person() -> Person:
    """Who has signed in. Their `name` is what stands as `by` beside whatever they do."""
    found = someone()
    return found or abort(403, "Please sign in first. Nothing was changed.")


def businesses() -> tuple[Business, ...]:
    """The businesses the person was given; the others are not there for them."""
    if "businesses" not in g:
        found = someone()
        g.businesses = office().businesses(frozenset(found.roles)) if found and found.roles else ()
    return cast(tuple[Business, ...], g.businesses)


def business() -> Business:
    """The business of this request.

    A form says itself which one it was made for, so that a tab left open on one business never acts on another;
    pages show the one chosen last, or the first.
    """
    if not businesses():
        abort(503, _nothing_here())
    found = shown()
    if found is None and not request.form.get("business"):
        abort(400, "The form does not say for which business it is. Nothing was changed.")
    return found or abort(404, ELSEWHERE)


def shown() -> Business | None:
    """The business the frame is about; None before there is one, and for a form that names none of the person's."""
    if "business" not in g:
        known = businesses()
        if request.method == "POST":
            g.business = next((one for one in known if one.id == request.form.get("business")), None)
        else:
            chosen = session.get("business")
            g.business = next((one for one in known if one.id == chosen), known[0] if known else None)
    return cast(Business | None, g.business)


def choose(wanted: str) -> None:
    """Show this business from now on."""
    if all(one.id != wanted for one in businesses()):
        abort(404, ELSEWHERE)
    session["business"] = wanted


def may(act: str) -> bool:
    """May the person do this (a value of `Act`) for the business of this request? What they may not is not offered."""
    found, about = someone(), shown()
    return found is not None and about is not None and found.may(Act(act), about.id)


def must(act: Act) -> None:
    """End the request with a sentence unless the person may do this for the business of this request."""
    about = business()
    if not may(act):
        said = f"That takes {takes(act)}; at {about.name} you are {with_article(person().roles[about.id])}."
        abort(403, f"{said} Nothing was changed." if request.method == "POST" else said)


def needs(act: Act) -> Callable[[View], View]:
    """Say what a page or form does; the guard stops whoever may not. A form that says nothing is for owners only."""

    def mark(view: View) -> View:
        view.needs = act  # type: ignore[attr-defined]
        return view

    return mark


def what_it_needs() -> Act:
    """What the page or form of this request does, as it said with `needs`."""
    view = current_app.view_functions[str(request.endpoint)]
    unsaid = Act.SETTINGS if request.method == "POST" else Act.LOOK
    return cast(Act, getattr(view, "needs", unsaid))


def _nothing_here() -> str:
    if office().business_count():
        return "You have not been given a business yet. Ask an owner to add you on the page People."
    return "There is no business here yet. Run “duewell init” on the machine where Duewell is installed."
