"""Paying in parts: all plans, one plan, and a form that shows a plan before it is proposed."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from collector.debtors.cases import customer_of
from duewell.access import Act
from duewell.plan_wishes import Wish
from duewell.plans import WAYS, Shown
from duewell.web.current import business, may, needs, office, person
from duewell.web.failures import sentence, status_of
from integrations.errors import IntegrationError, NotThere, Refused

pages = Blueprint("plans", __name__)
TYPED = ("parts", "every", "first_on", "first", "settle", "until", "own")
TYPED_MAX = 2000
CREDIT_NOTES = {
    "title": "What credit notes are entered under",
    "above": ("customers.listing", "Customers"),
    "back": ("plans.listing", "Paying in parts"),
    "to": "plans.entered_under",
    "nothing": "Nothing is entered by choosing.",
    "could": "a credit note could be entered under",
    "such": "a service called “Settlements” with the account for discounts or bad debts",
    "tax": "Take the tax code of the lines of the invoice, so that the tax is taken back as it was charged.",
}
FRESH = {**dict.fromkeys(TYPED, ""), "parts": "4", "every": "monthly"}


@pages.get("/plans")
@needs(Act.LOOK)
def listing() -> str:
    """Every plan, the latest first."""
    return _listing()


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


@pages.get("/plans/credit-notes/<connection>")
@needs(Act.CHARGE)
def where(connection: str) -> ResponseReturnValue:
    """What the platform lists for credit notes, to choose from. Where it cannot be read, the list of plans says why."""
    try:
        to, choices = office().credit_choices(business().id, connection)
    except NotThere:
        raise
    except IntegrationError as error:
        return _listing(sentence(error)), status_of(error)
    return render_template("charges_to.html", to=to, choices=choices, page=CREDIT_NOTES)


@pages.post("/plans/credit-notes/<connection>")
@needs(Act.CHARGE)
def entered_under(connection: str) -> ResponseReturnValue:
    """Choose the account and the tax code of credit notes."""
    account, tax = (request.form.get(name, "").strip()[:TYPED_MAX] for name in ("account", "tax"))
    try:
        office().set_credit_notes(business().id, connection, account, tax, by=person().name)
    except NotThere:
        raise
    except IntegrationError as error:
        return _listing(sentence(error)), status_of(error)
    flash("Saved. Credit notes of settlements are prepared so; nothing is entered by itself.", "good")
    return redirect(url_for("plans.listing"), 303)


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


def _listing(problem: str = "") -> str:
    plans, under = office().plans(business().id), office().credit_notes(business().id)
    return render_template("plans.html", plans=plans, credit_notes=under, problem=problem)


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
