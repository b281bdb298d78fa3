"""The people of a business: who they are, what they may do, one more, one fewer. For owners."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from duewell.access import Act, Member, Role
from duewell.web.current import business, needs, office, person
from duewell.web.failures import sentence, status_of
from integrations.errors import Refused

pages = Blueprint("people", __name__)
TELL_MAX = 300


@pages.get("/people")
@needs(Act.PEOPLE)
def listing() -> str:
    """Everybody with a role here."""
    return _page({})


@pages.post("/people")
@needs(Act.PEOPLE)
def add() -> ResponseReturnValue:
    """Give somebody a role here. Whatever is refused comes back with the answers kept, but for the password."""
    email, role = request.form.get("email", ""), request.form.get("role", "")
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        fresh = office().add_person(business().id, email, name=name, role=role, password=password)
    except Refused as error:
        return _page({"email": email, "name": name, "role": role}, sentence(error)), status_of(error)
    how = "Tell them their first password." if fresh else "They sign in here already, with the password they have."
    return _back(f"{email.strip()} is added. {how}")


@pages.post("/people/<person>/role")
@needs(Act.PEOPLE)
def give(person: str) -> ResponseReturnValue:
    """Another role."""
    member = _member(person)
    try:
        office().give_role(business().id, person, request.form.get("role", ""))
    except Refused as error:
        return _page({}, sentence(error)), status_of(error)
    return _back(f"The role of {member.name} is changed.")


@pages.get("/people/<person>/remove")
@needs(Act.PEOPLE)
def confirm(person: str) -> str:
    """Ask before somebody is removed."""
    return render_template("remove_person.html", member=_member(person))


@pages.post("/people/<person>/remove")
@needs(Act.PEOPLE)
def take(person: str) -> ResponseReturnValue:
    """No longer a role here; who has none left is signed out for good."""
    member = _member(person)
    try:
        gone = office().take_role(business().id, person)
    except Refused as error:
        return _page({}, sentence(error)), status_of(error)
    if member.id == _me():
        return redirect(url_for("overview.home"), 303)
    return _back(f"{member.name} is removed{' and can no longer sign in' if gone else ''}.")


def _me() -> str:
    return person().id


def _member(wanted: str) -> Member:
    found = next((one for one in office().people(business().id) if one.id == wanted), None)
    return found or abort(404, "There is no such person at this business.")


def _page(answers: Mapping[str, str], problem: str = "") -> str:
    members = office().people(business().id)
    owners = [one.id for one in members if one.role is Role.OWNER]
    only_owner = owners[0] if len(owners) == 1 else ""
    return render_template("people.html", members=members, only_owner=only_owner, answers=answers, problem=problem)


def _back(told: str) -> Response:
    flash(told[:TELL_MAX], "good")
    return redirect(url_for("people.listing"), 303)
