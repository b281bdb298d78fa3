"""Connections: their health, connecting one more, reading now, accepting a difference, disconnecting."""

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from duewell.access import Act
from duewell.views.pages import ConnectChoice, ConnectionView
from duewell.web.current import business, needs, office, person
from duewell.web.failures import status_of
from duewell.web.guard import allow_form_to
from duewell.web.questions import FIELDS, BadAnswer, answers_from, fields_from, first_answers
from integrations.errors import IntegrationError, NotThere, Refused

pages = Blueprint("connecting", __name__)
NOTE_MAX = 500
TELL_MAX = 300


@pages.get("/connections")
def listing() -> str:
    """Every connected company: its health, its cost, and whether the books agree."""
    return render_template("connections.html", connections=office().connections(business().id))


@pages.get("/connections/new")
@needs(Act.CONNECT)
def choices() -> str:
    """What can be connected."""
    return render_template("choices.html", choices=office().connect_choices())


@pages.get("/connections/new/<platform>")
@needs(Act.CONNECT)
def form(platform: str) -> str:
    """What is asked before connecting. `way` picks one of several ways; `connection` connects one again."""
    choice = _choice(platform)
    again = request.args.get("connection", "")
    known = _connection(again) if again else None
    way = _way(choice, request.args.get("way") or choice.ways[0])
    return _form(choice, way, first_answers(business(), known))


@pages.post("/connections/new/<platform>")
@needs(Act.CONNECT)
def connect(platform: str) -> ResponseReturnValue:
    """Connect by key at once, or begin the code flow. Whatever is refused comes back with the answers kept."""
    choice = _choice(platform)
    way = _way(choice, request.form.get("way", ""))
    try:
        answers = answers_from(request.form, office().connect_questions(platform))
        if way == "oauth":
            return redirect(office().begin_connect(business().id, platform, answers), 303)
        return _connected(
            office().connect_with_key(business().id, platform, fields_from(request.form, way), answers), choice.label
        )
    except BadAnswer as error:
        return _form(choice, way, request.form, str(error)), 422
    except IntegrationError as error:
        return _form(choice, way, request.form, str(error)), status_of(error)


@pages.get("/oauth/<platform>/callback")
def callback(platform: str) -> ResponseReturnValue:
    """Where the platform sends the person back to."""
    choice = _choice(platform)
    try:
        return _connected(
            office().finish_connect(platform, request.args.to_dict(), person().where(Act.CONNECT)), choice.label
        )
    except Refused as error:
        return render_template("not_connected.html", choice=choice, problem=str(error)), status_of(error)


@pages.post("/connections/<connection>/sync")
@needs(Act.READ)
def sync(connection: str) -> Response:
    """Read the books soon."""
    office().sync_now(business().id, _connection(connection).id)
    flash("The books are being read now. Reload this page in a moment.", "good")
    return redirect(url_for("connecting.listing"), 303)


@pages.get("/connections/<connection>/answers")
@needs(Act.CONNECT)
def questions(connection: str) -> str:
    """What a person said about this company, to be changed: “I do not know” should not stay for ever."""
    known = _connection(connection)
    return _questions(known, first_answers(business(), known))


@pages.post("/connections/<connection>/answers")
@needs(Act.CONNECT)
def answer(connection: str) -> ResponseReturnValue:
    """Keep the new answers."""
    known = _connection(connection)
    try:
        given = answers_from(request.form, office().connect_questions(known.platform))
    except BadAnswer as error:
        return _questions(known, request.form, str(error)), 422
    office().answer(business().id, connection, given)
    flash(f"The answers for {known.label} are kept."[:TELL_MAX], "good")
    return redirect(url_for("connecting.listing"), 303)


@pages.get("/connections/<connection>/disconnect")
@needs(Act.DISCONNECT)
def confirm(connection: str) -> str:
    """Ask before ending a connection."""
    return render_template("disconnect.html", connection=_connection(connection))


@pages.post("/connections/<connection>/disconnect")
@needs(Act.DISCONNECT)
def disconnect(connection: str) -> Response:
    """End one connection; the others go on."""
    label = _connection(connection).label
    office().disconnect(business().id, connection)
    flash(f"{label} is disconnected."[:TELL_MAX], "good")
    return redirect(url_for("connecting.listing"), 303)


@pages.post("/differences/<path:difference>")
@needs(Act.ACCEPT)
def accept(difference: str) -> Response:
    """Accept a named remainder; a note is needed, since somebody will ask why."""
    note = request.form.get("note", "").strip()
    if not note or len(note) > NOTE_MAX:
        raise Refused(f"A note of 1 to {NOTE_MAX} characters is needed to accept a difference. Nothing was changed.")
    office().accept_difference(business().id, difference, note, by=person().name)
    flash("The difference is accepted, with your note.", "good")
    return redirect(url_for("connecting.listing"), 303)


def _connected(labels: tuple[str, ...], platform: str) -> Response:
    flash(f"Connected: {', '.join(labels) or platform}. The books are read next."[:TELL_MAX], "good")
    return redirect(url_for("connecting.listing"), 303)


def _choice(platform: str) -> ConnectChoice:
    found = next((choice for choice in office().connect_choices() if choice.slug == platform), None)
    return found or abort(404, "There is no such platform here.")


def _way(choice: ConnectChoice, wanted: str) -> str:
    if wanted not in choice.ways or wanted not in FIELDS:
        abort(404, f"{choice.label} cannot be connected in that way.")
    return wanted


def _connection(wanted: str) -> ConnectionView:
    for connection in office().connections(business().id):
        if connection.id == wanted:
            return connection
    raise NotThere("There is no such connection in this business.")


def _form(choice: ConnectChoice, way: str, answers: Mapping[str, str], problem: str = "") -> str:
    """The page for one way; only the code flow's form leads to a foreign host."""
    if way == "oauth":
        allow_form_to(choice.foreign_host)
    asked = office().connect_questions(choice.slug)
    return render_template(
        "connect.html", choice=choice, way=way, fields=FIELDS[way], answers=answers, asked=asked, problem=problem
    )


def _questions(known: ConnectionView, answers: Mapping[str, str], problem: str = "") -> str:
    asked = office().connect_questions(known.platform)
    return render_template("answers.html", connection=known, answers=answers, asked=asked, problem=problem)
