"""Late charges: what a business asks for when it is paid late, and what people do about one invoice."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.charging import ChargingView
from duewell.web.current import business, needs, office, person
from duewell.web.failures import sentence, status_of
from integrations.errors import IntegrationError, NotThere, Refused

pages = Blueprint("charges", __name__)
FIELDS = ("basis", "percent", "per", "flat", "grace_days")
SAID = ("from", "until", "words")
TYPED_MAX = 1200
WHERE = {
    "title": "Where late charges go",
    "above": ("policy.page", "Policy"),
    "back": ("charges.page", "Late charges"),
    "to": "charges.posted_to",
    "nothing": "Nothing is posted by choosing.",
    "could": "late charges could be posted to",
    "such": "a service called “Late fees” with an income account",
    "tax": "The invoice is about exactly what is borne; where there is tax, it lies within that.",
}


@pages.get("/late-charges")
@needs(Act.LOOK)
def page() -> str:
    """What is asked for, and where it is posted to."""
    return _page()


@pages.post("/late-charges")
@needs(Act.SETTINGS)
def choose() -> ResponseReturnValue:
    """Choose it. What is refused comes back with what was typed."""
    typed = {name: _typed(name) for name in FIELDS}
    try:
        office().set_charging(business().id, typed, by=person().name)
    except Refused as error:
        return _page(typed, sentence(error)), status_of(error)
    flash("Saved. It holds from now on.", "good")
    return redirect(url_for("charges.page"), 303)


@pages.get("/late-charges/posted-to/<connection>")
@needs(Act.CHARGE)
def where(connection: str) -> ResponseReturnValue:
    """What the platform lists, to choose from. Where it cannot be read, the page of settings says why."""
    try:
        return _where(connection)
    except NotThere:
        raise
    except IntegrationError as error:
        return _page(problem=sentence(error)), status_of(error)


@pages.post("/late-charges/posted-to/<connection>")
@needs(Act.CHARGE)
def posted_to(connection: str) -> ResponseReturnValue:
    """Choose the account and the tax code."""
    try:
        office().set_posted_to(business().id, connection, _typed("account"), _typed("tax"), by=person().name)
    except NotThere:
        raise
    except IntegrationError as error:
        return _page(problem=sentence(error)), status_of(error)
    flash("Saved. Late charges are posted there, each only when somebody says so.", "good")
    return redirect(url_for("charges.page"), 303)


@pages.post("/late-charges/of/<connection>/<customer_id>/<path:invoice_id>")
@needs(Act.CHARGE)
def act(connection: str, customer_id: str, invoice_id: str) -> ResponseReturnValue:
    """Waive, ask for, or post what one invoice bears."""
    told = {name: _typed(name) for name in SAID}
    try:
        done = office().charge_act(business().id, (connection, invoice_id), _typed("act"), told, by=person().name)
    except IntegrationError as error:
        flash(sentence(error), "bad")
    else:
        flash(done, "good")
    return redirect(url_for("customers.one", connection=connection, customer_id=customer_id, _anchor="late"), 303)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:TYPED_MAX]


def _where(connection: str) -> str:
    to, choices = office().charge_choices(business().id, connection)
    return render_template("charges_to.html", to=to, choices=choices, page=WHERE)


def _page(typed: dict[str, str] | None = None, problem: str = "") -> str:
    view = office().charging(business().id)
    return render_template("charges.html", view=view, typed=typed or _as_it_is(view), problem=problem)


def _as_it_is(view: ChargingView) -> dict[str, str]:
    terms = view.latest.terms if view.latest else None
    flat = terms.flat if terms else None
    return {
        "basis": view.charging.basis.value,
        "percent": f"{terms.percent.normalize():f}" if terms else "",
        "per": terms.per.value if terms else "year",
        "flat": str(flat.amount) if flat else "",
        "grace_days": str(terms.grace_days) if terms else "0",
    }
