"""Who owes: a list to search, and one page for each, on which a person writes down what was said."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from duewell.access import Act
from duewell.dictating import FIELDS
from duewell.views.pages import CustomerView
from duewell.web.current import business, needs, office, person
from integrations.errors import Refused

pages = Blueprint("customers", __name__)
SEARCH_MAX = 100
TYPED_MAX = 4000


@pages.get("/customers")
def listing() -> str:
    """Customers and contacts, who owes most first."""
    text = request.args.get("q", "").strip()[:SEARCH_MAX]
    return render_template("customers.html", found=office().customers(business().id, text), text=text)


@pages.get("/customers/<connection>/<path:customer_id>")
def one(connection: str, customer_id: str) -> str:
    """Everything about one customer: owed, next step and why, promises, what holds, history."""
    return _page(_known(connection, customer_id))


@pages.post("/said/<connection>/<path:customer_id>")
@needs(Act.RECORD)
def record(connection: str, customer_id: str) -> ResponseReturnValue:
    """Write down what was said. What cannot be is shown beside the form, which keeps what was typed."""
    view = _known(connection, customer_id)
    told = {name: request.form.get(name, "")[:TYPED_MAX] for name in FIELDS}
    form = request.form.get("form", "")
    lines: list[str] = []
    try:
        for invoice in request.form.getlist("invoice") or [""]:
            words = {**told, "invoice": invoice}
            lines.append(office().record(business().id, view.connection, view.id, words, by=person().name))
    except Refused as error:
        return _page(view, typed={**told, "form": form}, problem=str(error)), 422
    for line in lines:
        flash(line, "good")
    return _back(view)


@pages.post("/ended/<id>/<connection>/<path:customer_id>")
@needs(Act.RECORD)
def end(id: str, connection: str, customer_id: str) -> ResponseReturnValue:
    """What was said no longer holds from now on."""
    view = _known(connection, customer_id)
    office().end_said(business().id, id, by=person().name)
    flash("It no longer holds. What was said stays in the history.", "good")
    return _back(view)


def _known(connection: str, customer_id: str) -> CustomerView:
    found = office().customer(business().id, connection, customer_id)
    return found or abort(404, "There is no such customer in this business; it may have been merged or deleted.")


def _page(view: CustomerView, *, typed: dict[str, str] | None = None, problem: str = "") -> str:
    known = {**dict.fromkeys(("form", *FIELDS), ""), **(typed or {})}
    who = (business().id, view.connection, view.id)
    around = {"late": office().late_charges(*who), "links": office().links(*who), "plans": office().plans_of(*who)}
    around |= {"returned": office().returned(*who)}
    return render_template("customer.html", view=view, typed=known, problem=problem, **around)


def _back(view: CustomerView) -> ResponseReturnValue:
    return redirect(url_for("customers.one", connection=view.connection, customer_id=view.id), 303)
