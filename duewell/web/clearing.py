"""Taken money: whether each clearing account comes to zero, what went back, and where customers pay."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.clearing_words import standing
from duewell.refunds import OF
from duewell.till_words import ways
from duewell.web.current import business, needs, office, person
from duewell.web.failures import sentence, status_of
from integrations.errors import IntegrationError, NotThere, Refused

pages = Blueprint("clearing", __name__)
FIELDS = ("connection", "methods", "card_most", "fed")
OTHERS_POST = "others_post:"
"""Before the id of a ledger."""
TYPED_MAX = 300


@pages.get("/clearing")
@needs(Act.LOOK)
def page() -> str:
    """Every account's way to zero."""
    return render_template("clearing.html", page=office().clearing(business().id), of=OF, standing=standing)


@pages.get("/clearing.csv")
@needs(Act.LOOK)
def journal() -> ResponseReturnValue:
    """For a bookkeeper to import."""
    try:
        text = office().clearing_journal(business().id)
    except Refused as error:
        flash(sentence(error), "bad")
        return redirect(url_for("clearing.page"), 303)
    headers = {"Content-Disposition": 'attachment; filename="clearing.csv"'}
    return Response(text, mimetype="text/csv", headers=headers)


@pages.post("/clearing/refunds/<checkout>")
@needs(Act.RECORD)
def refund(checkout: str) -> ResponseReturnValue:
    """Of what it was."""
    try:
        said = office().refund_was(business().id, checkout, _typed("of"), by=person().name)
    except Refused as error:
        flash(sentence(error), "bad")
    else:
        flash(said, "good")
    return redirect(url_for("clearing.page"), 303)


@pages.get("/till")
@needs(Act.LOOK)
def till() -> str:
    """Where customers pay."""
    return _till()


@pages.post("/till")
@needs(Act.SETTINGS)
def choose() -> ResponseReturnValue:
    """Say it. What is refused comes back with what was typed."""
    asked = [name for name in request.form if name.startswith(OTHERS_POST)]
    typed = {name: _typed(name) for name in (*FIELDS, *asked)}
    try:
        office().choose_till(business().id, typed, by=person().name)
    except IntegrationError as error:
        return _till(typed, sentence(error)), status_of(error)
    flash("Saved. It holds for every page that is opened from now on.", "good")
    return redirect(url_for("clearing.till"), 303)


@pages.get("/till/accounts/<connection>/<currency>")
@needs(Act.SETTINGS)
def accounts(connection: str, currency: str) -> ResponseReturnValue:
    """What the ledger lists, to choose from."""
    try:
        choices = office().clearing_choices(business().id, connection, currency)
    except NotThere:
        raise
    except IntegrationError as error:
        return _till(problem=sentence(error)), status_of(error)
    return render_template("clearing_account.html", choices=choices, connection=connection, currency=currency)


@pages.post("/till/accounts/<connection>/<currency>")
@needs(Act.SETTINGS)
def account(connection: str, currency: str) -> ResponseReturnValue:
    """Choose it, or have one made."""
    make = _typed("do") == "make"
    try:
        typed = _typed("name") if make else _typed("account")
        chosen = office().choose_clearing(business().id, (connection, currency), typed, make=make)
    except NotThere:
        raise
    except IntegrationError as error:
        return _till(problem=sentence(error)), status_of(error)
    flash(f"Saved. Payments in {currency} are booked into {chosen.name} until they are paid out.", "good")
    return redirect(url_for("clearing.till"), 303)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:TYPED_MAX]


def _till(typed: dict[str, str] | None = None, problem: str = "") -> str:
    view = office().till(business().id)
    chosen = view.chosen
    known = {
        "connection": chosen.connection if chosen else "",
        "methods": " ".join(chosen.methods) if chosen else "",
        "card_most": ", ".join(f"{one.amount} {one.currency}" for one in chosen.ceilings) if chosen else "",
        **{f"{OTHERS_POST}{one.connection}": one.said for one in view.posted},
        "fed": "yes" if chosen and chosen.fed else "no",
    }
    return render_template("till.html", view=view, typed=typed or known, problem=problem, ways=ways)
