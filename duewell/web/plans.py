"""Paying in parts: all plans, one plan, and a form that shows a plan before it is proposed."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.debtors.cases import customer_of
from duewell.access import Act
from duewell.plan_wishes import Wish
from duewell.plans import WAYS, Shown
from duewell.web.current import business, may, needs, office, person
from duewell.web.failures import sentence, status_of
from integrations.errors import IntegrationError, Refused

pages = Blueprint("plans", __name__)
TYPED = ("parts", "every", "first_on", "first", "settle", "until", "own")
TYPED_MAX = 2000
FRESH = {**dict.fromkeys(TYPED, ""), "parts": "4", "every": "monthly"}


@pages.get("/plans")
@needs(Act.LOOK)
def listing() -> str:
    """Every plan, the latest first."""
    return render_template("plans.html", plans=office().plans(business().id))


@pages.get("/plans/<id>")
@needs(Act.LOOK)
def one(id: str) -> str:
    """Its words, how each part does, and what a person can do about it."""
    return _one(office().plan_in_parts(business().id, id))


@pages.get("/plans/new/<connection>/<path:customer_id>")
@needs(Act.PLANS)
def form(connection: str, customer_id: str) -> str:
    """What is to be paid in parts, and how."""
    return _form(connection, customer_id, FRESH, ())


@pages.post("/plans/new/<connection>/<path:customer_id>")
@needs(Act.PLANS)
def make(connection: str, customer_id: str) -> ResponseReturnValue:
    """Show what was typed as a plan; proposed when that was said."""
    typed = {name: request.form.get(name, "").strip()[:TYPED_MAX] for name in TYPED}
    chosen = tuple(request.form.getlist("invoice"))
    wish = Wish(
        about=chosen or (f"{connection}/{customer_id}",),
        own=tuple(line for line in typed["own"].splitlines() if line.strip()),
        **{name: typed[name] for name in TYPED if name != "own"},
    )
    try:
        if request.form.get("act") != "propose":
            found = office().preview_plan(business().id, wish)
            return _form(connection, customer_id, typed, chosen, found=found)
        kept = office().propose_plan(business().id, wish, by=person().name, may_exceed=may(Act.EXCEED.value))
    except Refused as error:
        return _form(connection, customer_id, typed, chosen, problem=str(error)), 422
    flash("Proposed. Nothing changes until the customer has agreed.", "good")
    return redirect(url_for("plans.one", id=kept.plan.id), 303)


@pages.post("/plans/<id>/agreed")
@needs(Act.PLANS)
def agreed(id: str) -> ResponseReturnValue:
    """The customer has said yes to somebody here."""
    who, way = (request.form.get(name, "").strip()[:TYPED_MAX] for name in ("who", "way"))
    try:
        office().agree_plan(business().id, id, who, way, by=person().name)
    except Refused as error:
        return _one(office().plan_in_parts(business().id, id), problem=str(error)), 422
    flash("It holds from now on, and its invoices rest.", "good")
    return redirect(url_for("plans.one", id=id), 303)


@pages.post("/plans/<id>/cancelled")
@needs(Act.PLANS)
def cancelled(id: str) -> ResponseReturnValue:
    """It holds no longer."""
    try:
        office().cancel_plan(business().id, id, request.form.get("why", "").strip()[:TYPED_MAX], by=person().name)
    except Refused as error:
        return _one(office().plan_in_parts(business().id, id), problem=str(error)), 422
    flash("The plan has ended. Its invoices are asked for as if it had not been.", "good")
    return redirect(url_for("plans.one", id=id), 303)


@pages.post("/plans/<id>/sent")
@needs(Act.SEND)
def send(id: str) -> ResponseReturnValue:
    """Mail the proposal to the customer."""
    try:
        flash(office().send_plan_offer(business().id, id, by=person().name), "good")
    except IntegrationError as error:
        return _one(office().plan_in_parts(business().id, id), problem=sentence(error)), status_of(error)
    return redirect(url_for("plans.one", id=id), 303)


def _one(found: Shown, *, problem: str = "") -> str:
    return render_template(
        "plan_in_parts.html", one=found, whose=customer_of(found.plan.debtor), ways=WAYS, problem=problem
    )


def _form(
    connection: str,
    customer_id: str,
    typed: dict[str, str],
    chosen: tuple[str, ...],
    *,
    found: Shown | None = None,
    problem: str = "",
) -> str:
    view = office().customer(business().id, connection, customer_id)
    if view is None:
        abort(404, "There is no such customer in this business; it may have been merged or deleted.")
    return render_template("plan_new.html", view=view, typed=typed, chosen=chosen, found=found, problem=problem)
